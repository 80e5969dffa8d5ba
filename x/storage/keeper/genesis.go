package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// InitGenesis writes a genesis that types.GenesisState.Validate accepts, makes the indexes and queues anew, and refuses one whose books
// don't add up or whose coins the bank does not hold.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.challengeSeq.Set(ctx, g.NextChallenge); err != nil {
		return err
	}
	for _, a := range g.Accounts {
		if err := k.initAccount(ctx, a); err != nil {
			return err
		}
	}
	for _, n := range g.Nodes {
		if err := k.initNode(ctx, n); err != nil {
			return err
		}
	}
	for _, d := range g.Deals {
		if err := k.initDeal(ctx, d); err != nil {
			return err
		}
	}
	for _, r := range g.Rounds {
		if err := k.rounds.Set(ctx, r.Provider, r.Round); err != nil {
			return err
		}
		if err := k.deadlines.Set(ctx, collections.Join(r.Round.Deadline, r.Provider)); err != nil {
			return err
		}
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	for _, c := range g.Challenges {
		due := height + 1 // not drawn yet
		if c.Deadline > 0 {
			due = c.Deadline + 1
		}
		if err := k.setChallenge(ctx, c, due); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

func (k Keeper) initAccount(ctx context.Context, a types.AccountRecord) error {
	if err := k.accounts.Set(ctx, a.Stream, a.Account); err != nil || !a.Account.Closing {
		return err
	}
	if a.Account.NextSeq == a.Account.EndSeq {
		return nil // closed
	}
	return k.closings.Set(ctx, a.Stream)
}

func (k Keeper) initNode(ctx context.Context, n types.NodeRecord) error {
	if err := k.nodes.Set(ctx, n.Provider, n.Node); err != nil || !n.Node.Scheduled {
		return err
	}
	return k.draws.Set(ctx, collections.Join(n.Draw, n.Provider))
}

func (k Keeper) initDeal(ctx context.Context, r types.DealRecord) error {
	if err := k.deals.Set(ctx, collections.Join(r.Stream, r.Seq), r.Deal); err != nil {
		return err
	}
	if err := k.expiries.Set(ctx, collections.Join3(r.Deal.Last, r.Stream, r.Seq)); err != nil {
		return err
	}
	class := types.Class(r.Deal.ShardBytes)
	for i, s := range r.Deal.Slots {
		if s.Provider == 0 {
			continue
		}
		ref := types.SlotRef{Stream: r.Stream, Seq: r.Seq, Slot: uint32(i)}
		if err := k.shards.Set(ctx, collections.Join3(s.Provider, class, s.Index), ref); err != nil {
			return err
		}
		n, err := k.Node(ctx, s.Provider)
		if err != nil {
			return err
		}
		for at, change := range changesOf(n, s, r.Deal) { // in any order: each has a key of its own
			if err := k.addDelta(ctx, s.Provider, at, change); err != nil {
				return err
			}
		}
	}
	return nil
}

// changesOf are the changes of a node's rate that a slot still makes: when its pay begins, if it has not, and when it ends.
func changesOf(n types.Node, s types.Slot, d types.Deal) map[uint64]int64 {
	changes := map[uint64]int64{}
	pay := int64(d.Pay) //nolint:gosec // at most MaxAmount
	if s.From > n.Settled {
		changes[s.From] += pay
	}
	if d.Last+1 > n.Settled {
		changes[d.Last+1] -= pay
	}
	return changes
}

// ExportGenesis reads all state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.NextChallenge, err = k.challengeSeq.Peek(ctx); err != nil {
		return nil, err
	}
	draws := map[uint64]int64{}
	return g, errors.Join( // not a refusal: a store that can't be read ends the export
		k.accounts.Walk(ctx, nil, func(stream uint64, a types.Account) (bool, error) {
			g.Accounts = append(g.Accounts, types.AccountRecord{Stream: stream, Account: a})
			return false, nil
		}),
		k.deals.Walk(ctx, nil, func(key idPair, d types.Deal) (bool, error) {
			g.Deals = append(g.Deals, types.DealRecord{Stream: key.K1(), Seq: key.K2(), Deal: d})
			return false, nil
		}),
		k.draws.Walk(ctx, nil, func(key duePair) (bool, error) {
			draws[key.K2()] = key.K1()
			return false, nil
		}),
		k.nodes.Walk(ctx, nil, func(id uint64, n types.Node) (bool, error) {
			g.Nodes = append(g.Nodes, types.NodeRecord{Provider: id, Node: n, Draw: draws[id]})
			return false, nil
		}),
		k.rounds.Walk(ctx, nil, func(id uint64, r types.Round) (bool, error) {
			g.Rounds = append(g.Rounds, types.RoundRecord{Provider: id, Round: r})
			return false, nil
		}),
		k.challenges.Walk(ctx, nil, func(_ uint64, c types.Challenge) (bool, error) {
			g.Challenges = append(g.Challenges, c)
			return false, nil
		}))
}
