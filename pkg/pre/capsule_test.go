package pre

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

type capsuleVector struct {
	Comment             string
	Seed, Context       string `json:",omitempty"` // of a good capsule
	A, Capsule, Hash    string
	PointE, PointV, Tag string `json:",omitempty"`
	Error               string `json:",omitempty"`
}

func capsuleVectors(t testing.TB) []capsuleVector {
	var vs []capsuleVector
	good := func(comment string, seed [32]byte, stream string, node []byte) []byte {
		context := CapsuleContext(stream, node)
		capsule, err := NewCapsule(seed, context)
		require.NoError(t, err)
		a, err := NodePublic(seed)
		require.NoError(t, err)
		hash := CapsuleHash(capsule)
		vs = append(vs, capsuleVector{
			Comment: comment, Seed: hex.EncodeToString(seed[:]), Context: hex.EncodeToString(context),
			A: hex.EncodeToString(a[:]), Capsule: hex.EncodeToString(capsule), Hash: hex.EncodeToString(hash[:]),
			PointE: hex.EncodeToString(capsule[2:34]), PointV: hex.EncodeToString(capsule[34:66]), Tag: hex.EncodeToString(capsule[CapsuleSize-tagSize:]),
		})
		return capsule
	}
	c := good("a node", [32]byte{7}, "cpchain-1/3", testNode[:])
	good("the same seed in another stream", [32]byte{7}, "cpchain-1/4", testNode[:])
	good("a seed of zeros, the root node", [32]byte{}, "cpchain-1/3", make([]byte, 9))
	set := func(at int, bz []byte) []byte { return append(append(bytes.Clone(c[:at]), bz...), c[at+len(bz):]...) }
	identity, nonCanonical := make([]byte, 32), unhex(t, "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")
	for _, bad := range []struct {
		comment string
		capsule []byte
	}{
		{"another version", flip(c, 0)},
		{"another suite", flip(c, 1)},
		{"E is the identity", set(2, identity)},
		{"V is the identity", set(34, identity)},
		{"E is not canonical", set(2, nonCanonical)},
		{"V is not canonical", set(34, nonCanonical)},
		{"s is zero", set(66, identity)},
		{"s is above the order", set(66, bytes.Repeat([]byte{0xff}, 32))},
		{"E and V swapped", append(append(append(bytes.Clone(c[:2]), c[34:66]...), c[2:34]...), c[66:]...)},
		{"V is another point", set(34, publicBytes(SecretKey{1}))},
		{"a byte too few", c[:CapsuleSize-1]},
		{"a byte too many", append(bytes.Clone(c), 0)},
		{"nothing", nil},
	} {
		v := capsuleVector{Comment: bad.comment, Capsule: hex.EncodeToString(bad.capsule)}
		if err := CheckCapsule(bad.capsule); err != nil {
			v.Error = err.Error()
		}
		vs = append(vs, v)
	}
	return vs
}

func publicBytes(sk SecretKey) []byte { pk := sk.Public(); return pk[:] }

func TestCapsulesMatchTheVectors(t *testing.T) {
	good := 0
	for _, v := range golden(t, "capsule.json", capsuleVectors(t)) {
		err := CheckCapsule(unhex(t, v.Capsule))
		if v.Seed == "" {
			require.ErrorIs(t, err, ErrCapsule, v.Comment)
			require.EqualError(t, err, v.Error)
			continue
		}
		require.NoError(t, err, v.Comment)
		require.Len(t, unhex(t, v.Capsule), CapsuleSize)
		capsule, err := NewCapsule([32]byte(unhex(t, v.Seed)), unhex(t, v.Context))
		require.NoError(t, err)
		require.Equal(t, v.Capsule, hex.EncodeToString(capsule))
		good++
	}
	require.Equal(t, 3, good)
}

func TestCapsulesAreTheSameForAllWhoHoldTheSeed(t *testing.T) {
	g := newGrant(t, 1, 1)
	again, err := NewCapsule(g.seed, g.context)
	require.NoError(t, err)
	require.Equal(t, g.capsule, again)
	a, err := NodePublic(g.seed)
	require.NoError(t, err)
	require.Equal(t, g.shares[0].Leaf.A, a)
}

func TestACapsuleIsBoundToStreamAndNode(t *testing.T) {
	g := newGrant(t, 1, 1)
	k, err := deriveNode(g.seed)
	require.NoError(t, err)
	c, err := parseCapsule(g.capsule)
	require.NoError(t, err)
	shared := encodePoint(mul(k.a, new(point).Add(c.e, c.v)))
	seed, err := c.unwrap(shared, g.shares[0].Leaf.A, g.context)
	require.NoError(t, err)
	require.Equal(t, g.seed, seed)
	for name, context := range map[string][]byte{
		"another stream": CapsuleContext("cpchain-1/4", testNode[:]),
		"another chain":  CapsuleContext("cpchain-2/3", testNode[:]),
		"another node":   CapsuleContext("cpchain-1/3", []byte{0, 0, 0, 0, 30, 0, 0, 0, 4}),
		"none":           nil,
	} {
		_, err := c.unwrap(shared, g.shares[0].Leaf.A, context)
		require.ErrorIs(t, err, ErrOwnerFault, name)
	}
}

func TestEveryFlippedBitOfACapsuleIsRefused(t *testing.T) {
	g := newGrant(t, 1, 1)
	answer := g.answer(t, 0)
	require.NoError(t, CheckCapsule(g.capsule))
	for i := range g.capsule {
		bad := flip(g.capsule, i)
		require.ErrorIs(t, VerifyFragment(answer.Fragment, answer.Leaf, bad, g.binding), ErrWrongCapsule, "byte %d", i)
		if i < capsuleHead {
			require.ErrorIs(t, CheckCapsule(bad), ErrCapsule, "byte %d", i)
		}
		_, err := Open(g.reader, g.context, bad, 1, []Answer{answer}, g.binding)
		require.ErrorIs(t, err, ErrWrongCapsule, "byte %d", i)
		require.NotErrorIs(t, err, ErrOwnerFault, "bytes garbled on the way say nothing about the owner")
	}
}

func FuzzCheckCapsule(f *testing.F) {
	for _, v := range capsuleVectors(f) {
		f.Add(unhex(f, v.Capsule))
	}
	known := map[string]bool{}
	for _, v := range capsuleVectors(f)[:3] {
		known[string(unhex(f, v.Capsule)[:capsuleHead])] = true
	}
	f.Fuzz(func(t *testing.T, capsule []byte) {
		err := CheckCapsule(capsule)
		if err != nil {
			require.ErrorIs(t, err, ErrCapsule)
			return
		}
		require.Len(t, capsule, CapsuleSize)
		require.True(t, known[string(capsule[:capsuleHead])], "a capsule of unknown logarithms verifies")
	})
}
