package keeper

import (
	"context"
	"crypto/ed25519"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// gasSignature is charged for one ed25519 verification, as the SDK's ante handler charges for a signature.
const gasSignature = 1_000

// found turns a missing row into the module's own error.
func found[T any](v T, err error, what string, id uint64) (T, error) {
	if errors.Is(err, collections.ErrNotFound) {
		return v, types.ErrNotFound.Wrapf("%s %d", what, id)
	}
	return v, err
}

// Stream returns a row, or ErrNotFound.
func (k Keeper) Stream(ctx context.Context, id uint64) (types.Stream, error) {
	s, err := k.streams.Get(ctx, id)
	return found(s, err, "stream", id)
}

// Head returns a stream's head, or ErrNotFound.
func (k Keeper) Head(ctx context.Context, id uint64) (types.Head, error) {
	h, err := k.heads.Get(ctx, id)
	return found(h, err, "stream", id)
}

// ownedStream returns the stream if the signer owns it.
func (k Keeper) ownedStream(ctx context.Context, owner string, id uint64) (types.Stream, error) {
	s, err := k.Stream(ctx, id)
	if err != nil {
		return s, err
	}
	if s.Owner != owner {
		return s, types.ErrNotOwner.Wrapf("stream %d", id)
	}
	return s, nil
}

// burnFee takes what a row costs.
func (k Keeper) burnFee(ctx context.Context, payer sdk.AccAddress, fee sdk.Coin) error {
	if !fee.IsPositive() {
		return nil
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, payer, types.ModuleName, sdk.NewCoins(fee)); err != nil {
		return types.ErrFee.Wrap(err.Error())
	}
	return k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(fee))
}

// CreateStream makes a stream.
func (k Keeper) CreateStream(ctx context.Context, owner sdk.AccAddress, msg *types.MsgCreateStream) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := k.checkWriter(ctx, msg.Writer, types.WriterProofBytes(sdkCtx.ChainID(), msg.Owner, msg.Name, msg.Writer), msg.WriterProof); err != nil {
		return 0, err
	}
	_, err = k.streams.Indexes.name.MatchExact(ctx, collections.Join([]byte(owner), msg.Name))
	if !errors.Is(err, collections.ErrNotFound) {
		return 0, errors.Join(err, types.ErrNameTaken.Wrapf("stream %q", msg.Name))
	}
	if err := k.burnFee(ctx, owner, params.StreamFee); err != nil {
		return 0, err
	}
	id, err := k.streamSeq.Next(ctx)
	if err != nil {
		return 0, err
	}
	s := types.Stream{
		Id: id, Owner: msg.Owner, Name: msg.Name, Kind: msg.Kind, Tags: msg.Tags, Description: msg.Description, Schema: msg.Schema,
		OriginMs: msg.OriginMs, BlockMs: msg.BlockMs, IntervalMs: msg.IntervalMs, UploadMs: msg.UploadMs,
		DataShards: msg.DataShards, TotalShards: msg.TotalShards, DeviceKey: msg.DeviceKey,
		Historical: msg.Historical, Private: msg.Private, Writer: msg.Writer,
		KeyEpochs: []types.KeyEpoch{{}}, CreatedHeight: sdkCtx.BlockHeight(),
	}
	s.Writer.Epoch = 1
	if err := k.setStream(ctx, s, nil); err != nil {
		return 0, err
	}
	if err := k.heads.Set(ctx, id, types.Head{}); err != nil {
		return 0, err
	}
	return id, sdkCtx.EventManager().EmitTypedEvent(&types.EventStreamCreated{Stream: s})
}

// setStream writes the row and its tags.
func (k Keeper) setStream(ctx context.Context, s types.Stream, oldTags []string) error {
	for _, tag := range oldTags {
		if err := k.tags.Remove(ctx, collections.Join(tag, s.Id)); err != nil {
			return err
		}
	}
	for _, tag := range s.Tags {
		if err := k.tags.Set(ctx, collections.Join(tag, s.Id)); err != nil {
			return err
		}
	}
	return k.streams.Set(ctx, s.Id, s)
}

// checkWriter checks a writer's keys and its proof of possession.
func (k Keeper) checkWriter(ctx context.Context, w types.Writer, message, proof []byte) error {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasSignature, "writer proof")
	if _, err := k.addresses.StringToBytes(w.Account); err != nil {
		return types.ErrWriter.Wrap("account: " + err.Error())
	}
	if len(w.Key) != ed25519.PublicKeySize || len(proof) != ed25519.SignatureSize || !ed25519.Verify(w.Key, message, proof) {
		return types.ErrWriter.Wrap("the proof is not by this key, for this stream")
	}
	return nil
}

// UpdateStream replaces the searchable text.
func (k Keeper) UpdateStream(ctx context.Context, msg *types.MsgUpdateStream) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := msg.Validate(params); err != nil {
		return err
	}
	s, err := k.ownedStream(ctx, msg.Owner, msg.Stream)
	if err != nil {
		return err
	}
	old := s.Tags
	s.Tags, s.Description, s.Private = msg.Tags, msg.Description, msg.Private
	if err := k.setStream(ctx, s, old); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventStreamUpdated{
		Stream: s.Id, Tags: s.Tags, Description: s.Description, Private: s.Private,
	})
}

// SetWriter hands a stream to another writer; what the old one signed from then on is stale.
func (k Keeper) SetWriter(ctx context.Context, msg *types.MsgSetWriter) (uint32, error) {
	if err := msg.Validate(); err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, msg.Owner, msg.Stream)
	if err != nil {
		return 0, err
	}
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if err := k.checkWriter(ctx, msg.Writer, types.SetWriterProofBytes(chainID, s.Id, msg.Writer), msg.WriterProof); err != nil {
		return 0, err
	}
	epoch := s.Writer.Epoch
	s.Writer = msg.Writer
	s.Writer.Epoch = epoch
	return k.nextWriterEpoch(ctx, s)
}

// BumpWriter starts a new writer epoch with the same key.
func (k Keeper) BumpWriter(ctx context.Context, msg *types.MsgBumpWriter) (uint32, error) {
	s, err := k.Stream(ctx, msg.Stream)
	if err != nil {
		return 0, err
	}
	if s.Writer.Account != msg.Writer {
		return 0, types.ErrForeignWriter.Wrapf("stream %d", s.Id)
	}
	if s.Writer.Epoch != msg.WriterEpoch {
		return 0, types.ErrStaleWriter.Wrapf("%d, the current one is %d", msg.WriterEpoch, s.Writer.Epoch)
	}
	return k.nextWriterEpoch(ctx, s)
}

func (k Keeper) nextWriterEpoch(ctx context.Context, s types.Stream) (uint32, error) {
	if s.Writer.Epoch == 1<<32-1 {
		return 0, types.ErrWriter.Wrap("no writer epoch is left")
	}
	s.Writer.Epoch++
	if err := k.streams.Set(ctx, s.Id, s); err != nil {
		return 0, err
	}
	return s.Writer.Epoch, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventWriterSet{
		Stream: s.Id, WriterEpoch: s.Writer.Epoch, Account: s.Writer.Account,
	})
}

// Rekey starts a key epoch at an interval not yet anchored. Grants of the old epoch reach nothing sealed from there on.
func (k Keeper) Rekey(ctx context.Context, msg *types.MsgRekey) (uint32, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, msg.Owner, msg.Stream)
	if err != nil {
		return 0, err
	}
	head, err := k.Head(ctx, s.Id)
	if err != nil {
		return 0, err
	}
	last := s.LastKeyEpoch()
	switch {
	case msg.Start <= last.Start:
		return 0, types.ErrRekey.Wrapf("interval %d is not after %d, where the last epoch starts", msg.Start, last.Start)
	case msg.Start < head.NextInterval:
		return 0, types.ErrRekey.Wrapf("interval %d is anchored already; the next is %d", msg.Start, head.NextInterval)
	case len(s.KeyEpochs) >= int(params.MaxKeyEpochs):
		return 0, types.ErrRekey.Wrapf("the stream has had %d key epochs: make a new stream", len(s.KeyEpochs))
	}
	next := types.KeyEpoch{Epoch: last.Epoch + 1, Start: msg.Start}
	s.KeyEpochs = append(s.KeyEpochs, next)
	if err := k.streams.Set(ctx, s.Id, s); err != nil {
		return 0, err
	}
	return next.Epoch, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRekeyed{Stream: s.Id, KeyEpoch: next.Epoch, Start: next.Start})
}
