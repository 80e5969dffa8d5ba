// Package store owns a storage node's disk: shards, manifests, parcels and the access log.
package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	leveldb "github.com/ipfs/go-ds-leveldb"

	"github.com/cpchain/cpchain/pkg/seal"
)

// On-disk layout of the data folder:
//
//	stage/                             blocks being written; emptied by Open
//	blocks/<stream>/<seq>/<sha256>     one shard or manifest each, stream and seq in hex; the name is its CID's digest
//	rows/                              LevelDB, every write synced; a block's row is written after its file
//	  /block/<stream>/<seq>/<sha256>     Block as JSON
//	  /grant/<grant>                     Grant as JSON
//	  /entry/<grant>/<node>              wire.ParcelEntry sealed under the disk key
//	access/<number>.log                AccessRecord as JSON lines, append only
//
// A block exists when both its row and its file do. A write that was cut off leaves a staged file or a file without a
// row: Open removes both, and nobody was told of either. A row whose file is gone or has another size is a loss: Open
// drops the row and reports it.
const (
	stageDir  = "stage"
	blocksDir = "blocks"
	rowsDir   = "rows"
	accessDir = "access"
)

// lockStripes is how many blocks can change at once.
const lockStripes = 64

// Errors of the store, matched with errors.Is.
var (
	// ErrNotFound means that the store does not hold it.
	ErrNotFound = errors.New("not held here")
	// ErrFull means that the capacity is used up.
	ErrFull = errors.New("storage capacity is used up")
	// ErrCorrupt means that a block's bytes no longer match its CID; the block has been dropped.
	ErrCorrupt = errors.New("block is damaged on disk")
)

// Store is safe for concurrent use by one process; a second process fails to open the rows.
type Store struct {
	dir      string
	capacity uint64
	disk     seal.DiskKey
	rand     io.Reader
	rows     *leveldb.Datastore
	access   *accessLog

	mu      sync.Mutex
	used    uint64 // bytes of blocks held or being written
	shards  uint64
	pending map[Bundle]uint64 // bundles with blocks not yet anchored, and how many bytes those are
	entries sync.Mutex        // serialises read-change-write of parcel entries
	locks   [lockStripes]sync.Mutex
}

// Bundle names an upload of a stream.
type Bundle struct{ Stream, Seq uint64 }

// Report is what Open found and repaired.
type Report struct {
	// Staged and Orphans are remains of writes that were cut off. Lost are blocks whose file is gone or has another size.
	Staged, Orphans, Lost int
	// Blocks and Bytes are what is held.
	Blocks int
	Bytes  uint64
}

// Usage of the store; sizes are in bytes.
type Usage struct{ Shards, Bytes, Capacity uint64 }

// Open opens the data folder, makes it where there is none, and reconciles files with rows. Parcels are sealed under disk
// with nonces from rand.
func Open(dir string, capacity uint64, disk seal.DiskKey, rand io.Reader) (*Store, Report, error) {
	for _, sub := range []string{stageDir, blocksDir, accessDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, Report{}, fmt.Errorf("open store: %w", err)
		}
	}
	rows, err := leveldb.NewDatastore(filepath.Join(dir, rowsDir), nil)
	if err != nil {
		return nil, Report{}, fmt.Errorf("open store rows (is another process using %s?): %w", dir, err)
	}
	s := &Store{dir: dir, capacity: capacity, disk: disk, rand: rand, rows: rows, pending: make(map[Bundle]uint64)}
	report, err := s.reconcile()
	if err == nil {
		s.access, err = openAccessLog(filepath.Join(dir, accessDir))
	}
	if err != nil {
		return nil, Report{}, errors.Join(err, rows.Close())
	}
	return s, report, nil
}

// Close syncs and closes; the store must not be used afterwards.
func (s *Store) Close() error {
	return errors.Join(s.access.Close(), s.rows.Close())
}

// Usage tells what is held.
func (s *Store) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{Shards: s.shards, Bytes: s.used, Capacity: s.capacity}
}
