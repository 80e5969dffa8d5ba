package pre

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// openVector is one grant, good or bad, as another implementation would be given it.
type openVector struct {
	Comment   string
	Reader    string // secret key
	Context   string
	Capsule   string
	ChainID   string
	Grant     uint64
	Threshold int
	Answers   []openAnswer
	Seed      string `json:",omitempty"` // what opens
	Error     string `json:",omitempty"` // or why nothing does
}

type openAnswer struct{ Leaf, Fragment string }

func toVector(t *testing.T, comment string, g *grant, answers ...Answer) openVector {
	t.Helper()
	v := openVector{
		Comment: comment, Reader: hex.EncodeToString(g.reader[:]), Context: hex.EncodeToString(g.context),
		Capsule: hex.EncodeToString(g.capsule), ChainID: g.binding.ChainID, Grant: g.binding.Grant, Threshold: g.t,
	}
	for _, a := range answers {
		leaf, err := a.Leaf.MarshalBinary()
		require.NoError(t, err)
		v.Answers = append(v.Answers, openAnswer{hex.EncodeToString(leaf), hex.EncodeToString(a.Fragment)})
	}
	seed, err := g.open(answers...)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	v.Seed = hex.EncodeToString(seed[:])
	return v
}

func openVectors(t *testing.T) []openVector {
	g := newGrant(t, 3, 5)
	a, b, c := g.answer(t, 0), g.answer(t, 2), g.answer(t, 4)
	one := newGrant(t, 1, 2)
	flipped := c
	flipped.Fragment = flip(c.Fragment, 70)
	elsewhere, stranger, garbled, offPolynomial := *g, *g, *g, *newGrant(t, 3, 5)
	elsewhere.binding.Grant++
	stranger.reader = SecretKey{5}
	garbled.capsule = flip(g.capsule, 120)
	rk := randomScalar(t, g.rand)
	offPolynomial.shares[4].RK, offPolynomial.shares[4].Leaf.U1 = encodeScalar(rk), encodePoint(mul(rk, genU))
	return []openVector{
		toVector(t, "three of five open", g, a, b, c),
		toVector(t, "in another order", g, c, a, b),
		toVector(t, "one of two opens", one, one.answer(t, 1)),
		toVector(t, "two of three needed", g, a, b),
		toVector(t, "a flipped bit in a proof", g, a, b, flipped),
		toVector(t, "one proxy twice", g, a, b, b),
		toVector(t, "answers for another grant", &elsewhere, a, b, c),
		toVector(t, "another reader with every answer it needs", &stranger, a, b, c),
		toVector(t, "a capsule garbled on the way", &garbled, a, b, c),
		toVector(t, "a share off the polynomial", &offPolynomial, offPolynomial.answer(t, 0), offPolynomial.answer(t, 2), offPolynomial.answer(t, 4)),
	}
}

func TestOpenMatchesTheVectors(t *testing.T) {
	for i, v := range golden(t, "open.json", openVectors(t)) {
		t.Run(v.Comment, func(t *testing.T) {
			require.Equal(t, i < 3, v.Seed != "")
			var answers []Answer
			for _, a := range v.Answers {
				leaf, err := ParseLeaf(unhex(t, a.Leaf))
				require.NoError(t, err)
				answers = append(answers, Answer{leaf, unhex(t, a.Fragment)})
			}
			seed, err := Open(SecretKey(unhex(t, v.Reader)), unhex(t, v.Context), unhex(t, v.Capsule), v.Threshold, answers, Binding{v.ChainID, v.Grant})
			if v.Seed == "" {
				require.EqualError(t, err, v.Error)
				return
			}
			require.NoError(t, err)
			require.Equal(t, v.Seed, hex.EncodeToString(seed[:]))
		})
	}
}
