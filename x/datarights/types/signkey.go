package types

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"filippo.io/edwards25519"
)

// checkSigned verifies an ed25519 proof of possession. Keys of small order are refused: anybody can sign for them.
func checkSigned(key, message, proof []byte) error {
	if len(key) != ed25519.PublicKeySize || len(proof) != ed25519.SignatureSize {
		return fmt.Errorf("key of %d and proof of %d bytes, not %d and %d", len(key), len(proof), ed25519.PublicKeySize, ed25519.SignatureSize)
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil || new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return errors.New("the key is no point of the curve, or one of small order")
	}
	if !ed25519.Verify(key, message, proof) {
		return errors.New("the proof is not by this key, for this purpose, owner and chain")
	}
	return nil
}
