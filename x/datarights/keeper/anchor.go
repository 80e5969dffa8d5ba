package keeper

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// Anchor checks one anchor against its stream and stores it. It returns the anchor's hash.
func (k Keeper) Anchor(ctx context.Context, msg *types.MsgAnchor) ([]byte, error) {
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
	head, err := k.Head(ctx, a.Stream)
	if err != nil {
		return nil, err
	}
	if err := checkWriterOf(s, msg); err != nil {
		return nil, err
	}
	if err := checkSequence(head, a); err != nil {
		return nil, err
	}
	if err := checkContent(ctx, s, params, a); err != nil {
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
	if err := k.provider.AddShards(ctx, a.Placement, a.ShardBytes); err != nil {
		return nil, types.ErrPlacement.Wrap(err.Error())
	}
	return k.storeAnchor(sdkCtx, head, a)
}

func checkWriterOf(s types.Stream, msg *types.MsgAnchor) error {
	if s.Writer.Account != msg.Writer {
		return types.ErrForeignWriter.Wrapf("stream %d", s.Id)
	}
	if s.Writer.Epoch != msg.Anchor.WriterEpoch {
		return types.ErrStaleWriter.Wrapf("%d, the current one is %d", msg.Anchor.WriterEpoch, s.Writer.Epoch)
	}
	return nil
}

func checkSequence(head types.Head, a types.Anchor) error {
	if a.Seq != head.NextSeq {
		return types.ErrSeq.Wrapf("%d, the next is %d", a.Seq, head.NextSeq)
	}
	if !bytes.Equal(a.Prev, head.LastHash) {
		return types.ErrFork.Wrapf("anchor %d", a.Seq)
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

func checkContent(ctx context.Context, s types.Stream, params types.Params, a types.Anchor) error {
	last := a.FirstInterval + a.Intervals - 1
	if s.KeyEpochAt(a.FirstInterval) != a.KeyEpoch || s.KeyEpochAt(last) != a.KeyEpoch {
		return types.ErrKeyEpoch.Wrapf("%d; intervals %d to %d are of epochs %d to %d",
			a.KeyEpoch, a.FirstInterval, last, s.KeyEpochAt(a.FirstInterval), s.KeyEpochAt(last))
	}
	code, err := erasure.New(int(s.DataShards), int(s.TotalShards), 1)
	if err != nil {
		return types.ErrCode.Wrap(err.Error())
	}
	if uint64(code.ShardSize(int(a.PayloadBytes))) != a.ShardBytes {
		return types.ErrSize.Wrapf("a payload of %d bytes makes shards of %d, not %d", a.PayloadBytes, code.ShardSize(int(a.PayloadBytes)), a.ShardBytes)
	}
	_, end := s.Grid().Bounds(last)
	if a.Records == 0 && (a.FirstMs != 0 || a.LastMs != 0) || a.Records > 0 && (a.FirstMs > a.LastMs || a.FirstMs < s.OriginMs || a.LastMs >= end) {
		return types.ErrTimes.Wrapf("%d records from %d to %d ms; the range ends at %d", a.Records, a.FirstMs, a.LastMs, end)
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli()
	if !s.Historical && end > now+params.ClockSkewSeconds*1000 {
		return types.ErrFuture.Wrapf("it ends at %d ms, the block is at %d", end, now)
	}
	return nil
}

func (k Keeper) checkPlacement(ctx context.Context, s types.Stream, a types.Anchor) error {
	if len(a.Placement) != int(s.TotalShards) {
		return types.ErrPlacement.Wrapf("%d providers for %d shards", len(a.Placement), s.TotalShards)
	}
	for i, id := range a.Placement {
		if slices.Contains(a.Placement[:i], id) {
			return types.ErrPlacement.Wrapf("provider %d stands twice", id)
		}
	}
	return k.provider.CheckBoundary(ctx, a.Boundary)
}

// storeAnchor writes the row without what is kept elsewhere: the placement has its own row, which repair changes; the
// signature has done its work and is part of the hash.
func (k Keeper) storeAnchor(ctx sdk.Context, head types.Head, a types.Anchor) ([]byte, error) {
	hash := types.AnchorHash(ctx.ChainID(), a)
	row := a
	row.Placement, row.Signature = nil, nil
	key := collections.Join(a.Stream, a.Seq)
	if err := k.anchors.Set(ctx, key, types.AnchorRow{Anchor: row, Height: ctx.BlockHeight()}); err != nil {
		return nil, err
	}
	if err := k.placements.Set(ctx, key, types.Placement{Providers: a.Placement}); err != nil {
		return nil, err
	}
	next := types.Head{
		NextSeq: a.Seq + 1, LastHash: hash, NextInterval: a.FirstInterval + a.Intervals,
		Records: head.Records + a.Records, Bytes: head.Bytes + a.PayloadBytes, FirstMs: head.FirstMs, LastMs: head.LastMs,
	}
	if a.Records > 0 {
		if head.Records == 0 || a.FirstMs < head.FirstMs {
			next.FirstMs = a.FirstMs
		}
		next.LastMs = max(head.LastMs, a.LastMs)
	}
	if err := k.heads.Set(ctx, a.Stream, next); err != nil {
		return nil, err
	}
	return hash, ctx.EventManager().EmitTypedEvent(&types.EventAnchored{
		Stream: a.Stream, Seq: a.Seq, FirstInterval: a.FirstInterval, Intervals: a.Intervals, Hash: hash,
	})
}

// AnchorOf finds the anchor that covers an interval or declares it skipped, by bisection over the stream's anchors.
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
		if interval < row.Anchor.FirstInterval+row.Anchor.Intervals {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return k.anchors.Get(ctx, collections.Join(stream, low))
}
