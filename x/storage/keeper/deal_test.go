package keeper

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// ST-DEAL-1, ST-DEAL-2, ST-PAY-1: holders get what the payer paid minus what is burnt, and nothing is left.
func TestADealPaysItsHoldersForEveryProvenPeriodAndNoMore(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 3, 100_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	require.EqualValues(t, 2_000, w.deal(0).Pay)
	require.EqualValues(t, 100_000-24_000-1_200, w.account().Balance, "4 holders, 3 periods, 2,000 each, and a twentieth burnt")
	require.Equal(t, ucpc(1_200), w.bank.burnt)
	require.Contains(t, w.told[w.alice.String()], reputation.KIND_FEES_BURNT)
	w.periods(6)
	for id := uint64(1); id <= 4; id++ {
		require.EqualValues(t, 6_000, w.balance(operator(id)), "provider %d", id)
		n := w.node(id)
		require.EqualValues(t, 6_000, n.Earned)
		require.EqualValues(t, 3, n.Proven)
		require.Zero(t, n.Strikes)
		require.Zero(t, n.Shards())
		require.False(t, n.Scheduled, "nothing is left to draw")
		require.Contains(t, w.told[operator(id).String()], reputation.KIND_SERVICE_PROVEN)
	}
	_, err := w.k.Deal(w.ctx, 1, 0)
	require.ErrorIs(t, err, types.ErrNotFound, "it has ended")
	require.EqualValues(t, 100_000-25_200, w.account().Balance, "there is nothing to give back")
	require.Equal(t, ucpc(1_200), w.bank.burnt)
}

// ST-DEAL-3
func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		want error
		do   func(*world, *types.Opening)
	}{
		"without the money": {types.ErrFunds, func(w *world, _ *types.Opening) {
			require.NoError(w.t, w.k.Withdraw(w.ctx, &types.MsgWithdraw{Owner: w.alice.String(), Stream: 1, Amount: ucpc(99_000)[0]}))
		}},
		"a holder that asks more": {types.ErrAsksMore, func(w *world, _ *types.Opening) {
			w.providers.edit(3, func(p *provider.Provider) { p.StoragePriceUcpc = math.NewInt(testPrice + 1) })
		}},
		"a holder that is paused": {provider.ErrInactive, func(w *world, _ *types.Opening) {
			w.providers.become(w.ctx, 2, provider.STATUS_PAUSED)
		}},
		"a stream nobody made":     {types.ErrNotFound, func(_ *world, o *types.Opening) { o.Stream = 7 }},
		"a stream that is deleted": {types.ErrClosing, func(w *world, _ *types.Opening) { require.NoError(w.t, w.k.CloseStream(w.ctx, 1, 0)) }},
		"a shard beyond the holders": {provider.ErrFull, func(w *world, o *types.Opening) {
			require.NoError(w.t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: w.alice.String(), Stream: 1}))
			o.ShardBytes = testCapacity + 1
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.pay(testPrice, 3, 100_000)
			o := w.opening(0, 2, 2_048, 1, 2, 3, 4)
			c.do(w, &o)
			require.ErrorIs(t, w.try(func(ctx context.Context) error { return w.k.Open(ctx, o) }), c.want)
		})
	}
}

// ST-ACC-1 to ST-ACC-3
func TestOnlyTheOwnerSetsTermsAndWithdraws(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 3, 1_000)
	bob := account(2).String()
	require.ErrorIs(t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: bob, Stream: 1}), types.ErrOwner)
	require.ErrorIs(t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: w.alice.String(), Stream: 1, Term: 101}), types.ErrTerm)
	require.ErrorIs(t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: w.alice.String(), Stream: 1, PriceUcpc: types.MaxAmount + 1}), types.ErrPrice)
	require.ErrorIs(t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: "x", Stream: 1}), types.ErrAddress)
	require.ErrorIs(t, w.k.Withdraw(w.ctx, &types.MsgWithdraw{Owner: bob, Stream: 1, Amount: ucpc(1)[0]}), types.ErrOwner)
	require.ErrorIs(t, w.k.Withdraw(w.ctx, &types.MsgWithdraw{Owner: w.alice.String(), Stream: 1, Amount: ucpc(1_001)[0]}), types.ErrFunds)
	require.ErrorIs(t, w.k.Deposit(w.ctx, &types.MsgDeposit{Payer: w.alice.String(), Stream: 1, Amount: sdk.NewInt64Coin("uatom", 5)}), types.ErrAmount)
	require.ErrorIs(t, w.k.Deposit(w.ctx, &types.MsgDeposit{Payer: w.alice.String(), Stream: 9, Amount: ucpc(5)[0]}), types.ErrNotFound)
	require.NoError(t, w.k.Withdraw(w.ctx, &types.MsgWithdraw{Owner: w.alice.String(), Stream: 1, Amount: ucpc(1_000)[0]}))
	require.EqualValues(t, testFunds, w.balance(w.alice))
}

// ST-DEAL-4
func TestARenewedDealLastsAndPaysLonger(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 3, 100_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.periods(1)
	renew := &types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 1, Periods: 2}
	before := w.balance(w.alice)
	require.NoError(t, w.k.Renew(w.ctx, renew))
	require.EqualValues(t, 4*2*2_000*105/100, before-w.balance(w.alice))
	w.periods(7)
	require.EqualValues(t, 10_000, w.balance(operator(1)))
	require.ErrorIs(t, w.k.Renew(w.ctx, renew), types.ErrNotFound)
}

// ST-DEAL-4
func TestRenewRefuses(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 3, 100_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	for name, c := range map[string]struct {
		want error
		msg  types.MsgRenew
	}{
		"no deal":          {types.ErrDeals, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Periods: 1}},
		"too many deals":   {types.ErrDeals, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 65, Periods: 1}},
		"deals that wrap":  {types.ErrDeals, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Seq: 1<<64 - 1, Deals: 2, Periods: 1}},
		"no period":        {types.ErrTerm, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 1}},
		"too many periods": {types.ErrTerm, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 1, Periods: 98}},
		"one that is not":  {types.ErrNotFound, types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 2, Periods: 1}},
	} {
		require.ErrorIs(t, w.try(func(ctx context.Context) error { return w.k.Renew(ctx, &c.msg) }), c.want, name)
	}
	w.providers.edit(3, func(p *provider.Provider) { p.StoragePriceUcpc = math.NewInt(testPrice + 1) })
	require.ErrorIs(t, w.k.Renew(w.ctx, &types.MsgRenew{Payer: w.alice.String(), Stream: 1, Deals: 1, Periods: 1}), types.ErrAsksMore)
}

// ST-END-1, ST-END-2
func TestADeletedStreamGivesBackWhatIsNotEarned(t *testing.T) {
	w := newWorld(t)
	w.params.WorkPerBlock = 2
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.pay(testPrice, 5, 1_000_000)
	for seq := range uint64(5) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
	}
	w.periods(3)
	earned := w.balance(operator(1))
	require.Positive(t, earned)
	require.NoError(t, w.k.CloseStream(w.ctx, 1, 5))
	require.ErrorIs(t, w.k.CloseStream(w.ctx, 1, 5), types.ErrClosing)
	require.ErrorIs(t, w.k.Deposit(w.ctx, &types.MsgDeposit{Payer: w.alice.String(), Stream: 1, Amount: ucpc(1)[0]}), types.ErrClosing)
	w.blocks(1)
	require.EqualValues(t, 2, w.account().NextSeq, "two deals a block")
	w.blocks(4)
	for id := uint64(1); id <= 4; id++ {
		require.Zero(t, w.node(id).Shards())
	}
	w.periods(2)
	spent := int64(testFunds) - w.balance(w.alice)
	burnt := w.bank.burnt.AmountOf(types.Denom).Int64()
	got := w.balance(operator(1)) + w.balance(operator(2)) + w.balance(operator(3)) + w.balance(operator(4))
	require.Equal(t, spent, got+burnt, "every ucpc is with a holder, burnt, or back")
	require.Zero(t, w.account().Balance)
}

// R1.3: a placement is a point row, and small.
func TestADealOfSixteenShardsIsSmall(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.k.OpenAccount(w.ctx, 1, w.alice.String()))
	size := func() (n int) {
		it := w.ctx.KVStore(w.store).Iterator(nil, nil)
		defer it.Close()
		for ; it.Valid(); it.Next() {
			n += len(it.Key()) + len(it.Value())
		}
		return n
	}
	holders := []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	w.open(0, 8, 419_456, holders...)
	before := size()
	w.open(1, 8, 419_456, holders...)
	each := (size() - before) * 16 / len(holders)
	t.Logf("%d bytes for 16 shards", each)
	require.LessOrEqual(t, each, 1_000)
	require.NotNil(t, w.ctx.KVStore(w.store).Get(types.DealPoint(1, 1)))
	require.Nil(t, w.ctx.KVStore(w.store).Get(types.DealPoint(1, 2)), "absence is provable at the same place")
}
