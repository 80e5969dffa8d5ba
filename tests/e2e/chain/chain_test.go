package chain

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReservedPortsAreFreeAndApart(t *testing.T) {
	seen := make(map[int]bool)
	for range 5 {
		base, err := ReservePorts(t, 10)
		require.NoError(t, err)
		for port := base; port < base+10; port++ {
			require.False(t, seen[port], "port %d was given twice", port)
			seen[port] = true
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			require.NoError(t, err)
			require.NoError(t, l.Close())
		}
	}
}

func TestPortsBeyondABlockAreRefused(t *testing.T) {
	for _, n := range []int{-1, 0, blockSize} {
		_, err := ReservePorts(t, n)
		require.ErrorContains(t, err, "ask for 1 to 127")
	}
}

// fakeBinary stands for cpchaind: it makes a home when asked to, and does as told when started.
func fakeBinary(t *testing.T, start string) string {
	path := filepath.Join(t.TempDir(), "fake")
	home := t.TempDir()
	script := fmt.Sprintf(`#!/bin/sh
case "$1" in
testnet) echo '{"chain_id":"fake-1","nodes":[{"home":"%s","rpc":"http://127.0.0.1:1","grpc":"127.0.0.1:2","rest":"http://127.0.0.1:3"}]}' ;;
start) %s ;;
esac
`, home, start)
	require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
	return path
}

func TestANodeThatEndsIsReportedWithItsLog(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := Start(ctx, t, Config{Binary: fakeBinary(t, "echo the disk is full; exit 3")})
	require.ErrorContains(t, err, "node0 ended")
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "the disk is full")
}

func TestANodeThatDoesNotEndWhenAskedIsKilled(t *testing.T) {
	network, err := New(t.Context(), t, Config{Binary: fakeBinary(t, "trap '' TERM; echo ready; while :; do sleep 0.1; done")})
	require.NoError(t, err)
	require.Equal(t, "fake-1", network.ChainID)
	node := network.Nodes[0]
	require.NoError(t, node.Start())
	require.Eventually(t, func() bool { return node.Tail() == "ready" }, 5*time.Second, 10*time.Millisecond)
	require.ErrorContains(t, node.Start(), "runs already")

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, node.Stop(ctx), context.DeadlineExceeded)
	require.False(t, node.Running())
	require.NoError(t, node.Stop(t.Context()), "stopping an ended node does nothing")
}

func TestWaitingForAnUnreachableNodeEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, t, Config{Binary: fakeBinary(t, "while :; do sleep 0.1; done")})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
