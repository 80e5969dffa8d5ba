package keeper

import (
	"context"
	"math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// canonicalWriter gives the writer's account its one text.
func (k Keeper) canonicalWriter(w types.Writer) (types.Writer, error) {
	account, err := k.addresses.StringToBytes(w.Account)
	if err != nil {
		return w, types.ErrWriter.Wrapf("account: %s", err)
	}
	w.Account, err = k.canonical(account)
	return w, err
}

// checkWriterProof checks, for gas, that whoever made the proof holds the writer key.
func checkWriterProof(ctx context.Context, w types.Writer, message, proof []byte) error {
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasSignature, "writer proof")
	return w.CheckProof(message, proof)
}

// SetWriter hands a stream to another writer and returns the new writer epoch; what the old one signed is stale from now on.
func (k Keeper) SetWriter(ctx context.Context, owner sdk.AccAddress, msg *types.MsgSetWriter) (uint32, error) {
	if err := msg.Validate(); err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, owner, msg.Stream)
	if err != nil {
		return 0, err
	}
	w, err := k.canonicalWriter(msg.Writer)
	if err != nil {
		return 0, err
	}
	proved := types.SetWriterProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), s.Id, w)
	if err := checkWriterProof(ctx, w, proved, msg.WriterProof); err != nil {
		return 0, err
	}
	w.Epoch = s.Writer.Epoch
	s.Writer = w
	return k.nextWriterEpoch(ctx, s)
}

// BumpWriter starts a new writer epoch with the same key and returns it.
func (k Keeper) BumpWriter(ctx context.Context, writer sdk.AccAddress, msg *types.MsgBumpWriter) (uint32, error) {
	s, err := k.Stream(ctx, msg.Stream)
	if err != nil {
		return 0, err
	}
	if err := k.checkWriterOf(s, writer, msg.WriterEpoch); err != nil {
		return 0, err
	}
	return k.nextWriterEpoch(ctx, s)
}

// checkWriterOf checks that an account is the stream's writer and knows its epoch.
func (k Keeper) checkWriterOf(s types.Stream, account sdk.AccAddress, epoch uint32) error {
	if err := notDeleted(s); err != nil {
		return err
	}
	if !k.isAccount(s.Writer.Account, account) {
		return types.ErrForeignWriter.Wrapf("stream %d is written by %s", s.Id, s.Writer.Account)
	}
	if s.Writer.Epoch != epoch {
		return types.ErrStaleWriter.Wrapf("%d; stream %d is at %d", epoch, s.Id, s.Writer.Epoch)
	}
	return nil
}

func (k Keeper) nextWriterEpoch(ctx context.Context, s types.Stream) (uint32, error) {
	if s.Writer.Epoch == math.MaxUint32 {
		return 0, types.ErrWriter.Wrap("no writer epoch is left: make a new stream")
	}
	s.Writer.Epoch++
	if err := k.streams.Set(ctx, s.Id, s); err != nil {
		return 0, err
	}
	return s.Writer.Epoch, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventWriterSet{
		Stream: s.Id, WriterEpoch: s.Writer.Epoch, Account: s.Writer.Account,
	})
}
