package pre

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cloudflare/circl/group"
	"github.com/stretchr/testify/require"
)

// grant is one node granted to one reader over n proxies.
type grant struct {
	rand    io.Reader
	seed    [32]byte
	context []byte
	capsule []byte
	reader  SecretKey
	shares  []Share
	binding Binding
	t       int
}

var testNode = [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 5}

func newGrant(tb testing.TB, t, n int) *grant {
	g := &grant{
		rand: rand.NewChaCha8([32]byte{byte(t), byte(n)}), seed: [32]byte{7}, t: t,
		context: CapsuleContext("cpchain-1/3", testNode[:]), binding: Binding{ChainID: "cpchain-1", Grant: 12},
	}
	var err error
	g.reader, err = NewReaderKey(g.rand)
	require.NoError(tb, err)
	g.capsule, err = NewCapsule(g.seed, g.context)
	require.NoError(tb, err)
	var proxies []uint64
	for i := range n {
		proxies = append(proxies, uint64(100+i))
	}
	g.shares, err = Split(g.rand, g.seed, g.context, testNode, g.reader.Public(), t, proxies)
	require.NoError(tb, err)
	return g
}

func (g *grant) answer(tb testing.TB, i int) Answer {
	f, err := ReEncrypt(g.rand, g.shares[i], g.capsule, g.binding)
	require.NoError(tb, err)
	return Answer{Leaf: g.shares[i].Leaf, Fragment: f}
}

func (g *grant) open(answers ...Answer) ([32]byte, error) {
	return Open(g.reader, g.context, g.capsule, g.t, answers, g.binding)
}

func TestAnyThresholdOfProxiesOpensTheNode(t *testing.T) {
	g := newGrant(t, 3, 5)
	for _, share := range g.shares {
		require.NoError(t, CheckShare(share))
	}
	for a := range 5 {
		for b := a + 1; b < 5; b++ {
			for c := b + 1; c < 5; c++ {
				seed, err := g.open(g.answer(t, c), g.answer(t, a), g.answer(t, b))
				require.NoError(t, err)
				require.Equal(t, g.seed, seed)
			}
		}
	}
	for _, tn := range [][2]int{{1, 1}, {1, 3}, {5, 9}} {
		g := newGrant(t, tn[0], tn[1])
		var answers []Answer
		for i := range tn[0] {
			answers = append(answers, g.answer(t, i))
		}
		seed, err := g.open(answers...)
		require.NoError(t, err)
		require.Equal(t, g.seed, seed)
	}
}

func TestFewerThanTheThresholdWithTheReaderGetNothing(t *testing.T) {
	g := newGrant(t, 3, 5)
	_, err := g.open(g.answer(t, 0), g.answer(t, 1))
	require.ErrorIs(t, err, ErrTooFew)
	// the attack: pretend the threshold is two
	_, err = Open(g.reader, g.context, g.capsule, 2, []Answer{g.answer(t, 0), g.answer(t, 1)}, g.binding)
	require.ErrorIs(t, err, ErrOwnerFault)
}

func TestAllProxiesWithoutTheReaderGetNothing(t *testing.T) {
	g := newGrant(t, 3, 5)
	// they pool all shares and, lacking D, interpolate at what they do know: proxy numbers, ids, or places under a key of theirs
	other, err := NewReaderKey(g.rand)
	require.NoError(t, err)
	secret, err := scalar(other[:])
	require.NoError(t, err)
	x, err := point(g.shares[0].Leaf.X[:])
	require.NoError(t, err)
	guessed := link{x: g.shares[0].Leaf.X, b: g.reader.Public(), d: encode(mul(x, secret))}
	for name, place := range map[string]func(Leaf) group.Scalar{
		"proxy numbers":            func(l Leaf) group.Scalar { return suite.NewScalar().SetUint64(l.Proxy) },
		"ids":                      func(l Leaf) group.Scalar { return hashToScalar("cpchain/pre/place/v1", l.ID[:]) },
		"places under their own D": func(l Leaf) group.Scalar { return guessed.place(l.ID) },
	} {
		a := recoverSecret(t, g.shares[:3], place, guessed.scalar())
		require.NotEqual(t, g.shares[0].Leaf.A, PublicKey(encode(mulGen(a))), name)
	}
}

// recoverSecret interpolates the shares at zero and unblinds: what a coalition can do.
func recoverSecret(t *testing.T, shares []Share, place func(Leaf) group.Scalar, d group.Scalar) group.Scalar {
	sum := suite.NewScalar()
	for i, s := range shares {
		rk, err := scalar(s.RK[:])
		require.NoError(t, err)
		term := rk
		for j, o := range shares {
			if i == j {
				continue
			}
			xi, xj := place(s.Leaf), place(o.Leaf)
			term = suite.NewScalar().Mul(term, suite.NewScalar().Mul(xj, suite.NewScalar().Inv(suite.NewScalar().Sub(xj, xi))))
		}
		sum = suite.NewScalar().Add(sum, term)
	}
	return suite.NewScalar().Mul(sum, d)
}

func TestThresholdProxiesWithTheReaderGetExactlyTheNodesKey(t *testing.T) {
	g := newGrant(t, 3, 5)
	secret, err := scalar(g.reader[:])
	require.NoError(t, err)
	x, err := point(g.shares[0].Leaf.X[:])
	require.NoError(t, err)
	hidden := link{x: g.shares[0].Leaf.X, b: g.reader.Public(), d: encode(mul(x, secret))}
	a := recoverSecret(t, g.shares[1:4], func(l Leaf) group.Scalar { return hidden.place(l.ID) }, hidden.scalar())
	require.Equal(t, g.shares[0].Leaf.A, PublicKey(encode(mulGen(a))), "Umbral's known collusion: the node's own secret falls")

	// and with it this node's capsule opens, but no other's: neither of another node nor of another seed in this context
	unwrapWith := func(capsule, context []byte) error {
		parts, err := parseCapsule(capsule)
		require.NoError(t, err)
		_, err = parts.unwrap(mul(add(parts.e, parts.v), a), g.shares[0].Leaf.A, context, capsule)
		return err
	}
	require.NoError(t, unwrapWith(g.capsule, g.context))
	sibling := CapsuleContext("cpchain-1/3", []byte{0, 0, 0, 0, 30, 0, 0, 0, 4})
	for name, seed := range map[string][32]byte{"the sibling's seed": {8}, "a parent's seed": {9}} {
		capsule, err := NewCapsule(seed, sibling)
		require.NoError(t, err)
		require.ErrorIs(t, unwrapWith(capsule, sibling), ErrOwnerFault, name)
	}
}

func TestAnotherReaderOpensNothingWithEveryFragment(t *testing.T) {
	g := newGrant(t, 3, 5)
	other, err := NewReaderKey(g.rand)
	require.NoError(t, err)
	var all []Answer
	for i := range 5 {
		all = append(all, g.answer(t, i))
	}
	for first := range 3 {
		_, err = Open(other, g.context, g.capsule, 3, all[first:], g.binding)
		require.ErrorIs(t, err, ErrOwnerFault)
	}
}

func TestAFragmentCountsForItsGrantChainLeafAndCapsuleOnly(t *testing.T) {
	g := newGrant(t, 3, 5)
	good := g.answer(t, 0)
	require.NoError(t, VerifyFragment(good.Fragment, good.Leaf, g.capsule, g.binding))
	another, err := NewCapsule([32]byte{9}, g.context)
	require.NoError(t, err)
	swapped := good.Leaf
	swapped.CapsuleHash = CapsuleHash(another)
	renamed := good.Leaf
	renamed.Proxy++
	for name, try := range map[string]struct {
		leaf    Leaf
		capsule []byte
		binding Binding
		want    error
	}{
		"another grant":             {good.Leaf, g.capsule, Binding{"cpchain-1", 13}, ErrFragment},
		"another chain":             {good.Leaf, g.capsule, Binding{"cpchain-2", 12}, ErrFragment},
		"another proxy's leaf":      {g.shares[1].Leaf, g.capsule, g.binding, ErrFragment},
		"a leaf in another name":    {renamed, g.capsule, g.binding, ErrFragment},
		"another capsule":           {good.Leaf, another, g.binding, ErrWrongCapsule},
		"a leaf of another capsule": {swapped, another, g.binding, ErrFragment},
	} {
		require.ErrorIs(t, VerifyFragment(good.Fragment, try.leaf, try.capsule, try.binding), try.want, name)
	}
}

func TestEveryFlippedBitOfAFragmentIsRefused(t *testing.T) {
	g := newGrant(t, 2, 3)
	good := g.answer(t, 0)
	for i := range good.Fragment {
		bad := bytes.Clone(good.Fragment)
		bad[i] ^= 1 << (i % 8)
		require.ErrorIs(t, VerifyFragment(bad, good.Leaf, g.capsule, g.binding), ErrFragment, "byte %d", i)
	}
	require.ErrorIs(t, VerifyFragment(good.Fragment[:FragmentSize-1], good.Leaf, g.capsule, g.binding), ErrFragment)
}

func TestEveryFlippedBitOfACapsuleIsRefused(t *testing.T) {
	g := newGrant(t, 1, 1)
	require.NoError(t, CheckCapsule(g.capsule))
	for i := range g.capsule {
		bad := bytes.Clone(g.capsule)
		bad[i] ^= 1
		require.ErrorIs(t, VerifyFragment(g.answer(t, 0).Fragment, g.shares[0].Leaf, bad, g.binding), ErrWrongCapsule, "byte %d", i)
		if i < CapsuleSize-seedSize-tagSize {
			require.ErrorIs(t, CheckCapsule(bad), ErrCapsule, "byte %d", i)
		}
	}
}

func TestAReadersOwnCapsuleIsNotServed(t *testing.T) {
	g := newGrant(t, 1, 1)
	// a capsule the reader made under the same node key A, to use the proxy as an oracle
	own := bytes.Clone(g.capsule)
	r, err := randomScalar(g.rand, "test")
	require.NoError(t, err)
	e := encode(mulGen(r))
	copy(own[2:34], e[:])
	_, err = ReEncrypt(g.rand, g.shares[0], own, g.binding)
	require.ErrorIs(t, err, ErrWrongCapsule)
}

func TestABadPolynomialIsTheOwnersFault(t *testing.T) {
	g := newGrant(t, 2, 3)
	// share 2 lies off the polynomial, with an honest U1 so that its proxy can't see it
	rk, err := randomScalar(g.rand, "test")
	require.NoError(t, err)
	g.shares[2].RK = encode(rk)
	g.shares[2].Leaf.U1 = encode(mul(genU, rk))
	require.NoError(t, CheckShare(g.shares[2]))
	_, err = g.open(g.answer(t, 0), g.answer(t, 1))
	require.NoError(t, err)
	_, err = g.open(g.answer(t, 0), g.answer(t, 2))
	require.ErrorIs(t, err, ErrOwnerFault)
}

func TestACapsuleThatDoesNotGiveItselfAgainIsTheOwnersFault(t *testing.T) {
	g := newGrant(t, 1, 1)
	// the owner wraps another seed under this node's key
	k, err := deriveNode(g.seed)
	require.NoError(t, err)
	parts, err := parseCapsule(g.capsule)
	require.NoError(t, err)
	publicA := g.shares[0].Leaf.A
	aead, err := wrapping(mul(mulGen(k.a), suite.NewScalar().Add(k.r, k.u)), parts.eBz, parts.vBz, publicA, g.context)
	require.NoError(t, err)
	lie := [32]byte{66}
	g.capsule = aead.Seal(bytes.Clone(parts.head), make([]byte, 12), lie[:], wrapData(g.context, parts.head))
	g.shares[0].Leaf.CapsuleHash = CapsuleHash(g.capsule)
	_, err = g.open(g.answer(t, 0))
	require.ErrorIs(t, err, ErrOwnerFault)
}

func TestOneProxyCountsOnce(t *testing.T) {
	g := newGrant(t, 2, 3)
	_, err := g.open(g.answer(t, 1), g.answer(t, 1))
	require.ErrorIs(t, err, ErrTwice)
}

func TestCheckShareRefusesWhatDoesNotFitItsLeaf(t *testing.T) {
	for name, spoil := range map[string]func(*Share){
		"another secret":   func(s *Share) { s.RK[0] ^= 1 },
		"no secret":        func(s *Share) { s.RK = SecretKey{} },
		"another U1":       func(s *Share) { s.Leaf.U1 = s.Leaf.X },
		"identity as A":    func(s *Share) { s.Leaf.A = PublicKey{} },
		"a broken X":       func(s *Share) { s.Leaf.X = [32]byte{1} },
		"too big a secret": func(s *Share) { s.RK = SecretKey(bytes.Repeat([]byte{0xff}, 32)) },
	} {
		g := newGrant(t, 2, 3)
		spoil(&g.shares[0])
		require.ErrorIs(t, CheckShare(g.shares[0]), ErrShare, name)
	}
}

// Bad encodings of RFC 9496, appendix A.2 and A.3: non-canonical, negative, non-square, and the identity.
func TestBadPointEncodingsAreRefused(t *testing.T) {
	for _, text := range []string{
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
		"0000000000000000000000000000000000000000000000000000000000000000",
	} {
		require.ErrorIs(t, PublicKey(unhex(t, text)).Valid(), ErrPoint, text)
	}
}

// constant is a broken random source: the same bytes for ever.
type constant struct{}

func (constant) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestABrokenRandomSourceRepeatsNoNonceAcrossStatements(t *testing.T) {
	g := newGrant(t, 1, 2)
	one, err := hedged(constant{}, g.shares[0].RK[:], []byte("statement one"))
	require.NoError(t, err)
	two, err := hedged(constant{}, g.shares[0].RK[:], []byte("statement two"))
	require.NoError(t, err)
	require.False(t, one.IsEqual(two))
	// two grants, one share, one broken source: with a repeated nonce the share would fall out of the two responses
	first, err := ReEncrypt(constant{}, g.shares[0], g.capsule, Binding{"cpchain-1", 1})
	require.NoError(t, err)
	second, err := ReEncrypt(constant{}, g.shares[0], g.capsule, Binding{"cpchain-1", 2})
	require.NoError(t, err)
	h1, z1, h2, z2 := proofOf(t, first), responseOf(t, first), proofOf(t, second), responseOf(t, second)
	guess := suite.NewScalar().Mul(suite.NewScalar().Sub(z1, z2), suite.NewScalar().Inv(suite.NewScalar().Sub(h1, h2)))
	require.NotEqual(t, g.shares[0].RK, SecretKey(encode(guess)))
}

func proofOf(t *testing.T, f []byte) group.Scalar {
	s, err := scalar(f[66:98])
	require.NoError(t, err)
	return s
}

func responseOf(t *testing.T, f []byte) group.Scalar {
	s, err := scalar(f[98:])
	require.NoError(t, err)
	return s
}

func TestCapsulesAreTheSameForAllWhoHoldTheSeed(t *testing.T) {
	g := newGrant(t, 1, 1)
	again, err := NewCapsule(g.seed, g.context)
	require.NoError(t, err)
	require.Equal(t, g.capsule, again)
	elsewhere, err := NewCapsule(g.seed, CapsuleContext("cpchain-1/4", testNode[:]))
	require.NoError(t, err)
	require.NotEqual(t, g.capsule, elsewhere)
}

func TestPossessionIsProvedByTheHolderInItsContextOnly(t *testing.T) {
	g := newGrant(t, 1, 1)
	proof, err := ProvePossession(g.rand, g.reader, []byte("context"))
	require.NoError(t, err)
	require.NoError(t, VerifyPossession(g.reader.Public(), []byte("context"), proof))
	require.ErrorIs(t, VerifyPossession(g.reader.Public(), []byte("other"), proof), ErrPossession)
	other, err := NewReaderKey(g.rand)
	require.NoError(t, err)
	require.ErrorIs(t, VerifyPossession(other.Public(), []byte("context"), proof), ErrPossession)
	for i := range proof {
		bad := bytes.Clone(proof)
		bad[i] ^= 1
		require.ErrorIs(t, VerifyPossession(g.reader.Public(), []byte("context"), bad), ErrPossession, "byte %d", i)
	}
	require.ErrorIs(t, VerifyPossession(g.reader.Public(), nil, proof[:63]), ErrPossession)
	require.Error(t, VerifyPossession(PublicKey{}, []byte("context"), proof))
}

func TestSplitRefusesThresholdsThatMakeNoSense(t *testing.T) {
	g := newGrant(t, 1, 1)
	for name, try := range map[string]struct {
		t int
		n int
	}{"zero": {0, 3}, "more than proxies": {4, 3}, "no proxies": {1, 0}, "too many proxies": {1, MaxProxies + 1}} {
		_, err := Split(g.rand, g.seed, g.context, testNode, g.reader.Public(), try.t, make([]uint64, try.n))
		require.Error(t, err, name)
	}
	_, err := Split(g.rand, g.seed, g.context, testNode, PublicKey{}, 1, []uint64{1})
	require.ErrorIs(t, err, ErrPoint)
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	g := newGrant(t, 1, 1)
	require.Equal(t, "[redacted] [redacted]", fmt.Sprintf("%v %#v", g.reader, g.reader))
	require.Contains(t, fmt.Sprintf("%+v", g.shares[0]), "[redacted]")
}
