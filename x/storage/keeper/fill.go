package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// maxBatch bounds the slots or deals of one message.
const maxBatch = 64

// Fill gives open slots to the signer, who has rebuilt their shards from others', and pays the bounties. That the shards are there is
// shown by the rounds to come, as of every shard.
func (k Keeper) Fill(ctx context.Context, msg *types.MsgFill) (uint64, error) {
	if len(msg.Slots) == 0 || len(msg.Slots) > maxBatch {
		return 0, types.ErrSlots.Wrapf("%d; 1 to %d at once", len(msg.Slots), maxBatch)
	}
	operator, err := k.address(msg.Operator)
	if err != nil {
		return 0, err
	}
	row, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return 0, err
	}
	if err := k.provider.CheckBoundary(ctx, msg.Boundary); err != nil {
		return 0, err
	}
	seed, err := k.provider.BoundarySeed(ctx, msg.Boundary)
	if err != nil {
		return 0, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	total := uint64(0)
	for i, ref := range msg.Slots {
		if slices.Contains(msg.Slots[:i], ref) {
			return 0, types.ErrSlots.Wrapf("slot %d of bundle %d of stream %d stands twice", ref.Slot, ref.Seq, ref.Stream)
		}
		bounty, err := k.fill(ctx, params, row, seed, ref)
		if err != nil {
			return 0, err
		}
		total += bounty
	}
	if total == 0 {
		return 0, nil
	}
	return total, k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, types.Coins(total))
}

// fill takes one slot over and returns its bounty.
func (k Keeper) fill(ctx context.Context, params types.Params, row provider.Provider, seed []byte, ref types.SlotRef) (uint64, error) {
	d, err := k.Deal(ctx, ref.Stream, ref.Seq)
	if err != nil {
		return 0, err
	}
	if int(ref.Slot) >= len(d.Slots) {
		return 0, types.ErrSlots.Wrapf("slot %d of %d", ref.Slot, len(d.Slots))
	}
	from := period(ctx, params) + 1
	if from > d.Last {
		return 0, types.ErrEnded.Wrapf("bundle %d of stream %d: its last period is %d", ref.Seq, ref.Stream, d.Last)
	}
	if d.Holds(row.Id) {
		return 0, types.ErrHolds.Wrapf("provider %d, bundle %d of stream %d", row.Id, ref.Seq, ref.Stream)
	}
	held, err := k.mayFill(ctx, params, row, seed, ref, d)
	if err != nil {
		return 0, err
	}
	return k.takeOver(ctx, params, row.Id, ref, d, from, held)
}

// mayFill checks that the slot is open to the operator now. It returns how many slots have a holder that stays.
func (k Keeper) mayFill(ctx context.Context, params types.Params, row provider.Provider, seed []byte, ref types.SlotRef, d types.Deal) (int, error) {
	slot := d.Slots[ref.Slot]
	since, gone := slot.Since, false
	if slot.Provider != 0 {
		var err error
		if since, gone, err = k.gone(ctx, slot.Provider); err != nil {
			return 0, err
		}
		if !gone {
			return 0, types.ErrHeld.Wrapf("provider %d holds slot %d of bundle %d of stream %d", slot.Provider, ref.Slot, ref.Seq, ref.Stream)
		}
	}
	held, err := k.staying(ctx, d)
	if err != nil {
		return 0, err
	}
	if !gone && !d.Repairing && !types.RepairDue(len(d.Slots), int(d.DataShards), held, params.SlackBps) {
		return 0, types.ErrNotDue.Wrapf("%d of %d slots are held, %d are needed", held, len(d.Slots), d.DataShards)
	}
	open := sdk.UnwrapSDKContext(ctx).BlockHeight() - since
	if may, after := types.MayFill(seed, ref, row.Operator, open, params.StaggerBlocks); !may {
		return 0, types.ErrNotYours.Wrapf("provider %d may fill slot %d of bundle %d of stream %d from height %d on, if nobody has by then",
			row.Id, ref.Slot, ref.Seq, ref.Stream, since+after)
	}
	return held, nil
}

// staying counts the slots whose holders neither left nor are about to.
func (k Keeper) staying(ctx context.Context, d types.Deal) (int, error) {
	held := 0
	for _, s := range d.Slots {
		if s.Provider == 0 {
			continue
		}
		_, gone, err := k.gone(ctx, s.Provider)
		if err != nil {
			return 0, err
		}
		if !gone {
			held++
		}
	}
	return held, nil
}

// takeOver moves a slot to its new holder. What nobody earns in between goes back to the stream.
func (k Keeper) takeOver(ctx context.Context, params types.Params, id uint64, ref types.SlotRef, d types.Deal, from uint64, held int) (uint64, error) {
	old := d.Slots[ref.Slot]
	left, bounty := d.Owed(old.From), old.Bounty
	var err error
	if old.Provider != 0 {
		if bounty, err = k.fromPot(ctx, old.Provider, d.ShardBytes); err != nil {
			return 0, err
		}
		if left, err = k.release(ctx, ref, d); err != nil {
			return 0, err
		}
	}
	if d.Slots[ref.Slot], err = k.hold(ctx, params, id, ref, d, from); err != nil {
		return 0, err
	}
	d.Repairing = held+1 < len(d.Slots)
	if err := k.deals.Set(ctx, collections.Join(ref.Stream, ref.Seq), d); err != nil {
		return 0, err
	}
	if err := k.credit(ctx, ref.Stream, left-min(left, d.Owed(from))); err != nil {
		return 0, err
	}
	return bounty, emit(ctx, &types.EventSlotFilled{Stream: ref.Stream, Seq: ref.Seq, Slot: ref.Slot, From: old.Provider, To: id, Bounty: bounty})
}

// fromPot takes a shard's part of what an expelled node left for those who take over.
func (k Keeper) fromPot(ctx context.Context, id, shardBytes uint64) (uint64, error) {
	n, err := k.Node(ctx, id)
	if err != nil || n.Pot == 0 {
		return 0, err
	}
	bounty := min(n.Pot, n.PotPerKib*(shardBytes>>10))
	n.Pot -= bounty
	return bounty, k.nodes.Set(ctx, id, n)
}
