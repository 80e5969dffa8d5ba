package pre

import (
	"errors"
	"fmt"

	"filippo.io/edwards25519"
)

// Suite is the suite byte: ristretto255, SHA-512, AES-256-GCM.
const Suite = 0x01

// version starts every binary form.
const version = 0x01

const scalarSize, pointSize = 32, 32

var (
	// ErrPoint means that bytes are no canonical ristretto255 element, or the identity.
	ErrPoint = errors.New("no valid ristretto255 point")
	// ErrScalar means that bytes are no canonical non-zero scalar.
	ErrScalar = errors.New("no valid scalar")
)

// A point is an edwards25519 point that stands for its ristretto255 element. Several points stand for one element, so
// points are compared by encodePoint only. A scalar is an integer modulo the group's order.
type (
	point  = edwards25519.Point
	scalar = edwards25519.Scalar
)

// genU is the second generator, HashToElement("U", "cpchain/pre/U/v1") of RFC 9380, ristretto255_XMD:SHA-512_R255MAP_RO_:
// nobody knows its logarithm to the base G.
var genU = func() *point {
	u, err := parsePoint([]byte{
		0x72, 0x12, 0x29, 0xa9, 0x6d, 0x8c, 0x51, 0xd0, 0x44, 0xb1, 0x25, 0x76, 0x2f, 0x6f, 0x02, 0xec,
		0xc0, 0xbc, 0xb4, 0x2f, 0x94, 0xe8, 0x47, 0xd0, 0xf5, 0x61, 0x84, 0xee, 0xc5, 0xf6, 0x91, 0x4d,
	})
	if err != nil {
		panic(err)
	}
	return u
}()

// parsePoint decodes a canonical element other than the identity, else ErrPoint.
func parsePoint(bz []byte) (*point, error) {
	p, ok := decode(bz)
	if !ok {
		return nil, ErrPoint
	}
	if [pointSize]byte(bz) == [pointSize]byte{} {
		return nil, fmt.Errorf("%w: identity", ErrPoint)
	}
	return p, nil
}

// parseScalar decodes a canonical scalar other than zero, else ErrScalar.
func parseScalar(bz []byte) (*scalar, error) {
	s, err := new(scalar).SetCanonicalBytes(bz)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScalar, err)
	}
	if isZero(s) {
		return nil, fmt.Errorf("%w: zero", ErrScalar)
	}
	return s, nil
}

// scalarOne is the scalar 1.
var scalarOne = reduce(append([]byte{1}, make([]byte, wideSize-1)...))

func isZero(s *scalar) bool { return s.Equal(new(scalar)) == 1 }

func encodeScalar(s *scalar) [scalarSize]byte { return [scalarSize]byte(s.Bytes()) }

// mulGen is s·G in constant time.
func mulGen(s *scalar) *point { return new(point).ScalarBaseMult(s) }

// mul is s·P in constant time.
func mul(s *scalar, p *point) *point { return new(point).ScalarMult(s, p) }

// publicDifference is z·P - h·Q. Its time depends on the inputs: for public ones only.
func publicDifference(z *scalar, p *point, h *scalar, q *point) *point {
	return new(point).VarTimeMultiScalarMult([]*scalar{z, new(scalar).Negate(h)}, []*point{p, q})
}

// publicDifferenceGen is z·G - h·Q. Its time depends on the inputs: for public ones only.
func publicDifferenceGen(z, h *scalar, q *point) *point {
	return new(point).VarTimeDoubleScalarBaseMult(new(scalar).Negate(h), q, z)
}
