package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Register makes an operator a provider and takes its bond. It returns the new id.
func (k Keeper) Register(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRegister) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	if err := k.mayRegister(ctx, operator, msg); err != nil {
		return 0, err
	}
	if need := params.RequiredBond(msg.CapacityBytes); msg.Bond.Amount.LT(need) {
		return 0, types.ErrBond.Wrapf("%s given, %s%s needed for %d bytes", msg.Bond, need, types.BondDenom, msg.CapacityBytes)
	}
	id, err := k.sequence.Next(ctx)
	if err != nil {
		return 0, err
	}
	if err := k.takeBond(ctx, operator, msg.Bond); err != nil {
		return 0, err
	}
	if err := k.peerKeys.Set(ctx, collections.Join(id, uint32(1)), msg.PeerKey); err != nil {
		return 0, err
	}
	row := types.Provider{
		Id: id, Operator: msg.Operator, Moniker: msg.Moniker, PeerKey: msg.PeerKey, PeerKeyVersion: 1,
		Addresses: msg.Addresses, SealKey: msg.SealKey, CapacityBytes: msg.CapacityBytes,
		StoragePriceUcpc: msg.StoragePriceUcpc, ReencryptionPriceUcpc: msg.ReencryptionPriceUcpc,
		Storage: msg.Storage, Proxy: msg.Proxy, Status: types.STATUS_ACTIVE, Bond: msg.Bond,
		RegisteredHeight: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}
	if err := k.providers.Set(ctx, id, row); err != nil {
		return 0, err
	}
	if err := k.tellBond(ctx, row); err != nil {
		return 0, err
	}
	return id, emit(ctx, &types.EventRegistered{Id: id, Operator: msg.Operator})
}

// mayRegister checks an operator and its keys against the state.
func (k Keeper) mayRegister(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRegister) error {
	known, err := k.ProviderByOperator(ctx, operator)
	if err == nil {
		return types.ErrExists.Wrapf("it is provider %d: leave first, or update", known.Id)
	}
	if !errors.Is(err, types.ErrNotFound) {
		return err
	}
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if err := types.CheckPeerKey(chainID, msg.Operator, msg.PeerKey, msg.PeerKeyProof); err != nil {
		return err
	}
	if err := types.CheckSealKey(chainID, msg.Operator, msg.SealKey, msg.SealKeyProof); err != nil {
		return err
	}
	return k.freePeerKey(ctx, msg.PeerKey)
}

// freePeerKey refuses a key that a provider has now. One of the past may come back: answers and receipts name the provider
// and the version of its key, so what the key signed before stays with the provider that signed it.
func (k Keeper) freePeerKey(ctx context.Context, key []byte) error {
	other, err := k.providerByPeerKey(ctx, key)
	if err == nil {
		return types.ErrPeerKeyTaken.Wrapf("by provider %d: make a new one", other.Id)
	}
	if errors.Is(err, types.ErrNotFound) {
		return nil
	}
	return err
}
