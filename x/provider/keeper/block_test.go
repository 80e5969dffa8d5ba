package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestAPayoutTheBankRefusesIsDueAgainLater(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	other, _ := f.register(2)
	for _, leaver := range []sdk.AccAddress{op, other} {
		_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: leaver.String()})
		require.NoError(t, err)
	}
	f.bank.barred = op.String()
	f.after(types.DefaultParams().UnbondingSeconds)
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	require.Equal(t, "100000000000ucpc", f.bank.balances[other.String()].String(), "the next in the queue is not held up")
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, "2000000000ucpc", row.Bond.String(), "nothing is lost")
	require.Equal(t, f.ctx.BlockTime().Unix()+payoutRetrySeconds, row.UnbondTime)
	var told bool
	for _, e := range f.ctx.EventManager().Events() {
		told = told || e.Type == "cpchain.provider.v1.EventBondReturnFailed"
	}
	require.True(t, told)

	f.bank.barred = ""
	f.after(payoutRetrySeconds - 1)
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	f.after(1)
	require.Equal(t, "100000000000ucpc", f.bank.balances[op.String()].String())
	require.Contains(t, f.lastEvent(), "EventBondReturned")
}

func TestPayoutsPerBlockAreCapped(t *testing.T) {
	f := newFixture(t)
	for n := range byte(payoutsPerBlock + 3) {
		op, _ := f.register(n + 1)
		_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
		require.NoError(t, err)
	}
	queued := func() (n int) {
		require.NoError(t, f.k.unbonding.Walk(f.ctx, nil, func(collections.Pair[int64, uint64]) (bool, error) { n++; return false, nil }))
		return n
	}
	f.after(types.DefaultParams().UnbondingSeconds)
	require.Equal(t, 3, queued())
	f.after(0)
	require.Zero(t, queued())
}
