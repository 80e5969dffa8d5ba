package timechain

import (
	"crypto/sha256"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/cpchain/cpchain/pkg/merkle"
)

const (
	// MaxSegment bounds a sealed segment and, decompressed, its body, in bytes.
	MaxSegment = 256 << 10
	// MaxLines bounds the intervals of one bundle.
	MaxLines = 1 << 14
	// MaxManifest bounds a manifest's encoding in bytes.
	MaxManifest = 4 << 20
	// MaxPayload bounds a bundle's sealed bytes before coding.
	MaxPayload = 1 << 28
)

// Part is one sealed segment of an interval: Size bytes of the payload from Offset on, sealed with Salt.
type Part struct {
	Salt         [32]byte
	Offset, Size uint32
}

// Line is one interval of a bundle. Its Leaf is what the anchor's record root is made of.
type Line struct {
	Interval uint32
	// Count of records, late ones included, and Blocks of headers.
	Count, Blocks uint32
	// T0 and T1 are the times of the first and the last record in unix nanoseconds, 0 where there is none.
	T0, T1 int64
	// LastHeader is the hash of the stream's last header after this interval: an interval without blocks repeats it.
	LastHeader merkle.Hash
	// HeaderRoot is the root over the interval's headers.
	HeaderRoot merkle.Hash
	// Commitment is to the interval's key.
	Commitment [32]byte
	// Parts of the interval, none where it has no blocks.
	Parts []Part
	// Gap is the declared reason of an outage, else empty.
	Gap string
}

// Manifest describes one bundle. It is immutable, kept by every holder and named by the anchor.
type Manifest struct {
	Stream                string
	Seq                   uint64
	KeyEpoch, WriterEpoch uint32
	// K of N shards rebuild the payload.
	K, N                   uint8
	PayloadSize, ShardSize uint32
	// Chain is where the header chain stands before the first line.
	Chain Chain
	// ShardCIDs are binary CIDv1s (raw, sha2-256; 36 bytes), ShardRoots the roots over the shards' 1 KiB leaves.
	ShardCIDs  [][]byte
	ShardRoots []merkle.Hash
	Lines      []Line
}

// cidSize is the length of a binary CIDv1 (raw, sha2-256), cidPrefix its start.
const (
	cidSize   = 36
	cidPrefix = "\x01\x55\x12\x20"
)

// cidOf is the binary CIDv1 (raw, sha2-256) of a block of bytes.
func cidOf(b []byte) []byte {
	digest := sha256.Sum256(b)
	return append([]byte(cidPrefix), digest[:]...)
}

// ManifestCID is the CIDv1 (raw, sha2-256) of a manifest's encoding.
func ManifestCID(b []byte) cid.Cid {
	digest := sha256.Sum256(b)
	hash, err := multihash.Encode(digest[:], multihash.SHA2_256)
	if err != nil {
		panic(err) // the hash and its length are constants
	}
	return cid.NewCidV1(cid.Raw, hash)
}

// CID of the manifest.
func (m Manifest) CID() (cid.Cid, error) {
	b, err := m.Marshal()
	if err != nil {
		return cid.Undef, err
	}
	return ManifestCID(b), nil
}

// RecordRoot is the root over the lines' leaves.
func (m Manifest) RecordRoot() merkle.Hash { return merkle.Root(m.lineLeaves()) }

func (m Manifest) lineLeaves() []merkle.Hash {
	leaves := make([]merkle.Hash, len(m.Lines))
	for i, l := range m.Lines {
		leaves[i] = merkle.LeafHash(l.Leaf())
	}
	return leaves
}

// CommitmentRoot is the root over leaves that are the lines' key commitments.
func (m Manifest) CommitmentRoot() merkle.Hash {
	leaves := make([]merkle.Hash, len(m.Lines))
	for i, l := range m.Lines {
		leaves[i] = merkle.LeafHash(l.Commitment[:])
	}
	return merkle.Root(leaves)
}

// ShardRoot is the root over leaves that are a shard's CID ‖ its tree root, in slot order.
func (m Manifest) ShardRoot() merkle.Hash {
	leaves := make([]merkle.Hash, min(len(m.ShardCIDs), len(m.ShardRoots)))
	for i := range leaves {
		leaves[i] = merkle.LeafHash(ShardLeafData(m.ShardCIDs[i], m.ShardRoots[i]))
	}
	return merkle.Root(leaves)
}

// ShardLeafData is a shard's leaf under ShardRoot: its binary CID ‖ its tree root.
func ShardLeafData(cid []byte, root merkle.Hash) []byte {
	return append(append(make([]byte, 0, cidSize+len(root)), cid...), root[:]...)
}

// Counts of records and blocks in the bundle.
func (m Manifest) Counts() (records, blocks uint64) {
	for _, l := range m.Lines {
		records += uint64(l.Count)
		blocks += uint64(l.Blocks)
	}
	return records, blocks
}

// Times of the first and the last record in unix nanoseconds; 0 where there is no record.
func (m Manifest) Times() (first, last int64) {
	some := false
	for _, l := range m.Lines {
		if l.Count == 0 {
			continue
		}
		if !some {
			first, last = l.T0, l.T1
		}
		some = true
		first, last = min(first, l.T0), max(last, l.T1)
	}
	return first, last
}

// After is where the header chain stands after line i, or before the first line for -1.
func (m Manifest) After(i int) Chain {
	c := m.Chain
	for _, l := range m.Lines[:i+1] {
		c = Chain{Seq: c.Seq + uint64(l.Blocks), Prev: l.LastHeader}
	}
	return c
}

// CheckShard checks a shard against what the manifest says of it: size, CID, tree root.
func (m Manifest) CheckShard(i int, shard []byte) error {
	switch {
	case i < 0 || i >= len(m.ShardCIDs) || i >= len(m.ShardRoots):
		return fmt.Errorf("%w: there is no shard %d", ErrShard, i)
	case uint64(len(shard)) != uint64(m.ShardSize):
		return fmt.Errorf("%w: shard %d has %d bytes, not %d", ErrShard, i, len(shard), m.ShardSize)
	case string(cidOf(shard)) != string(m.ShardCIDs[i]):
		return fmt.Errorf("%w: shard %d has another CID", ErrShard, i)
	case merkle.ShardRoot(shard) != m.ShardRoots[i]:
		return fmt.Errorf("%w: shard %d has another tree root", ErrShard, i)
	}
	return nil
}
