package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// endDemands ends what is due, a capped number per block: open demands lapse, ended ones let go of their bytes.
func (k Keeper) endDemands(ctx context.Context, params types.Params) error {
	var due []collections.Pair[int64, uint64]
	past := collections.NewPrefixUntilPairRange[int64, uint64](sdk.UnwrapSDKContext(ctx).BlockHeight())
	err := k.demandsDue.Walk(ctx, past, func(key collections.Pair[int64, uint64]) (bool, error) {
		due = append(due, key)
		return len(due) == int(params.DemandsPerBlock), nil
	})
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.demandsDue.Remove(ctx, key); err != nil {
			return err
		}
		cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
		if err := k.demandDue(cached, params, key.K2()); err != nil {
			if err := k.demandFailed(ctx, key.K2(), err); err != nil {
				return err
			}
			continue
		}
		write()
	}
	return nil
}

// demandFailed leaves a demand as it is for good, out of the queue, and tells so.
func (k Keeper) demandFailed(ctx context.Context, id uint64, cause error) error {
	d, err := k.DemandRow(ctx, id)
	if err != nil {
		return err
	}
	d.Deadline = 0
	if err := k.demands.Set(ctx, id, d); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDemandFailed{Demand: id, Error: cause.Error()})
}

// demandDue does what is due of one demand. The fee of one that nobody answered goes back.
func (k Keeper) demandDue(ctx sdk.Context, params types.Params, id uint64) error {
	d, err := k.DemandRow(ctx, id)
	if err != nil {
		return err
	}
	if d.Ended() {
		d.Capsule, d.Answer = nil, nil
		return k.demands.Set(ctx, id, d)
	}
	if err := k.refund(ctx, d.Demander, d.Fee); err != nil {
		return err
	}
	g, err := k.GrantRow(ctx, d.Grant)
	if err != nil {
		return err
	}
	state := types.DEMAND_STATE_LAPSED
	switch {
	case notOver(g, ctx.BlockTime().Unix()) != nil:
		state = types.DEMAND_STATE_VOID // what the grant opens no more is not owed either
	case d.Kind == types.DEMAND_KIND_CAPSULE:
		err = k.withheld(ctx, g, d)
	default:
		d.Slashed, err = k.silent(ctx, params, g, d)
	}
	if err != nil {
		return err
	}
	d.Capsule = nil
	if err := k.endDemand(ctx, d, state); err != nil {
		return err
	}
	if state != types.DEMAND_STATE_LAPSED || d.Kind != types.DEMAND_KIND_FRAGMENT {
		return nil
	}
	return k.compensate(ctx, g, d)
}

// withheld notes in the grant that a node's capsule never came, and tells reputation where the owner is an operator too.
func (k Keeper) withheld(ctx context.Context, g types.Grant, d types.Demand) error {
	node := d.Position / uint32(len(g.Proxies)) //nolint:gosec // at most MaxProxies
	at, twice := slices.BinarySearch(g.Withheld, node)
	if !twice {
		g.Withheld = slices.Insert(g.Withheld, at, node)
		if err := k.grants.Set(ctx, g.Id, g); err != nil {
			return err
		}
	}
	owner, err := k.account(g.Owner)
	if err != nil {
		return err
	}
	if _, err := k.provider.ProviderByOperator(ctx, owner); err != nil {
		return nil //nolint:nilerr // the owner operates nothing: there is no reputation to lose
	}
	return k.reputation.Report(ctx, reputation.DemandLapsed(owner, g.Id))
}

// silent cuts the bond of a proxy that did not answer, at most once in demand_blocks for each grant: a proxy that was down for a while
// is cut for the while, however much was demanded of it. It returns the cut.
func (k Keeper) silent(ctx sdk.Context, params types.Params, g types.Grant, d types.Demand) (sdk.Coin, error) {
	none := sdk.NewInt64Coin(types.FeeDenom, 0)
	pot, err := k.pot(ctx, g.Id)
	if err != nil {
		return none, err
	}
	if last := pot.CutAt(d.Provider); last != 0 && ctx.BlockHeight() < last+params.DemandBlocks {
		return none, nil
	}
	share := params.DemandShareBps
	if pot.Closed {
		share = 0
	}
	slashed, kept, err := k.provider.SlashPart(ctx, d.Provider, params.DemandSlashBps, types.ModuleName, share, "left a demand unanswered")
	if err != nil {
		return none, err
	}
	pot.SetCut(d.Provider, ctx.BlockHeight(), kept.Amount)
	if err := k.pots.Set(ctx, g.Id, pot); err != nil {
		return none, err
	}
	row, err := k.provider.Provider(ctx, d.Provider)
	if err != nil {
		return none, err
	}
	operator, err := k.account(row.Operator)
	if err != nil {
		return none, err
	}
	return slashed, k.reputation.Report(ctx, reputation.DemandLapsed(operator, g.Id))
}

// compensate pays the reader, once for a grant, when so many proxies kept a node from it that the others can't open it. It is paid by
// the cuts alone, is no more than the acceptance fees those proxies took, and no more than what the least of them lost to the pot:
// neither an owner who reads his own data nor a proxy that is one with the reader can gain by it. What is left over is burnt.
func (k Keeper) compensate(ctx context.Context, g types.Grant, d types.Demand) error {
	pot, err := k.pot(ctx, g.Id)
	if err != nil || pot.Closed || pot.Held.IsZero() {
		return err
	}
	silent, err := k.silentAbout(ctx, g, d.Position/uint32(len(g.Proxies))) //nolint:gosec // at most MaxProxies
	holders := g.Accepted() + g.Count(types.PROXY_STATE_FAULTY)
	if err != nil || silent < holders-int(g.Threshold)+1 {
		return err
	}
	paid := sdk.NewCoin(types.FeeDenom, math.MinInt(g.Fees(silent).Amount, pot.Least))
	if err := k.refund(ctx, d.Demander, paid); err != nil {
		return err
	}
	if err := k.burnPot(ctx, g.Id, pot, pot.Held.Sub(paid.Amount)); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventReaderCompensated{Grant: g.Id, Account: d.Demander, Amount: paid.String()})
}

// silentAbout counts the parcels of a grant whose holders left a demand for a node unanswered.
func (k Keeper) silentAbout(ctx context.Context, g types.Grant, node uint32) (int, error) {
	from, to := types.OnceOfNode(g, node)
	var ids []uint64
	err := k.demands.Indexes.once.Walk(ctx, new(collections.Range[[]byte]).StartInclusive(from).EndExclusive(to), func(_ []byte, id uint64) (bool, error) {
		ids = append(ids, id)
		return false, nil
	})
	if err != nil {
		return 0, err
	}
	var positions []uint32
	for _, id := range ids {
		d, err := k.DemandRow(ctx, id)
		if err != nil {
			return 0, err
		}
		if d.State == types.DEMAND_STATE_LAPSED && !slices.Contains(positions, d.Position) {
			positions = append(positions, d.Position)
		}
	}
	return len(positions), nil
}

// burnPot burns what is left of a pot and closes it.
func (k Keeper) burnPot(ctx context.Context, grant uint64, pot types.Pot, left math.Int) error {
	if left.IsPositive() {
		if err := k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(sdk.NewCoin(types.FeeDenom, left))); err != nil {
			return err
		}
	}
	pot.Held, pot.Least, pot.Closed = math.ZeroInt(), math.ZeroInt(), true
	return k.pots.Set(ctx, grant, pot)
}

// closePot burns what demands of a grant have brought in, when it is settled.
func (k Keeper) closePot(ctx context.Context, grant uint64) error {
	if has, err := k.pots.Has(ctx, grant); err != nil || !has {
		return err
	}
	pot, err := k.pot(ctx, grant)
	if err != nil || pot.Closed {
		return err
	}
	return k.burnPot(ctx, grant, pot, pot.Held)
}
