package pre

import (
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"io"
)

// wideSize is what scalars are reduced from, so that their bias is below 2^-250.
const wideSize = 64

// hashToScalar hashes length-prefixed parts under a label to 64 bytes and reduces them, which is how RFC 9497 hashes to
// scalars of this group.
func hashToScalar(label string, parts ...[]byte) *scalar {
	wide := expand(join(parts...), label)
	return reduce(wide[:])
}

// expand is expand_message_xmd with SHA-512 (RFC 9380, 5.3.1) to 64 bytes, which take one block.
func expand(msg []byte, label string) [wideSize]byte {
	dst := append([]byte(label), byte(len(label)))
	h := sha512.New()
	_, _ = h.Write(make([]byte, sha512.BlockSize))
	_, _ = h.Write(msg)
	_, _ = h.Write([]byte{0, wideSize, 0})
	_, _ = h.Write(dst)
	b0 := h.Sum(nil)
	return sha512.Sum512(append(append(b0, 1), dst...))
}

// reduce takes 64 bytes modulo the group's order.
func reduce(wide []byte) *scalar {
	s, err := new(scalar).SetUniformBytes(wide)
	if err != nil {
		panic(err) // only another length than 64 fails
	}
	return s
}

// join prefixes each part with its length, so that no two lists of parts read the same.
func join(parts ...[]byte) []byte {
	size := 0
	for _, p := range parts {
		size += 4 + len(p)
	}
	bz := make([]byte, 0, size)
	for _, p := range parts {
		bz = binary.BigEndian.AppendUint32(bz, uint32(len(p)))
		bz = append(bz, p...)
	}
	return bz
}

// hedged is a proof nonce hashed from the secret, fresh randomness and everything the challenge will cover that is known
// before the nonce. It repeats only if all of these do, and then the proof is the same proof: neither a constant nor a
// repeating random source gives two challenges one nonce.
func hedged(rand io.Reader, label string, secret [scalarSize]byte, transcript ...[]byte) (*scalar, error) {
	var fresh [32]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("entropy: %w", err)
	}
	t := hashToScalar(label, secret[:], fresh[:], join(transcript...))
	if isZero(t) {
		return nil, ErrScalar
	}
	return t, nil
}
