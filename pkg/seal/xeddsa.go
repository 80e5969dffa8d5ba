package seal

import (
	"crypto/ed25519"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
)

// ErrPossession means that a proof of possession does not verify.
var ErrPossession = errors.New("proof of possession does not verify")

const possessionLabel = "cpchain/seal/possession/v1\x00"

// ProvePossession signs context with the X25519 key by XEdDSA: the Montgomery key's Edwards twin with sign bit 0.
func (s BoxSecret) ProvePossession(rand io.Reader, context []byte) ([]byte, error) {
	k, err := edwards25519.NewScalar().SetBytesWithClamping(s[:])
	if err != nil {
		return nil, err
	}
	public := edwards25519.NewIdentityPoint().ScalarBaseMult(k)
	encoded := public.Bytes()
	if encoded[31]&0x80 != 0 {
		k.Negate(k)
		encoded[31] &^= 0x80
	}
	var fresh [64]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("entropy: %w", err)
	}
	message := append([]byte(possessionLabel), context...)
	r, err := hashScalar(xeddsaPrefix(), k.Bytes(), message, fresh[:])
	if err != nil {
		return nil, err
	}
	commitment := edwards25519.NewIdentityPoint().ScalarBaseMult(r).Bytes()
	h, err := hashScalar(commitment, encoded, message)
	if err != nil {
		return nil, err
	}
	response := edwards25519.NewScalar().MultiplyAdd(h, k, r)
	return append(commitment, response.Bytes()...), nil
}

// xeddsaPrefix is hash_1's prefix in the XEdDSA specification: 2^256 - 2, little endian.
func xeddsaPrefix() []byte {
	prefix := slices.Repeat([]byte{0xff}, 32)
	prefix[0] = 0xfe
	return prefix
}

func hashScalar(parts ...[]byte) (*edwards25519.Scalar, error) {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return edwards25519.NewScalar().SetUniformBytes(h.Sum(nil))
}

// VerifyBox checks a proof of possession of an X25519 key. Keys that are no canonical point of the curve's prime-order-times-
// cofactor group, or of low order, are refused.
func VerifyBox(pk BoxPublic, context, proof []byte) error {
	if len(proof) != ed25519.SignatureSize {
		return fmt.Errorf("%w: %d bytes, not %d", ErrPossession, len(proof), ed25519.SignatureSize)
	}
	public, err := edwards(pk)
	if err != nil {
		return err
	}
	if !ed25519.Verify(public, append([]byte(possessionLabel), context...), proof) {
		return ErrPossession
	}
	return nil
}

// edwards maps a Montgomery u to the Edwards point y = (u-1)/(u+1) with sign bit 0.
func edwards(pk BoxPublic) (ed25519.PublicKey, error) {
	u, err := new(field.Element).SetBytes(pk[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPossession, err)
	}
	if !slices.Equal(u.Bytes(), pk[:]) {
		return nil, fmt.Errorf("%w: key is not canonical", ErrPossession)
	}
	one := new(field.Element).One()
	y := new(field.Element).Multiply(new(field.Element).Subtract(u, one), new(field.Element).Invert(new(field.Element).Add(u, one)))
	p, err := new(edwards25519.Point).SetBytes(y.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w: key is on no curve point", ErrPossession)
	}
	if new(edwards25519.Point).MultByCofactor(p).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return nil, fmt.Errorf("%w: key of low order", ErrPossession)
	}
	return ed25519.PublicKey(y.Bytes()), nil
}
