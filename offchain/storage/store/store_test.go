package store

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
)

var disk = seal.DiskKey{1, 2, 3}

func open(t *testing.T, dir string, capacity uint64) (*Store, Report) {
	t.Helper()
	s, report, err := Open(dir, capacity, disk, rand.Reader)
	require.NoError(t, err)
	return s, report
}

func fresh(t *testing.T, capacity uint64) *Store {
	s, _ := open(t, t.TempDir(), capacity)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func shard(bundle Bundle, index uint32, data []byte) Block {
	return Block{Bundle: bundle, CID: wire.CID(data), Index: index, Height: 10}
}

func TestABlockIsReadBackAsItWasPut(t *testing.T) {
	s := fresh(t, 1000)
	bundle := Bundle{Stream: 7, Seq: 3}
	b := shard(bundle, 2, []byte("sealed bytes"))
	require.NoError(t, s.Put(b, []byte("sealed bytes")))

	row, err := s.Block(bundle, b.CID)
	require.NoError(t, err)
	require.Equal(t, uint32(2), row.Index)
	data, err := s.Data(row)
	require.NoError(t, err)
	require.Equal(t, "sealed bytes", string(data))
	require.Equal(t, Usage{Shards: 1, Bytes: 12, Capacity: 1000}, s.Usage())
	require.Equal(t, []Bundle{bundle}, s.Pending())

	_, err = s.Block(Bundle{Stream: 8, Seq: 3}, b.CID)
	require.ErrorIs(t, err, ErrNotFound, "a block is found under its own bundle only")
	_, err = s.Block(bundle, b.CID[:30])
	require.ErrorIs(t, err, wire.ErrCID)
}

func TestTheSameBlockTwiceCountsOnce(t *testing.T) {
	s := fresh(t, 1000)
	b := shard(Bundle{1, 1}, 0, []byte("x"))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { errs[i] = s.Put(b, []byte("x")) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, uint64(1), s.Usage().Bytes)
	require.NoError(t, s.Drop(b))
	require.NoError(t, s.Drop(b), "dropping twice is harmless")
	require.Zero(t, s.Usage().Bytes)
}

func TestCapacityHoldsUnderConcurrentWrites(t *testing.T) {
	s := fresh(t, 10)
	var wg sync.WaitGroup
	var mu sync.Mutex
	full := 0
	for i := range 20 {
		wg.Go(func() {
			data := fmt.Appendf(nil, "%02d", i)
			if err := s.Put(shard(Bundle{1, uint64(i)}, 0, data), data); err != nil {
				mu.Lock()
				defer mu.Unlock()
				full++
				require.ErrorIs(t, err, ErrFull)
			}
		})
	}
	wg.Wait()
	require.Equal(t, 15, full)
	require.Equal(t, uint64(10), s.Usage().Bytes)
}

func TestAnchoringAndDroppingSettleABundle(t *testing.T) {
	s := fresh(t, 1000)
	bundle := Bundle{1, 1}
	keep, drop := shard(bundle, 0, []byte("keep")), shard(bundle, 1, []byte("dropped"))
	require.NoError(t, s.Put(keep, []byte("keep")))
	require.NoError(t, s.Put(drop, []byte("dropped")))
	require.Equal(t, uint64(11), s.PendingBytes(1))
	require.Zero(t, s.PendingBytes(2))

	require.NoError(t, s.Anchor(keep))
	require.NoError(t, s.Anchor(keep), "anchoring twice is harmless")
	require.Equal(t, uint64(7), s.PendingBytes(1))
	require.NoError(t, s.Drop(drop))
	require.Empty(t, s.Pending())

	bundles, err := s.Bundles()
	require.NoError(t, err)
	require.Equal(t, []Bundle{bundle}, bundles)
	require.Equal(t, uint64(4), s.Usage().Bytes)
}

func TestADamagedBlockIsDropped(t *testing.T) {
	s := fresh(t, 1000)
	b := shard(Bundle{1, 1}, 0, []byte("good"))
	require.NoError(t, s.Put(b, []byte("good")))
	path := only(t, filepath.Join(s.dir, blocksDir))
	require.NoError(t, os.WriteFile(path, []byte("evil"), 0o600))

	_, err := s.Data(b)
	require.ErrorIs(t, err, ErrCorrupt)
	_, err = s.Block(b.Bundle, b.CID)
	require.ErrorIs(t, err, ErrNotFound)
	require.Zero(t, s.Usage().Bytes)
}

// only returns the one file under a folder.
func only(t *testing.T, dir string) string {
	t.Helper()
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	require.Len(t, files, 1)
	return files[0]
}

func TestOpenRepairsWhatACrashLeftBehind(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 1000)
	whole := shard(Bundle{1, 1}, 0, []byte("whole"))
	short := shard(Bundle{1, 2}, 0, []byte("cut short"))
	gone := shard(Bundle{1, 3}, 0, []byte("gone"))
	require.NoError(t, s.Put(whole, []byte("whole")))
	require.NoError(t, s.Put(short, []byte("cut short")))
	require.NoError(t, s.Put(gone, []byte("gone")))
	require.NoError(t, s.Anchor(whole))
	path := func(b Block) string {
		digest, err := digestOf(b.CID)
		require.NoError(t, err)
		return filepath.Join(s.bundleDir(b.Bundle), digest)
	}
	require.NoError(t, os.Truncate(path(short), 3))
	require.NoError(t, os.Remove(path(gone)))
	orphan := shard(Bundle{9, 9}, 0, []byte("renamed, but its row was never written"))
	require.NoError(t, os.MkdirAll(s.bundleDir(orphan.Bundle), 0o700))
	require.NoError(t, os.WriteFile(path(orphan), []byte("renamed"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, stageDir, "half.123"), []byte("ha"), 0o600))
	require.NoError(t, s.Close())

	s, report := open(t, dir, 1000)
	defer s.Close()
	require.Equal(t, Report{Staged: 1, Orphans: 2, Lost: 2, Blocks: 1, Bytes: 5}, report)
	require.Equal(t, Usage{Shards: 1, Bytes: 5, Capacity: 1000}, s.Usage())
	require.Empty(t, s.Pending(), "the whole block is anchored")
	data, err := s.Data(whole)
	require.NoError(t, err)
	require.Equal(t, "whole", string(data))
	require.NoFileExists(t, path(orphan))
	require.NoDirExists(t, s.bundleDir(orphan.Bundle))
	require.Equal(t, path(whole), only(t, filepath.Join(dir, blocksDir)))
}

func TestTwoProcessesCannotShareAStore(t *testing.T) {
	s := fresh(t, 10)
	_, _, err := Open(s.dir, 10, disk, rand.Reader)
	require.ErrorContains(t, err, "another process")
}

func entry(position uint32) wire.ParcelEntry {
	return wire.ParcelEntry{Leaf: []byte("leaf"), Position: position, FragmentKey: []byte("SECRET-FRAGMENT-KEY-0123456789AB")}
}

func TestParcelsAreSealedAtRestAndBoundToTheirPlace(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 10)
	g := Grant{ID: 5, Stream: 1, State: GrantStored}
	require.NoError(t, s.PutParcel(g, map[string]wire.ParcelEntry{"node-aaaa": entry(0), "node-bbbb": entry(5)}))

	got, err := s.Entry(5, []byte("node-bbbb"))
	require.NoError(t, err)
	require.Equal(t, entry(5), got)
	_, err = s.Entry(6, []byte("node-bbbb"))
	require.ErrorIs(t, err, ErrNotFound)

	// A sealed entry moved under another key does not open.
	sealed, err := s.rows.Get(t.Context(), entryKey(5, []byte("node-aaaa")))
	require.NoError(t, err)
	require.NoError(t, s.rows.Put(t.Context(), entryKey(6, []byte("node-aaaa")), sealed))
	_, err = s.Entry(6, []byte("node-aaaa"))
	require.ErrorContains(t, err, "disk key")
	require.NoError(t, s.Close())

	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		bz, err := os.ReadFile(path)
		require.False(t, bytes.Contains(bz, []byte("SECRET-FRAGMENT-KEY")), path)
		return err
	}))
}

func TestCapsulesArriveLaterAndStay(t *testing.T) {
	s := fresh(t, 10)
	g := Grant{ID: 5, Stream: 1, State: GrantStored}
	require.NoError(t, s.PutParcel(g, map[string]wire.ParcelEntry{"n": entry(0)}))
	require.NoError(t, s.PutCapsule(5, []byte("n"), []byte("first")))
	require.NoError(t, s.PutCapsule(5, []byte("n"), []byte("second")))
	e, err := s.Entry(5, []byte("n"))
	require.NoError(t, err)
	require.Equal(t, "first", string(e.Capsule))
	require.ErrorIs(t, s.PutCapsule(5, []byte("m"), []byte("x")), ErrNotFound)
}

func TestADroppedParcelLeavesNothing(t *testing.T) {
	s := fresh(t, 10)
	for id := range uint64(2) {
		require.NoError(t, s.PutParcel(Grant{ID: id, State: GrantAccepted}, map[string]wire.ParcelEntry{"n": entry(0)}))
	}
	require.NoError(t, s.DropParcel(0))
	_, err := s.Grant(0)
	require.ErrorIs(t, err, ErrNotFound)
	_, err = s.Entry(0, []byte("n"))
	require.ErrorIs(t, err, ErrNotFound)
	grants, err := s.Grants()
	require.NoError(t, err)
	require.Equal(t, []Grant{{ID: 1, State: GrantAccepted}}, grants)
}

func TestTheAccessLogIsAppendedToAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		s, _ := open(t, dir, 10)
		require.NoError(t, s.Log(AccessRecord{Time: int64(i), Reader: 7, Request: []byte{1}}))
		require.NoError(t, s.SyncLog())
		require.NoError(t, s.Close())
	}
	bz, err := os.ReadFile(filepath.Join(dir, accessDir, "0.log"))
	require.NoError(t, err)
	require.Equal(t, `{"time":0,"provider":0,"reader":7,"reader_version":0,"request":"AQ=="}
{"time":1,"provider":0,"reader":7,"reader_version":0,"request":"AQ=="}
`, string(bz))
}

func TestTheAccessLogIsCutIntoFilesOfWhichTheOldestGo(t *testing.T) {
	s := fresh(t, 10)
	for range accessFiles + 3 {
		s.access.size = accessFileSize
		require.NoError(t, s.Log(AccessRecord{}))
	}
	numbers, err := s.access.numbers()
	require.NoError(t, err)
	require.Len(t, numbers, accessFiles)
	require.Equal(t, uint64(accessFiles+3), numbers[len(numbers)-1])
}
