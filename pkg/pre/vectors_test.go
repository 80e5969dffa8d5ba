package pre

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata anew")

// vector is one grant, good or bad, as another implementation would be given it.
type vector struct {
	Comment   string
	Reader    string // secret key
	Context   string
	Capsule   string
	ChainID   string
	Grant     uint64
	Threshold int
	Answers   []vectorAnswer
	Seed      string // what opens, empty if nothing does
	Error     string // why not
}

type vectorAnswer struct{ Leaf, Fragment string }

func toVector(t *testing.T, comment string, g *grant, answers ...Answer) vector {
	v := vector{
		Comment: comment, Reader: hex.EncodeToString(g.reader[:]), Context: hex.EncodeToString(g.context),
		Capsule: hex.EncodeToString(g.capsule), ChainID: g.binding.ChainID, Grant: g.binding.Grant, Threshold: g.t,
	}
	for _, a := range answers {
		leaf, err := a.Leaf.MarshalBinary()
		require.NoError(t, err)
		v.Answers = append(v.Answers, vectorAnswer{hex.EncodeToString(leaf), hex.EncodeToString(a.Fragment)})
	}
	seed, err := g.open(answers...)
	if err != nil {
		v.Error = err.Error()
		return v
	}
	v.Seed = hex.EncodeToString(seed[:])
	return v
}

func makeVectors(t *testing.T) []vector {
	g := newGrant(t, 3, 5)
	a, b, c := g.answer(t, 0), g.answer(t, 2), g.answer(t, 4)
	vs := []vector{toVector(t, "three of five open", g, a, b, c), toVector(t, "two of three needed", g, a, b)}
	flipped := c
	flipped.Fragment = append([]byte(nil), c.Fragment...)
	flipped.Fragment[70] ^= 1
	vs = append(vs, toVector(t, "a flipped bit in a proof", g, a, b, flipped), toVector(t, "one proxy twice", g, a, b, b))
	elsewhere := *g
	elsewhere.binding.Grant++
	vs = append(vs, toVector(t, "answers for another grant", &elsewhere, a, b, c))
	stranger := *g
	stranger.reader = SecretKey{5}
	return append(vs, toVector(t, "another reader with every answer it needs", &stranger, a, b, c))
}

func TestVectors(t *testing.T) {
	const path = "testdata/open.json"
	if *update {
		bz, err := json.MarshalIndent(makeVectors(t), "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(bz, '\n'), 0o600))
	}
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	var vs []vector
	require.NoError(t, json.Unmarshal(bz, &vs))
	require.Equal(t, vs, makeVectors(t), "same seeds, same bytes")
	for _, v := range vs {
		t.Run(v.Comment, func(t *testing.T) {
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

func unhex(t *testing.T, text string) []byte {
	bz, err := hex.DecodeString(text)
	require.NoError(t, err)
	return bz
}

func FuzzParseLeaf(f *testing.F) {
	leaf, err := newGrant(f, 1, 1).shares[0].Leaf.MarshalBinary()
	require.NoError(f, err)
	f.Add(leaf)
	f.Fuzz(func(t *testing.T, bz []byte) {
		l, err := ParseLeaf(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrLeaf)
			return
		}
		back, err := l.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
	})
}

func FuzzVerifyFragment(f *testing.F) {
	g := newGrant(f, 1, 1)
	good := g.answer(f, 0)
	f.Add(good.Fragment, g.capsule)
	f.Fuzz(func(t *testing.T, fragment, capsule []byte) {
		leaf := good.Leaf
		leaf.CapsuleHash = CapsuleHash(capsule)
		err := VerifyFragment(fragment, leaf, capsule, g.binding)
		if err == nil && (string(fragment) != string(good.Fragment) || string(capsule) != string(g.capsule)) {
			t.Fatal("a forged fragment verifies")
		}
	})
}

func FuzzCheckCapsule(f *testing.F) {
	f.Add(newGrant(f, 1, 1).capsule)
	f.Fuzz(func(t *testing.T, capsule []byte) {
		if err := CheckCapsule(capsule); err != nil {
			require.ErrorIs(t, err, ErrCapsule)
		}
	})
}

func BenchmarkNewCapsule(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		_, _ = NewCapsule(g.seed, g.context)
	}
}

func BenchmarkSplit3of5(b *testing.B) {
	g := newGrant(b, 3, 5)
	reader := g.reader.Public()
	for b.Loop() {
		_, _ = Split(g.rand, g.seed, g.context, testNode, reader, 3, []uint64{1, 2, 3, 4, 5})
	}
}

func BenchmarkReEncrypt(b *testing.B) {
	g := newGrant(b, 3, 5)
	for b.Loop() {
		_, _ = ReEncrypt(g.rand, g.shares[0], g.capsule, g.binding)
	}
}

func BenchmarkVerifyFragment(b *testing.B) {
	g := newGrant(b, 3, 5)
	a := g.answer(b, 0)
	for b.Loop() {
		if err := VerifyFragment(a.Fragment, a.Leaf, g.capsule, g.binding); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen3(b *testing.B) {
	g := newGrant(b, 3, 5)
	answers := []Answer{g.answer(b, 0), g.answer(b, 1), g.answer(b, 2)}
	for b.Loop() {
		if _, err := g.open(answers...); err != nil {
			b.Fatal(err)
		}
	}
}
