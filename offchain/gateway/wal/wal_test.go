package wal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/seal"
)

var key = seal.DiskKey{1, 2, 3}

func options(dir string) Options {
	return Options{Dir: dir, Name: "cpchain-test/7", Key: key, Rand: rand.Reader}
}

// reopen opens a log and returns its payloads in order.
func reopen(t testing.TB, opts Options) (*Log, []string, Report, error) {
	t.Helper()
	var got []string
	l, report, err := Open(opts, func(f Frame) error {
		got = append(got, string(f.Payload))
		return nil
	})
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
	}
	return l, got, report, err
}

// fill appends n payloads "0", "1", …, each of interval i.
func fill(t testing.TB, l *Log, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		require.NoError(t, l.Append(t.Context(), []byte(fmt.Sprint(i)), uint32(i), uint32(i)))
	}
}

func numbers(from, to int) []string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func lastSegment(t testing.TB, dir string) string {
	t.Helper()
	list, err := segments(dir)
	require.NoError(t, err)
	return list[len(list)-1].path
}

func TestWhatWasAppendedIsThereAfterReopening(t *testing.T) {
	opts := options(t.TempDir())
	opts.SegmentBytes = 200
	var durable []uint64
	opts.Durable = func(f Frame) { durable = append(durable, f.Number) }
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	fill(t, l, 0, 50)
	require.Equal(t, uint64(50), l.End())
	require.Len(t, durable, 50)
	require.NoError(t, l.Close())
	require.ErrorIs(t, l.Append(t.Context(), nil, 0, 0), ErrClosed)
	require.ErrorIs(t, l.Trim(0, 0), ErrClosed)

	l, got, report, err := reopen(t, opts)
	require.NoError(t, err)
	require.Equal(t, numbers(0, 50), got)
	require.Equal(t, uint64(50), report.Frames)
	require.Zero(t, report.TornBytes)
	require.Equal(t, report.Bytes, l.Bytes())
	fill(t, l, 50, 5)
	require.NoError(t, l.Close())
	_, got, _, err = reopen(t, opts)
	require.NoError(t, err)
	require.Equal(t, numbers(0, 55), got)
}

func TestWritersShareAnFsync(t *testing.T) {
	opts := options(t.TempDir())
	syncs := &countingDisk{}
	opts.create = syncs.create
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	var writers sync.WaitGroup
	for i := range 200 {
		writers.Go(func() {
			if err := l.Append(context.Background(), []byte(fmt.Sprint(i)), 0, 0); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	require.NoError(t, l.Close())
	require.Less(t, syncs.count, 200, "some appends were made durable together")
	_, got, _, err := reopen(t, options(opts.Dir))
	require.NoError(t, err)
	require.ElementsMatch(t, numbers(0, 200), got)
}

func TestTrimKeepsWhatIsStillNeeded(t *testing.T) {
	opts := options(t.TempDir())
	opts.SegmentBytes = 1 // a segment per frame
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	fill(t, l, 0, 10)
	require.NoError(t, l.Trim(5, 100))
	require.NoError(t, l.Trim(10, 7))
	require.NoError(t, l.Close())
	l, got, _, err := reopen(t, opts)
	require.NoError(t, err)
	require.Equal(t, numbers(7, 10), got)
	require.NoError(t, l.Trim(10, 100))
	require.Zero(t, l.Bytes())
	fill(t, l, 10, 1)
	require.NoError(t, l.Close())
	_, got, _, err = reopen(t, opts)
	require.NoError(t, err)
	require.Equal(t, numbers(10, 11), got, "numbers count on when everything is gone")
}

func TestReadGivesWhatLiesBelowBothBounds(t *testing.T) {
	opts := options(t.TempDir())
	opts.SegmentBytes = 200
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	for i, low := range []uint32{5, 1, 9, 3, 7} {
		require.NoError(t, l.Append(t.Context(), []byte(fmt.Sprint(i)), low, low))
	}
	read := func(cut uint64, below uint32) []string {
		var got []string
		require.NoError(t, l.Read(cut, below, func(f Frame) error {
			got = append(got, string(f.Payload))
			return nil
		}))
		return got
	}
	require.Equal(t, []string{"0", "1", "3"}, read(5, 6))
	require.Equal(t, []string{"0", "1"}, read(3, 6))
	require.Equal(t, numbers(0, 5), read(5, 10))
	require.Error(t, l.Read(6, 10, nil))
	stop := errors.New("stop")
	require.ErrorIs(t, l.Read(5, 10, func(Frame) error { return stop }), stop)
}

func TestLimitsAreKept(t *testing.T) {
	opts := options(t.TempDir())
	opts.MaxFrame, opts.MaxBytes = 10, 150
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	require.ErrorIs(t, l.Append(t.Context(), make([]byte, 11), 0, 0), ErrTooLarge)
	require.NoError(t, l.Append(t.Context(), make([]byte, 10), 0, 0))
	require.NoError(t, l.Append(t.Context(), make([]byte, 10), 0, 0))
	require.ErrorIs(t, l.Append(t.Context(), make([]byte, 10), 0, 0), ErrFull)
	require.NoError(t, l.Trim(2, 1))
	require.NoError(t, l.Append(t.Context(), make([]byte, 10), 0, 0), "room again")
}

// BenchmarkAppend is durable appends of 128 bytes by 50 writers at once.
func BenchmarkAppend(b *testing.B) {
	l, _, _, err := reopen(b, options(b.TempDir()))
	require.NoError(b, err)
	b.SetParallelism(50)
	payload := make([]byte, 128)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Append(context.Background(), payload, 0, 0); err != nil {
				b.Error(err)
			}
		}
	})
}
