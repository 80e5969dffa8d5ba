package keytree

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func windowOver(t testing.TB, root Seed, epoch, a, b uint32) (*Window, []NodeSeed) {
	t.Helper()
	cover, err := Cover(epoch, a, b, 1<<32, 0, 64)
	require.NoError(t, err)
	var seeds []NodeSeed
	for _, n := range cover {
		seeds = append(seeds, NodeSeed{n, derive(t, root, Node{Epoch: epoch}, n)})
	}
	w, err := NewWindow(seeds)
	require.NoError(t, err)
	return w, seeds
}

func TestWindowForgetsThePastAndKeepsTheRest(t *testing.T) {
	root := tree(t, 0)
	w, _ := windowOver(t, root, 0, 100, 163)
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

func TestAStolenWindowDoesNotReachThePast(t *testing.T) {
	root := tree(t, 0)
	w, _ := windowOver(t, root, 0, 96, 127)
	held := w.nodes
	w.Forget(0, 100)
	for _, n := range held {
		require.Zero(t, n.Seed, "the seed of %s was not overwritten", n.Node)
	}
	reach := map[[32]byte]bool{}
	for _, n := range w.Nodes() {
		closure(reach, n.Seed, int(Depth-n.Node.Depth)+2)
	}
	for i := uint32(96); i < 128; i++ {
		require.Equal(t, i > 100, reach[key(t, root, 0, i)], "interval %d", i)
	}
}

func TestForgettingOneEpochLeavesTheOther(t *testing.T) {
	w, _ := windowOver(t, tree(t, 0), 0, 8, 15)
	_, next := windowOver(t, tree(t, 1), 1, 8, 15)
	require.NoError(t, w.Add(next))
	w.Forget(0, 1<<32-1)
	require.Zero(t, w.Left(0, 8))
	require.EqualValues(t, 8, w.Left(1, 8))
	_, err := w.Key(1, 8)
	require.NoError(t, err)
}

func TestWindowCountsWhatIsLeftWithoutAHole(t *testing.T) {
	w, _ := windowOver(t, tree(t, 0), 0, 4, 9)
	_, more := windowOver(t, tree(t, 0), 0, 12, 13)
	require.NoError(t, w.Add(more))
	for from, left := range map[uint32]uint64{3: 0, 4: 6, 7: 3, 9: 1, 10: 0, 11: 0, 12: 2, 13: 1, 14: 0} {
		require.Equal(t, left, w.Left(0, from), "from %d", from)
	}
	whole, err := NewWindow([]NodeSeed{{Node{}, tree(t, 0)}})
	require.NoError(t, err)
	require.EqualValues(t, uint64(1)<<32, whole.Left(0, 0))
	whole.Forget(0, 0)
	require.EqualValues(t, uint64(1)<<32-1, whole.Left(0, 1))
	require.Len(t, whole.Nodes(), 32)
}

func TestWindowMergesInAnyOrder(t *testing.T) {
	root := tree(t, 0)
	_, seeds := windowOver(t, root, 0, 3, 40)
	parent := Node{Depth: 26}
	all := []NodeSeed{{parent, derive(t, root, Node{}, parent)}, {Leaf(0, 200), derive(t, root, Node{}, Leaf(0, 200))}}
	w, err := NewWindow([]NodeSeed{seeds[3], seeds[0], seeds[5], seeds[3]})
	require.NoError(t, err)
	require.Len(t, w.Nodes(), 3, "held once each")
	require.NoError(t, w.Add([]NodeSeed{all[1], seeds[1], all[0], seeds[2], seeds[4]}))
	require.Equal(t, all, w.Nodes(), "the larger node stands for those below it")
	require.NoError(t, w.Add(seeds))
	require.Equal(t, all, w.Nodes())
}

func TestWindowRefusesContradictionsWhole(t *testing.T) {
	root := tree(t, 0)
	parent := Node{Depth: 30, Index: 1} // 4 to 7
	seed := derive(t, root, Node{}, parent)
	w, err := NewWindow([]NodeSeed{{parent, seed}})
	require.NoError(t, err)
	elsewhere := NodeSeed{Leaf(0, 99), derive(t, root, Node{}, Leaf(0, 99))}
	for name, try := range map[string]struct {
		bad  NodeSeed
		want error
	}{
		"another seed below":         {NodeSeed{parent.Left(), Seed{9}}, ErrContradiction},
		"another seed above":         {NodeSeed{parent.Parent(), Seed{9}}, ErrContradiction},
		"another seed for the same":  {NodeSeed{parent, Seed{9}}, ErrContradiction},
		"a node that does not exist": {NodeSeed{Node{Depth: 33}, Seed{}}, ErrNode},
	} {
		require.ErrorIs(t, w.Add([]NodeSeed{elsewhere, try.bad}), try.want, name)
		require.Equal(t, []NodeSeed{{parent, seed}}, w.Nodes(), name)
		_, err := NewWindow([]NodeSeed{{parent, seed}, try.bad})
		require.ErrorIs(t, err, try.want, name)
	}
}

func TestSeedsCannotBePutTogether(t *testing.T) {
	root := tree(t, 0)
	parent := Node{Depth: 30, Index: 1}
	seed := derive(t, root, Node{}, parent)
	w, err := NewWindow([]NodeSeed{{parent.Left(), child(seed, false)}, {parent.Right(), child(seed, true)}})
	require.NoError(t, err)
	require.EqualValues(t, 4, w.Left(0, 4))
	_, err = w.Seed(parent)
	require.ErrorIs(t, err, ErrNoKey)
	got, err := w.Seed(parent.Right().Left())
	require.NoError(t, err)
	require.Equal(t, derive(t, root, Node{}, parent.Right().Left()), got)
	_, err = w.Seed(Node{Depth: 33})
	require.ErrorIs(t, err, ErrNode)
}

type windowVector struct {
	Comment, Bytes string
	Nodes          []string `json:",omitempty"`
	Error          string   `json:",omitempty"`
}

func windowVectors(t testing.TB) []windowVector {
	entry := func(n Node) string {
		bz, err := n.MarshalBinary()
		require.NoError(t, err)
		seed := derive(t, tree(t, n.Epoch), Node{Epoch: n.Epoch}, n)
		return hex.EncodeToString(bz) + hex.EncodeToString(seed[:])
	}
	four, five, pair := entry(Leaf(0, 4)), entry(Leaf(0, 5)), entry(Node{Depth: 31, Index: 2})
	vs := []windowVector{
		{Comment: "empty", Bytes: "01"},
		{Comment: "two siblings, held apart", Bytes: "01" + four + five},
		{Comment: "a node and the next epoch", Bytes: "01" + pair + entry(Leaf(1, 0))},
		{Comment: "no version", Bytes: ""},
		{Comment: "another version", Bytes: "02" + four},
		{Comment: "a byte too few", Bytes: "01" + four[:80]},
		{Comment: "a byte too many", Bytes: "01" + four + "00"},
		{Comment: "out of order", Bytes: "01" + five + four},
		{Comment: "twice", Bytes: "01" + four + four},
		{Comment: "a node and what is below it", Bytes: "01" + pair + five},
		{Comment: "a node and what is above it", Bytes: "01" + four + pair},
		{Comment: "epochs out of order", Bytes: "01" + entry(Leaf(1, 0)) + four},
		{Comment: "a node that does not exist", Bytes: "01" + "000000002100000000" + four[18:]},
	}
	for i := range vs {
		var w Window
		if err := w.UnmarshalBinary(unhex(t, vs[i].Bytes)); err != nil {
			vs[i].Error = err.Error()
			continue
		}
		for _, n := range w.Nodes() {
			vs[i].Nodes = append(vs[i].Nodes, n.Node.String())
		}
	}
	return vs
}

func TestWindowBinaryFormMatchesTheVectors(t *testing.T) {
	good := 0
	for _, v := range golden(t, "window.json", windowVectors(t)) {
		w, _ := windowOver(t, tree(t, 0), 0, 50, 50)
		before := w.Nodes()
		err := w.UnmarshalBinary(unhex(t, v.Bytes))
		if v.Error != "" {
			require.EqualError(t, err, v.Error)
			require.Equal(t, before, w.Nodes(), "%s: nothing changes", v.Comment)
			continue
		}
		require.NoError(t, err, v.Comment)
		back, err := w.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, unhex(t, v.Bytes), back, v.Comment)
		good++
	}
	require.Equal(t, 3, good)
}

func FuzzWindowUnmarshal(f *testing.F) {
	for _, v := range windowVectors(f) {
		f.Add(unhex(f, v.Bytes))
	}
	f.Fuzz(func(t *testing.T, bz []byte) {
		var w Window
		if w.UnmarshalBinary(bz) != nil {
			require.Empty(t, w.Nodes())
			return
		}
		back, err := w.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
		again, err := NewWindow(w.Nodes())
		require.NoError(t, err)
		require.Equal(t, len(w.Nodes()), len(again.Nodes()))
	})
}

func BenchmarkWindowKey(b *testing.B) {
	w, _ := windowOver(b, tree(b, 0), 0, 1, 20160)
	for b.Loop() {
		if _, err := w.Key(0, 12345); err != nil {
			b.Fatal(err)
		}
	}
}
