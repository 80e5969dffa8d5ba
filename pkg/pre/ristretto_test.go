package pre

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/edwards25519"
	"filippo.io/edwards25519/field"
	"github.com/cloudflare/circl/group"
	"github.com/stretchr/testify/require"
)

// rfc9496 holds the RFC's test vectors; no generator writes them.
type rfc9496 struct {
	Multiples []string // 0·G to 15·G
	Bad       []string
}

func TestPointsMatchRFC9496(t *testing.T) {
	vs := load[rfc9496](t, "ristretto.json")
	require.Len(t, vs.Multiples, 16)
	sum := edwards25519.NewIdentityPoint()
	for i, text := range vs.Multiples {
		bz := encodePoint(sum)
		require.Equal(t, unhex(t, text), bz[:], "%d times the generator", i)
		p, ok := decode(bz[:])
		require.True(t, ok)
		require.Equal(t, bz, encodePoint(p))
		sum.Add(sum, edwards25519.NewGeneratorPoint())
	}
	require.Len(t, vs.Bad, 29)
	for _, text := range vs.Bad {
		_, ok := decode(unhex(t, text))
		require.False(t, ok, text)
	}
}

func TestTheIdentityIsNoKey(t *testing.T) {
	_, ok := decode(make([]byte, 32))
	require.True(t, ok, "it is an element")
	require.ErrorIs(t, PublicKey{}.Valid(), ErrPoint)
	for _, size := range []int{0, 31, 33} {
		_, err := parsePoint(make([]byte, size))
		require.ErrorIs(t, err, ErrPoint)
	}
}

func TestFieldConstantsAreThoseOfRFC9496(t *testing.T) {
	for text, got := range map[string]*field.Element{
		"37095705934669439343138083508754565189542113879843219016388785533085940283555": curveD,
		"19681161376707505956807079304988542015446066515923890162744021073123829784752": sqrtM1,
		"54469307008909316920995813868745141605393597292927456921205312896311721017578": invSqrtAMinusD,
	} {
		bz := got.Bytes()
		slices.Reverse(bz)
		require.Equal(t, text, new(big.Int).SetBytes(bz).String())
	}
}

func TestAllPointsOfOneElementEncodeAlike(t *testing.T) {
	// the points of order 4 have y = 0
	torsion, err := new(edwards25519.Point).SetBytes(make([]byte, 32))
	require.NoError(t, err)
	p := mulGen(randomScalar(t, rand.NewChaCha8([32]byte{1})))
	want := encodePoint(p)
	for range 4 {
		require.Equal(t, want, encodePoint(p))
		p.Add(p, torsion)
	}
}

// circl's ristretto255 is an independent implementation, of points, scalars and hashing.
var circl = group.Ristretto255

func circlBytes(t testing.TB, v interface{ MarshalBinary() ([]byte, error) }) [32]byte {
	t.Helper()
	bz, err := v.MarshalBinary()
	require.NoError(t, err)
	return [32]byte(bz)
}

func TestTheSecondGeneratorIsHashedAndNotChosen(t *testing.T) {
	require.Equal(t, circlBytes(t, circl.HashToElement([]byte("U"), []byte("cpchain/pre/U/v1"))), encodePoint(genU))
}

func TestArithmeticAgreesWithCircl(t *testing.T) {
	source := rand.NewChaCha8([32]byte{2})
	for range 30 {
		a, b := randomScalar(t, source), randomScalar(t, source)
		ca, cb := circl.NewScalar(), circl.NewScalar()
		require.NoError(t, ca.UnmarshalBinary(a.Bytes()))
		require.NoError(t, cb.UnmarshalBinary(b.Bytes()))
		p := mulGen(a)
		cp := circl.NewElement().MulGen(ca)
		require.Equal(t, circlBytes(t, cp), encodePoint(p))
		q := mul(b, p)
		cq := circl.NewElement().Mul(cp, cb)
		require.Equal(t, circlBytes(t, cq), encodePoint(q))
		difference := circl.NewElement().Add(circl.NewElement().Mul(cp, ca), circl.NewElement().Neg(circl.NewElement().Mul(cq, cb)))
		require.Equal(t, circlBytes(t, difference), encodePoint(publicDifference(a, p, b, q)))
		difference = circl.NewElement().Add(circl.NewElement().MulGen(ca), circl.NewElement().Neg(circl.NewElement().Mul(cq, cb)))
		require.Equal(t, circlBytes(t, difference), encodePoint(publicDifferenceGen(a, b, q)))
	}
}

func TestHashingAgreesWithCircl(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 1000} {
		msg := make([]byte, size)
		want := circlBytes(t, circl.HashToScalar(join(msg, []byte("more")), []byte("cpchain/test")))
		require.Equal(t, want, encodeScalar(hashToScalar("cpchain/test", msg, []byte("more"))))
	}
}

func TestTranscriptsOfDifferentPartsNeverReadTheSame(t *testing.T) {
	ab := []byte("ab")
	seen := map[string]bool{}
	for _, parts := range [][][]byte{{}, {nil}, {nil, nil}, {ab}, {ab[:1], ab[1:]}, {ab, nil}, {nil, ab}} {
		text := string(join(parts...))
		require.False(t, seen[text], parts)
		seen[text] = true
	}
}

func TestScalarsAreCanonicalAndNotZero(t *testing.T) {
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	for name, bz := range map[string][]byte{
		"zero": make([]byte, 32), "the order": order, "all ones": slices.Repeat([]byte{0xff}, 32), "short": order[:31], "none": nil,
	} {
		_, err := parseScalar(bz)
		require.ErrorIs(t, err, ErrScalar, name)
	}
	_, err := parseScalar(append([]byte{order[0] - 1}, order[1:]...))
	require.NoError(t, err, "the order less one")
}

func FuzzDecodePointAgreesWithCircl(f *testing.F) {
	vs := load[rfc9496](f, "ristretto.json")
	for _, text := range append(vs.Multiples, vs.Bad...) {
		f.Add(unhex(f, text))
	}
	f.Fuzz(func(t *testing.T, bz []byte) {
		p, ok := decode(bz)
		if len(bz) == 32 {
			require.Equal(t, circl.NewElement().UnmarshalBinary(bz) == nil, ok)
		}
		if ok {
			require.Equal(t, [32]byte(bz), encodePoint(p))
		}
	})
}
