package timechain

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
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
		x, y := elliptic.UnmarshalCompressed(elliptic.P256(), pub)
		if x == nil {
			return fmt.Errorf("%w: the key is no P-256 point", ErrDevice)
		}
		r, s := new(big.Int).SetBytes(h.DeviceSig[:32]), new(big.Int).SetBytes(h.DeviceSig[32:])
		if ecdsa.Verify(&ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y}, digest[:], r, s) {
			return nil
		}
	default:
		return fmt.Errorf("%w: a key of %d bytes is neither ed25519 nor compressed P-256", ErrDevice, len(pub))
	}
	return fmt.Errorf("%w: block %d", ErrDevice, h.Seq)
}
