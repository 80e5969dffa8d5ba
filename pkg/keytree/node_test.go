package keytree

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

type nodeVector struct {
	Comment     string
	Bytes       string
	Node        string `json:",omitempty"`
	First, Last uint32
	Error       string `json:",omitempty"`
}

func nodeVectors() []nodeVector {
	vs := []nodeVector{
		{Comment: "the root", Bytes: "000000000000000000"},
		{Comment: "a leaf", Bytes: "000000002000000011"},
		{Comment: "the last leaf of the last epoch", Bytes: "ffffffff20ffffffff"},
		{Comment: "an inner node", Bytes: "000000011d00000005"},
		{Comment: "an index that the depth does not have", Bytes: "000000000100000002"},
		{Comment: "a root that is not index 0", Bytes: "000000000000000001"},
		{Comment: "a depth below the leaves", Bytes: "000000002100000000"},
		{Comment: "a depth of 255", Bytes: "00000000ff00000000"},
		{Comment: "a byte too few", Bytes: "0000000020000000"},
		{Comment: "a byte too many", Bytes: "00000000200000001100"},
		{Comment: "nothing", Bytes: ""},
	}
	for i := range vs {
		bz, _ := hex.DecodeString(vs[i].Bytes)
		n, err := ParseNode(bz)
		if err != nil {
			vs[i].Error = err.Error()
			continue
		}
		vs[i].Node, vs[i].First, vs[i].Last = n.String(), n.First(), n.Last()
	}
	return vs
}

func TestNodesMatchTheVectors(t *testing.T) {
	for _, v := range golden(t, "node.json", nodeVectors()) {
		n, err := ParseNode(unhex(t, v.Bytes))
		if v.Error != "" {
			require.ErrorIs(t, err, ErrNode, v.Comment)
			require.Zero(t, n, v.Comment)
			continue
		}
		require.NoError(t, err, v.Comment)
		back, err := n.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, unhex(t, v.Bytes), back, v.Comment)
	}
}

func TestNodesNestOrAreDisjoint(t *testing.T) {
	n := Node{Epoch: 3, Depth: 29, Index: 5} // 40 to 47
	require.EqualValues(t, 40, n.First())
	require.EqualValues(t, 47, n.Last())
	require.Equal(t, n, n.Left().Parent())
	require.Equal(t, n, n.Right().Parent())
	require.EqualValues(t, 43, n.Left().Last())
	require.EqualValues(t, 44, n.Right().First())
	require.Equal(t, Node{}, Node{}.Parent())
	for other, inside := range map[Node]bool{
		n: true, n.Left(): true, Leaf(3, 40): true, Leaf(3, 47): true,
		n.Parent(): false, Leaf(3, 39): false, Leaf(3, 48): false, Leaf(4, 40): false, {Epoch: 3}: false,
	} {
		require.Equal(t, inside, n.Covers(other), other)
	}
	require.True(t, n.Contains(40) && n.Contains(47))
	require.False(t, n.Contains(39) || n.Contains(48))
	require.True(t, Node{}.Contains(1<<32-1))
	require.EqualValues(t, uint32(1<<32-1), Node{}.Last())
}

func TestALeafHasNoChildren(t *testing.T) {
	for _, n := range []Node{Leaf(0, 1).Left(), Leaf(0, 1).Right()} {
		require.ErrorIs(t, n.Valid(), ErrNode)
		_, err := n.MarshalBinary()
		require.ErrorIs(t, err, ErrNode)
	}
}

func FuzzParseNode(f *testing.F) {
	for _, v := range nodeVectors() {
		f.Add(unhex(f, v.Bytes))
	}
	f.Fuzz(func(t *testing.T, bz []byte) {
		n, err := ParseNode(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrNode)
			return
		}
		back, err := n.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
		require.LessOrEqual(t, n.First(), n.Last())
		require.True(t, n.Contains(n.First()) && n.Contains(n.Last()))
	})
}
