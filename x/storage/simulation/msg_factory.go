package simulation

import (
	"context"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/keeper"
	"github.com/cpchain/cpchain/x/storage/types"
)

// tries is how many random accounts are looked at for one that fits.
const tries = 20

// Operations adds one factory per message a user sends.
func Operations(weight simsx.WeightSource, reg simsx.Registry, k keeper.Keeper) {
	reg.Add(weight.Get("msg_storage_set_terms", 30), MsgSetTermsFactory(k))
	reg.Add(weight.Get("msg_storage_deposit", 40), MsgDepositFactory(k))
	reg.Add(weight.Get("msg_storage_withdraw", 10), MsgWithdrawFactory(k))
	reg.Add(weight.Get("msg_storage_renew", 20), MsgRenewFactory(k))
	reg.Add(weight.Get("msg_storage_challenge", 30), MsgChallengeFactory(k))
}

// MsgUpdateParamsFactory proposes random params to governance.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: RandomParams(data.Rand().Rand)}
	}
}

// stream picks an account that is open and its owner, or sets the reporter to skip.
func stream(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, types.AccountRecord) {
	g, err := k.ExportGenesis(ctx)
	if err != nil || len(g.Accounts) == 0 {
		reporter.Skip("no stream yet")
		return simsx.SimAccount{}, types.AccountRecord{}
	}
	a := g.Accounts[data.Rand().Intn(len(g.Accounts))]
	if a.Account.Closing {
		reporter.Skip("the stream is being deleted")
		return simsx.SimAccount{}, a
	}
	return data.GetAccount(reporter, a.Account.Owner), a
}

// MsgSetTermsFactory sets price and term of a stream.
func MsgSetTermsFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetTerms] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetTerms) {
		owner, a := stream(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		return []simsx.SimAccount{owner}, &types.MsgSetTerms{Owner: owner.AddressBech32, Stream: a.Stream, PriceUcpc: uint64(r.Int63n(2_000_000)), Term: uint32(r.Intn(2))}
	}
}

// MsgDepositFactory pays into a stream's account.
func MsgDepositFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeposit] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeposit) {
		_, a := stream(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		payer := data.AnyAccountN(tries, reporter, simsx.WithDenomBalance(types.Denom))
		if reporter.IsSkipped() {
			return nil, nil
		}
		amount := sdk.NewInt64Coin(types.Denom, 1+data.Rand().Int63n(100_000))
		if !payer.LiquidBalance().BlockAmount(amount) {
			reporter.Skip("the payer is too poor")
			return nil, nil
		}
		return []simsx.SimAccount{payer}, &types.MsgDeposit{Payer: payer.AddressBech32, Stream: a.Stream, Amount: amount}
	}
}

// MsgWithdrawFactory takes a part of a balance back.
func MsgWithdrawFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgWithdraw] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgWithdraw) {
		owner, a := stream(ctx, k, data, reporter)
		if reporter.IsSkipped() || a.Account.Balance == 0 {
			reporter.Skip("nothing to withdraw")
			return nil, nil
		}
		amount := sdk.NewInt64Coin(types.Denom, 1+data.Rand().Int63n(int64(a.Account.Balance)))
		return []simsx.SimAccount{owner}, &types.MsgWithdraw{Owner: owner.AddressBech32, Stream: a.Stream, Amount: amount}
	}
}

// deal picks a deal, or sets the reporter to skip.
func deal(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (types.DealRecord, types.Params, uint64) {
	g, err := k.ExportGenesis(ctx)
	if err != nil || len(g.Deals) == 0 {
		reporter.Skip("no deal yet")
		return types.DealRecord{}, types.Params{}, 0
	}
	now := uint64(sdk.UnwrapSDKContext(ctx).BlockHeight()) / g.Params.PeriodBlocks
	return g.Deals[data.Rand().Intn(len(g.Deals))], g.Params, now
}

// MsgRenewFactory makes a deal last longer.
func MsgRenewFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRenew] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRenew) {
		d, params, now := deal(ctx, k, data, reporter)
		if reporter.IsSkipped() || d.Deal.Last <= now || d.Deal.Last+1-now > uint64(params.MaxTerm) {
			reporter.Skip("no deal to renew")
			return nil, nil
		}
		if a, err := k.Account(ctx, d.Stream); err != nil || a.Closing {
			reporter.Skip("the stream is being deleted")
			return nil, nil
		}
		for _, slot := range d.Deal.Slots {
			if row, err := k.Registry().Provider(ctx, slot.Provider); slot.Provider != 0 && (err != nil || row.AsksMore(d.Deal.PriceUcpc)) {
				reporter.Skip("a holder asks more than the deal pays")
				return nil, nil
			}
		}
		paid, burnt, err := params.Cost(d.Deal.Pay, len(d.Deal.Slots), 1)
		payer := data.AnyAccountN(tries, reporter, simsx.WithDenomBalance(types.Denom))
		if err != nil || reporter.IsSkipped() {
			reporter.Skip("nobody pays that")
			return nil, nil
		}
		for _, c := range types.Coins(paid + burnt) {
			if !payer.LiquidBalance().BlockAmount(c) {
				reporter.Skip("the payer is too poor")
				return nil, nil
			}
		}
		return []simsx.SimAccount{payer}, &types.MsgRenew{Payer: payer.AddressBech32, Stream: d.Stream, Seq: d.Seq, Deals: 1, Periods: 1}
	}
}

// MsgChallengeFactory challenges a holder.
func MsgChallengeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgChallenge] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgChallenge) {
		d, params, now := deal(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		slot := data.Rand().Intn(len(d.Deal.Slots))
		s := d.Deal.Slots[slot]
		n, err := k.Node(ctx, s.Provider)
		if err != nil || s.Provider == 0 || s.From > now || now > d.Deal.Last || n.ExpelledHeight > 0 || n.Challenges >= params.MaxChallenges {
			reporter.Skip("nobody to challenge")
			return nil, nil
		}
		fee := types.Coins(params.ChallengeFee)[0]
		challenger := data.AnyAccountN(tries, reporter, simsx.WithDenomBalance(types.Denom))
		if reporter.IsSkipped() || !challenger.LiquidBalance().BlockAmount(fee) {
			reporter.Skip("nobody pays the fee")
			return nil, nil
		}
		ref := types.SlotRef{Stream: d.Stream, Seq: d.Seq, Slot: uint32(slot)}
		return []simsx.SimAccount{challenger}, &types.MsgChallenge{Challenger: challenger.AddressBech32, Slot: ref}
	}
}
