package pre

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnyThresholdOfProxiesOpensTheNode(t *testing.T) {
	g := newGrant(t, 3, 5)
	all := g.answers(t)
	for a := range 5 {
		for b := range 5 {
			for c := range 5 {
				seed, err := g.open(all[c], all[a], all[b])
				if a == b || b == c || a == c {
					require.ErrorIs(t, err, ErrTwice)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, g.seed, seed)
			}
		}
	}
	for _, tn := range [][2]int{{1, 1}, {1, 3}, {5, 9}, {9, 9}} {
		g := newGrant(t, tn[0], tn[1])
		seed, err := g.open(g.answers(t)...)
		require.NoError(t, err)
		require.Equal(t, g.seed, seed)
	}
}

func TestOpenNamesTheCallersMistakes(t *testing.T) {
	g := newGrant(t, 2, 3)
	all := g.answers(t)
	foreign := slices.Clone(all)
	foreign[1].Leaf.Node[8] ^= 1
	for name, try := range map[string]struct {
		sk      SecretKey
		context []byte
		t       int
		answers []Answer
		want    error
	}{
		"no key":                    {SecretKey{}, g.context, 2, all, ErrScalar},
		"a threshold of zero":       {g.reader, g.context, 0, all, ErrTooFew},
		"a threshold below zero":    {g.reader, g.context, -1, all, ErrTooFew},
		"too few answers":           {g.reader, g.context, 4, all, ErrTooFew},
		"no answers":                {g.reader, g.context, 1, nil, ErrTooFew},
		"another node's context":    {g.reader, CapsuleContext("cpchain-1/3", make([]byte, 9)), 2, all, ErrContext},
		"answers of two nodes":      {g.reader, g.context, 2, foreign, ErrContext},
		"one proxy's answer twice":  {g.reader, g.context, 2, []Answer{all[1], all[1]}, ErrTwice},
		"no context":                {g.reader, nil, 2, all, ErrContext},
		"an answer without content": {g.reader, g.context, 2, []Answer{{}, {}}, ErrContext},
	} {
		seed, err := Open(try.sk, try.context, g.capsule, try.t, try.answers, g.binding)
		require.ErrorIs(t, err, try.want, name)
		require.NotErrorIs(t, err, ErrOwnerFault, name)
		require.Zero(t, seed, name)
	}
}

func TestABadFragmentNamesItsProxyAndNotTheOwner(t *testing.T) {
	g := newGrant(t, 3, 5)
	for i := range 3 {
		all := g.answers(t)
		all[i].Fragment = flip(all[i].Fragment, 70)
		_, err := g.open(all...)
		require.ErrorIs(t, err, ErrFragment)
		require.NotErrorIs(t, err, ErrOwnerFault)
		require.ErrorContains(t, err, "proxy "+[]string{"100", "101", "102"}[i]+":")
	}
	all := g.answers(t)
	_, err := Open(g.reader, g.context, g.capsule, 3, all, Binding{"cpchain-1", 13})
	require.ErrorIs(t, err, ErrFragment)
	// what is beyond the threshold is not looked at
	all[3].Fragment = nil
	_, err = g.open(all...)
	require.NoError(t, err)
}

func TestABadPolynomialIsTheOwnersFault(t *testing.T) {
	for name, spoil := range map[string]func(g *grant){
		"a share off the polynomial": func(g *grant) {
			// with an honest U1, so that its proxy can't see it
			rk := randomScalar(t, g.rand)
			g.shares[2].RK, g.shares[2].Leaf.U1 = encodeScalar(rk), encodePoint(mul(rk, genU))
		},
		"a share at another's place": func(g *grant) {
			g.shares[2].RK, g.shares[2].Leaf.U1 = g.shares[1].RK, g.shares[1].Leaf.U1
		},
		"one id for two proxies": func(g *grant) {
			id := g.shares[0].Leaf.ID
			g.shares[2] = Share{Leaf: g.shares[0].Leaf, RK: g.shares[0].RK}
			g.shares[2].Leaf.Proxy, g.shares[2].Leaf.ID = 102, id
		},
	} {
		g := newGrant(t, 2, 3)
		spoil(g)
		require.NoError(t, CheckShare(g.shares[2]), name)
		_, err := g.open(g.answer(t, 0), g.answer(t, 1))
		require.NoError(t, err, name)
		_, err = g.open(g.answer(t, 0), g.answer(t, 2))
		require.ErrorIs(t, err, ErrOwnerFault, name)
		require.NotErrorIs(t, err, ErrFragment, name)
	}
}

func TestAPolynomialOfTooHighADegreeIsTheOwnersFault(t *testing.T) {
	g := newGrant(t, 3, 5) // the grant says two, the owner shared with three
	_, err := Open(g.reader, g.context, g.capsule, 2, g.answers(t), g.binding)
	require.ErrorIs(t, err, ErrOwnerFault)
}

func TestLeavesThatDisagreeAreTheOwnersFault(t *testing.T) {
	for name, spoil := range map[string]func(*Leaf){
		"A":       func(l *Leaf) { l.A = SecretKey{5}.Public() },
		"X":       func(l *Leaf) { l.X = SecretKey{5}.Public() },
		"capsule": func(l *Leaf) { l.CapsuleHash[0] ^= 1 },
	} {
		g := newGrant(t, 2, 2)
		all := g.answers(t)
		spoil(&all[1].Leaf)
		_, err := g.open(all...)
		require.ErrorIs(t, err, ErrOwnerFault, name)
	}
	g := newGrant(t, 1, 1)
	g.shares[0].Leaf.X = [32]byte{}
	_, err := g.open(g.answer(t, 0))
	require.ErrorIs(t, err, ErrOwnerFault, "an X that is the identity")
	g = newGrant(t, 1, 1)
	g.shares[0].Leaf.A = SecretKey{5}.Public()
	_, err = g.open(g.answer(t, 0))
	require.ErrorIs(t, err, ErrOwnerFault, "an A that is not the node's")
}

// wrap makes a capsule with the given parts under a node's key, as a lying owner can.
func wrap(t *testing.T, k nodeKeys, publicA PublicKey, inside [32]byte, context []byte, spoil func(head []byte)) []byte {
	t.Helper()
	e, v := encodePoint(mulGen(k.r)), encodePoint(mulGen(k.u))
	s := new(scalar).MultiplyAdd(k.r, capsuleChallenge(e, v), k.u)
	head := append(append(append([]byte{version, Suite}, e[:]...), v[:]...), s.Bytes()...)
	spoil(head)
	shared := encodePoint(mulGen(new(scalar).Multiply(new(scalar).Add(k.r, k.u), k.a)))
	aead, err := wrapping(shared, [32]byte(head[2:34]), [32]byte(head[34:66]), publicA, context)
	require.NoError(t, err)
	return aead.Seal(head, make([]byte, aead.NonceSize()), inside[:], join(context, head))
}

func TestACapsuleThatIsNotTheNodesIsTheOwnersFault(t *testing.T) {
	honest := func([]byte) {}
	for name, build := range map[string]func(g *grant, k nodeKeys) []byte{
		"another seed inside": func(g *grant, k nodeKeys) []byte { return wrap(t, k, publicOf(k.a), [32]byte{66}, g.context, honest) },
		"E of another r": func(g *grant, k nodeKeys) []byte {
			k.r = randomScalar(t, g.rand)
			return wrap(t, k, publicOf(k.a), g.seed, g.context, honest)
		},
		"a wrong proof": func(g *grant, k nodeKeys) []byte {
			return wrap(t, k, publicOf(k.a), g.seed, g.context, func(head []byte) { head[66] ^= 1 })
		},
		"sealed for another context": func(g *grant, k nodeKeys) []byte {
			return wrap(t, k, publicOf(k.a), g.seed, CapsuleContext("cpchain-1/4", testNode[:]), honest)
		},
		"a flipped bit in the wrapped seed": func(g *grant, _ nodeKeys) []byte { return flip(g.capsule, CapsuleSize-1) },
	} {
		g := newGrant(t, 2, 3)
		k, err := deriveNode(g.seed)
		require.NoError(t, err)
		g.capsule = build(g, k)
		g.commit()
		_, err = g.open(g.answers(t)...)
		require.ErrorIs(t, err, ErrOwnerFault, name)
	}
	g := newGrant(t, 1, 1)
	k, err := deriveNode(g.seed)
	require.NoError(t, err)
	require.Equal(t, g.capsule, wrap(t, k, publicOf(k.a), g.seed, g.context, honest), "and an honest owner's is the node's")
}

func TestACapsuleNobodyCanReEncryptIsTheOwnersFault(t *testing.T) {
	g := newGrant(t, 1, 1)
	good := g.answer(t, 0)
	g.capsule = bytes.Clone(g.capsule)
	copy(g.capsule[2:], make([]byte, 32))
	good.Leaf.CapsuleHash = CapsuleHash(g.capsule)
	_, err := g.open(good)
	require.ErrorIs(t, err, ErrOwnerFault)
	require.ErrorIs(t, err, ErrCapsule)
}

func TestAKeyThatIsNotTheNodesIsTheOwnersFault(t *testing.T) {
	g := newGrant(t, 2, 3)
	k, err := deriveNode(g.seed)
	require.NoError(t, err)
	other := SecretKey{5}.Public()
	g.capsule = wrap(t, k, other, g.seed, g.context, func([]byte) {})
	g.commit()
	for i := range g.shares {
		g.shares[i].Leaf.A = other
	}
	_, err = g.open(g.answers(t)...)
	require.ErrorIs(t, err, ErrOwnerFault)
	require.ErrorContains(t, err, "another key")
}
