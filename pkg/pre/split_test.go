package pre

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitRefusesWhatMakesNoSense(t *testing.T) {
	g := newGrant(t, 1, 1)
	reader := g.reader.Public()
	for name, try := range map[string]struct {
		context []byte
		reader  PublicKey
		t       int
		proxies []uint64
		want    error
	}{
		"a threshold of zero":       {g.context, reader, 0, proxies(3), ErrThreshold},
		"a threshold below zero":    {g.context, reader, -1, proxies(3), ErrThreshold},
		"more than there are":       {g.context, reader, 4, proxies(3), ErrThreshold},
		"no proxies":                {g.context, reader, 1, nil, ErrThreshold},
		"too many proxies":          {g.context, reader, 1, proxies(MaxProxies + 1), ErrThreshold},
		"one proxy twice":           {g.context, reader, 1, []uint64{5, 6, 5}, ErrThreshold},
		"the identity as reader":    {g.context, PublicKey{}, 1, proxies(1), ErrPoint},
		"a reader's key that isn't": {g.context, PublicKey(bytes.Repeat([]byte{0xff}, 32)), 1, proxies(1), ErrPoint},
		"another node's context":    {CapsuleContext("cpchain-1/3", make([]byte, 9)), reader, 1, proxies(1), ErrContext},
		"no context":                {nil, reader, 1, proxies(1), ErrContext},
	} {
		_, err := Split(g.rand, g.seed, try.context, testNode, try.reader, try.t, try.proxies)
		require.ErrorIs(t, err, try.want, name)
	}
	_, err := Split(dry(), g.seed, g.context, testNode, reader, 1, proxies(1))
	require.ErrorContains(t, err, "entropy")
	most, err := Split(g.rand, g.seed, g.context, testNode, reader, MaxProxies, proxies(MaxProxies))
	require.NoError(t, err)
	require.Len(t, most, MaxProxies)
}

func TestSharesFitTheirLeavesAndDifferAtEveryCall(t *testing.T) {
	g := newGrant(t, 3, 5)
	again, err := Split(g.rand, g.seed, g.context, testNode, g.reader.Public(), 3, proxies(5))
	require.NoError(t, err)
	for i, s := range g.shares {
		require.NoError(t, CheckShare(s))
		require.EqualValues(t, 100+i, s.Leaf.Proxy)
		require.Equal(t, testNode, s.Leaf.Node)
		require.Equal(t, CapsuleHash(g.capsule), s.Leaf.CapsuleHash)
		require.Equal(t, again[i].Leaf.A, s.Leaf.A)
		require.NotEqual(t, again[i].Leaf.X, s.Leaf.X, "a dispute shows D = b·X, so x is never used twice")
		require.NotEqual(t, again[i].RK, s.RK)
		require.NotEqual(t, again[i].Leaf.ID, s.Leaf.ID)
		for _, other := range g.shares[:i] {
			require.NotEqual(t, other.RK, s.RK)
			require.NotEqual(t, other.Leaf.ID, s.Leaf.ID)
		}
	}
}

func TestSameRandomnessSameShares(t *testing.T) {
	require.Equal(t, newGrant(t, 3, 5).shares, newGrant(t, 3, 5).shares)
}

// With a random source that repeats, shares of different nodes, readers and sets of proxies are still unrelated, and none
// of the owner's secrets follows from the source alone.
func TestABrokenRandomSourceDoesNotRelateTwoSplits(t *testing.T) {
	g := newGrant(t, 2, 3)
	node2 := [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 4}
	base := func() ([]Share, error) {
		return Split(constant{}, g.seed, g.context, testNode, g.reader.Public(), 2, proxies(3))
	}
	splits := map[string]func() ([]Share, error){
		"base": base,
		"another seed": func() ([]Share, error) {
			return Split(constant{}, [32]byte{8}, g.context, testNode, g.reader.Public(), 2, proxies(3))
		},
		"another node": func() ([]Share, error) {
			return Split(constant{}, g.seed, CapsuleContext("cpchain-1/3", node2[:]), node2, g.reader.Public(), 2, proxies(3))
		},
		"another reader": func() ([]Share, error) {
			return Split(constant{}, g.seed, g.context, testNode, SecretKey{5}.Public(), 2, proxies(3))
		},
		"another threshold": func() ([]Share, error) {
			return Split(constant{}, g.seed, g.context, testNode, g.reader.Public(), 3, proxies(3))
		},
		"other proxies": func() ([]Share, error) {
			return Split(constant{}, g.seed, g.context, testNode, g.reader.Public(), 2, []uint64{100, 101, 103})
		},
	}
	seen := map[[32]byte]string{}
	for name, split := range splits {
		shares, err := split()
		require.NoError(t, err)
		require.Empty(t, seen[shares[0].Leaf.X], "%s: x repeats", name)
		seen[shares[0].Leaf.X] = name
		for _, s := range shares {
			require.Empty(t, seen[s.RK], "%s: a share repeats", name)
			seen[s.RK] = name
		}
	}
	one, err := base()
	require.NoError(t, err)
	two, err := base()
	require.NoError(t, err)
	require.Equal(t, one, two)
}

func TestCheckShareRefusesWhatDoesNotFitItsLeaf(t *testing.T) {
	bad := [32]byte(bytes.Repeat([]byte{0xff}, 32))
	for name, spoil := range map[string]func(*Share){
		"another secret":          func(s *Share) { s.RK[0] ^= 1 },
		"no secret":               func(s *Share) { s.RK = SecretKey{} },
		"too big a secret":        func(s *Share) { s.RK = bad },
		"another U1":              func(s *Share) { s.Leaf.U1 = s.Leaf.X },
		"identity as U1":          func(s *Share) { s.Leaf.U1 = [32]byte{} },
		"identity as A":           func(s *Share) { s.Leaf.A = PublicKey{} },
		"an A that is not one":    func(s *Share) { s.Leaf.A = bad },
		"identity as X":           func(s *Share) { s.Leaf.X = [32]byte{} },
		"an X that is not one":    func(s *Share) { s.Leaf.X = [32]byte{1} },
		"another proxy's secret":  func(s *Share) { s.RK = newGrant(t, 2, 3).shares[1].RK },
		"U1 in another encoding":  func(s *Share) { s.Leaf.U1[31] |= 0x80 },
		"the share's negative U1": func(s *Share) { s.Leaf.U1 = encodePoint(new(point).Negate(mul(mustScalar(t, s.RK), genU))) },
	} {
		s := newGrant(t, 2, 3).shares[0]
		spoil(&s)
		require.ErrorIs(t, CheckShare(s), ErrShare, name)
	}
}

func TestInterpolationUndoesEvaluation(t *testing.T) {
	source := rand.NewChaCha8([32]byte{4})
	for degree := range 6 {
		var poly, places []*scalar
		for range degree + 1 {
			poly, places = append(poly, randomScalar(t, source)), append(places, randomScalar(t, source))
		}
		factor := randomScalar(t, source)
		weights, err := lagrange(places, factor)
		require.NoError(t, err)
		sum := new(scalar)
		for i, w := range weights {
			sum.MultiplyAdd(w, evaluate(poly, places[i]), sum)
		}
		require.Equal(t, 1, new(scalar).Multiply(factor, poly[0]).Equal(sum), "degree %d", degree)
	}
	x := randomScalar(t, source)
	_, err := lagrange([]*scalar{x, randomScalar(t, source), x}, x)
	require.ErrorIs(t, err, ErrOwnerFault)
	require.True(t, slices.Equal(scalarOne.Bytes(), append([]byte{1}, make([]byte, 31)...)))
}
