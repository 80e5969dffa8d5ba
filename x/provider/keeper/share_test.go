package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestASlashMayLeaveAShareToAModule(t *testing.T) {
	f := newFixture(t)
	_, id := f.register(1)
	slashed, share, err := f.k.SlashPart(f.ctx, id, 100, "datarights", 5_000, "left a demand unanswered")
	require.NoError(t, err)
	require.Equal(t, "20000000ucpc", slashed.String())
	require.Equal(t, "10000000ucpc", share.String())
	require.Equal(t, sdk.NewCoins(share), f.bank.balances[authtypes.NewModuleAddress("datarights").String()])
	require.Equal(t, "1980000000ucpc", f.bank.balances[authtypes.NewModuleAddress(types.ModuleName).String()].String(), "the rest is burnt")
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, "1980000000ucpc", row.Bond.String())
	_, _, err = f.k.SlashPart(f.ctx, 99, 100, "datarights", 0, "nobody")
	require.ErrorIs(t, err, types.ErrNotFound)
}

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
