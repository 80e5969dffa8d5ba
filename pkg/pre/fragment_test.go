package pre

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFragmentCountsForItsGrantChainLeafAndCapsuleOnly(t *testing.T) {
	g := newGrant(t, 3, 5)
	good := g.answer(t, 0)
	require.NoError(t, VerifyFragment(good.Fragment, good.Leaf, g.capsule, g.binding))
	another, err := NewCapsule([32]byte{9}, g.context)
	require.NoError(t, err)
	swapped, renamed := good.Leaf, good.Leaf
	swapped.CapsuleHash = CapsuleHash(another)
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
		"no capsule":                {good.Leaf, nil, g.binding, ErrWrongCapsule},
	} {
		require.ErrorIs(t, VerifyFragment(good.Fragment, try.leaf, try.capsule, try.binding), try.want, name)
	}
}

func TestEveryFlippedBitOfAFragmentIsRefused(t *testing.T) {
	g := newGrant(t, 2, 3)
	good := g.answer(t, 0)
	for i := range good.Fragment {
		require.ErrorIs(t, VerifyFragment(flip(good.Fragment, i), good.Leaf, g.capsule, g.binding), ErrFragment, "byte %d", i)
	}
	for name, bad := range map[string][]byte{
		"short": good.Fragment[:FragmentSize-1], "long": append(bytes.Clone(good.Fragment), 0), "none": nil,
	} {
		require.ErrorIs(t, VerifyFragment(bad, good.Leaf, g.capsule, g.binding), ErrFragment, name)
	}
}

func TestEveryFlippedBitOfALeafSpoilsItsFragment(t *testing.T) {
	g := newGrant(t, 2, 3)
	good := g.answer(t, 0)
	bz, err := good.Leaf.MarshalBinary()
	require.NoError(t, err)
	for i := 2; i < LeafSize; i++ {
		leaf, err := ParseLeaf(flip(bz, i))
		require.NoError(t, err)
		require.Error(t, VerifyFragment(good.Fragment, leaf, g.capsule, g.binding), "byte %d", i)
	}
}

func TestIdentityAndNonCanonicalPointsInAFragmentAreRefused(t *testing.T) {
	g := newGrant(t, 1, 1)
	good := g.answer(t, 0)
	for name, bz := range map[string][]byte{
		"identity": make([]byte, 32), "not canonical": bytes.Repeat([]byte{0xff}, 32),
		"negative": append([]byte{1}, make([]byte, 31)...),
	} {
		for _, at := range []int{2, 34} {
			bad := bytes.Clone(good.Fragment)
			copy(bad[at:], bz)
			err := VerifyFragment(bad, good.Leaf, g.capsule, g.binding)
			require.ErrorIs(t, err, ErrFragment, "%s at %d", name, at)
			require.ErrorIs(t, err, ErrPoint, "%s at %d", name, at)
		}
		leaf := good.Leaf
		copy(leaf.U1[:], bz)
		require.ErrorIs(t, VerifyFragment(good.Fragment, leaf, g.capsule, g.binding), ErrPoint, name)
	}
	for name, bz := range map[string][]byte{"zero": make([]byte, 32), "above the order": bytes.Repeat([]byte{0xff}, 32)} {
		for _, at := range []int{66, 98} {
			bad := bytes.Clone(good.Fragment)
			copy(bad[at:], bz)
			require.ErrorIs(t, VerifyFragment(bad, good.Leaf, g.capsule, g.binding), ErrScalar, "%s at %d", name, at)
		}
	}
}

// A proxy that lies with a proof in good form: right E1 and wrong V1, or both under another secret than the leaf's.
func TestALyingProxyCannotProveItsLie(t *testing.T) {
	g := newGrant(t, 1, 1)
	c, err := parseCapsule(g.capsule)
	require.NoError(t, err)
	rk, lie := mustScalar(t, g.shares[0].RK), randomScalar(t, g.rand)
	for name, secrets := range map[string][3]*scalar{
		"V1 by another secret":           {rk, lie, rk},
		"E1 by another secret":           {lie, rk, rk},
		"both by another secret":         {lie, lie, lie},
		"both, proved with the leaf's U": {lie, lie, rk},
	} {
		e1, v1 := encodePoint(mul(secrets[0], c.e)), encodePoint(mul(secrets[1], c.v))
		st, err := newStatement(c, g.shares[0].Leaf, g.binding, e1, v1)
		require.NoError(t, err)
		nonce := randomScalar(t, g.rand)
		h := st.challenge(mul(nonce, c.e), mul(nonce, c.v), mul(nonce, genU))
		z := new(scalar).MultiplyAdd(h, secrets[2], nonce)
		fragment := append(append(append([]byte{version, Suite}, e1[:]...), v1[:]...), append(h.Bytes(), z.Bytes()...)...)
		require.ErrorIs(t, VerifyFragment(fragment, g.shares[0].Leaf, g.capsule, g.binding), ErrFragment, name)
	}
}

func TestAProxyServesNoCapsuleButTheLeafs(t *testing.T) {
	g := newGrant(t, 1, 1)
	sibling, err := NewCapsule([32]byte{8}, CapsuleContext("cpchain-1/3", []byte{0, 0, 0, 0, 30, 0, 0, 0, 4}))
	require.NoError(t, err)
	// a reader's own capsule, made to use the proxy as an oracle: E and V of his choice, with a good proof
	r, u := randomScalar(t, g.rand), randomScalar(t, g.rand)
	e, v := encodePoint(mulGen(r)), encodePoint(mulGen(u))
	own := append(append([]byte{version, Suite}, e[:]...), v[:]...)
	own = append(own, new(scalar).MultiplyAdd(r, capsuleChallenge(e, v), u).Bytes()...)
	own = append(own, g.capsule[capsuleHead:]...)
	require.NoError(t, CheckCapsule(own))
	for name, capsule := range map[string][]byte{
		"a sibling's": sibling, "a reader's own": own, "none": nil, "one with a byte more": append(bytes.Clone(g.capsule), 0),
	} {
		_, err := ReEncrypt(g.rand, g.shares[0], capsule, g.binding)
		require.ErrorIs(t, err, ErrWrongCapsule, name)
	}
}

func TestAProxySignsNothingForAMalformedCapsuleTheOwnerCommittedTo(t *testing.T) {
	g := newGrant(t, 1, 1)
	copy(g.capsule[2:], make([]byte, 32))
	g.commit()
	_, err := ReEncrypt(g.rand, g.shares[0], g.capsule, g.binding)
	require.ErrorIs(t, err, ErrCapsule)
	g.shares[0].RK = SecretKey{}
	_, err = ReEncrypt(g.rand, g.shares[0], g.capsule, g.binding)
	require.ErrorIs(t, err, ErrShare)
	_, err = ReEncrypt(dry(), newGrant(t, 1, 1).shares[0], newGrant(t, 1, 1).capsule, g.binding)
	require.ErrorContains(t, err, "entropy")
}

// proof cuts challenge ‖ response out of a fragment.
func proof(fragment []byte) []byte { return fragment[66:] }

func TestABrokenRandomSourceDoesNotGiveAwayAProxysShare(t *testing.T) {
	g := newGrant(t, 1, 2)
	share := g.shares[0]
	first, err := ReEncrypt(constant{}, share, g.capsule, Binding{"cpchain-1", 1})
	require.NoError(t, err)
	again, err := ReEncrypt(constant{}, share, g.capsule, Binding{"cpchain-1", 1})
	require.NoError(t, err)
	require.Equal(t, first, again, "one statement, one nonce: one proof")
	otherLeaf := share
	otherLeaf.Leaf.Proxy++
	for name, try := range map[string]struct {
		share   Share
		binding Binding
	}{
		"another grant": {share, Binding{"cpchain-1", 2}},
		"another chain": {share, Binding{"cpchain-2", 1}},
		"another leaf":  {otherLeaf, Binding{"cpchain-1", 1}},
	} {
		second, err := ReEncrypt(constant{}, try.share, g.capsule, try.binding)
		require.NoError(t, err)
		require.NotEqual(t, share.RK, solveForSecret(t, proof(first), proof(second)), name)
		require.NotEqual(t, encodePoint(commitment(t, first)), encodePoint(commitment(t, second)), "%s: the nonce repeats", name)
	}
	// and with a good source the same statement gets fresh nonces
	one, two := g.answer(t, 0), g.answer(t, 0)
	require.NotEqual(t, one.Fragment, two.Fragment)
}

// commitment is t·G for a proof's nonce t = z - h·rk, known here from the share.
func commitment(t testing.TB, fragment []byte) *point {
	t.Helper()
	f, err := parseFragment(fragment)
	require.NoError(t, err)
	rk := mustScalar(t, newGrant(t, 1, 2).shares[0].RK)
	return mulGen(new(scalar).Subtract(f.z, new(scalar).Multiply(f.h, rk)))
}

func TestTheNonceDependsOnSecretRandomnessAndTranscript(t *testing.T) {
	seen := map[[32]byte]string{}
	for name, nonce := range map[string]func() (*scalar, error){
		"base":               func() (*scalar, error) { return hedged(constant{}, "label", [32]byte{1}, []byte("a"), []byte("b")) },
		"another label":      func() (*scalar, error) { return hedged(constant{}, "lapel", [32]byte{1}, []byte("a"), []byte("b")) },
		"another secret":     func() (*scalar, error) { return hedged(constant{}, "label", [32]byte{2}, []byte("a"), []byte("b")) },
		"another transcript": func() (*scalar, error) { return hedged(constant{}, "label", [32]byte{1}, []byte("ab"), nil) },
		"fresh randomness": func() (*scalar, error) {
			return hedged(newGrant(t, 1, 1).rand, "label", [32]byte{1}, []byte("a"), []byte("b"))
		},
	} {
		n, err := nonce()
		require.NoError(t, err)
		require.Empty(t, seen[encodeScalar(n)], name)
		seen[encodeScalar(n)] = name
	}
	_, err := hedged(dry(), "label", [32]byte{1})
	require.ErrorContains(t, err, "entropy")
}

func FuzzVerifyFragment(f *testing.F) {
	g := newGrant(f, 1, 1)
	good := g.answer(f, 0)
	f.Add(good.Fragment, g.capsule)
	f.Add(flip(good.Fragment, 66), g.capsule)
	f.Add(good.Fragment, flip(g.capsule, 100))
	f.Add(good.Fragment[:FragmentSize-1], g.capsule[:CapsuleSize-1])
	f.Fuzz(func(t *testing.T, fragment, capsule []byte) {
		leaf := good.Leaf
		leaf.CapsuleHash = CapsuleHash(capsule)
		err := VerifyFragment(fragment, leaf, capsule, g.binding)
		if err == nil && (!bytes.Equal(fragment, good.Fragment) || !bytes.Equal(capsule, g.capsule)) {
			t.Fatal("a forged fragment verifies")
		}
	})
}

func FuzzParseFragment(f *testing.F) {
	good := newGrant(f, 1, 1).answer(f, 0).Fragment
	f.Add(good)
	f.Add(flip(good, 0))
	f.Add(append(bytes.Clone(good[:66]), make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, bz []byte) {
		p, err := parseFragment(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrFragment)
			return
		}
		back := append(append([]byte{version, Suite}, p.e1Bz[:]...), p.v1Bz[:]...)
		require.Equal(t, bz, append(append(back, p.h.Bytes()...), p.z.Bytes()...))
	})
}
