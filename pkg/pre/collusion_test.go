package pre

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"
)

// recoverSecret interpolates key shares at zero and unblinds, at whatever places and with whatever d a coalition believes
// in. With the right ones the result is the node's secret a.
func recoverSecret(t *testing.T, shares []Share, place func(Leaf) *scalar, d *scalar) *scalar {
	t.Helper()
	var places []*scalar
	for _, s := range shares {
		places = append(places, place(s.Leaf))
	}
	weights, err := lagrange(places, d)
	require.NoError(t, err)
	sum := new(scalar)
	for i, s := range shares {
		sum.MultiplyAdd(weights[i], mustScalar(t, s.RK), sum)
	}
	return sum
}

func publicOf(s *scalar) PublicKey { return encodePoint(mulGen(s)) }

func TestFewerThanTheThresholdWithTheReaderGetNothing(t *testing.T) {
	g := newGrant(t, 3, 5)
	hidden := g.link(t)
	for i := range 5 {
		for j := range i {
			pair := []Share{g.shares[i], g.shares[j]}
			a := recoverSecret(t, pair, func(l Leaf) *scalar { return hidden.place(l.ID) }, hidden.blinding())
			require.NotEqual(t, g.shares[0].Leaf.A, publicOf(a), "proxies %d and %d", i, j)
			// the same by fragments: pretend the threshold is two
			_, err := Open(g.reader, g.context, g.capsule, 2, []Answer{g.answer(t, i), g.answer(t, j)}, g.binding)
			require.ErrorIs(t, err, ErrOwnerFault)
		}
	}
	_, err := g.open(g.answer(t, 0), g.answer(t, 1))
	require.ErrorIs(t, err, ErrTooFew)
}

// Two of three shares fit every secret: for any a there is a polynomial through (0, a/d) and both shares, and it gives the
// third proxy a share that only its own U1, which nobody can invert, tells from the true one.
func TestFewerThanTheThresholdFitEverySecret(t *testing.T) {
	g := newGrant(t, 3, 3)
	hidden := g.link(t)
	at := func(i int) *scalar { return hidden.place(g.shares[i].Leaf.ID) }
	invD := new(scalar).Invert(hidden.blinding())
	for _, guess := range []*scalar{randomScalar(t, g.rand), randomScalar(t, g.rand)} {
		// the third share that makes guess the secret: solve Σ λ_i rk_i = guess/d for it
		weights, err := lagrange([]*scalar{at(0), at(1), at(2)}, scalarOne)
		require.NoError(t, err)
		third := new(scalar).Multiply(guess, invD)
		for i := range 2 {
			third.Subtract(third, new(scalar).Multiply(weights[i], mustScalar(t, g.shares[i].RK)))
		}
		third.Multiply(third, new(scalar).Invert(weights[2]))
		forged := []Share{g.shares[0], g.shares[1], {Leaf: g.shares[2].Leaf, RK: encodeScalar(third)}}
		a := recoverSecret(t, forged, func(l Leaf) *scalar { return hidden.place(l.ID) }, hidden.blinding())
		require.Equal(t, 1, guess.Equal(a))
		require.ErrorIs(t, CheckShare(forged[2]), ErrShare)
	}
}

func TestAllProxiesWithoutTheReaderGetNothing(t *testing.T) {
	g := newGrant(t, 3, 5)
	// lacking D they interpolate at what they do know, for every D they can make
	x, err := parsePoint(g.shares[0].Leaf.X[:])
	require.NoError(t, err)
	b, err := parsePoint(publicBytes(g.reader))
	require.NoError(t, err)
	own := randomScalar(t, g.rand)
	type guess struct {
		place func(Leaf) *scalar
		d     *scalar
	}
	guesses := map[string]guess{
		"proxy numbers": {func(l Leaf) *scalar { return hashToScalar("n", []byte{byte(l.Proxy)}) }, scalarOne},
		"ids":           {func(l Leaf) *scalar { return hashToScalar("cpchain/pre/place/v1", l.ID[:]) }, scalarOne},
	}
	for name, d := range map[string]*point{
		"D is X": x, "D is B": b, "D is X + B": new(point).Add(x, b), "D by their own key": mul(own, x), "D by their own x": mul(own, b),
		"D is A": mustPoint(t, g.shares[0].Leaf.A), "D is U": genU,
	} {
		l := link{x: g.shares[0].Leaf.X, b: g.reader.Public(), d: encodePoint(d)}
		guesses[name] = guess{func(leaf Leaf) *scalar { return l.place(leaf.ID) }, l.blinding()}
	}
	for name, try := range guesses {
		for n := 1; n <= 5; n++ {
			a := recoverSecret(t, g.shares[:n], try.place, try.d)
			require.NotEqual(t, g.shares[0].Leaf.A, publicOf(a), "%d proxies: %s", n, name)
		}
	}
}

func mustPoint(t *testing.T, pk PublicKey) *point {
	t.Helper()
	p, err := parsePoint(pk[:])
	require.NoError(t, err)
	return p
}

// Umbral is not master-secret secure: t proxies and the reader recover a. Here that is the secret of one node, and opening
// the node gives the reader as much: this test mounts the attack and then looks for anything beyond the node.
func TestThresholdProxiesWithTheReaderGetExactlyTheNode(t *testing.T) {
	g := newGrant(t, 3, 5)
	hidden := g.link(t)
	a := recoverSecret(t, g.shares[1:4], func(l Leaf) *scalar { return hidden.place(l.ID) }, hidden.blinding())
	require.Equal(t, g.shares[0].Leaf.A, publicOf(a), "the interpolation attack recovers a")
	c, err := parseCapsule(g.capsule)
	require.NoError(t, err)
	seed, err := c.unwrap(encodePoint(mul(a, new(point).Add(c.e, c.v))), g.shares[0].Leaf.A, g.context)
	require.NoError(t, err)
	require.Equal(t, g.seed, seed, "which opens the node's capsule, as the grant does anyway")

	for name, other := range neighbours(g.seed) {
		context := CapsuleContext("cpchain-1/3", other.node[:])
		capsule, err := NewCapsule(other.seed, context)
		require.NoError(t, err)
		otherA, err := NodePublic(other.seed)
		require.NoError(t, err)
		require.NotEqual(t, otherA, publicOf(a), name)
		o, err := parseCapsule(capsule)
		require.NoError(t, err)
		sum := new(point).Add(o.e, o.v)
		for attack, shared := range map[string]*point{
			"by the node's secret": mul(a, sum),
			"by the node's r + u":  mul(rPlusU(t, g.seed), mustPoint(t, otherA)),
			"by all shares, put to the other capsule against the rules": applyShares(t, g.shares, hidden, sum),
		} {
			for _, publicA := range []PublicKey{otherA, publicOf(a)} {
				_, err := o.unwrap(encodePoint(shared), publicA, context)
				require.ErrorIs(t, err, ErrOwnerFault, "%s: %s", name, attack)
			}
		}
	}
}

type neighbour struct {
	seed [32]byte
	node [9]byte
}

// neighbours are nodes of one key tree around a node with this seed. A tree's seeds are hashes of their parents'; that the
// holder of one does not reach these is package keytree's to show.
func neighbours(seed [32]byte) map[string]neighbour {
	parent := [32]byte{99}
	return map[string]neighbour{
		"the parent":         {parent, [9]byte{0, 0, 0, 0, 29, 0, 0, 0, 2}},
		"the sibling":        {sha256.Sum256(append([]byte("left"), parent[:]...)), [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 4}},
		"the next interval":  {sha256.Sum256(parent[:]), [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 6}},
		"the next key epoch": {sha256.Sum256(append([]byte("epoch"), parent[:]...)), [9]byte{0, 0, 0, 1, 30, 0, 0, 0, 5}},
		"a seed one bit off": {[32]byte(flip(seed[:], 0)), [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 7}},
	}
}

func rPlusU(t *testing.T, seed [32]byte) *scalar {
	t.Helper()
	k, err := deriveNode(seed)
	require.NoError(t, err)
	return new(scalar).Add(k.r, k.u)
}

// applyShares re-encrypts a point under t shares and combines, as colluding proxies can whatever the leaf says.
func applyShares(t *testing.T, shares []Share, hidden link, p *point) *point {
	t.Helper()
	places := []*scalar{hidden.place(shares[0].Leaf.ID), hidden.place(shares[1].Leaf.ID), hidden.place(shares[2].Leaf.ID)}
	weights, err := lagrange(places, hidden.blinding())
	require.NoError(t, err)
	var points []*point
	for _, s := range shares[:3] {
		points = append(points, mul(mustScalar(t, s.RK), p))
	}
	return new(point).MultiScalarMult(weights, points)
}

// Two readers of one node, and all proxies of the first one's grant, gain nothing for the second that his own does not give.
func TestAnotherReaderOpensNothingWithEveryFragment(t *testing.T) {
	g := newGrant(t, 3, 5)
	all := g.answers(t)
	other, err := NewReaderKey(g.rand)
	require.NoError(t, err)
	for first := range 3 {
		_, err = Open(other, g.context, g.capsule, 3, all[first:], g.binding)
		require.ErrorIs(t, err, ErrOwnerFault)
	}
	// a second grant of the node, to the other reader: fragments of both do not mix
	second, err := Split(g.rand, g.seed, g.context, testNode, other.Public(), 3, proxies(5))
	require.NoError(t, err)
	theirs := &grant{
		rand: g.rand, seed: g.seed, context: g.context, capsule: g.capsule, reader: other, shares: second,
		binding: Binding{"cpchain-1", 13}, t: 3,
	}
	_, err = theirs.open(theirs.answers(t)...)
	require.NoError(t, err)
	_, err = theirs.open(theirs.answer(t, 0), theirs.answer(t, 1), all[2])
	require.ErrorIs(t, err, ErrOwnerFault, "leaves of different grants: not under one root")
	mixed := all[2]
	mixed.Leaf.X = second[0].Leaf.X
	_, err = theirs.open(theirs.answer(t, 0), theirs.answer(t, 1), mixed)
	require.ErrorIs(t, err, ErrFragment)
}
