package keeper

import (
	"context"
	"errors"
	"math"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Reader returns a row, or ErrNotFound.
func (k Keeper) Reader(ctx context.Context, id uint64) (types.Reader, error) {
	r, err := k.readers.Get(ctx, id)
	return found(r, err, "reader", id)
}

// ReaderKeys returns the keys of a version, or ErrNotFound.
func (k Keeper) ReaderKeys(ctx context.Context, id uint64, version uint32) (types.ReaderKeys, error) {
	keys, err := k.readerKeys.Get(ctx, collections.Join(id, version))
	return found(keys, err, "keys of reader", id)
}

// RegisterReader registers a reader's keys and returns its id.
func (k Keeper) RegisterReader(ctx context.Context, owner sdk.AccAddress, msg *types.MsgRegisterReader) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	name, err := k.canonical(owner)
	if err != nil {
		return 0, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(gasPossession, "reader proofs")
	if err := msg.Validate(sdkCtx.ChainID(), name); err != nil {
		return 0, err
	}
	_, err = k.readers.Indexes.name.MatchExact(ctx, collections.Join([]byte(owner), msg.Name))
	if err == nil {
		return 0, types.ErrNameTaken.Wrapf("you have a reader %q: rotate its keys", msg.Name)
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return 0, err
	}
	if err := k.burnFee(ctx, owner, params.ReaderFee); err != nil {
		return 0, err
	}
	id, err := k.readerSeq.Next(ctx)
	if err != nil {
		return 0, err
	}
	r := types.Reader{Id: id, Owner: name, Name: msg.Name}
	_, err = k.nextReaderVersion(ctx, r, types.ReaderKeys{PreKey: msg.PreKey, AuthKey: msg.AuthKey})
	return id, err
}

// RotateReader replaces a reader's keys, retires the old ones and returns the new version. Nodes granted to the old keys
// open to them alone, and retired keys open no session.
func (k Keeper) RotateReader(ctx context.Context, owner sdk.AccAddress, msg *types.MsgRotateReader) (uint32, error) {
	r, err := k.Reader(ctx, msg.Reader)
	if err != nil {
		return 0, err
	}
	if !k.isAccount(r.Owner, owner) {
		return 0, types.ErrNotOwner.Wrapf("reader %d is of %s", r.Id, r.Owner)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(gasPossession, "reader proofs")
	if err := msg.Validate(sdkCtx.ChainID(), r.Owner); err != nil {
		return 0, err
	}
	if r.Version == math.MaxUint32 {
		return 0, types.ErrReaderVersion.Wrap("no version is left: register a new reader")
	}
	old, err := k.ReaderKeys(ctx, r.Id, r.Version)
	if err != nil {
		return 0, err
	}
	old.Retired = true
	if err := k.readerKeys.Set(ctx, collections.Join(r.Id, r.Version), old); err != nil {
		return 0, err
	}
	return k.nextReaderVersion(ctx, r, types.ReaderKeys{PreKey: msg.PreKey, AuthKey: msg.AuthKey})
}

func (k Keeper) nextReaderVersion(ctx context.Context, r types.Reader, keys types.ReaderKeys) (uint32, error) {
	r.Version++
	if err := k.readers.Set(ctx, r.Id, r); err != nil {
		return 0, err
	}
	if err := k.readerKeys.Set(ctx, collections.Join(r.Id, r.Version), keys); err != nil {
		return 0, err
	}
	return r.Version, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventReaderSet{Reader: r.Id, Version: r.Version, Owner: r.Owner})
}
