package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// strike burns the pay of a period that was not proven, slashes the bond, opens the slots of what was not shown with a bounty out of the slash, and expels the node with its last strike.
func (k Keeper) strike(ctx context.Context, params types.Params, id, period, pay uint64, missing []types.SlotRef, reason string) error {
	if err := k.burn(ctx, nil, pay); err != nil {
		return err
	}
	n, err := k.Node(ctx, id)
	if err != nil {
		return err
	}
	n.Forfeited += pay
	n.Missed++
	n.Strikes++
	if err := k.nodes.Set(ctx, id, n); err != nil {
		return err
	}
	slashed, share, err := k.provider.SlashPart(ctx, id, params.StrikeBps, types.ModuleName, params.BountyBps, reason)
	if err != nil {
		return err
	}
	bounty, err := types.AmountOrNone(share)
	if err != nil {
		return err
	}
	if err := k.openAll(ctx, missing, bounty, reason); err != nil {
		return err
	}
	if err := k.tellMissed(ctx, id, reason); err != nil {
		return err
	}
	event := &types.EventStrike{Provider: id, Period: period, Strikes: n.Strikes, Reason: reason, Slashed: slashed.String(), Forfeited: pay}
	if err := emit(ctx, event); err != nil {
		return err
	}
	if n.Strikes < params.MaxStrikes || n.ExpelledHeight > 0 {
		return nil
	}
	return k.expel(ctx, params, id)
}

// openAll opens slots and shares a bounty among them; what does not divide is burnt.
func (k Keeper) openAll(ctx context.Context, missing []types.SlotRef, bounty uint64, reason string) error {
	each := bounty / uint64(len(missing))
	for _, ref := range missing {
		if err := k.open(ctx, ref, each, reason); err != nil {
			return err
		}
	}
	return k.burn(ctx, nil, bounty-each*uint64(len(missing)))
}

func (k Keeper) tellMissed(ctx context.Context, id uint64, reason string) error {
	row, err := k.provider.Provider(ctx, id)
	if err != nil {
		return err
	}
	operator, err := k.address(row.Operator)
	if err != nil {
		return err
	}
	return k.reputation.Report(ctx, reputation.ServiceMissed(operator, reason))
}

// expel gives all slots of a node up to others, without touching one of them: who fills one looks at its holder. A part of the bond
// waits for them.
func (k Keeper) expel(ctx context.Context, params types.Params, id uint64) error {
	_, share, err := k.provider.SlashPart(ctx, id, params.ExpelBps, types.ModuleName, params.BountyBps, "expelled")
	if err != nil {
		return err
	}
	n, err := k.Node(ctx, id) // without what the strike opened
	if err != nil {
		return err
	}
	load, err := k.provider.Load(ctx, id)
	if err != nil {
		return err
	}
	n.ExpelledHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	if n.Pot, err = types.AmountOrNone(share); err != nil {
		return err
	}
	if kib := load.ShardBytes >> 10; kib > 0 {
		n.PotPerKib = n.Pot / kib
	} else if err := k.burn(ctx, nil, n.Pot); err != nil {
		return err
	} else {
		n.Pot = 0
	}
	if n.Scheduled {
		n.Scheduled = false
		if err := k.unschedule(ctx, params, id, n); err != nil {
			return err
		}
	}
	if err := k.nodes.Set(ctx, id, n); err != nil {
		return err
	}
	if err := k.provider.Expel(ctx, id); err != nil {
		return err
	}
	return emit(ctx, &types.EventExpelled{Provider: id, Shards: n.Shards()})
}

// unschedule takes a node's next draw out of the queue: the draw of the period after the one last settled.
func (k Keeper) unschedule(ctx context.Context, params types.Params, id uint64, n types.Node) error {
	return k.draws.Remove(ctx, collections.Join(drawHeight(params, id, n.Settled+1), id))
}

// gone tells whether a holder's slots are open to others, and since which height: it was expelled, or is leaving.
func (k Keeper) gone(ctx context.Context, id uint64) (since int64, gone bool, err error) {
	row, err := k.provider.Provider(ctx, id)
	if err != nil {
		return 0, false, err
	}
	if row.Status == provider.STATUS_LEAVING || row.Status == provider.STATUS_EXPELLED {
		return row.StatusHeight, true, nil
	}
	return 0, false, nil
}
