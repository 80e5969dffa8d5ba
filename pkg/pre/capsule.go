package pre

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

const (
	tagSize = 16
	// capsuleHead is version ‖ suite ‖ E ‖ V ‖ s, what the wrapped seed is bound to.
	capsuleHead = 2 + 2*pointSize + scalarSize
	// CapsuleSize is version ‖ suite ‖ E ‖ V ‖ s ‖ wrapped seed ‖ tag.
	CapsuleSize = capsuleHead + seedSize + tagSize
)

// ErrCapsule means that a capsule is malformed or does not verify.
var ErrCapsule = errors.New("capsule does not verify")

// NewCapsule wraps a node's seed under the node's own key. Same seed and context, same bytes.
func NewCapsule(seed [seedSize]byte, context []byte) ([]byte, error) {
	capsule, _, err := encapsulate(seed, context)
	return capsule, err
}

// encapsulate gives the capsule of a seed and the node's public key. The seed's holder knows every logarithm, so
// (r+u)·A is ((r+u)·a)·G.
func encapsulate(seed [seedSize]byte, context []byte) ([]byte, PublicKey, error) {
	k, err := deriveNode(seed)
	if err != nil {
		return nil, PublicKey{}, err
	}
	publicA := encodePoint(mulGen(k.a))
	e, v := encodePoint(mulGen(k.r)), encodePoint(mulGen(k.u))
	s := new(scalar).MultiplyAdd(k.r, capsuleChallenge(e, v), k.u)
	shared := new(scalar).Multiply(new(scalar).Add(k.r, k.u), k.a)
	aead, err := wrapping(encodePoint(mulGen(shared)), e, v, publicA, context)
	if err != nil {
		return nil, PublicKey{}, err
	}
	capsule := make([]byte, 0, CapsuleSize)
	capsule = append(append(capsule, version, Suite), e[:]...)
	capsule = append(append(capsule, v[:]...), s.Bytes()...)
	//nolint:gosec // the key wraps one seed only, being derived from it
	return aead.Seal(capsule, make([]byte, aead.NonceSize()), seed[:], join(context, capsule)), publicA, nil
}

func capsuleChallenge(e, v [pointSize]byte) *scalar {
	return hashToScalar("cpchain/pre/capsule-proof/v1", e[:], v[:])
}

// wrapping is the AEAD under K. Its key wraps one seed only, being derived from it, so a fixed nonce is right.
func wrapping(shared, e, v [pointSize]byte, publicA PublicKey, context []byte) (cipher.AEAD, error) {
	info := join([]byte("cpchain/pre/wrap/v1"), []byte{version, Suite}, e[:], v[:], publicA[:], context)
	key, err := hkdf.Key(sha256.New, shared[:], nil, string(info), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// capsuleParts is a decoded capsule.
type capsuleParts struct {
	e, v     *point
	eBz, vBz [pointSize]byte
	s        *scalar
	bytes    []byte
}

func parseCapsule(capsule []byte) (capsuleParts, error) {
	c := capsuleParts{bytes: capsule}
	if len(capsule) != CapsuleSize {
		return c, fmt.Errorf("%w: %d bytes, not %d", ErrCapsule, len(capsule), CapsuleSize)
	}
	if capsule[0] != version || capsule[1] != Suite {
		return c, fmt.Errorf("%w: version %d, suite %d", ErrCapsule, capsule[0], capsule[1])
	}
	c.eBz, c.vBz = [pointSize]byte(capsule[2:34]), [pointSize]byte(capsule[34:66])
	var err error
	if c.e, err = parsePoint(c.eBz[:]); err != nil {
		return c, fmt.Errorf("%w: E: %w", ErrCapsule, err)
	}
	if c.v, err = parsePoint(c.vBz[:]); err != nil {
		return c, fmt.Errorf("%w: V: %w", ErrCapsule, err)
	}
	if c.s, err = parseScalar(capsule[66:capsuleHead]); err != nil {
		return c, fmt.Errorf("%w: s: %w", ErrCapsule, err)
	}
	return c, nil
}

// CheckCapsule decodes a capsule and checks its proof that whoever made it knew the logarithms of E and V, else ErrCapsule.
// That it wraps what its node needs only opening it shows; the owner answers for that by the hash in each leaf.
func CheckCapsule(capsule []byte) error {
	c, err := parseCapsule(capsule)
	if err != nil {
		return err
	}
	// s·G = V + H(E, V)·E
	if encodePoint(publicDifferenceGen(c.s, capsuleChallenge(c.eBz, c.vBz), c.e)) != c.vBz {
		return fmt.Errorf("%w: its proof is wrong", ErrCapsule)
	}
	return nil
}

// CapsuleHash is what a leaf commits to.
func CapsuleHash(capsule []byte) [32]byte { return sha256.Sum256(capsule) }

// unwrap opens the seed with the shared point and checks that the seed gives this capsule and this key again: that is what
// commits the owner to one seed, AES-GCM alone would not.
func (c capsuleParts) unwrap(shared [pointSize]byte, publicA PublicKey, context []byte) ([seedSize]byte, error) {
	aead, err := wrapping(shared, c.eBz, c.vBz, publicA, context)
	if err != nil {
		return [seedSize]byte{}, err
	}
	bz, err := aead.Open(nil, make([]byte, aead.NonceSize()), c.bytes[capsuleHead:], join(context, c.bytes[:capsuleHead]))
	if err != nil {
		return [seedSize]byte{}, fmt.Errorf("%w: the capsule does not open", ErrOwnerFault)
	}
	seed := [seedSize]byte(bz)
	again, derived, err := encapsulate(seed, context)
	if err != nil {
		return [seedSize]byte{}, fmt.Errorf("%w: the seed inside: %w", ErrOwnerFault, err)
	}
	if derived != publicA {
		return [seedSize]byte{}, fmt.Errorf("%w: the seed inside gives another key", ErrOwnerFault)
	}
	if string(again) != string(c.bytes) {
		return [seedSize]byte{}, fmt.Errorf("%w: the seed inside gives another capsule", ErrOwnerFault)
	}
	return seed, nil
}
