package keytree

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

type derivation struct {
	Owner, Stream   string
	Epoch, Interval uint32
	Root, Leaf, Key string
	Commitment      string
}

func derivations(t testing.TB) []derivation {
	var vs []derivation
	for _, c := range []struct {
		stream          string
		epoch, interval uint32
	}{
		{"cpchain-1/7", 0, 0},
		{"cpchain-1/7", 0, 1},
		{"cpchain-1/7", 1, 0},
		{"cpc-traffic-1/7", 0, 0},
		{"cpchain-1/8", 0, 1 << 31},
		{"cpchain-1/7", 0, 1<<32 - 1},
	} {
		o := owner()
		root, err := StreamRoot(o, c.stream, c.epoch)
		require.NoError(t, err)
		leaf := derive(t, root, Node{Epoch: c.epoch}, Leaf(c.epoch, c.interval))
		k := KeyOf(leaf)
		commitment := Commit(k)
		vs = append(vs, derivation{
			hex.EncodeToString(o[:]), c.stream, c.epoch, c.interval,
			hex.EncodeToString(root[:]), hex.EncodeToString(leaf[:]), hex.EncodeToString(k[:]), hex.EncodeToString(commitment[:]),
		})
	}
	return vs
}

func TestDerivationMatchesTheVectors(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range golden(t, "derivation.json", derivations(t)) {
		for _, secret := range []string{v.Leaf, v.Key, v.Commitment} {
			require.False(t, seen[secret], "%s stands for two things", secret)
			seen[secret] = true
		}
		// the construction of the doc, bit by bit of the interval
		seed := Seed(unhex(t, v.Root))
		for bit := 31; bit >= 0; bit-- {
			seed = hash([]string{"left", "right"}[v.Interval>>bit&1], seed)
		}
		k := hash("key", seed)
		commitment := hash("commit", k)
		require.Equal(t, []string{v.Leaf, v.Key, v.Commitment},
			[]string{hex.EncodeToString(seed[:]), hex.EncodeToString(k[:]), hex.EncodeToString(commitment[:])})
	}
}

func TestANodeSeedReachesItsOwnIntervalsOnly(t *testing.T) {
	root := tree(t, 0)
	node := Node{Depth: 29, Index: 5} // intervals 40 to 47
	seed := derive(t, root, Node{}, node)
	for i := uint32(40); i < 48; i++ {
		require.Equal(t, key(t, root, 0, i), KeyOf(derive(t, seed, node, Leaf(0, i))))
	}
	for name, to := range map[string]Node{
		"the interval before": Leaf(0, 39), "the interval after": Leaf(0, 48), "its parent": node.Parent(),
		"its sibling": {Depth: 29, Index: 4}, "the root": {}, "the same node of another epoch": {Epoch: 1, Depth: 29, Index: 5},
	} {
		_, err := Derive(seed, node, to)
		require.ErrorIs(t, err, ErrNotBelow, name)
	}
	_, err := Derive(seed, node, Node{Depth: 33})
	require.ErrorIs(t, err, ErrNode)
}

// closure is every 32-byte value that a seed's holder gets by applying the package's one-way functions, also where the
// package would refuse: below the leaves, to keys and to commitments.
func closure(values map[[32]byte]bool, secret [32]byte, levels int) {
	values[secret] = true
	if levels == 0 {
		return
	}
	for _, label := range []string{"left", "right", "key", "commit"} {
		closure(values, hash(label, secret), levels-1)
	}
}

func TestASeedHoldersReachEndsAtHisNode(t *testing.T) {
	root := tree(t, 0)
	node := Node{Depth: 30, Index: 9} // intervals 36 to 39
	reach := map[[32]byte]bool{}
	closure(reach, derive(t, root, Node{}, node), 6)
	for i := uint32(36); i < 40; i++ {
		require.Contains(t, reach, [32]byte(key(t, root, 0, i)), "interval %d is his", i)
	}
	for above := node; above.Depth > 0; above = above.Parent() {
		sibling := above
		sibling.Index ^= 1
		require.NotContains(t, reach, [32]byte(derive(t, root, Node{}, above.Parent())), "above: %s", above.Parent())
		require.NotContains(t, reach, [32]byte(derive(t, root, Node{}, sibling)), "beside: %s", sibling)
		for _, i := range []uint32{sibling.First(), sibling.Last()} {
			require.NotContains(t, reach, [32]byte(key(t, root, 0, i)), "interval %d", i)
		}
	}
	require.NotContains(t, reach, [32]byte(owner()))
	for _, i := range []uint32{36, 37, 38, 39} {
		require.NotContains(t, reach, [32]byte(key(t, tree(t, 1), 1, i)), "interval %d of the next key epoch", i)
	}
}

func TestAnIntervalKeyDoesNotGiveItsLeafSeed(t *testing.T) {
	root := tree(t, 0)
	reach := map[[32]byte]bool{}
	closure(reach, key(t, root, 0, 5), 5)
	require.NotContains(t, reach, [32]byte(derive(t, root, Node{}, Leaf(0, 5))))
	require.NotContains(t, reach, [32]byte(key(t, root, 0, 4)))
}

func TestKeysWalksARangeAsDeriveDoes(t *testing.T) {
	root := tree(t, 3)
	node := Node{Epoch: 3, Depth: 28, Index: 2} // 32 to 47
	seed := derive(t, root, Node{Epoch: 3}, node)
	for from := uint32(32); from <= 47; from++ {
		for to := from; to <= 47; to++ {
			next := from
			require.NoError(t, Keys(seed, node, from, to, func(i uint32, k IntervalKey) bool {
				require.Equal(t, next, i)
				require.Equal(t, key(t, root, 3, i), k)
				next++
				return true
			}))
			require.Equal(t, to+1, next)
		}
	}
	var got []uint32
	require.NoError(t, Keys(seed, node, 35, 44, func(i uint32, _ IntervalKey) bool { got = append(got, i); return i < 38 }))
	require.Equal(t, []uint32{35, 36, 37, 38}, got, "stops when told")
	require.ErrorIs(t, Keys(seed, node, 31, 35, nil), ErrNotBelow)
	require.ErrorIs(t, Keys(seed, node, 47, 48, nil), ErrNotBelow)
	require.ErrorIs(t, Keys(seed, node, 36, 35, nil), ErrNotBelow)
	require.ErrorIs(t, Keys(seed, Node{Depth: 33}, 0, 0, nil), ErrNode)
}

func TestKeysReachesBothEndsOfTheTree(t *testing.T) {
	for _, i := range []uint32{0, 1<<32 - 1} {
		n := 0
		require.NoError(t, Keys(tree(t, 0), Node{}, i, i, func(got uint32, k IntervalKey) bool {
			require.Equal(t, i, got)
			require.Equal(t, key(t, tree(t, 0), 0, i), k)
			n++
			return true
		}))
		require.Equal(t, 1, n)
	}
}

func TestSecretsPrintAsRedactedUnderEveryVerb(t *testing.T) {
	secret := Seed{77, 77, 77, 77}
	w, err := NewWindow([]NodeSeed{{Seed: secret}})
	require.NoError(t, err)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{} // may hold any digits
		}
		return a
	}}))
	for _, v := range []any{secret, &secret, IntervalKey(secret), NodeSeed{Seed: secret}, w, *w, []Seed{secret}, struct{ S Seed }{secret}} {
		logger.Info("test", "secret", v)
		text := fmt.Sprintf("%v %+v %#v %s %q %x %X %d %o %b %c", v, v, v, v, v, v, v, v, v, v, v) + log.String()
		for _, leak := range []string{"77", "4d4d", "4D4D", "MMM", "115 115", "1001101"} {
			require.NotContains(t, text, leak)
		}
	}
	require.Equal(t, "[redacted][redacted][redacted][redacted]",
		secret.String()+secret.GoString()+IntervalKey(secret).String()+IntervalKey(secret).GoString())
	text, err := json.Marshal(w) //nolint:staticcheck // that it has nothing to give is what is tested
	require.NoError(t, err)
	require.JSONEq(t, "{}", string(text))
}

func TestStreamRootRefusesNamesItCannotBind(t *testing.T) {
	for _, name := range []string{"", string(make([]byte, 256))} {
		_, err := StreamRoot(owner(), name, 0)
		require.ErrorIs(t, err, ErrStream)
	}
	_, err := StreamRoot(owner(), string(make([]byte, 255)), 0)
	require.NoError(t, err)
}

func BenchmarkKeysInOrder(b *testing.B) {
	node := Node{Depth: 16}
	for b.Loop() {
		n := 0
		if err := Keys(Seed{1}, node, 0, 65535, func(uint32, IntervalKey) bool { n++; return true }); err != nil || n != 65536 {
			b.Fatal(err, n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/65536, "ns/key")
}

func BenchmarkDeriveLeaf(b *testing.B) {
	for b.Loop() {
		if _, err := Derive(Seed{1}, Node{}, Leaf(0, 12345)); err != nil {
			b.Fatal(err)
		}
	}
}
