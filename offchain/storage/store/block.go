package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ipfs/go-datastore"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// Block is the row of one shard or manifest.
type Block struct {
	Bundle Bundle `json:"bundle"`
	CID    []byte `json:"cid"`
	Size   uint64 `json:"size"`
	// Manifest tells a manifest from a shard.
	Manifest bool `json:"manifest,omitempty"`
	// Index is the shard's slot.
	Index uint32 `json:"index,omitempty"`
	// Receipts of a manifest: wire.PutManifest holding nothing else.
	Receipts []byte `json:"receipts,omitempty"`
	// Height of the chain when the block was stored.
	Height int64 `json:"height"`
	// Anchored is set once an anchor names the block; until then it may be dropped.
	Anchored bool `json:"anchored,omitempty"`
}

// digestOf a CID is its last 32 bytes.
func digestOf(cid []byte) (string, error) {
	if len(cid) != wire.CIDSize {
		return "", fmt.Errorf("%w: %d bytes", wire.ErrCID, len(cid))
	}
	return hex.EncodeToString(cid[wire.CIDSize-32:]), nil
}

func bundleKey(b Bundle) datastore.Key {
	return datastore.NewKey(fmt.Sprintf("/block/%016x/%016x", b.Stream, b.Seq))
}

func (s *Store) bundleDir(b Bundle) string {
	return filepath.Join(s.dir, blocksDir, fmt.Sprintf("%016x", b.Stream), fmt.Sprintf("%016x", b.Seq))
}

// Put stores a block whose data has been checked against its CID. A block that is held already is left as it is.
func (s *Store) Put(b Block, data []byte) error {
	digest, err := digestOf(b.CID)
	if err != nil {
		return err
	}
	defer s.lock(b.CID)()
	b.Size = uint64(len(data))
	if _, err := s.Block(b.Bundle, b.CID); !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := s.reserve(b); err != nil {
		return err
	}
	err = s.writeFile(s.bundleDir(b.Bundle), digest, data)
	if err == nil {
		err = s.putRow(bundleKey(b.Bundle).ChildString(digest), b)
	}
	if err != nil {
		s.release(b)
		return fmt.Errorf("store block: %w", err)
	}
	return nil
}

// lock serialises changes of one block and returns the unlock.
func (s *Store) lock(cid []byte) func() {
	l := &s.locks[cid[len(cid)-1]%lockStripes]
	l.Lock()
	return l.Unlock
}

// reserve counts a block before it is written, so that concurrent writes cannot pass the capacity together.
func (s *Store) reserve(b Block) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+b.Size > s.capacity {
		return fmt.Errorf("%w: %d of %d bytes used", ErrFull, s.used, s.capacity)
	}
	s.count(b)
	return nil
}

// count adds a block to the totals; the caller holds the lock.
func (s *Store) count(b Block) {
	s.used += b.Size
	if !b.Manifest {
		s.shards++
	}
	if !b.Anchored {
		s.pending[b.Bundle] += b.Size
	}
}

func (s *Store) release(b Block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= b.Size
	if !b.Manifest {
		s.shards--
	}
	if !b.Anchored {
		s.settle(b)
	}
}

// settle takes a block off the pending ones; the caller holds the lock.
func (s *Store) settle(b Block) {
	if s.pending[b.Bundle] -= b.Size; s.pending[b.Bundle] == 0 {
		delete(s.pending, b.Bundle)
	}
}

// Block returns a block's row, or ErrNotFound.
func (s *Store) Block(bundle Bundle, cid []byte) (Block, error) {
	digest, err := digestOf(cid)
	if err != nil {
		return Block{}, err
	}
	var b Block
	return b, s.getRow(bundleKey(bundle).ChildString(digest), &b)
}

// Data returns a block's bytes, checked against the CID: damaged ones are dropped with ErrCorrupt.
func (s *Store) Data(b Block) ([]byte, error) {
	digest, err := digestOf(b.CID)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(s.bundleDir(b.Bundle), digest))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if wire.CheckCID(b.CID, data) == nil {
		return data, nil
	}
	if _, err := s.Block(b.Bundle, b.CID); errors.Is(err, ErrNotFound) {
		return nil, err // dropped while it was being read
	}
	return nil, errors.Join(fmt.Errorf("%w: %x", ErrCorrupt, b.CID), s.Drop(b))
}

// Blocks returns all blocks of a bundle.
func (s *Store) Blocks(bundle Bundle) ([]Block, error) {
	var blocks []Block
	err := s.scan(bundleKey(bundle).String(), func(_ string, value []byte) error {
		var b Block
		if err := json.Unmarshal(value, &b); err != nil {
			return err
		}
		blocks = append(blocks, b)
		return nil
	})
	return blocks, err
}

// Anchor marks a block as named by an anchor.
func (s *Store) Anchor(b Block) error {
	digest, err := digestOf(b.CID)
	if err != nil {
		return err
	}
	defer s.lock(b.CID)()
	row, err := s.Block(b.Bundle, b.CID)
	if err != nil || row.Anchored {
		return err
	}
	row.Anchored = true
	if err := s.putRow(bundleKey(b.Bundle).ChildString(digest), row); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(row)
	return nil
}

// Drop deletes a block: the row first, so that a crash in between leaves an orphan and not a loss.
func (s *Store) Drop(b Block) error {
	digest, err := digestOf(b.CID)
	if err != nil {
		return err
	}
	defer s.lock(b.CID)()
	row, err := s.Block(b.Bundle, b.CID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.rows.Delete(context.Background(), bundleKey(b.Bundle).ChildString(digest)); err != nil {
		return err
	}
	s.release(row)
	if err := os.Remove(filepath.Join(s.bundleDir(b.Bundle), digest)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Pending returns the bundles with blocks not yet anchored, in order.
func (s *Store) Pending() []Bundle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sortedBundles(s.pending)
}

// PendingBytes of a stream are what its writer may lose if no anchor comes.
func (s *Store) PendingBytes(stream uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var sum uint64
	for b, size := range s.pending {
		if b.Stream == stream {
			sum += size
		}
	}
	return sum
}

// Bundles returns every bundle of which an anchored block is held, in order.
func (s *Store) Bundles() ([]Bundle, error) {
	held := make(map[Bundle]uint64)
	err := s.scan("/block", func(_ string, value []byte) error {
		var b Block
		if err := json.Unmarshal(value, &b); err != nil {
			return err
		}
		if b.Anchored {
			held[b.Bundle] += b.Size
		}
		return nil
	})
	return sortedBundles(held), err
}

func sortedBundles(set map[Bundle]uint64) []Bundle {
	bundles := make([]Bundle, 0, len(set))
	for b := range set {
		bundles = append(bundles, b)
	}
	slices.SortFunc(bundles, func(a, b Bundle) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Seq, b.Seq))
	})
	return bundles
}
