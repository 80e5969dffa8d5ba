package chain

import (
	"errors"
	"fmt"
	"net"
	"os"
)

// Ports come in blocks below the range from which systems take ports for outgoing connections. The first port of a block is
// its lock: who listens on it owns the rest, so that networks of several processes do not meet.
const (
	firstBlock = 20_000
	blockSize  = 128
	blocks     = 90
)

// ReservePorts finds n free ports in a row, at most 127, and keeps others that ask the same way off them until cleanup.
// It returns the first.
func ReservePorts(env Env, n int) (int, error) {
	if n < 1 || n >= blockSize {
		return 0, fmt.Errorf("reserve %d ports: ask for 1 to %d", n, blockSize-1)
	}
	start := os.Getpid() % blocks
	for i := range blocks {
		lock := firstBlock + (start+i)%blocks*blockSize
		held, err := net.Listen("tcp", address(lock))
		if err != nil {
			continue
		}
		if !allFree(lock+1, n) {
			_ = held.Close() // nothing was read or written
			continue
		}
		env.Cleanup(func() { _ = held.Close() })
		return lock + 1, nil
	}
	return 0, errors.New("reserve ports: none of the blocks is free; end other networks on this machine")
}

func allFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		probe, err := net.Listen("tcp", address(port))
		if err != nil {
			return false
		}
		_ = probe.Close()
	}
	return true
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
