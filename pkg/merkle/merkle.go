// Package merkle implements the binary Merkle trees of RFC 6962 (Certificate Transparency), section 2.1, over SHA-256.
//
// Leaves are hashed as H(0x00 ‖ data) and inner nodes as H(0x01 ‖ left ‖ right), so that no inner node can pass for a leaf.
// The tree over n leaves splits at the largest power of two smaller than n; the empty tree's root is SHA-256 of nothing.
// A root alone does not bind the number of leaves: whoever verifies a path must know the count from elsewhere.
package merkle

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"
)

// Hash is a SHA-256 digest.
type Hash = [sha256.Size]byte

const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// ErrProof means that a path does not lead from the leaf to the root.
var ErrProof = errors.New("merkle proof does not verify")

// LeafHash is the hash of a leaf's data.
func LeafHash(data []byte) Hash {
	if len(data) <= ShardLeaf {
		var buf [1 + ShardLeaf]byte
		buf[0] = leafPrefix
		n := copy(buf[1:], data)
		return sha256.Sum256(buf[:1+n])
	}
	h := sha256.New()
	h.Write([]byte{leafPrefix})
	h.Write(data)
	return Hash(h.Sum(nil))
}

func nodeHash(left, right Hash) Hash {
	var buf [1 + 2*sha256.Size]byte
	buf[0] = nodePrefix
	copy(buf[1:], left[:])
	copy(buf[1+sha256.Size:], right[:])
	return sha256.Sum256(buf[:])
}

// Root of the tree over the leaf hashes.
func Root(leafHashes []Hash) Hash {
	var s stack
	for _, h := range leafHashes {
		s.push(h)
	}
	return s.root()
}

// stack holds the roots of complete subtrees, largest first, as leaves come in from the left.
type stack struct {
	roots [64]Hash
	depth int
	count uint64
}

func (s *stack) push(h Hash) {
	for c := s.count; c&1 == 1; c >>= 1 {
		s.depth--
		h = nodeHash(s.roots[s.depth], h)
	}
	s.roots[s.depth] = h
	s.depth++
	s.count++
}

func (s *stack) root() Hash {
	if s.count == 0 {
		return sha256.Sum256(nil)
	}
	h := s.roots[s.depth-1]
	for i := s.depth - 2; i >= 0; i-- {
		h = nodeHash(s.roots[i], h)
	}
	return h
}

// Proof is the path of leaf i, from the leaf's sibling up.
func Proof(leafHashes []Hash, i int) ([]Hash, error) {
	if i < 0 || i >= len(leafHashes) {
		return nil, fmt.Errorf("leaf %d of %d does not exist", i, len(leafHashes))
	}
	var path []Hash
	for len(leafHashes) > 1 {
		k := split(len(leafHashes))
		if i < k {
			path = append(path, Root(leafHashes[k:]))
			leafHashes = leafHashes[:k]
			continue
		}
		path = append(path, Root(leafHashes[:k]))
		leafHashes, i = leafHashes[k:], i-k
	}
	for l, r := 0, len(path)-1; l < r; l, r = l+1, r-1 {
		path[l], path[r] = path[r], path[l]
	}
	return path, nil
}

// split is the largest power of two smaller than n, for n > 1.
func split(n int) int { return 1 << (bits.Len(uint(n-1)) - 1) }

// Tree keeps all levels over its leaves, so that every path costs O(log n) after O(n) hashing.
type Tree struct {
	// levels[0] are the leaves; a node without a sibling moves up unchanged.
	levels [][]Hash
}

// NewTree hashes the levels over the leaf hashes.
func NewTree(leafHashes []Hash) *Tree {
	t := &Tree{levels: [][]Hash{leafHashes}}
	for level := leafHashes; len(level) > 1; {
		next := make([]Hash, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			next = append(next, nodeHash(level[i], level[i+1]))
		}
		if len(level)%2 == 1 {
			next = append(next, level[len(level)-1])
		}
		t.levels = append(t.levels, next)
		level = next
	}
	return t
}

// Root of the tree.
func (t *Tree) Root() Hash {
	top := t.levels[len(t.levels)-1]
	if len(top) == 0 {
		return sha256.Sum256(nil)
	}
	return top[0]
}

// Proof is the path of leaf i, as the function Proof gives it.
func (t *Tree) Proof(i int) ([]Hash, error) {
	if i < 0 || i >= len(t.levels[0]) {
		return nil, fmt.Errorf("leaf %d of %d does not exist", i, len(t.levels[0]))
	}
	var path []Hash
	for _, level := range t.levels[:len(t.levels)-1] {
		if sibling := i ^ 1; sibling < len(level) {
			path = append(path, level[sibling])
		}
		i >>= 1
	}
	return path, nil
}

// Verify checks that leaf (a leaf hash) is number i of the n leaves under root (RFC 9162, section 2.1.3.2).
func Verify(root, leaf Hash, i, n uint64, proof []Hash) error {
	if i >= n {
		return fmt.Errorf("%w: leaf %d of %d", ErrProof, i, n)
	}
	h := leaf
	last := n - 1
	for _, sibling := range proof {
		if last == 0 {
			return fmt.Errorf("%w: path too long", ErrProof)
		}
		if i&1 == 1 || i == last {
			h = nodeHash(sibling, h)
			for i&1 == 0 && i != 0 {
				i, last = i>>1, last>>1
			}
		} else {
			h = nodeHash(h, sibling)
		}
		i, last = i>>1, last>>1
	}
	if last != 0 {
		return fmt.Errorf("%w: path too short", ErrProof)
	}
	if h != root {
		return ErrProof
	}
	return nil
}
