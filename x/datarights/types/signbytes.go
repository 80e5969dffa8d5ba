package types

import (
	"crypto/sha256"
	"encoding/binary"
)

// digest hashes length-prefixed parts under a label: 32 bytes to be signed.
func digest(label string, parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range append([][]byte{[]byte(label)}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // parts are keys, names and encoded messages
		h.Write(part)
	}
	return h.Sum(nil)
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// encode is the deterministic protobuf form; messages with neither maps nor Any marshal to one byte string.
func encode(m interface{ Marshal() ([]byte, error) }) []byte {
	bz, err := m.Marshal()
	if err != nil {
		panic(err) // the generated code has no error to give for these messages
	}
	return bz
}

// AnchorSignBytes is what the writer key signs: the anchor with its signature left out.
func AnchorSignBytes(chainID string, a Anchor) []byte {
	a.Signature = nil
	return digest("cpchain/anchor/v1", []byte(chainID), encode(&a))
}

// AnchorHash names a signed anchor; the next one carries it.
func AnchorHash(chainID string, a Anchor) []byte {
	return digest("cpchain/anchor-hash/v1", []byte(chainID), encode(&a))
}

// WriterProofBytes is what a writer key signs to be named in a new stream. The writer's epoch does not enter.
func WriterProofBytes(chainID, owner, name string, w Writer) []byte {
	w.Epoch = 0
	return digest("cpchain/writer/v1", []byte(chainID), []byte(owner), []byte(name), encode(&w))
}

// SetWriterProofBytes is what a writer key signs to take over an existing stream.
func SetWriterProofBytes(chainID string, stream uint64, w Writer) []byte {
	w.Epoch = 0
	return digest("cpchain/set-writer/v1", []byte(chainID), number(stream), encode(&w))
}

// ReaderProofBytes is the context of both proofs of possession of a reader.
func ReaderProofBytes(chainID, owner string, preKey, authKey []byte) []byte {
	return digest("cpchain/reader/v1", []byte(chainID), []byte(owner), preKey, authKey)
}

// AnswerSignBytes is what a proxy's peer key signs under an answer: everything in it, so that nothing a disputer adds can
// make a right answer look wrong, and a leaf the grant never committed to is the proxy's own fault.
func AnswerSignBytes(chainID string, a SignedAnswer) []byte {
	leaf, capsule, fragment := sha256.Sum256(a.Leaf), sha256.Sum256(a.Capsule), sha256.Sum256(a.Fragment)
	return digest("cpchain/answer/v1", []byte(chainID), number(a.Grant), number(a.Provider), number(uint64(a.PeerKeyVersion)),
		leaf[:], number(uint64(a.Position)), digest("cpchain/answer-path/v1", a.Path...), capsule[:], fragment[:])
}
