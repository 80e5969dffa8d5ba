package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestBondAddsUp(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: op.String(), Amount: sdk.NewInt64Coin("ucpc", 5)})
	require.NoError(t, err)
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, "2000000005ucpc", row.Bond.String())
	_, err = f.msg.Bond(f.ctx, &types.MsgBond{Operator: op.String(), Amount: sdk.NewInt64Coin("other", 5)})
	require.ErrorIs(t, err, types.ErrBond)
}

// What is bonded is told at once, in both directions.
func TestReputationHearsWhatIsAtStake(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: op.String(), Amount: sdk.NewInt64Coin("ucpc", 5)})
	require.NoError(t, err)
	f.slash(id, 1)
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	f.slash(id, 1)
	require.Equal(t, heard{
		op.String() + " has 2000000000 ucpc bonded as a provider",
		op.String() + " has 2000000005 ucpc bonded as a provider",
		op.String() + " has 1800000004 ucpc bonded as a provider",
		op.String() + " has 0 ucpc bonded as a provider", // it left: what unbonds is no stake
		op.String() + " has 0 ucpc bonded as a provider",
	}, *f.told)
}

func TestSlashBurnsItsPartAlsoWhileUnbondingAndPausesAThinBond(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	amount, err := f.k.Slash(f.ctx, id, "wrong fragment")
	require.NoError(t, err)
	require.Equal(t, "200000000ucpc", amount.String())
	module := f.bank.balances[authtypes.NewModuleAddress(types.ModuleName).String()]
	require.Equal(t, "1800000000ucpc", module.String(), "burnt, not kept")
	for range 6 {
		_, err = f.k.Slash(f.ctx, id, "again")
		require.NoError(t, err)
	}
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.STATUS_PAUSED, row.Status)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrBond)
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	_, err = f.k.Slash(f.ctx, id, "unbonding is no escape")
	require.NoError(t, err)
}

func TestASlashTellsAmountReasonAndPause(t *testing.T) {
	f := newFixture(t)
	_, id := f.register(1)
	f.slash(id, 6)
	require.Contains(t, f.lastEvent(), "EventSlashed")
	f.slash(id, 1)
	require.Contains(t, f.lastEvent(), "EventStatusChanged", "the seventh cut of 10 % takes the bond below its half")
	_, err := f.k.Slash(f.ctx, 9, "unknown")
	require.ErrorIs(t, err, types.ErrNotFound)
}

func TestASlashOfEverythingLeavesNothingToPayOut(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.FragmentSlashBps = types.MaxBps
	require.NoError(t, f.k.params.Set(f.ctx, params))
	op, id := f.register(1)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	amount, err := f.k.Slash(f.ctx, id, "wrong fragment")
	require.NoError(t, err)
	require.Equal(t, "2000000000ucpc", amount.String())
	amount, err = f.k.Slash(f.ctx, id, "again")
	require.NoError(t, err)
	require.True(t, amount.IsZero())
	require.NoError(t, f.k.CheckInvariants(f.ctx))
	f.after(params.UnbondingSeconds)
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	g, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, g.Validate())
}

func TestBondRefuses(t *testing.T) {
	f := newFixture(t)
	op, _ := f.register(1)
	for name, c := range map[string]struct {
		want   error
		from   sdk.AccAddress
		amount sdk.Coin
	}{
		"nothing":                    {types.ErrBond, op, sdk.NewInt64Coin(types.BondDenom, 0)},
		"no amount":                  {types.ErrBond, op, sdk.Coin{Denom: types.BondDenom}},
		"a negative amount":          {types.ErrBond, op, sdk.Coin{Denom: types.BondDenom, Amount: math.NewInt(-1)}},
		"more than the operator has": {sdkerrors.ErrInsufficientFunds, op, sdk.NewInt64Coin(types.BondDenom, 98_000_000_001)},
		"one who is no provider":     {types.ErrNotFound, f.operator(2), sdk.NewInt64Coin(types.BondDenom, 1)},
	} {
		_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: c.from.String(), Amount: c.amount})
		require.ErrorIs(t, err, c.want, name)
	}
}
