package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestCandidatesWereThereAtTheBoundary(t *testing.T) {
	f := newFixture(t)
	_, early := f.register(1)
	paused, _ := f.register(2)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: paused.String(), Paused: true})
	require.NoError(t, err)
	boundary := f.ctx.BlockHeight()
	f.ctx = f.ctx.WithBlockHeight(boundary + 1)
	_, late := f.register(3)
	ids := func(d int64) []uint64 {
		list, err := f.k.Candidates(f.ctx, d)
		require.NoError(t, err)
		ids := []uint64{}
		for _, p := range list {
			ids = append(ids, p.Id)
		}
		return ids
	}
	require.Equal(t, []uint64{early}, ids(boundary))
	require.Equal(t, []uint64{early, late}, ids(boundary+1))
	require.Empty(t, ids(boundary-1))
}

func TestTheSeedOfAKeptBoundaryIsKnown(t *testing.T) {
	f := newFixture(t)
	f.block(11)
	list, err := f.k.newestBoundaries(f.ctx, 1)
	require.NoError(t, err)
	seed, err := f.k.BoundarySeed(f.ctx, 11)
	require.NoError(t, err)
	require.Equal(t, list[0].Seed, seed)
	for _, d := range []int64{-1, 0, 10, 12} {
		_, err := f.k.BoundarySeed(f.ctx, d)
		require.ErrorIs(t, err, types.ErrBoundary)
	}
}
