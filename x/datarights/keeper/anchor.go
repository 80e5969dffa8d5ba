package keeper

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"slices"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// Anchor checks one anchor against its stream and stores it. It returns the anchor's hash.
func (k Keeper) Anchor(ctx context.Context, writer sdk.AccAddress, msg *types.MsgAnchor) ([]byte, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if err := msg.Validate(params); err != nil {
		return nil, err
	}
	a := msg.Anchor
	s, err := k.Stream(ctx, a.Stream)
	if err != nil {
		return nil, err
	}
	if err := k.checkWriterOf(s, writer, a.WriterEpoch); err != nil {
		return nil, err
	}
	head, err := k.Head(ctx, a.Stream)
	if err != nil {
		return nil, err
	}
	if err := checkSequence(head, a); err != nil {
		return nil, err
	}
	if err := checkContent(s, a); err != nil {
		return nil, err
	}
	if err := checkTimes(ctx, s, params, a); err != nil {
		return nil, err
	}
	if err := k.checkPlacement(ctx, s, a); err != nil {
		return nil, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(gasSignature, "writer signature")
	if !ed25519.Verify(s.Writer.Key, types.AnchorSignBytes(sdkCtx.ChainID(), a), a.Signature) {
		return nil, types.ErrWriterSignature.Wrapf("stream %d anchor %d", a.Stream, a.Seq)
	}
	return k.storeAnchor(sdkCtx, head, a)
}

// checkSequence checks that the anchor goes on where the last one ended.
func checkSequence(head types.Head, a types.Anchor) error {
	if a.Seq != head.NextSeq {
		return types.ErrSeq.Wrapf("%d, the next is %d", a.Seq, head.NextSeq)
	}
	if !bytes.Equal(a.Prev, head.LastHash) {
		return types.ErrFork.Wrapf("anchor %d names %x, the last one is %x", a.Seq, a.Prev[:min(len(a.Prev), 32)], head.LastHash)
	}
	expected := uint64(head.NextInterval) + uint64(a.Skipped)
	if uint64(a.FirstInterval) > expected {
		return types.ErrIntervalGap.Wrapf("it begins at %d; %d comes next after %d skipped", a.FirstInterval, expected, a.Skipped)
	}
	if uint64(a.FirstInterval) < expected {
		return types.ErrIntervalOverlap.Wrapf("it begins at %d; %d comes next after %d skipped", a.FirstInterval, expected, a.Skipped)
	}
	return nil
}

// checkContent checks key epoch and sizes against the stream.
func checkContent(s types.Stream, a types.Anchor) error {
	if first, last := s.KeyEpochAt(a.FirstInterval), s.KeyEpochAt(a.End()-1); first != a.KeyEpoch || last != a.KeyEpoch {
		return types.ErrKeyEpoch.Wrapf("%d; intervals %d to %d are of epochs %d to %d", a.KeyEpoch, a.FirstInterval, a.End()-1, first, last)
	}
	code, err := erasure.New(int(s.DataShards), int(s.TotalShards), 1)
	if err != nil {
		return types.Because(types.ErrCode, err)
	}
	//nolint:gosec // at most MaxBundleBytes, checked before
	if want := uint64(code.ShardSize(int(a.PayloadBytes))); a.ShardBytes != want {
		return types.ErrSize.Wrapf("a payload of %d bytes makes shards of %d, not %d", a.PayloadBytes, want, a.ShardBytes)
	}
	return nil
}

// checkTimes checks the times of the records, which may be older than their intervals (late records), and that the last
// interval is over.
func checkTimes(ctx context.Context, s types.Stream, params types.Params, a types.Anchor) error {
	_, end := s.Grid().Bounds(a.End() - 1)
	fits := a.FirstMs == 0 && a.LastMs == 0
	if a.Records > 0 {
		fits = s.OriginMs <= a.FirstMs && a.FirstMs <= a.LastMs && a.LastMs < end
	}
	if !fits {
		return types.ErrTimes.Wrapf("%d records from %d to %d ms; the stream begins at %d, the range ends at %d", a.Records, a.FirstMs, a.LastMs, s.OriginMs, end)
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli()
	if !s.Historical && end > now+params.ClockSkewSeconds*1000 {
		return types.ErrFuture.Wrapf("it ends at %d ms, the block is at %d", end, now)
	}
	return nil
}

// checkPlacement checks that every shard has a provider of its own, which the draw by a boundary still allowed lets hold it.
func (k Keeper) checkPlacement(ctx context.Context, s types.Stream, a types.Anchor) error {
	if len(a.Placement) != int(s.TotalShards) {
		return types.ErrPlacement.Wrapf("%d providers for %d shards", len(a.Placement), s.TotalShards)
	}
	for i, id := range a.Placement {
		if slices.Contains(a.Placement[:i], id) {
			return types.ErrHolderTwice.Wrapf("provider %d", id)
		}
	}
	stream := types.StreamID(sdk.UnwrapSDKContext(ctx).ChainID(), a.Stream)
	err := k.provider.CheckHolders(ctx, a.Boundary, stream, a.Seq, a.Placement)
	switch {
	case errors.Is(err, provider.ErrNotDrawn):
		return types.Because(types.ErrNotDrawn, err)
	case errors.Is(err, provider.ErrNotFound):
		return types.Because(types.ErrPlacement, err)
	}
	return err
}

// storeAnchor opens the deal that stores the bundle, and writes the row and the new head.
func (k Keeper) storeAnchor(ctx sdk.Context, head types.Head, a types.Anchor) ([]byte, error) {
	hash := types.AnchorHash(ctx.ChainID(), a)
	next, err := head.Next(a, hash)
	if err != nil {
		return nil, err
	}
	s, err := k.Stream(ctx, a.Stream)
	if err != nil {
		return nil, err
	}
	err = k.storage.Open(ctx, storage.Opening{
		Stream: a.Stream, Seq: a.Seq, DataShards: s.DataShards, ShardRoot: a.ShardRoot, ShardBytes: a.ShardBytes, Placement: a.Placement,
	})
	if err != nil {
		return nil, notPlaced(err)
	}
	key := collections.Join(a.Stream, a.Seq)
	if err := k.anchors.Set(ctx, key, a.Row(ctx.BlockHeight())); err != nil {
		return nil, err
	}
	if err := k.heads.Set(ctx, a.Stream, next); err != nil {
		return nil, err
	}
	return hash, ctx.EventManager().EmitTypedEvent(&types.EventAnchored{
		Stream: a.Stream, Seq: a.Seq, FirstInterval: a.FirstInterval, Intervals: a.Intervals, Hash: hash,
	})
}

// notPlaced tells a placement that has to be drawn anew from what the stream's owner has to mend.
func notPlaced(err error) error {
	if errors.Is(err, storage.ErrAsksMore) {
		return types.Because(types.ErrPlacement, err)
	}
	if codespace, _, _ := errorsmod.ABCIInfo(err, false); codespace == provider.ModuleName {
		return types.Because(types.ErrPlacement, err)
	}
	return err
}

// AnchorOf finds the anchor that covers an interval, or declares it skipped, by bisection over the stream's anchors: an
// index would cost a key per anchor. ErrNotFound where nothing is anchored yet.
func (k Keeper) AnchorOf(ctx context.Context, stream uint64, interval uint32) (types.AnchorRow, error) {
	head, err := k.Head(ctx, stream)
	if err != nil {
		return types.AnchorRow{}, err
	}
	if interval >= head.NextInterval {
		return types.AnchorRow{}, types.ErrNotFound.Wrapf("interval %d of stream %d is not anchored yet", interval, stream)
	}
	low, high := uint64(0), head.NextSeq-1
	for low < high {
		mid := low + (high-low)/2
		row, err := k.anchors.Get(ctx, collections.Join(stream, mid))
		if err != nil {
			return row, err
		}
		if interval < row.Anchor.End() {
			high = mid
			continue
		}
		low = mid + 1
	}
	return k.anchors.Get(ctx, collections.Join(stream, low))
}
