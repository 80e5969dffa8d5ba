package types

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/cpchain/cpchain/pkg/merkle"
)

const (
	pickLabel = "cpchain/storage/pick/v1"
	// MaxClass is the size class of the largest shard: 2^20 leaves of 1 KiB.
	MaxClass = 20
	// PickTries is how often a pick is drawn anew where it meets no leaf. A class is at least half full, so that all tries fail with
	// a chance below 2^-16 once the node's shards are older than a period.
	PickTries = 16
)

// Class is the size class of a shard: the least c with at most 2^c leaves.
func Class(shardBytes uint64) uint32 {
	leaves := max(merkle.ShardLeaves(shardBytes), 1)
	return uint32(bits.Len64(leaves - 1)) //nolint:gosec // at most 64
}

// Draw is where a pick points among a node's shards: a place in a size class, and a leaf that the shard at this place may be too
// short for.
type Draw struct {
	Class uint32
	Index uint64
	Leaf  uint64
}

// PickAt draws one of all leaves of a node with equal chance (but for leaves that are not there, for which the caller tries
// again): counts are its shards by size class, each taken for as many leaves as its class has at most. seed is 32 bytes, n the
// number of the pick, try of the attempt. False where the node has no shards.
//
// A node that gave up a part f of what it holds is caught by k picks with probability 1 - (1-f)^k, whatever it gave up: many small
// shards or a few large ones.
func PickAt(seed []byte, provider, period uint64, n, try uint32, counts []uint64) (Draw, bool) {
	var total uint64
	for class, count := range counts {
		total += count << class // at most 2^60 bytes are held
	}
	if total == 0 {
		return Draw{}, false
	}
	at := drawNumber(total, pickLabel, seed, number(provider), number(period), number(uint64(n)), number(uint64(try)))
	for class, count := range counts {
		if part := count << class; at >= part {
			at -= part
			continue
		}
		return Draw{Class: uint32(class), Index: at >> class, Leaf: at & (1<<class - 1)}, true
	}
	return Draw{}, false
}

// LeafAt draws the leaf of one shard that a challenge asks for.
func LeafAt(seed []byte, challenge, shardBytes uint64) uint64 {
	return drawNumber(max(merkle.ShardLeaves(shardBytes), 1), pickLabel, seed, number(challenge))
}

// drawNumber is a number below n, from 128 bits of a hash, so that no number comes more often than another by more than 2^-64.
func drawNumber(n uint64, label string, parts ...[]byte) uint64 {
	h := hashOf(label, parts...)
	high, low := binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])
	_, rest := bits.Div64(high%n, low, n)
	return rest
}

// hashOf hashes a label and parts, each with its length before it.
func hashOf(label string, parts ...[]byte) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(label)}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // parts are keys and numbers
		h.Write(part)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
