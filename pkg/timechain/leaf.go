package timechain

import (
	"crypto/sha256"
	"fmt"

	"github.com/cpchain/cpchain/pkg/merkle"
)

const (
	// recordPrefix starts a record's hash. It differs from what RFC 6962 puts before leaves (0x00) and nodes (0x01), so that a
	// record can pass for neither.
	recordPrefix = 0x02
	// groupPrefix is RFC 6962's before a leaf. Groups are hashed here rather than by package merkle so that the hashes are
	// written once, behind it.
	groupPrefix = 0x00
	// groupSize is how many records one leaf of a block's tree holds; the last may hold fewer. A record then costs 0.7
	// compressions of SHA-256 above its own hash, where a tree over the records alone costs 2, and a proof has 15 hashes
	// instead of the lowest 4.
	groupSize = 16
)

// leafHasher hashes records under their salts, in groups; it keeps its buffers for the next block.
type leafHasher struct {
	buf    []byte
	group  []byte
	groups []merkle.Hash
}

// leaves are the leaves of a block's tree, one for every groupSize records, valid until the next call.
func (h *leafHasher) leaves(records []Record, salts [][16]byte) []merkle.Hash {
	h.groups = h.groups[:0]
	for len(records) > 0 {
		n := min(groupSize, len(records))
		h.group = append(h.group[:0], groupPrefix)
		for i := range n {
			sum := h.record(&records[i], &salts[i])
			h.group = append(h.group, sum[:]...)
		}
		h.groups = append(h.groups, sha256.Sum256(h.group))
		records, salts = records[n:], salts[n:]
	}
	return h.groups
}

// root is a block's record root.
func (h *leafHasher) root(records []Record, salts [][16]byte) merkle.Hash {
	return merkle.Root(h.leaves(records, salts))
}

// record is the hash of one record: H(0x02 ‖ salt ‖ its items as a CBOR sequence). Items end by themselves, so no two records
// share a sequence; without the arrays' heads most short records fit in one compression.
func (h *leafHasher) record(r *Record, salt *[16]byte) merkle.Hash {
	h.buf = append(append(h.buf[:0], recordPrefix), salt[:]...)
	h.buf = r.appendItems(h.buf)
	return sha256.Sum256(h.buf)
}

// path is the way from record i of a block to its root: the other records' hashes of its group, in order, then the path of the
// group.
func (h *leafHasher) path(records []Record, salts [][16]byte, i int) ([]merkle.Hash, error) {
	first := i / groupSize * groupSize
	path := make([]merkle.Hash, 0, maxPath)
	for j := first; j < min(first+groupSize, len(records)); j++ {
		if j != i {
			path = append(path, h.record(&records[j], &salts[j]))
		}
	}
	up, err := merkle.Proof(h.leaves(records, salts), i/groupSize)
	return append(path, up...), err
}

// verifyRecord checks that a record's hash is number i of the n records under a block's root.
func verifyRecord(root, record merkle.Hash, i, n uint64, path []merkle.Hash) error {
	if i >= n {
		return fmt.Errorf("%w: record %d of %d", merkle.ErrProof, i, n)
	}
	first := i / groupSize * groupSize
	others := int(min(groupSize, n-first)) - 1
	if len(path) < others {
		return fmt.Errorf("%w: path too short", merkle.ErrProof)
	}
	before := int(i - first)
	group := make([]byte, 0, groupSize*sha256.Size)
	for _, h := range path[:before] {
		group = append(group, h[:]...)
	}
	group = append(group, record[:]...)
	for _, h := range path[before:others] {
		group = append(group, h[:]...)
	}
	return merkle.Verify(root, merkle.LeafHash(group), i/groupSize, (n-1)/groupSize+1, path[others:])
}
