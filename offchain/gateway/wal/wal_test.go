package wal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

func TestATornTailIsCutAtEveryByte(t *testing.T) {
	opts := options(t.TempDir())
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	fill(t, l, 0, 3)
	require.NoError(t, l.Close())
	path := lastSegment(t, opts.Dir)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	frame := len(whole) / 3
	for size := 2 * frame; size < len(whole); size++ {
		for name, tail := range map[string][]byte{
			"cut": whole[:size], "zeros": append(append([]byte{}, whole[:size]...), make([]byte, len(whole)-size)...),
		} {
			require.NoError(t, os.WriteFile(path, tail, 0o600))
			l, got, report, err := reopen(t, opts)
			require.NoError(t, err, "%s at %d", name, size)
			require.Equal(t, numbers(0, 2), got)
			require.Equal(t, int64(len(tail)-2*frame), report.TornBytes)
			require.NoError(t, l.Append(t.Context(), []byte("2 again"), 0, 0))
			require.NoError(t, l.Close())
			_, got, report, err = reopen(t, opts)
			require.NoError(t, err)
			require.Equal(t, []string{"0", "1", "2 again"}, got)
			require.Zero(t, report.TornBytes)
		}
	}
}

func TestPagesOfATornGroupMayArriveOutOfOrder(t *testing.T) {
	opts := options(t.TempDir())
	s := sealer{name: opts.Name, key: opts.Key, rand: rand.Reader}
	var bz []byte
	var err error
	for i := range 4 { // one group: none was durable when the others were written
		bz, err = s.encode(bz, Frame{Number: uint64(i), Payload: []byte(fmt.Sprint(i))}, 0)
		require.NoError(t, err)
	}
	require.NoError(t, os.MkdirAll(opts.Dir, 0o700))
	clear(bz[len(bz)/4 : len(bz)/2]) // frame 1 never reached the disk, 2 and 3 did
	require.NoError(t, os.WriteFile(segmentPath(opts.Dir, 0), bz, 0o600))
	_, got, report, err := reopen(t, opts)
	require.NoError(t, err)
	require.Equal(t, numbers(0, 1), got)
	require.Equal(t, int64(len(bz)*3/4), report.TornBytes)
}

func TestDamageToAcknowledgedFramesIsReportedAndLeftAlone(t *testing.T) {
	for name, c := range map[string]struct {
		frames int
		damage func(t *testing.T, dir string)
	}{
		"a flipped bit in the last segment, with frames behind it": {3, func(t *testing.T, dir string) {
			flip(t, lastSegment(t, dir), headerSize+3)
		}},
		"a destroyed length": {3, func(t *testing.T, dir string) { flip(t, lastSegment(t, dir), headerSize-1) }},
		"a flipped bit in an earlier segment": {20, func(t *testing.T, dir string) {
			flip(t, segmentPath(dir, 0), headerSize+3)
		}},
		"an earlier segment cut short": {20, func(t *testing.T, dir string) {
			require.NoError(t, os.Truncate(segmentPath(dir, 0), 100))
		}},
		"a missing segment": {20, func(t *testing.T, dir string) {
			list, err := segments(dir)
			require.NoError(t, err)
			require.Greater(t, len(list), 2)
			require.NoError(t, os.Remove(list[1].path))
		}},
		"two frames swapped": {3, func(t *testing.T, dir string) {
			bz, err := os.ReadFile(lastSegment(t, dir))
			require.NoError(t, err)
			n := len(bz) / 3
			swapped := append(append(append([]byte{}, bz[n:2*n]...), bz[:n]...), bz[2*n:]...)
			require.NoError(t, os.WriteFile(lastSegment(t, dir), swapped, 0o600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := options(t.TempDir())
			opts.SegmentBytes = 250
			l, _, _, err := reopen(t, opts)
			require.NoError(t, err)
			fill(t, l, 0, c.frames)
			require.NoError(t, l.Close())
			c.damage(t, opts.Dir)
			before := contents(t, opts.Dir)
			_, _, _, err = reopen(t, opts)
			require.ErrorIs(t, err, ErrCorrupt)
			require.Equal(t, before, contents(t, opts.Dir))
		})
	}
}

func flip(t *testing.T, path string, at int) {
	t.Helper()
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	bz[at] ^= 0x40
	require.NoError(t, os.WriteFile(path, bz, 0o600))
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		bz, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = string(bz)
	}
	return all
}

func TestALogOfAnotherStreamOrKeyDoesNotOpen(t *testing.T) {
	opts := options(t.TempDir())
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	fill(t, l, 0, 3)
	require.NoError(t, l.Close())
	bz, err := os.ReadFile(lastSegment(t, opts.Dir))
	require.NoError(t, err)
	for name, s := range map[string]sealer{
		"another name": {name: "cpchain-test/8", key: key, rand: rand.Reader},
		"another key":  {name: opts.Name, key: seal.DiskKey{9}, rand: rand.Reader},
	} {
		_, _, err := s.decode(bz)
		require.ErrorIs(t, err, errFrame, name)
	}
	require.NotContains(t, string(bz), "012")
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
