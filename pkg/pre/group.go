package pre

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/group"
)

// Suite is the suite byte: ristretto255, SHA-512, AES-256-GCM.
const Suite = 0x01

// version starts every binary form.
const version = 0x01

const scalarSize, pointSize = 32, 32

var suite = group.Ristretto255

// genU is the second generator; nobody knows its logarithm to the base G.
var genU = suite.HashToElement([]byte("U"), []byte("cpchain/pre/U/v1"))

// ErrPoint means that bytes are no canonical ristretto255 element, or the identity.
var ErrPoint = errors.New("no valid ristretto255 point")

// ErrScalar means that bytes are no canonical non-zero scalar.
var ErrScalar = errors.New("no valid scalar")

// point decodes a canonical element other than the identity.
func point(bz []byte) (group.Element, error) {
	e := suite.NewElement()
	if len(bz) != pointSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrPoint, len(bz))
	}
	if err := e.UnmarshalBinary(bz); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPoint, err)
	}
	if e.IsIdentity() {
		return nil, fmt.Errorf("%w: identity", ErrPoint)
	}
	return e, nil
}

// scalar decodes a canonical scalar other than zero.
func scalar(bz []byte) (group.Scalar, error) {
	s := suite.NewScalar()
	if len(bz) != scalarSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrScalar, len(bz))
	}
	if err := s.UnmarshalBinary(bz); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScalar, err)
	}
	if s.IsZero() {
		return nil, fmt.Errorf("%w: zero", ErrScalar)
	}
	return s, nil
}

// encode never fails for elements and scalars of this suite.
func encode(v interface{ MarshalBinary() ([]byte, error) }) [32]byte {
	bz, err := v.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return [32]byte(bz)
}

func mulGen(s group.Scalar) group.Element { return suite.NewElement().MulGen(s) }

func mul(e group.Element, s group.Scalar) group.Element { return suite.NewElement().Mul(e, s) }

func add(a, b group.Element) group.Element { return suite.NewElement().Add(a, b) }

// hashToScalar hashes length-prefixed parts under a label, reduced from 64 bytes.
func hashToScalar(label string, parts ...[]byte) group.Scalar {
	return suite.HashToScalar(join(parts), []byte(label))
}

// join prefixes each part with its length, so that no two lists of parts read the same.
func join(parts [][]byte) []byte {
	var bz []byte
	for _, p := range parts {
		bz = binary.BigEndian.AppendUint32(bz, uint32(len(p)))
		bz = append(bz, p...)
	}
	return bz
}

// randomScalar draws from 64 bytes of rand. (circl's own RandomScalar pays no heed to its reader.)
func randomScalar(rand io.Reader, label string) (group.Scalar, error) {
	var wide [64]byte
	if _, err := io.ReadFull(rand, wide[:]); err != nil {
		return nil, fmt.Errorf("entropy: %w", err)
	}
	s := hashToScalar(label, wide[:])
	if s.IsZero() {
		return nil, ErrScalar
	}
	return s, nil
}
