package pre

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// FragmentSize is version ‖ suite ‖ E1 ‖ V1 ‖ challenge ‖ response.
const FragmentSize = 2 + 2*pointSize + 2*scalarSize

var (
	// ErrFragment means that a fragment is malformed or was not made with the share its leaf commits to.
	ErrFragment = errors.New("re-encryption does not verify")
	// ErrWrongCapsule means that a capsule is not the one a leaf commits to.
	ErrWrongCapsule = errors.New("capsule is not the one of the leaf")
)

// Binding ties a fragment to one grant on one chain.
type Binding struct {
	ChainID string
	Grant   uint64
}

// ReEncrypt is the proxy's work: the fragment for a capsule, with its proof; ErrWrongCapsule for any capsule but the leaf's,
// so a reader can't use a proxy as an oracle. A share that passed CheckShare gives fragments that pass VerifyFragment or
// none. Whether the reader has the right, and whether the leaf is under the grant's root, is the caller's to check.
func ReEncrypt(rand io.Reader, s Share, capsule []byte, b Binding) ([]byte, error) {
	rk, err := parseScalar(s.RK[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShare, err)
	}
	c, err := committed(capsule, s.Leaf)
	if err != nil {
		return nil, err
	}
	e1, v1 := encodePoint(mul(rk, c.e)), encodePoint(mul(rk, c.v))
	st, err := newStatement(c, s.Leaf, b, e1, v1)
	if err != nil {
		return nil, err
	}
	t, err := hedged(rand, "cpchain/pre/fragment-nonce/v1", s.RK, st...)
	if err != nil {
		return nil, err
	}
	h := st.challenge(mul(t, c.e), mul(t, c.v), mul(t, genU))
	z := new(scalar).MultiplyAdd(h, rk, t)
	fragment := make([]byte, 0, FragmentSize)
	fragment = append(append(fragment, version, Suite), e1[:]...)
	fragment = append(append(fragment, v1[:]...), h.Bytes()...)
	return append(fragment, z.Bytes()...), nil
}

// VerifyFragment checks that a fragment was made from this capsule with the share of this leaf, for this grant. All inputs
// are public and the result depends on nothing else: the chain runs it in a dispute. An error is ErrWrongCapsule,
// ErrCapsule or ErrFragment, and with a leaf under the grant's root and the proxy's signature each is the proxy's fault, for
// ReEncrypt gives no such fragment.
func VerifyFragment(fragment []byte, leaf Leaf, capsule []byte, b Binding) error {
	c, err := committed(capsule, leaf)
	if err != nil {
		return err
	}
	_, err = c.verify(fragment, leaf, b)
	return err
}

// committed decodes a capsule that a leaf commits to.
func committed(capsule []byte, leaf Leaf) (capsuleParts, error) {
	if CapsuleHash(capsule) != leaf.CapsuleHash {
		return capsuleParts{}, ErrWrongCapsule
	}
	return parseCapsule(capsule)
}

// fragmentParts is a decoded fragment.
type fragmentParts struct {
	e1, v1     *point
	e1Bz, v1Bz [pointSize]byte
	h, z       *scalar
}

func parseFragment(fragment []byte) (fragmentParts, error) {
	var f fragmentParts
	if len(fragment) != FragmentSize {
		return f, fmt.Errorf("%w: %d bytes, not %d", ErrFragment, len(fragment), FragmentSize)
	}
	if fragment[0] != version || fragment[1] != Suite {
		return f, fmt.Errorf("%w: version %d, suite %d", ErrFragment, fragment[0], fragment[1])
	}
	f.e1Bz, f.v1Bz = [pointSize]byte(fragment[2:34]), [pointSize]byte(fragment[34:66])
	var err error
	if f.e1, err = parsePoint(f.e1Bz[:]); err != nil {
		return f, fmt.Errorf("%w: E1: %w", ErrFragment, err)
	}
	if f.v1, err = parsePoint(f.v1Bz[:]); err != nil {
		return f, fmt.Errorf("%w: V1: %w", ErrFragment, err)
	}
	if f.h, err = parseScalar(fragment[66:98]); err != nil {
		return f, fmt.Errorf("%w: challenge: %w", ErrFragment, err)
	}
	if f.z, err = parseScalar(fragment[98:]); err != nil {
		return f, fmt.Errorf("%w: response: %w", ErrFragment, err)
	}
	return f, nil
}

// verify gives E1 + V1 of a fragment that is right.
func (c capsuleParts) verify(fragment []byte, leaf Leaf, b Binding) (*point, error) {
	f, err := parseFragment(fragment)
	if err != nil {
		return nil, err
	}
	u1, err := parsePoint(leaf.U1[:])
	if err != nil {
		return nil, fmt.Errorf("%w: U1: %w", ErrFragment, err)
	}
	st, err := newStatement(c, leaf, b, f.e1Bz, f.v1Bz)
	if err != nil {
		return nil, err
	}
	h := st.challenge(
		publicDifference(f.z, c.e, f.h, f.e1),
		publicDifference(f.z, c.v, f.h, f.v1),
		publicDifference(f.z, genU, f.h, u1),
	)
	if h.Equal(f.h) != 1 {
		return nil, fmt.Errorf("%w: its proof is wrong", ErrFragment)
	}
	return new(point).Add(f.e1, f.v1), nil
}

// statement is what a proof is about: log_E E1 = log_V V1 = log_U U1, for this leaf, in this grant, on this chain. The leaf
// holds version, suite, node, proxy, U1 and the capsule's hash.
type statement [][]byte

func newStatement(c capsuleParts, leaf Leaf, b Binding, e1, v1 [pointSize]byte) (statement, error) {
	bz, err := leaf.MarshalBinary()
	if err != nil {
		return nil, err
	}
	grant := binary.BigEndian.AppendUint64(nil, b.Grant)
	return statement{[]byte(b.ChainID), grant, bz, c.eBz[:], c.vBz[:], e1[:], v1[:]}, nil
}

// challenge is the Fiat-Shamir challenge over the statement and the prover's commitments.
func (st statement) challenge(e2, v2, u2 *point) *scalar {
	e2Bz, v2Bz, u2Bz := encodePoint(e2), encodePoint(v2), encodePoint(u2)
	parts := make([][]byte, 0, len(st)+3)
	parts = append(append(parts, st...), e2Bz[:], v2Bz[:], u2Bz[:])
	return hashToScalar("cpchain/pre/fragment/v1", parts...)
}
