package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

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

// ownedStream returns a stream of this owner, or ErrNotFound or ErrNotOwner.
func (k Keeper) ownedStream(ctx context.Context, owner sdk.AccAddress, id uint64) (types.Stream, error) {
	s, err := k.Stream(ctx, id)
	if err != nil {
		return s, err
	}
	if !k.isAccount(s.Owner, owner) {
		return s, types.ErrNotOwner.Wrapf("stream %d is of %s", id, s.Owner)
	}
	return s, notDeleted(s)
}

func notDeleted(s types.Stream) error {
	if s.DeletedHeight > 0 {
		return types.ErrDeleted.Wrapf("stream %d, at height %d", s.Id, s.DeletedHeight)
	}
	return nil
}

// DeleteStream leaves a tombstone of a stream: nothing is anchored or granted any more, and its storage ends. What was opened before
// stays opened, and hashes stay public.
func (k Keeper) DeleteStream(ctx context.Context, owner sdk.AccAddress, id uint64) error {
	s, err := k.ownedStream(ctx, owner, id)
	if err != nil {
		return err
	}
	head, err := k.Head(ctx, id)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	s.DeletedHeight = sdkCtx.BlockHeight()
	if err := k.streams.Set(ctx, id, s); err != nil {
		return err
	}
	if err := k.storage.CloseStream(ctx, id, head.NextSeq); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventStreamDeleted{Stream: id})
}

// CreateStream makes a stream and returns its id.
func (k Keeper) CreateStream(ctx context.Context, owner sdk.AccAddress, msg *types.MsgCreateStream) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	s := types.NewStream(msg, 0, sdk.UnwrapSDKContext(ctx).BlockHeight())
	if s.Owner, err = k.canonical(owner); err != nil {
		return 0, err
	}
	if s.Writer, err = k.canonicalWriter(s.Writer); err != nil {
		return 0, err
	}
	proved := types.WriterProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), s.Owner, s.Name, s.Writer)
	if err := checkWriterProof(ctx, s.Writer, proved, msg.WriterProof); err != nil {
		return 0, err
	}
	_, err = k.streams.Indexes.name.MatchExact(ctx, collections.Join([]byte(owner), msg.Name))
	if err == nil {
		return 0, types.ErrNameTaken.Wrapf("you have a stream %q", msg.Name)
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return 0, err
	}
	if err := k.burnFee(ctx, owner, params.StreamFee); err != nil {
		return 0, err
	}
	if s.Id, err = k.streamSeq.Next(ctx); err != nil {
		return 0, err
	}
	if err := k.storage.OpenAccount(ctx, s.Id, s.Owner); err != nil {
		return 0, err
	}
	return s.Id, k.addStream(ctx, s)
}

// addStream writes a new stream with an empty head.
func (k Keeper) addStream(ctx context.Context, s types.Stream) error {
	if err := k.setStream(ctx, s, nil); err != nil {
		return err
	}
	if err := k.heads.Set(ctx, s.Id, types.Head{}); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventStreamCreated{Stream: s})
}

// setStream writes the row and its tags in place of the old ones.
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

// UpdateStream replaces the searchable text.
func (k Keeper) UpdateStream(ctx context.Context, owner sdk.AccAddress, msg *types.MsgUpdateStream) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := msg.Validate(params); err != nil {
		return err
	}
	s, err := k.ownedStream(ctx, owner, msg.Stream)
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

// Rekey starts a key epoch at an interval not yet anchored, and returns its number. Grants of the old epoch reach nothing
// sealed from there on.
func (k Keeper) Rekey(ctx context.Context, owner sdk.AccAddress, msg *types.MsgRekey) (uint32, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, owner, msg.Stream)
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
