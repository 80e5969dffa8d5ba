package election

import (
	"crypto/sha256"
	"encoding/binary"
)

// Randomness is one value of the chain of proposers' outputs, one per block.
type Randomness [32]byte

// Genesis is the value before the first block: a hash of what the genesis names as its seed.
func Genesis(chainID string, seed []byte) Randomness {
	return digest("genesis", []byte(chainID), seed)
}

// BlockInput is what the proposer of a height proves its VRF output at. It holds neither time nor round, which a proposer
// could try many of.
func BlockInput(chainID string, height int64, previous Randomness) []byte {
	r := digest("block", []byte(chainID), number(uint64(height)), previous[:])
	return r[:]
}

// Mix is the value after a block whose proposer proved output at BlockInput.
func (r Randomness) Mix(output []byte) Randomness { return digest("mix", r[:], output) }

// Skip is the value after a block whose proposer proved nothing.
func (r Randomness) Skip() Randomness { return digest("skip", r[:]) }

// TermInput is what candidates prove their VRF output at to be elected in a term; r is the value before the term's first block.
func TermInput(chainID string, term uint64, r Randomness) []byte {
	d := digest("term", []byte(chainID), number(term), r[:])
	return d[:]
}

// digest hashes a label and parts, each behind its length, so that no two lists of parts are one string.
func digest(label string, parts ...[]byte) Randomness {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte("cpchain/election/" + label + "/v1")}, parts...) {
		h.Write(number(uint64(len(part))))
		h.Write(part)
	}
	return Randomness(h.Sum(nil))
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
