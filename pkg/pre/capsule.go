package pre

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/cloudflare/circl/group"
)

const (
	seedSize = 32
	tagSize  = 16
	// CapsuleSize is version ‖ suite ‖ E ‖ V ‖ s ‖ wrapped seed.
	CapsuleSize = 2 + 2*pointSize + scalarSize + seedSize + tagSize
)

// ErrCapsule means that a capsule is malformed or does not verify.
var ErrCapsule = errors.New("capsule does not verify")

// nodeKeys are the scalars that follow from a node's seed.
type nodeKeys struct{ a, r, u group.Scalar }

func deriveNode(seed [seedSize]byte) (nodeKeys, error) {
	k := nodeKeys{
		a: hashToScalar("cpchain/pre/node-a/v1", seed[:]),
		r: hashToScalar("cpchain/pre/node-r/v1", seed[:]),
		u: hashToScalar("cpchain/pre/node-u/v1", seed[:]),
	}
	if k.a.IsZero() || k.r.IsZero() || k.u.IsZero() {
		return k, ErrScalar
	}
	return k, nil
}

// NodePublic is the public key A of a node, from its seed.
func NodePublic(seed [seedSize]byte) (PublicKey, error) {
	k, err := deriveNode(seed)
	if err != nil {
		return PublicKey{}, err
	}
	return encode(mulGen(k.a)), nil
}

// CapsuleContext names what a capsule belongs to: stream "<chain-id>/<number>" and key tree node in 9-byte form. It is bound
// into the wrapping key and the associated data.
func CapsuleContext(stream string, node []byte) []byte {
	return join([][]byte{[]byte("cpchain/pre/capsule/v1"), []byte(stream), node})
}

// NewCapsule wraps a node's seed under the node's own key. Same seed and context, same bytes.
func NewCapsule(seed [seedSize]byte, context []byte) ([]byte, error) {
	k, err := deriveNode(seed)
	if err != nil {
		return nil, err
	}
	publicA := mulGen(k.a)
	e, v := encode(mulGen(k.r)), encode(mulGen(k.u))
	s := suite.NewScalar().Add(k.u, suite.NewScalar().Mul(k.r, capsuleChallenge(e, v)))
	sBz := encode(s)
	aead, err := wrapping(mul(publicA, suite.NewScalar().Add(k.r, k.u)), e, v, encode(publicA), context)
	if err != nil {
		return nil, err
	}
	capsule := append([]byte{version, Suite}, e[:]...)
	capsule = append(append(capsule, v[:]...), sBz[:]...)
	return aead.Seal(capsule, make([]byte, aead.NonceSize()), seed[:], wrapData(context, capsule)), nil
}

func capsuleChallenge(e, v [pointSize]byte) group.Scalar {
	return hashToScalar("cpchain/pre/capsule-proof/v1", e[:], v[:])
}

// wrapping is the AEAD under K. Its key wraps one seed only, being derived from it, so a fixed nonce is right.
func wrapping(shared group.Element, e, v [pointSize]byte, publicA PublicKey, context []byte) (cipher.AEAD, error) {
	secret := encode(shared)
	info := join([][]byte{[]byte("cpchain/pre/wrap/v1"), {version, Suite}, e[:], v[:], publicA[:], context})
	key, err := hkdf.Key(sha256.New, secret[:], nil, string(info), 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func wrapData(context, head []byte) []byte { return join([][]byte{context, head}) }

// capsuleParts is a decoded capsule.
type capsuleParts struct {
	e, v       group.Element
	eBz, vBz   [pointSize]byte
	s          group.Scalar
	head, seed []byte
}

func parseCapsule(capsule []byte) (capsuleParts, error) {
	var c capsuleParts
	if len(capsule) != CapsuleSize {
		return c, fmt.Errorf("%w: %d bytes, not %d", ErrCapsule, len(capsule), CapsuleSize)
	}
	if capsule[0] != version || capsule[1] != Suite {
		return c, fmt.Errorf("%w: version %d, suite %d", ErrCapsule, capsule[0], capsule[1])
	}
	headSize := 2 + 2*pointSize + scalarSize
	c.head, c.seed = capsule[:headSize], capsule[headSize:]
	c.eBz, c.vBz = [pointSize]byte(capsule[2:34]), [pointSize]byte(capsule[34:66])
	var err error
	if c.e, err = point(c.eBz[:]); err != nil {
		return c, fmt.Errorf("%w: E: %w", ErrCapsule, err)
	}
	if c.v, err = point(c.vBz[:]); err != nil {
		return c, fmt.Errorf("%w: V: %w", ErrCapsule, err)
	}
	if c.s, err = scalar(capsule[66:headSize]); err != nil {
		return c, fmt.Errorf("%w: s: %w", ErrCapsule, err)
	}
	return c, nil
}

// CheckCapsule decodes a capsule and checks its proof that E and V were made by one hand.
func CheckCapsule(capsule []byte) error {
	c, err := parseCapsule(capsule)
	if err != nil {
		return err
	}
	if !mulGen(c.s).IsEqual(add(c.v, mul(c.e, capsuleChallenge(c.eBz, c.vBz)))) {
		return ErrCapsule
	}
	return nil
}

// CapsuleHash is what a leaf commits to.
func CapsuleHash(capsule []byte) [32]byte { return sha256.Sum256(capsule) }

// unwrap opens the seed with the shared point and checks that the seed gives this capsule and this key again.
func (c capsuleParts) unwrap(shared group.Element, publicA PublicKey, context, capsule []byte) ([seedSize]byte, error) {
	aead, err := wrapping(shared, c.eBz, c.vBz, publicA, context)
	if err != nil {
		return [seedSize]byte{}, err
	}
	bz, err := aead.Open(nil, make([]byte, aead.NonceSize()), c.seed, wrapData(context, c.head))
	if err != nil {
		return [seedSize]byte{}, fmt.Errorf("%w: %w", ErrOwnerFault, err)
	}
	seed := [seedSize]byte(bz)
	again, err := NewCapsule(seed, context)
	if err != nil {
		return [seedSize]byte{}, err
	}
	if !bytes.Equal(again, capsule) {
		return [seedSize]byte{}, fmt.Errorf("%w: the seed inside gives another capsule", ErrOwnerFault)
	}
	derived, err := NodePublic(seed)
	if err != nil {
		return [seedSize]byte{}, err
	}
	if derived != publicA {
		return [seedSize]byte{}, fmt.Errorf("%w: the seed inside gives another key", ErrOwnerFault)
	}
	return seed, nil
}
