package timechain

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
)

// labelHeader keeps a device's header signatures apart from anything else its key signs.
const labelHeader = "cpchain/timechain/header/v1"

// SignBytes is the digest a device signs: SHA-256 of the label, a zero byte and the header without its signature.
func (h BlockHeader) SignBytes() [32]byte {
	h.DeviceSig = nil
	return sha256.Sum256(h.appendTo(append([]byte(labelHeader), 0)))
}

// VerifyDevice checks the device's signature against its key as the stream's row has it: 32 bytes are ed25519 (the digest is
// the message), 33 bytes a compressed P-256 point (the signature is r ‖ s over the digest). Without a signature it fails.
func (h BlockHeader) VerifyDevice(pub []byte) error {
	digest := h.SignBytes()
	if len(h.DeviceSig) != maxDeviceSig {
		return fmt.Errorf("%w: block %d carries none", ErrDevice, h.Seq)
	}
	switch len(pub) {
	case ed25519.PublicKeySize:
		if ed25519.Verify(pub, digest[:], h.DeviceSig) {
			return nil
		}
	case 33:
		key, err := parseP256(pub)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDevice, err)
		}
		r, s := new(big.Int).SetBytes(h.DeviceSig[:32]), new(big.Int).SetBytes(h.DeviceSig[32:])
		if ecdsa.Verify(key, digest[:], r, s) {
			return nil
		}
	default:
		return fmt.Errorf("%w: a key of %d bytes is neither ed25519 nor compressed P-256", ErrDevice, len(pub))
	}
	return fmt.Errorf("%w: block %d", ErrDevice, h.Seq)
}

// parseP256 reads a compressed point; crypto/ecdsa takes only the uncompressed form.
func parseP256(compressed []byte) (*ecdsa.PublicKey, error) {
	curve := elliptic.P256()
	x, y := elliptic.UnmarshalCompressed(curve, compressed)
	if x == nil {
		return nil, errors.New("the key is no P-256 point")
	}
	const size = 32
	point := make([]byte, 1+2*size)
	point[0] = 4
	x.FillBytes(point[1 : 1+size])
	y.FillBytes(point[1+size:])
	return ecdsa.ParseUncompressedPublicKey(curve, point)
}
