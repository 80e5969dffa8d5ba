package wal

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// crashDir makes this test binary a writer that is meant to be killed.
const crashDir = "CPCHAIN_WAL_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends from a few goroutines and names each payload on standard output once it is acknowledged.
func writeUntilKilled(dir string) {
	opts := options(dir)
	opts.SegmentBytes = 4 << 10
	l, _, err := Open(opts, func(Frame) error { return nil })
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var out, trims sync.Mutex
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				payload := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if err := l.Append(context.Background(), []byte(payload), uint32(w), uint32(w)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(payload)
				out.Unlock()
				if i%100 == 99 {
					trims.Lock()
					_ = l.Trim(l.End(), 0) // deletes nothing but empty segments: everything is still needed
					trims.Unlock()
				}
			}
		}()
	}
	select {}
}

func TestAProcessKilledInMidWriteLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(7, 7))
	acked := map[string]bool{}
	for round := range 25 {
		kill := 1 + random.IntN(200)
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), crashDir+"="+dir)
		child.Stderr = os.Stderr
		stdout, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(stdout)
		for n := 0; lines.Scan(); n++ {
			acked[lines.Text()] = true
			if n == kill {
				require.NoError(t, child.Process.Kill())
			}
		}
		require.Error(t, child.Wait(), "killed")
		if round%2 == 1 {
			tear(t, dir, random)
		}
	}
	l, got, _, err := reopen(t, options(dir))
	require.NoError(t, err)
	require.NoError(t, l.Close())
	seen := map[string]bool{}
	for _, payload := range got {
		require.False(t, seen[payload], "%s stands twice", payload)
		seen[payload] = true
	}
	for payload := range acked {
		require.True(t, seen[payload], "%s was acknowledged", payload)
	}
	require.Greater(t, len(acked), 500)
}

// tear adds what a crash of the machine could leave behind the last durable frame: part of a frame, zeros, old bytes.
func tear(t *testing.T, dir string, random *rand.Rand) {
	t.Helper()
	f, err := os.OpenFile(lastSegment(t, dir), os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	s := sealer{name: "cpchain-test/7", key: key, rand: zeros{}}
	frame, err := s.encode(nil, Frame{Number: 1 << 40, Payload: []byte("never acknowledged" + strconv.Itoa(random.IntN(10)))}, 0)
	require.NoError(t, err)
	_, err = f.Write(append(frame[:random.IntN(len(frame))], make([]byte, random.IntN(50))...))
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
