package keytree

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write testdata anew")

func owner() Seed { return Seed{1, 2, 3} }

func tree(t testing.TB, epoch uint32) Seed {
	root, err := StreamRoot(owner(), "cpchain-1/7", epoch)
	require.NoError(t, err)
	return root
}

func key(t testing.TB, root Seed, epoch, interval uint32) IntervalKey {
	leaf, err := Derive(root, Node{Epoch: epoch}, Leaf(epoch, interval))
	require.NoError(t, err)
	return KeyOf(leaf)
}

type vector struct {
	Owner, Stream   string
	Epoch, Interval uint32
	Root, Leaf, Key string
	Commitment      string
}

func vectors(t testing.TB) []vector {
	var vs []vector
	for _, c := range []struct {
		stream          string
		epoch, interval uint32
	}{{"cpchain-1/7", 0, 0}, {"cpchain-1/7", 0, 1}, {"cpchain-1/7", 1, 0}, {"cpc-traffic-1/7", 0, 0}, {"cpchain-1/8", 0, 1 << 31}, {"cpchain-1/7", 0, 1<<32 - 1}} {
		o := owner()
		root, err := StreamRoot(o, c.stream, c.epoch)
		require.NoError(t, err)
		leaf, err := Derive(root, Node{Epoch: c.epoch}, Leaf(c.epoch, c.interval))
		require.NoError(t, err)
		k := KeyOf(leaf)
		commitment := Commit(k)
		vs = append(vs, vector{
			hex.EncodeToString(o[:]), c.stream, c.epoch, c.interval,
			hex.EncodeToString(root[:]), hex.EncodeToString(leaf[:]), hex.EncodeToString(k[:]), hex.EncodeToString(commitment[:]),
		})
	}
	return vs
}

func TestDerivationMatchesTheVectors(t *testing.T) {
	const path = "testdata/derivation.json"
	if *update {
		bz, err := json.MarshalIndent(vectors(t), "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(bz, '\n'), 0o600))
	}
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	var want []vector
	require.NoError(t, json.Unmarshal(bz, &want))
	require.Equal(t, want, vectors(t))
	seen := map[string]bool{}
	for _, v := range want {
		for _, secret := range []string{v.Leaf, v.Key, v.Commitment} {
			require.False(t, seen[secret], "%s stands for two things", secret)
			seen[secret] = true
		}
	}
}

func TestANodeSeedReachesItsOwnIntervalsOnly(t *testing.T) {
	root := tree(t, 0)
	node := Node{Depth: 29, Index: 5} // intervals 40 to 47
	seed, err := Derive(root, Node{}, node)
	require.NoError(t, err)
	for i := uint32(40); i < 48; i++ {
		leaf, err := Derive(seed, node, Leaf(0, i))
		require.NoError(t, err)
		require.Equal(t, key(t, root, 0, i), KeyOf(leaf))
	}
	for name, to := range map[string]Node{
		"the interval before": Leaf(0, 39), "the interval after": Leaf(0, 48), "its parent": node.Parent(),
		"its sibling": {Depth: 29, Index: 4}, "the root": {}, "the same node of another epoch": {Epoch: 1, Depth: 29, Index: 5},
	} {
		_, err := Derive(seed, node, to)
		require.ErrorIs(t, err, ErrNotBelow, name)
	}
}

func TestKeysWalksARangeAsDeriveDoes(t *testing.T) {
	root := tree(t, 3)
	node := Node{Epoch: 3, Depth: 28, Index: 2} // 32 to 47
	seed, err := Derive(root, Node{Epoch: 3}, node)
	require.NoError(t, err)
	var got []uint32
	require.NoError(t, Keys(seed, node, 35, 44, func(i uint32, k IntervalKey) bool {
		require.Equal(t, key(t, root, 3, i), k)
		got = append(got, i)
		return i < 42
	}))
	require.Equal(t, []uint32{35, 36, 37, 38, 39, 40, 41, 42}, got)
	require.ErrorIs(t, Keys(seed, node, 31, 35, nil), ErrNotBelow)
	require.ErrorIs(t, Keys(seed, node, 47, 48, nil), ErrNotBelow)
	require.ErrorIs(t, Keys(seed, node, 36, 35, nil), ErrNotBelow)
}

func TestCoverIsExactDisjointAscendingAndGrained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint32Range(0, 3000).Draw(t, "a")
		b := rapid.Uint32Range(a, 3000).Draw(t, "b")
		c := rapid.Uint64Range(0, 3100).Draw(t, "c")
		g := uint8(rapid.IntRange(0, 32).Draw(t, "g"))
		nodes, err := Cover(5, a, b, c, g, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		next := uint64(a)
		closed := 0
		for _, n := range nodes {
			if n.Valid() != nil || n.Epoch != 5 || uint64(n.First()) != next {
				t.Fatalf("%s at %d", n, next)
			}
			next = uint64(n.Last()) + 1
			if uint64(n.First()) >= c && Depth-n.Depth > g {
				t.Fatalf("open node %s is larger than 2^%d", n, g)
			}
			if uint64(n.First()) < c {
				closed++
				if next > c {
					t.Fatalf("%s lies across the split %d", n, c)
				}
			}
		}
		if next != uint64(b)+1 || closed > 62 {
			t.Fatalf("ends at %d, %d closed nodes", next, closed)
		}
	})
}

func TestCoverAtTheEnds(t *testing.T) {
	whole, err := Cover(0, 0, 1<<32-1, 1<<32, 0, 1)
	require.NoError(t, err)
	require.Equal(t, []Node{{}}, whole)
	last, err := Cover(0, 1<<32-1, 1<<32-1, 0, 32, 1)
	require.NoError(t, err)
	require.Equal(t, []Node{Leaf(0, 1<<32-1)}, last)
	most, err := Cover(0, 1, 1<<32-2, 1<<32, 0, 100)
	require.NoError(t, err)
	require.Len(t, most, 62)
	for name, try := range map[string]func() ([]Node, error){
		"backwards":        func() ([]Node, error) { return Cover(0, 2, 1, 0, 0, 9) },
		"grain above tree": func() ([]Node, error) { return Cover(0, 1, 2, 0, 33, 9) },
	} {
		_, err := try()
		require.ErrorIs(t, err, ErrRange, name)
	}
	_, err = Cover(0, 0, 99, 0, 0, 99)
	require.ErrorIs(t, err, ErrTooManyNodes)
}

func TestWindowForgetsThePastAndKeepsTheRest(t *testing.T) {
	root := tree(t, 0)
	cover, err := Cover(0, 100, 163, 200, 0, 64)
	require.NoError(t, err)
	var seeds []NodeSeed
	for _, n := range cover {
		s, err := Derive(root, Node{}, n)
		require.NoError(t, err)
		seeds = append(seeds, NodeSeed{n, s})
	}
	w, err := NewWindow(seeds)
	require.NoError(t, err)
	require.EqualValues(t, 64, w.Left(0, 100))
	for through := uint32(99); through <= 163; through++ {
		w.Forget(0, through)
		require.EqualValues(t, 163-through, w.Left(0, through+1), "through %d", through)
		for i := uint32(98); i <= 165; i++ {
			got, err := w.Key(0, i)
			if i <= through || i < 100 || i > 163 {
				require.ErrorIs(t, err, ErrNoKey, "interval %d after forgetting through %d", i, through)
				continue
			}
			require.NoError(t, err)
			require.Equal(t, key(t, root, 0, i), got)
		}
		bz, err := w.MarshalBinary()
		require.NoError(t, err)
		var back Window
		require.NoError(t, back.UnmarshalBinary(bz))
		require.Equal(t, w.Nodes(), back.Nodes())
	}
	require.Empty(t, w.Nodes())
}

func TestWindowMergesAndRefusesContradictions(t *testing.T) {
	root := tree(t, 0)
	parent := Node{Depth: 30, Index: 1} // 4 to 7
	seed, err := Derive(root, Node{}, parent)
	require.NoError(t, err)
	left := NodeSeed{parent.Left(), child(seed, false)}
	w, err := NewWindow([]NodeSeed{left})
	require.NoError(t, err)
	require.NoError(t, w.Add([]NodeSeed{{parent, seed}, left}))
	require.Equal(t, []NodeSeed{{parent, seed}}, w.Nodes())
	require.EqualValues(t, 4, w.Left(0, 4))
	require.Zero(t, w.Left(0, 3))
	require.Zero(t, w.Left(1, 4))
	for name, bad := range map[string]NodeSeed{
		"another seed below": {parent.Left(), Seed{9}}, "another seed above": {parent.Parent(), Seed{9}}, "no node": {Node{Depth: 33}, Seed{}},
	} {
		require.Error(t, w.Add([]NodeSeed{bad}), name)
		require.Equal(t, []NodeSeed{{parent, seed}}, w.Nodes(), name)
	}
	_, err = w.Seed(parent.Parent())
	require.ErrorIs(t, err, ErrNoKey)
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	secret := tree(t, 0)
	k := key(t, secret, 0, 0)
	for _, text := range []string{fmt.Sprint(secret), fmt.Sprintf("%v %+v %#v", secret, secret, secret), fmt.Sprintf("%v %#v", k, k)} {
		require.NotContains(t, text, fmt.Sprint(secret[0])+" "+fmt.Sprint(secret[1]))
		require.Contains(t, text, "[redacted]")
	}
}

func TestStreamRootRefusesNamesItCannotBind(t *testing.T) {
	for _, name := range []string{"", string(make([]byte, 256))} {
		_, err := StreamRoot(owner(), name, 0)
		require.Error(t, err)
	}
}

func FuzzParseNode(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 32, 0, 0, 0, 17})
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0, 2})
	f.Fuzz(func(t *testing.T, bz []byte) {
		n, err := ParseNode(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrNode)
			return
		}
		back, err := n.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
	})
}

func FuzzWindowUnmarshal(f *testing.F) {
	f.Add([]byte{1})
	f.Add(append([]byte{1}, make([]byte, 41)...))
	f.Fuzz(func(t *testing.T, bz []byte) {
		var w Window
		if w.UnmarshalBinary(bz) != nil {
			return
		}
		back, err := w.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
	})
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
