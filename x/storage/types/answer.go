package types

import (
	"encoding/hex"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
)

const (
	cidBytes = 36
	// maxPath bounds a Merkle path: no tree here has more leaves than 2^40.
	maxPath = 40
)

// Verify checks that an answer shows the picked leaf of the picked shard of a deal. ErrAnswer says what does not fit.
func (a Answer) Verify(d Deal, p Pick) error {
	if len(a.Cid) != cidBytes || len(a.TreeRoot) != len(merkle.Hash{}) || len(d.ShardRoot) != len(merkle.Hash{}) {
		return ErrAnswer.Wrapf("cid of %d bytes, tree root of %d, not %d and %d", len(a.Cid), len(a.TreeRoot), cidBytes, len(merkle.Hash{}))
	}
	shardPath, err := path(a.ShardPath)
	if err != nil {
		return err
	}
	leafPath, err := path(a.LeafPath)
	if err != nil {
		return err
	}
	if want := leafSize(d.ShardBytes, p.Leaf); uint64(len(a.Leaf)) != want {
		return ErrAnswer.Wrapf("leaf %d has %d bytes, not %d", p.Leaf, want, len(a.Leaf))
	}
	tree := merkle.Hash(a.TreeRoot)
	shard := merkle.LeafHash(timechain.ShardLeafData(a.Cid, tree))
	if err := merkle.Verify(merkle.Hash(d.ShardRoot), shard, uint64(p.Slot), uint64(len(d.Slots)), shardPath); err != nil {
		return ErrAnswer.Wrapf("slot %d of bundle %d of stream %d has another shard: %v", p.Slot, p.Seq, p.Stream, err)
	}
	if err := merkle.Verify(tree, merkle.LeafHash(a.Leaf), p.Leaf, merkle.ShardLeaves(d.ShardBytes), leafPath); err != nil {
		return ErrAnswer.Wrapf("leaf %d of slot %d of bundle %d of stream %d is another: %v", p.Leaf, p.Slot, p.Seq, p.Stream, err)
	}
	return nil
}

// leafSize is the size of a leaf of a shard; the last may be shorter than the others.
func leafSize(shardBytes, leaf uint64) uint64 {
	if start := leaf * merkle.ShardLeaf; start < shardBytes {
		return min(shardBytes-start, merkle.ShardLeaf)
	}
	return 0
}

func path(hashes [][]byte) ([]merkle.Hash, error) {
	if len(hashes) > maxPath {
		return nil, ErrAnswer.Wrapf("a path of %d hashes, at most %d lead anywhere", len(hashes), maxPath)
	}
	out := make([]merkle.Hash, len(hashes))
	for i, h := range hashes {
		if len(h) != len(out[i]) {
			return nil, ErrAnswer.Wrapf("hash %s of a path has %d bytes, not %d", hex.EncodeToString(h[:min(len(h), 8)]), len(h), len(out[i]))
		}
		out[i] = merkle.Hash(h)
	}
	return out, nil
}
