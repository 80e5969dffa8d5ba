package keeper

import (
	"context"
	"crypto/ed25519"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// slotKey is the place of a shard: stream, seq, slot.
type slotKey = collections.Triple[uint64, uint64, uint32]

// Disclaim records a provider's word that it holds no shard it is named for, and returns until which height the receipt may be shown.
// Only the first disclaim_blocks after the anchor are for that: later a shard that is not there was lost.
func (k Keeper) Disclaim(ctx context.Context, operator sdk.AccAddress, msg *types.MsgDisclaim) (int64, error) {
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return 0, types.Because(types.ErrDisclaim, err)
	}
	row, err := k.anchors.Get(ctx, collections.Join(msg.Stream, msg.Seq))
	if row, err = found(row, err, "anchor", msg.Seq); err != nil {
		return 0, err
	}
	deal, err := k.storage.Deal(ctx, msg.Stream, msg.Seq)
	if err != nil {
		return 0, types.Because(types.ErrDisclaim, err)
	}
	if uint64(msg.Slot) >= uint64(len(deal.Slots)) || deal.Slots[msg.Slot].Provider != own.Id {
		return 0, types.ErrDisclaim.Wrapf("slot %d of bundle %d of stream %d is not provider %d's", msg.Slot, msg.Seq, msg.Stream, own.Id)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if until := row.Height + params.DisclaimBlocks; height > until {
		return 0, types.ErrDisclaim.Wrapf("the anchor is of height %d and could be disclaimed until %d", row.Height, until)
	}
	key := collections.Join3(msg.Stream, msg.Seq, msg.Slot)
	twice, err := k.disclaims.Has(ctx, key)
	if err != nil {
		return 0, err
	}
	if twice {
		return 0, types.ErrDisclaim.Wrap("disclaimed already")
	}
	d := types.Disclaim{Stream: msg.Stream, Seq: msg.Seq, Slot: msg.Slot, Provider: own.Id, Due: height + params.DisclaimBlocks}
	if err := k.setDisclaim(ctx, d); err != nil {
		return 0, err
	}
	return d.Due, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDisclaimed{
		Stream: d.Stream, Seq: d.Seq, Slot: d.Slot, Provider: d.Provider, Due: d.Due,
	})
}

// setDisclaim writes a row and its place in the queue.
func (k Keeper) setDisclaim(ctx context.Context, d types.Disclaim) error {
	key := collections.Join3(d.Stream, d.Seq, d.Slot)
	if err := k.disclaims.Set(ctx, key, d); err != nil {
		return err
	}
	return k.disclaimsDue.Set(ctx, collections.Join(d.Due, key))
}

// ShowReceipt refutes a disclaim by the receipt its provider signed, and burns part of the provider's bond. It stays named: what it lost
// since it signed is possession proofs' to find.
func (k Keeper) ShowReceipt(ctx context.Context, msg *types.MsgShowReceipt) (sdk.Coin, error) {
	if err := msg.Validate(); err != nil {
		return sdk.Coin{}, err
	}
	key := collections.Join3(msg.Stream, msg.Seq, msg.Slot)
	d, err := k.disclaims.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) || err == nil && d.Refuted {
		return sdk.Coin{}, types.ErrNoDisclaim.Wrapf("slot %d of bundle %d of stream %d", msg.Slot, msg.Seq, msg.Stream)
	}
	if err != nil {
		return sdk.Coin{}, err
	}
	if err := k.checkReceipt(ctx, d, msg); err != nil {
		return sdk.Coin{}, err
	}
	d.Refuted = true
	if err := k.disclaims.Set(ctx, key, d); err != nil {
		return sdk.Coin{}, err
	}
	slashed, err := k.provider.Slash(ctx, d.Provider, "disclaimed a shard it had signed for")
	if err != nil {
		return sdk.Coin{}, err
	}
	row, err := k.provider.Provider(ctx, d.Provider)
	if err != nil {
		return sdk.Coin{}, err
	}
	operator, err := k.account(row.Operator)
	if err != nil {
		return sdk.Coin{}, err
	}
	if err := k.reputation.Report(ctx, reputation.ServiceMissed(operator, "disclaimed one it had signed for")); err != nil {
		return sdk.Coin{}, err
	}
	return slashed, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDisclaimRefuted{
		Stream: d.Stream, Seq: d.Seq, Slot: d.Slot, Provider: d.Provider, Slashed: slashed.String(),
	})
}

// checkReceipt checks a receipt against the anchor and by the provider's key of that time.
func (k Keeper) checkReceipt(ctx context.Context, d types.Disclaim, msg *types.MsgShowReceipt) error {
	anchor, err := k.anchors.Get(ctx, collections.Join(d.Stream, d.Seq))
	if err != nil {
		return err
	}
	deal, err := k.storage.Deal(ctx, d.Stream, d.Seq)
	if err != nil {
		return types.Because(types.ErrReceipt, err)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	r, err := types.CheckReceipt(sdkCtx.ChainID(), anchor.Anchor, uint64(len(deal.Slots)), d, msg)
	if err != nil {
		return err
	}
	sdkCtx.GasMeter().ConsumeGas(gasSignature, "receipt signature")
	key, err := k.provider.PeerKey(ctx, r.Provider, r.PeerKeyVersion)
	if err != nil {
		return types.Because(types.ErrReceipt, err)
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, types.ReceiptSignBytes(r), r.Signature) {
		return types.ErrReceipt.Wrapf("key version %d of provider %d did not sign it", r.PeerKeyVersion, r.Provider)
	}
	return nil
}

// endDisclaims empties the slots whose disclaims nobody refuted in time, a capped number per block, oldest first. By then no shard of
// the anchor can be disclaimed any more, so the rows go.
func (k Keeper) endDisclaims(ctx context.Context, params types.Params) error {
	var due []collections.Pair[int64, slotKey]
	until := collections.NewPrefixUntilPairRange[int64, slotKey](sdk.UnwrapSDKContext(ctx).BlockHeight())
	err := k.disclaimsDue.Walk(ctx, until, func(key collections.Pair[int64, slotKey]) (bool, error) {
		due = append(due, key)
		return len(due) == int(params.DisclaimsPerBlock), nil
	})
	if err != nil {
		return err
	}
	for _, key := range due {
		d, err := k.disclaims.Get(ctx, key.K2())
		if err != nil {
			return err
		}
		if err := errors.Join(k.disclaims.Remove(ctx, key.K2()), k.disclaimsDue.Remove(ctx, key)); err != nil {
			return err
		}
		if d.Refuted {
			continue
		}
		if err := k.emptySlot(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// emptySlot takes a shard that was never received off its provider's books, at the writer's cost. Where that fails (the deal is over, or
// the slot another's by now) nothing changes, and an event says why.
func (k Keeper) emptySlot(ctx context.Context, d types.Disclaim) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	ended := &types.EventDisclaimEnded{Stream: d.Stream, Seq: d.Seq, Slot: d.Slot, Provider: d.Provider}
	deal, err := k.storage.Deal(ctx, d.Stream, d.Seq)
	switch {
	case err != nil:
		ended.Error = err.Error()
	case deal.Slots[d.Slot].Provider != d.Provider:
		ended.Error = "the slot is not the provider's any more"
	default:
		cached, write := sdkCtx.CacheContext()
		if err := k.storage.EmptySlot(cached, storage.SlotRef{Stream: d.Stream, Seq: d.Seq, Slot: d.Slot}, "disclaimed"); err != nil {
			ended.Error = err.Error()
			break
		}
		write()
	}
	return sdkCtx.EventManager().EmitTypedEvent(ended)
}
