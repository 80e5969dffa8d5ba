package pre

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLeavesHaveOneForm(t *testing.T) {
	leaf := newGrant(t, 1, 1).shares[0].Leaf
	bz, err := leaf.MarshalBinary()
	require.NoError(t, err)
	require.Len(t, bz, LeafSize)
	back, err := ParseLeaf(bz)
	require.NoError(t, err)
	require.Equal(t, leaf, back)
	for name, bad := range map[string][]byte{
		"another version": flip(bz, 0), "another suite": flip(bz, 1), "short": bz[:LeafSize-1], "long": append(bz, 0), "none": nil,
	} {
		_, err := ParseLeaf(bad)
		require.ErrorIs(t, err, ErrLeaf, name)
	}
}

func FuzzParseLeaf(f *testing.F) {
	leaf, err := newGrant(f, 1, 1).shares[0].Leaf.MarshalBinary()
	require.NoError(f, err)
	f.Add(leaf)
	f.Add(leaf[:LeafSize-1])
	f.Add(flip(leaf, 0))
	f.Fuzz(func(t *testing.T, bz []byte) {
		l, err := ParseLeaf(bz)
		if err != nil {
			require.ErrorIs(t, err, ErrLeaf)
			return
		}
		back, err := l.MarshalBinary()
		require.NoError(t, err)
		require.Equal(t, bz, back)
	})
}
