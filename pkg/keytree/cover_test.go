package keytree

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type coverVector struct {
	Comment     string
	Epoch, A, B uint32
	Split       uint64
	Grain       uint8
	MaxNodes    int
	Nodes       []string `json:",omitempty"`
	Error       string   `json:",omitempty"`
}

func coverVectors() []coverVector {
	vs := []coverVector{
		{Comment: "one closed interval", A: 7, B: 7, Split: 100, MaxNodes: 9},
		{Comment: "a closed range, unaligned at both ends", Epoch: 2, A: 5, B: 40, Split: 41, MaxNodes: 64},
		{Comment: "the same range, all open, in grains of four", Epoch: 2, A: 5, B: 40, Split: 0, Grain: 2, MaxNodes: 64},
		{Comment: "split in the middle of a node", A: 0, B: 15, Split: 6, Grain: 3, MaxNodes: 64},
		{Comment: "open part in single intervals", A: 0, B: 5, Split: 4, Grain: 0, MaxNodes: 64},
		{Comment: "the whole tree, closed", A: 0, B: 1<<32 - 1, Split: 1 << 32, MaxNodes: 1},
		{Comment: "the last interval", A: 1<<32 - 1, B: 1<<32 - 1, Split: 0, Grain: 32, MaxNodes: 1},
		{Comment: "a split beyond the tree", A: 1<<32 - 2, B: 1<<32 - 1, Split: 1<<64 - 1, MaxNodes: 1},
		{Comment: "backwards", A: 2, B: 1, MaxNodes: 9},
		{Comment: "a grain above the tree", A: 1, B: 2, Grain: 33, MaxNodes: 9},
		{Comment: "one node too many", A: 0, B: 99, Split: 0, Grain: 0, MaxNodes: 99},
		{Comment: "no nodes allowed", A: 0, B: 0, Split: 1, MaxNodes: 0},
		{Comment: "fewer than no nodes allowed, over the whole tree", A: 0, B: 1<<32 - 1, Split: 0, Grain: 0, MaxNodes: -1},
	}
	for i := range vs {
		v := &vs[i]
		nodes, err := Cover(v.Epoch, v.A, v.B, v.Split, v.Grain, v.MaxNodes)
		if err != nil {
			v.Error = err.Error()
			continue
		}
		for _, n := range nodes {
			v.Nodes = append(v.Nodes, n.String())
		}
	}
	return vs
}

func TestCoversMatchTheVectors(t *testing.T) {
	good, bad := 0, 0
	for _, v := range golden(t, "cover.json", coverVectors()) {
		if v.Error == "" {
			good++
			continue
		}
		bad++
		_, err := Cover(v.Epoch, v.A, v.B, v.Split, v.Grain, v.MaxNodes)
		if v.A > v.B || v.Grain > Depth {
			require.ErrorIs(t, err, ErrRange, v.Comment)
			continue
		}
		require.ErrorIs(t, err, ErrTooManyNodes, v.Comment)
	}
	require.Equal(t, 8, good)
	require.Equal(t, 5, bad)
}

func TestCoverIsExactDisjointAscendingAndGrained(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]uint32{0, 1<<31 - 1500, 1<<32 - 3001}).Draw(t, "base")
		a := base + rapid.Uint32Range(0, 3000).Draw(t, "a")
		b := rapid.Uint32Range(a, base+3000).Draw(t, "b")
		c := uint64(base) + rapid.Uint64Range(0, 3100).Draw(t, "c")
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

func TestAClosedCoverIsMinimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Uint32().Draw(t, "a")
		b := rapid.Uint32Range(a, 1<<32-1).Draw(t, "b")
		nodes, err := Cover(0, a, b, 1<<32, 0, 62)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(nodes); i++ {
			if nodes[i-1].Depth == nodes[i].Depth && nodes[i-1].Parent() == nodes[i].Parent() {
				t.Fatalf("%s and %s are one node", nodes[i-1], nodes[i])
			}
		}
	})
	most, err := Cover(0, 1, 1<<32-2, 1<<32, 0, 62)
	require.NoError(t, err)
	require.Len(t, most, 62, "the worst case")
}

func BenchmarkCoverAYearOfHours(b *testing.B) {
	for b.Loop() {
		if _, err := Cover(0, 1, 8758, 1<<32, 0, 62); err != nil {
			b.Fatal(err)
		}
	}
}
