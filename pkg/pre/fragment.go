package pre

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/group"
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

// ReEncrypt is the proxy's work: the fragment for a capsule, with its proof. Whether the reader has the right is the
// caller's to check.
func ReEncrypt(rand io.Reader, s Share, capsule []byte, b Binding) ([]byte, error) {
	rk, err := scalar(s.RK[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShare, err)
	}
	st, err := statement(s.Leaf, capsule, b)
	if err != nil {
		return nil, err
	}
	e1, v1 := mul(st.capsule.e, rk), mul(st.capsule.v, rk)
	e1Bz, v1Bz := encode(e1), encode(v1)
	t, err := hedged(rand, s.RK[:], append(st.transcript, e1Bz[:], v1Bz[:])...)
	if err != nil {
		return nil, err
	}
	h := st.challenge(e1Bz, v1Bz, mul(st.capsule.e, t), mul(st.capsule.v, t), mul(genU, t))
	z := suite.NewScalar().Add(t, suite.NewScalar().Mul(h, rk))
	hBz, zBz := encode(h), encode(z)
	fragment := append([]byte{version, Suite}, e1Bz[:]...)
	fragment = append(append(fragment, v1Bz[:]...), hBz[:]...)
	return append(fragment, zBz[:]...), nil
}

// VerifyFragment checks that a fragment was made from this capsule with the share of this leaf, for this grant. All inputs
// are public; the chain runs it in a dispute.
func VerifyFragment(fragment []byte, leaf Leaf, capsule []byte, b Binding) error {
	_, err := verify(fragment, leaf, capsule, b)
	return err
}

// verified is a fragment's points after verification.
type verified struct{ e1, v1 group.Element }

func verify(fragment []byte, leaf Leaf, capsule []byte, b Binding) (verified, error) {
	st, err := statement(leaf, capsule, b)
	if err != nil {
		return verified{}, err
	}
	u1, err := point(leaf.U1[:])
	if err != nil {
		return verified{}, fmt.Errorf("%w: U1: %w", ErrFragment, err)
	}
	if len(fragment) != FragmentSize {
		return verified{}, fmt.Errorf("%w: %d bytes, not %d", ErrFragment, len(fragment), FragmentSize)
	}
	if fragment[0] != version || fragment[1] != Suite {
		return verified{}, fmt.Errorf("%w: version %d, suite %d", ErrFragment, fragment[0], fragment[1])
	}
	e1Bz, v1Bz := [pointSize]byte(fragment[2:34]), [pointSize]byte(fragment[34:66])
	e1, err := point(e1Bz[:])
	if err != nil {
		return verified{}, fmt.Errorf("%w: E1: %w", ErrFragment, err)
	}
	v1, err := point(v1Bz[:])
	if err != nil {
		return verified{}, fmt.Errorf("%w: V1: %w", ErrFragment, err)
	}
	h, err := scalar(fragment[66:98])
	if err != nil {
		return verified{}, fmt.Errorf("%w: challenge: %w", ErrFragment, err)
	}
	z, err := scalar(fragment[98:])
	if err != nil {
		return verified{}, fmt.Errorf("%w: response: %w", ErrFragment, err)
	}
	e2 := sub(mul(st.capsule.e, z), mul(e1, h))
	v2 := sub(mul(st.capsule.v, z), mul(v1, h))
	u2 := sub(mul(genU, z), mul(u1, h))
	if !st.challenge(e1Bz, v1Bz, e2, v2, u2).IsEqual(h) {
		return verified{}, ErrFragment
	}
	return verified{e1: e1, v1: v1}, nil
}

// proofStatement is what a proof is about, before the prover's own points.
type proofStatement struct {
	capsule    capsuleParts
	transcript [][]byte
}

func statement(leaf Leaf, capsule []byte, b Binding) (proofStatement, error) {
	if CapsuleHash(capsule) != leaf.CapsuleHash {
		return proofStatement{}, ErrWrongCapsule
	}
	parts, err := parseCapsule(capsule)
	if err != nil {
		return proofStatement{}, err
	}
	bz, err := leaf.MarshalBinary()
	if err != nil {
		return proofStatement{}, err
	}
	return proofStatement{capsule: parts, transcript: [][]byte{
		[]byte(b.ChainID), binary.BigEndian.AppendUint64(nil, b.Grant), bz, parts.eBz[:], parts.vBz[:],
	}}, nil
}

func (st proofStatement) challenge(e1, v1 [pointSize]byte, e2, v2, u2 group.Element) group.Scalar {
	e2Bz, v2Bz, u2Bz := encode(e2), encode(v2), encode(u2)
	return hashToScalar("cpchain/pre/fragment/v1", append(st.transcript[:len(st.transcript):len(st.transcript)],
		e1[:], v1[:], e2Bz[:], v2Bz[:], u2Bz[:])...)
}
