package wal

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/seal"
)

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
