package timechain

import (
	"crypto/sha256"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// leafPrefix is what RFC 6962 puts before a leaf. Records are hashed here rather than by package merkle so that salt and
// record are written once, behind it.
const leafPrefix = 0x00

// leafHasher hashes records as Merkle leaves, salt ‖ record; it keeps its buffers for the next segment.
type leafHasher struct {
	buf    []byte
	hashes []merkle.Hash
}

// leaves are the leaf hashes of records under their salts, valid until the next call.
func (h *leafHasher) leaves(records []Record, salts [][16]byte) []merkle.Hash {
	if cap(h.hashes) < len(records) {
		h.hashes = make([]merkle.Hash, len(records))
	}
	h.hashes = h.hashes[:len(records)]
	for i := range records {
		h.buf = append(append(h.buf[:0], leafPrefix), salts[i][:]...)
		h.buf = records[i].appendLeaf(h.buf)
		h.hashes[i] = sha256.Sum256(h.buf)
	}
	return h.hashes
}

// saltedLeaf is the hash of one record's leaf.
func saltedLeaf(r *Record, salt [16]byte) merkle.Hash {
	b := append(make([]byte, 0, 128), salt[:]...)
	return merkle.LeafHash(r.appendLeaf(b))
}
