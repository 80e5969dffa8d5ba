package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestPausedProvidersTakeNothingNew(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: true})
	require.NoError(t, err)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrInactive)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: true})
	require.ErrorIs(t, err, types.ErrUnchanged)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String()})
	require.NoError(t, err)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 1))
}

func TestLeavingGivesShardsUpAndEndsOnceNothingDependsOnIt(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 700))
	res, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.Zero(t, res.UnbondTime, "not yet")
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.STATUS_LEAVING, row.Status)
	require.Equal(t, f.ctx.BlockHeight(), row.StatusHeight)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrInactive)
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrInUse)
	require.ErrorContains(t, err, "1 shards (700 bytes) wait for others to take them over")
	require.NoError(t, f.k.RemoveShard(f.ctx, id, 700))
	require.ErrorIs(t, f.k.RemoveShard(f.ctx, id, 700), types.ErrNotFound)
	res, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.Positive(t, res.UnbondTime)
}

func TestWhoIsLeavingMayStayAfterAll(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 700))
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.NoError(t, f.k.SetPaused(f.ctx, op, false))
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 1))
}

func TestWhoIsExpelledMayOnlyLeave(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 700))
	require.NoError(t, f.k.Expel(f.ctx, id))
	require.NoError(t, f.k.Expel(f.ctx, id), "once more changes nothing")
	require.ErrorIs(t, f.k.SetPaused(f.ctx, op, false), types.ErrExpelled)
	require.ErrorIs(t, f.k.SetPaused(f.ctx, op, true), types.ErrExpelled)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrInactive)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrInUse)
	require.NoError(t, f.k.RemoveShard(f.ctx, id, 700))
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
}

func TestASlashMaySendAPartToAModuleAndBurnsTheRest(t *testing.T) {
	f := newFixture(t)
	_, id := f.register(1)
	before, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	slashed, share, err := f.k.SlashPart(f.ctx, id, 100, "storage", 5_000, "possession not proven")
	require.NoError(t, err)
	require.Equal(t, before.Bond.Amount.QuoRaw(100), slashed.Amount)
	require.Equal(t, slashed.Amount.QuoRaw(2), share.Amount)
	require.Equal(t, sdk.NewCoins(share), f.bank.GetAllBalances(f.ctx, authtypes.NewModuleAddress("storage")))
	after, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, before.Bond.Sub(slashed), after.Bond)
}

func TestLeavingWaitsForGrants(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.NoError(t, f.k.AddGrant(f.ctx, id, 99_000_000))
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrInUse)
	require.ErrorContains(t, err, "1 grants count on it as a proxy, the last until 1973-02-19T20:00:00Z")
	require.NoError(t, f.k.RemoveGrant(f.ctx, id))
	require.ErrorIs(t, f.k.RemoveGrant(f.ctx, id), types.ErrNotFound)
	res, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.EqualValues(t, 99_000_000, res.UnbondTime, "the bond answers until the grant's dispute window is over")
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrNotFound)

	f.ctx = f.ctx.WithBlockTime(time.Unix(98_999_999, 0))
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	f.ctx = f.ctx.WithBlockTime(time.Unix(99_000_000, 0))
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, "100000000000ucpc", f.bank.balances[op.String()].String())
	require.NoError(t, f.k.EndBlock(f.ctx), "paid once")
	require.Equal(t, "100000000000ucpc", f.bank.balances[op.String()].String())

	res2, err := f.msg.Register(f.ctx, f.registration(op, 3))
	require.NoError(t, err)
	require.EqualValues(t, 2, res2.Id, "an operator that left may come back as a new provider")
}

func TestLeavingFreesNamesAndTakesNothingNew(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.Contains(t, f.lastEvent(), "EventStatusChanged")
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrLeft)
	require.ErrorIs(t, f.k.AddGrant(f.ctx, id, 1), types.ErrLeft)
	for name, send := range map[string]func() error{
		"bond":   func() error { return f.k.Bond(f.ctx, op, sdk.NewInt64Coin(types.BondDenom, 1)) },
		"pause":  func() error { return f.k.SetPaused(f.ctx, op, true) },
		"resume": func() error { return f.k.SetPaused(f.ctx, op, false) },
		"update": func() error { return f.k.Update(f.ctx, op, &types.MsgUpdate{Operator: op.String(), Moniker: "x"}) },
	} {
		require.ErrorIs(t, send(), types.ErrNotFound, name)
	}
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.STATUS_LEFT, row.Status)
}
