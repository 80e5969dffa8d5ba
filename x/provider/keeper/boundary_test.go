package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestBoundariesAreRecordedKeptAndChecked(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.BoundaryBlocks, params.BoundariesKept = 5, 3
	require.NoError(t, f.k.params.Set(f.ctx, params))
	require.ErrorIs(t, f.k.CheckBoundary(f.ctx, 10), types.ErrBoundary)
	for h := int64(11); h <= 31; h++ {
		hash := make([]byte, 32)
		hash[0] = byte(h)
		require.NoError(t, f.k.BeginBlock(f.ctx.WithBlockHeight(h).WithHeaderHash(hash)))
	}
	list, err := f.k.newestBoundaries(f.ctx, 0)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.EqualValues(t, 30, list[0].Height)
	require.EqualValues(t, 30, list[0].Seed[0])
	f.ctx = f.ctx.WithBlockHeight(31)
	require.NoError(t, f.k.CheckBoundary(f.ctx, 30))
	require.NoError(t, f.k.CheckBoundary(f.ctx, 25))
	for _, d := range []int64{20, 31, 0, -5, 35} {
		require.ErrorIs(t, f.k.CheckBoundary(f.ctx, d), types.ErrBoundary)
	}
}

func TestABoundaryOfThisBlockDoesNotCountYet(t *testing.T) {
	f := newFixture(t)
	f.block(11)
	require.ErrorIs(t, f.k.CheckBoundary(f.ctx, 11), types.ErrBoundary)
	f.ctx = f.ctx.WithBlockHeight(12)
	require.NoError(t, f.k.CheckBoundary(f.ctx, 11))
}

func TestASimulationAfterABoundaryMayDrawByIt(t *testing.T) {
	f := newFixture(t)
	f.block(11)
	f.ctx = f.ctx.WithIsCheckTx(true)
	require.NoError(t, f.k.CheckBoundary(f.ctx, 11), "the transaction comes in block 12 at the earliest")
	require.ErrorIs(t, f.k.CheckBoundary(f.ctx, 12), types.ErrBoundary)
}

func TestTheFirstBlockWithAHashIsABoundary(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.k.BeginBlock(f.ctx.WithBlockHeight(1)), "a chain without header hashes goes on")
	list, err := f.k.newestBoundaries(f.ctx, 0)
	require.NoError(t, err)
	require.Empty(t, list)
	f.block(3)
	f.block(4)
	f.block(types.DefaultParams().BoundaryBlocks)
	list, err = f.k.newestBoundaries(f.ctx, 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.EqualValues(t, types.DefaultParams().BoundaryBlocks, list[0].Height)
	require.EqualValues(t, 3, list[1].Height)
}

func TestFewerBoundariesAreKeptOnceParamsSaySo(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.BoundaryBlocks, params.BoundariesKept = 1, 8
	require.NoError(t, f.k.params.Set(f.ctx, params))
	for h := int64(11); h <= 20; h++ {
		f.block(h)
	}
	params.BoundariesKept = 2
	require.NoError(t, f.k.params.Set(f.ctx, params))
	f.block(21)
	list, err := f.k.newestBoundaries(f.ctx, 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.EqualValues(t, 21, list[0].Height)
}
