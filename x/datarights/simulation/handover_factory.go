package simulation

import (
	"context"
	"errors"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// MsgHandOverFactory offers the parcel of a proxy that accepted to whose turn it is.
func MsgHandOverFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgHandOver, simsx.SimDeliveryResultHandler) {
		var msg types.MsgHandOver
		var from uint64
		_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
			for _, p := range g.Proxies {
				if p.State != types.PROXY_STATE_ACCEPTED || stillRuns(ctx, k, p.Holder()) != nil {
					continue
				}
				res, err := keeper.NewQueryServer(k).Successor(ctx, &types.QuerySuccessorRequest{Grant: g.Id, Provider: p.Holder()})
				if err == nil {
					from, msg = p.Holder(), types.MsgHandOver{Grant: g.Id, To: res.Provider}
					return true
				}
			}
			return false
		})
		if reporter.IsSkipped() {
			return nil, nil, nil
		}
		operator := operatorOf(ctx, k, data, reporter, from)
		if reporter.IsSkipped() || !operator.LiquidBalance().BlockAmount(g.AcceptanceFee) && g.AcceptanceFee.IsPositive() {
			reporter.Skip("no coins for the fee")
			return nil, nil, nil
		}
		msg.Operator = operator.AddressBech32
		return []simsx.SimAccount{operator}, &msg, handOverOutcome
	})
}

// stillRuns tells whether an operator can still speak for a provider.
func stillRuns(ctx context.Context, k keeper.Keeper, id uint64) error {
	row, err := k.Registry().Provider(ctx, id)
	if err == nil && row.Status == provider.STATUS_LEFT {
		err = provider.ErrLeft
	}
	return err
}

// handOverOutcome takes that an offer may stand already, or that it has gone round.
func handOverOutcome(err error) error {
	if errors.Is(err, types.ErrOffered) || errors.Is(err, types.ErrTooManyHands) {
		return nil
	}
	return err
}

// offered picks an offer that stands, or sets the reporter to skip.
func offered(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, uint64) {
	var to uint64
	_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
		for _, p := range g.Proxies {
			if p.OfferedTo == 0 || p.State != types.PROXY_STATE_ACCEPTED {
				continue
			}
			row, err := k.Registry().Provider(ctx, p.OfferedTo)
			if err == nil && row.Proxy && row.Status != provider.STATUS_LEFT {
				to = p.OfferedTo
				return true
			}
		}
		return false
	})
	if reporter.IsSkipped() {
		return simsx.SimAccount{}, 0
	}
	return operatorOf(ctx, k, data, reporter, to), g.Id
}

// MsgTakeOverFactory takes an offered parcel over.
func MsgTakeOverFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgTakeOver] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgTakeOver) {
		operator, id := offered(ctx, k, data, reporter)
		return []simsx.SimAccount{operator}, &types.MsgTakeOver{Operator: operator.AddressBech32, Grant: id}
	}
}

// MsgDeclineHandOverFactory declines an offered parcel.
func MsgDeclineHandOverFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeclineHandOver] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeclineHandOver) {
		operator, id := offered(ctx, k, data, reporter)
		return []simsx.SimAccount{operator}, &types.MsgDeclineHandOver{Operator: operator.AddressBech32, Grant: id, Reason: "simulated"}
	}
}
