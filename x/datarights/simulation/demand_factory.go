package simulation

import (
	"context"
	"crypto/ed25519"
	"errors"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// readable picks a live grant that its reader may demand things of, and the reader's owner, or sets the reporter to skip.
func readable(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, types.Grant, types.Params) {
	var owner string
	_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
		reader, err := k.Reader(ctx, g.Reader)
		owner = reader.Owner
		return err == nil && g.Status == types.GRANT_STATUS_LIVE && reader.Version == g.ReaderVersion
	})
	params, err := k.Params(ctx)
	if err != nil || reporter.IsSkipped() {
		reporter.Skip("no readable grant, or no params")
		return simsx.SimAccount{}, g, params
	}
	account := data.GetAccount(reporter, owner)
	if reporter.IsSkipped() || !account.LiquidBalance().BlockAmount(params.DemandFee) {
		reporter.Skip("no coins for the fee")
	}
	return account, g, params
}

// demandOutcome takes what a demand may meet that a random pick can't foresee.
func demandOutcome(err error) error {
	for _, fine := range []error{types.ErrDemanded, types.ErrTooManyDemands, types.ErrStillOpen, types.ErrKeyEpoch} {
		if errors.Is(err, fine) {
			return nil
		}
	}
	return err
}

// MsgDemandFragmentFactory demands a random node of a random proxy that accepted.
func MsgDemandFragmentFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDemandFragment, simsx.SimDeliveryResultHandler) {
		reader, g, params := readable(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil, nil
		}
		cover, err := types.GrantCover(g, int(params.MaxNodesPerGrant)+int(g.Leaves))
		if err != nil {
			reporter.Fail(err)
			return nil, nil, nil
		}
		name, err := cover[data.Rand().Intn(len(cover))].MarshalBinary()
		if err != nil {
			reporter.Fail(err)
			return nil, nil, nil
		}
		msg := &types.MsgDemandFragment{Demander: reader.AddressBech32, Grant: g.Id, Node: name}
		for _, p := range g.Proxies {
			if p.State == types.PROXY_STATE_ACCEPTED && (msg.Provider == 0 || data.Rand().Bool()) {
				msg.Provider = p.Holder()
			}
		}
		if data.Rand().Bool() { // another capsule, which the proxy can refute
			name = bytesOf(data.Rand(), len(name))
		}
		if msg.Capsule, err = capsuleOf(name); err != nil || msg.Provider == 0 {
			reporter.Skip("no proxy to demand of")
			return nil, nil, nil
		}
		return []simsx.SimAccount{reader}, msg, demandOutcome
	})
}

// demandedOf picks an open demand of a random live grant that fits, or sets the reporter to skip.
func demandedOf(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, fits func(types.Demand) bool) (types.Grant, types.Demand) {
	var found types.Demand
	_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
		res, err := keeper.NewQueryServer(k).Demands(ctx, &types.QueryDemandsRequest{Grant: g.Id})
		if err != nil {
			return false
		}
		for _, d := range res.Demands {
			if !d.Ended() && d.Deadline >= sdk.UnwrapSDKContext(ctx).BlockHeight() && fits(d) {
				found = d
				return true
			}
		}
		return false
	})
	return g, found
}

func operatorOf(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, provider uint64) simsx.SimAccount {
	row, err := k.Registry().Provider(ctx, provider)
	if err != nil {
		reporter.Fail(err)
		return simsx.SimAccount{}
	}
	return data.GetAccount(reporter, row.Operator)
}

// MsgAnswerDemandFactory is an attack: a proxy wants the fee for an answer it did not sign. It must be refused for just that.
func MsgAnswerDemandFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAnswerDemand, simsx.SimDeliveryResultHandler) {
		g, d := demandedOf(ctx, k, data, reporter, func(d types.Demand) bool { return d.Kind == types.DEMAND_KIND_FRAGMENT })
		if reporter.IsSkipped() {
			return nil, nil, nil
		}
		r := data.Rand()
		i, _ := g.AnsweredBy(d.Provider)
		version, _ := g.Proxies[i].KeyOf(d.Provider)
		operator := operatorOf(ctx, k, data, reporter, d.Provider)
		return []simsx.SimAccount{operator}, &types.MsgAnswerDemand{Operator: operator.AddressBech32, Demand: d.Id, Answer: types.SignedAnswer{
			Grant: g.Id, Provider: d.Provider, PeerKeyVersion: version, Position: d.Position, Capsule: d.Capsule,
			Leaf: bytesOf(r, pre.LeafSize), Fragment: bytesOf(r, pre.FragmentSize), Signature: bytesOf(r, ed25519.SignatureSize),
		}}, refusedAsForged
	})
}

// MsgRefuteDemandFactory refutes a demand that came with another capsule.
func MsgRefuteDemandFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRefuteDemand] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRefuteDemand) {
		g, d := demandedOf(ctx, k, data, reporter, func(d types.Demand) bool { return d.Kind == types.DEMAND_KIND_FRAGMENT })
		if reporter.IsSkipped() {
			return nil, nil
		}
		leaf, path, err := provedLeaf(g, d.Position)
		if err != nil {
			reporter.Fail(err)
			return nil, nil
		}
		if parsed, err := pre.ParseLeaf(leaf); err != nil || parsed.CapsuleHash == pre.CapsuleHash(d.Capsule) {
			reporter.Skip("the capsule is the leaf's")
			return nil, nil
		}
		operator := operatorOf(ctx, k, data, reporter, d.Provider)
		return []simsx.SimAccount{operator}, &types.MsgRefuteDemand{Operator: operator.AddressBech32, Demand: d.Id, Leaf: leaf, Path: path}
	}
}

// MsgDemandCapsuleFactory demands the capsule of a random leaf.
func MsgDemandCapsuleFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDemandCapsule, simsx.SimDeliveryResultHandler) {
		reader, g, _ := readable(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil, nil
		}
		msg := &types.MsgDemandCapsule{Demander: reader.AddressBech32, Grant: g.Id, Position: uint32(data.Rand().Intn(int(g.Leaves)))}
		var err error
		if msg.Leaf, msg.Path, err = provedLeaf(g, msg.Position); err != nil {
			reporter.Fail(err)
			return nil, nil, nil
		}
		return []simsx.SimAccount{reader}, msg, demandOutcome
	})
}

// MsgAnswerCapsuleFactory has the owner bring a demanded capsule.
func MsgAnswerCapsuleFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgAnswerCapsule] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAnswerCapsule) {
		g, d := demandedOf(ctx, k, data, reporter, func(d types.Demand) bool { return d.Kind == types.DEMAND_KIND_CAPSULE })
		if reporter.IsSkipped() {
			return nil, nil
		}
		leaf, _, err := provedLeaf(g, d.Position)
		if err != nil {
			reporter.Fail(err)
			return nil, nil
		}
		parsed, err := pre.ParseLeaf(leaf)
		if err != nil {
			reporter.Fail(err)
			return nil, nil
		}
		owner := data.GetAccount(reporter, g.Owner)
		msg := &types.MsgAnswerCapsule{Sender: owner.AddressBech32, Demand: d.Id}
		if msg.Capsule, err = capsuleOf(parsed.Node[:]); err != nil {
			reporter.Fail(err)
		}
		return []simsx.SimAccount{owner}, msg
	}
}
