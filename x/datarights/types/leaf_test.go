package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
)

// committed is a grant of intervals 3 to 8 to two proxies, and its leaves.
func committed(tb testing.TB) (Grant, []pre.Leaf, []merkle.Hash) {
	g := Grant{FirstInterval: 3, LastInterval: 8, Split: 9, Proxies: []GrantProxy{{Provider: 7}, {Provider: 9}}}
	cover, err := GrantCover(g, 64)
	require.NoError(tb, err)
	var leaves []pre.Leaf
	var hashes []merkle.Hash
	for _, n := range cover {
		name, err := n.MarshalBinary()
		require.NoError(tb, err)
		for _, p := range g.Proxies {
			leaf := pre.Leaf{Node: [9]byte(name), Proxy: p.Provider, ID: [32]byte{byte(len(leaves))}}
			bz, err := leaf.MarshalBinary()
			require.NoError(tb, err)
			leaves, hashes = append(leaves, leaf), append(hashes, merkle.LeafHash(bz))
		}
	}
	root := merkle.Root(hashes)
	g.Root, g.Leaves = root[:], uint32(len(leaves))
	return g, leaves, hashes
}

func pathTo(tb testing.TB, hashes []merkle.Hash, i int) [][]byte {
	proof, err := merkle.Proof(hashes, i)
	require.NoError(tb, err)
	var path [][]byte
	for _, h := range proof {
		path = append(path, h[:])
	}
	return path
}

func TestCheckLeafTakesEveryLeafAtItsPlaceOnly(t *testing.T) {
	g, leaves, hashes := committed(t)
	require.EqualValues(t, 6, g.Leaves, "3, 4-7 and 8 for two proxies")
	for i, leaf := range leaves {
		for place := range leaves {
			err := CheckLeaf(g, leaf, uint32(place), pathTo(t, hashes, place))
			if place == i {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, ErrLeaf)
		}
	}
}

func TestCheckLeafRefuses(t *testing.T) {
	for name, spoil := range map[string]func(g *Grant, leaf *pre.Leaf, place *uint32, path [][]byte) [][]byte{
		"a place after the last":     func(_ *Grant, _ *pre.Leaf, place *uint32, p [][]byte) [][]byte { *place = 6; return p },
		"a leaf of another proxy":    func(_ *Grant, l *pre.Leaf, _ *uint32, p [][]byte) [][]byte { l.Proxy = 9; return p },
		"a leaf of another node":     func(_ *Grant, l *pre.Leaf, _ *uint32, p [][]byte) [][]byte { l.Node[8]++; return p },
		"a leaf never committed to":  func(_ *Grant, l *pre.Leaf, _ *uint32, p [][]byte) [][]byte { l.U1[0]++; return p },
		"a path of another length":   func(_ *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { return p[1:] },
		"a path too long":            func(_ *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { return append(p, p[0]) },
		"a stump in the path":        func(_ *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { p[0] = p[0][1:]; return p },
		"another root":               func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Root = p[0]; return p },
		"a row without a root":       func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Root = nil; return p },
		"a row without proxies":      func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Proxies = nil; return p },
		"a row with too many leaves": func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Leaves = 60; return p },
		"a row with too few leaves":  func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Leaves = 3; return p },
		"a row backwards":            func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.LastInterval = 0; return p },
		"a grain that wraps":         func(g *Grant, _ *pre.Leaf, _ *uint32, p [][]byte) [][]byte { g.Grain = 256; return p },
	} {
		t.Run(name, func(t *testing.T) {
			g, leaves, hashes := committed(t)
			leaf, place := leaves[2], uint32(2)
			path := spoil(&g, &leaf, &place, pathTo(t, hashes, 2))
			require.ErrorIs(t, CheckLeaf(g, leaf, place, path), ErrLeaf)
		})
	}
}

// FuzzSignedAnswer: no bytes of an answer make its checks panic, and none pass without being the committed leaf's.
func FuzzSignedAnswer(f *testing.F) {
	g, leaves, hashes := committed(f)
	for i, leaf := range leaves {
		bz, err := leaf.MarshalBinary()
		require.NoError(f, err)
		a := SignedAnswer{Grant: 1, Provider: leaf.Proxy, Leaf: bz, Position: uint32(i), Path: pathTo(f, hashes, i), Signature: make([]byte, 64)}
		seed, err := a.Marshal()
		require.NoError(f, err)
		f.Add(seed)
	}
	f.Add([]byte{0x22, 0xff})
	f.Fuzz(func(t *testing.T, bz []byte) {
		var a SignedAnswer
		if a.Unmarshal(bz) != nil {
			return
		}
		_ = (&MsgDisputeFragment{Grant: a.Grant, Answer: a}).Validate()
		_ = AnswerSignBytes("cpchain-1", a)
		leaf, err := pre.ParseLeaf(a.Leaf)
		if err != nil {
			return
		}
		if CheckLeaf(g, leaf, a.Position, a.Path) == nil && leaf != leaves[a.Position] {
			t.Fatalf("leaf %x passes at %d", a.Leaf, a.Position)
		}
		_ = pre.VerifyFragment(a.Fragment, leaf, a.Capsule, pre.Binding{ChainID: "cpchain-1", Grant: a.Grant})
	})
}
