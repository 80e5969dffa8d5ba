package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// hold books a shard with a provider, to be paid from a period on, and schedules the provider's draws.
func (k Keeper) hold(ctx context.Context, params types.Params, provider uint64, ref types.SlotRef, d types.Deal, from uint64) (types.Slot, error) {
	if err := k.checkPrice(ctx, provider, d); err != nil {
		return types.Slot{}, err
	}
	if err := k.provider.AddShards(ctx, []uint64{provider}, d.ShardBytes); err != nil {
		return types.Slot{}, err
	}
	n, err := k.Node(ctx, provider)
	if err != nil {
		return types.Slot{}, err
	}
	class := types.Class(d.ShardBytes)
	for uint32(len(n.Counts)) <= class { //nolint:gosec // at most MaxClass
		n.Counts = append(n.Counts, 0)
	}
	slot := types.Slot{Provider: provider, Index: n.Counts[class], From: from}
	n.Counts[class]++
	if err := k.shards.Set(ctx, collections.Join3(provider, class, slot.Index), ref); err != nil {
		return slot, err
	}
	if err := k.moveDelta(ctx, provider, d.Last+1, from, d.Pay); err != nil {
		return slot, err
	}
	if !n.Scheduled {
		n.Scheduled, n.Settled = true, from-1 // nothing before can be due
		if err := k.draws.Set(ctx, collections.Join(drawHeight(params, provider, from), provider)); err != nil {
			return slot, err
		}
	}
	return slot, k.nodes.Set(ctx, provider, n)
}

// release takes a shard off its holder's books. It returns what the deal would have paid for the periods that are not settled, and
// excuses the holder from showing the shard in a round that runs. The caller writes the deal.
func (k Keeper) release(ctx context.Context, ref types.SlotRef, d types.Deal) (uint64, error) {
	slot := d.Slots[ref.Slot]
	n, err := k.Node(ctx, slot.Provider)
	if err != nil {
		return 0, err
	}
	if err := k.closeGap(ctx, &n, slot, types.Class(d.ShardBytes)); err != nil {
		return 0, err
	}
	if err := k.provider.RemoveShard(ctx, slot.Provider, d.ShardBytes); err != nil {
		return 0, err
	}
	if n.Shards() == 0 && n.Pot > 0 { // what nobody can earn any more
		if err := k.burn(ctx, nil, n.Pot); err != nil {
			return 0, err
		}
		n.Pot = 0
	}
	owed, err := k.stopPay(ctx, &n, slot, d)
	if err != nil {
		return 0, err
	}
	if err := k.nodes.Set(ctx, slot.Provider, n); err != nil {
		return 0, err
	}
	return owed, k.excuse(ctx, slot.Provider, ref)
}

// closeGap moves the last shard of a size class to the place that becomes free.
func (k Keeper) closeGap(ctx context.Context, n *types.Node, slot types.Slot, class uint32) error {
	n.Counts[class]--
	last := collections.Join3(slot.Provider, class, n.Counts[class])
	if n.Counts[class] != slot.Index {
		moved, err := k.shards.Get(ctx, last)
		if err != nil {
			return err
		}
		if err := k.shards.Set(ctx, collections.Join3(slot.Provider, class, slot.Index), moved); err != nil {
			return err
		}
		// a provider holds one shard of a bundle at most: the deal is another than the caller's
		d, err := k.Deal(ctx, moved.Stream, moved.Seq)
		if err != nil {
			return err
		}
		d.Slots[moved.Slot].Index = slot.Index
		if err := k.deals.Set(ctx, collections.Join(moved.Stream, moved.Seq), d); err != nil {
			return err
		}
	}
	return k.shards.Remove(ctx, last)
}

// stopPay takes a slot out of its holder's pay from the first period that is not settled, and returns what that makes.
func (k Keeper) stopPay(ctx context.Context, n *types.Node, slot types.Slot, d types.Deal) (uint64, error) {
	switch {
	case n.Settled > d.Last:
		return 0, nil
	case slot.From > n.Settled:
		return d.Owed(slot.From), k.moveDelta(ctx, slot.Provider, slot.From, d.Last+1, d.Pay)
	default:
		n.Rate -= d.Pay
		return d.Owed(n.Settled + 1), k.addDelta(ctx, slot.Provider, d.Last+1, int64(d.Pay)) //nolint:gosec // at most MaxAmount
	}
}

// moveDelta lets a pay that ended (began) with one period end (begin) with another: it is taken off `from` and put on `to`.
func (k Keeper) moveDelta(ctx context.Context, provider, from, to, pay uint64) error {
	//nolint:gosec // at most MaxAmount
	if err := k.addDelta(ctx, provider, from, -int64(pay)); err != nil {
		return err
	}
	return k.addDelta(ctx, provider, to, int64(pay)) //nolint:gosec // at most MaxAmount
}

func (k Keeper) addDelta(ctx context.Context, provider, at uint64, change int64) error {
	if change == 0 {
		return nil
	}
	key := collections.Join(provider, at)
	old, err := k.deltas.Get(ctx, key)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if old+change == 0 {
		return k.deltas.Remove(ctx, key)
	}
	return k.deltas.Set(ctx, key, old+change)
}

// open empties a slot: somebody else may rebuild the shard, for the pay that is left and the bounty.
func (k Keeper) open(ctx context.Context, ref types.SlotRef, bounty uint64, reason string) error {
	d, err := k.Deal(ctx, ref.Stream, ref.Seq)
	if err != nil {
		return err
	}
	holder := d.Slots[ref.Slot].Provider
	n, err := k.Node(ctx, holder)
	if err != nil {
		return err
	}
	from := max(n.Settled+1, d.Slots[ref.Slot].From)
	if _, err := k.release(ctx, ref, d); err != nil {
		return err
	}
	d.Slots[ref.Slot] = types.Slot{From: from, Since: sdk.UnwrapSDKContext(ctx).BlockHeight(), Bounty: bounty}
	if err := k.deals.Set(ctx, collections.Join(ref.Stream, ref.Seq), d); err != nil {
		return err
	}
	return emit(ctx, &types.EventSlotOpened{Stream: ref.Stream, Seq: ref.Seq, Slot: ref.Slot, Provider: holder, Reason: reason})
}

// EmptySlot opens the slot of a provider that was named without having received its shard. The stream loses a period's pay: else
// naming who holds nothing would save the writer an upload at no cost.
func (k Keeper) EmptySlot(ctx context.Context, ref types.SlotRef, reason string) error {
	if err := k.open(ctx, ref, 0, reason); err != nil {
		return err
	}
	d, err := k.Deal(ctx, ref.Stream, ref.Seq)
	if err != nil {
		return err
	}
	slot := &d.Slots[ref.Slot]
	lost := d.Owed(slot.From) - d.Owed(slot.From+1)
	slot.From++
	if err := k.burn(ctx, nil, lost); err != nil {
		return err
	}
	return k.deals.Set(ctx, collections.Join(ref.Stream, ref.Seq), d)
}
