package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Update replaces the fields that are set.
func (k Keeper) Update(ctx context.Context, operator sdk.AccAddress, msg *types.MsgUpdate) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := msg.Validate(params); err != nil {
		return err
	}
	row, err := k.ProviderByOperator(ctx, operator)
	if err != nil {
		return err
	}
	before := row
	if err := k.updateTerms(ctx, &row, msg, params); err != nil {
		return err
	}
	if err := k.updateKeys(ctx, &row, msg); err != nil {
		return err
	}
	if before.Equal(row) {
		return types.ErrUnchanged
	}
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return emit(ctx, &types.EventUpdated{Id: row.Id, PeerKeyVersion: row.PeerKeyVersion})
}

// updateTerms changes what a provider announces, as far as what depends on it and its bond allow.
func (k Keeper) updateTerms(ctx context.Context, row *types.Provider, msg *types.MsgUpdate, params types.Params) error {
	if msg.Moniker != "" {
		row.Moniker = msg.Moniker
	}
	if len(msg.Addresses) > 0 {
		row.Addresses = msg.Addresses
	}
	if msg.StoragePriceUcpc != nil {
		row.StoragePriceUcpc = *msg.StoragePriceUcpc
	}
	if msg.ReencryptionPriceUcpc != nil {
		row.ReencryptionPriceUcpc = *msg.ReencryptionPriceUcpc
	}
	load, err := k.Load(ctx, row.Id)
	if err != nil {
		return err
	}
	if err := updateRoles(row, msg.Roles, load); err != nil {
		return err
	}
	if err := updateCapacity(row, msg.CapacityBytes, load, params); err != nil {
		return err
	}
	return types.ValidCapacity(row.CapacityBytes, row.Storage)
}

func updateRoles(row *types.Provider, roles *types.Roles, load types.Load) error {
	if roles == nil {
		return nil
	}
	if !roles.Storage && load.Shards > 0 || !roles.Proxy && load.Grants > 0 {
		return types.ErrInUse.Wrapf("%d shards and %d grants depend on the roles", load.Shards, load.Grants)
	}
	row.Storage, row.Proxy = roles.Storage, roles.Proxy
	return nil
}

func updateCapacity(row *types.Provider, capacity uint64, load types.Load, params types.Params) error {
	if capacity == 0 {
		return nil
	}
	if capacity < load.ShardBytes {
		return types.ErrCapacity.Wrapf("%d bytes are held already", load.ShardBytes)
	}
	// less capacity never needs more bond, also where a slash has left too little
	if need := params.RequiredBond(capacity); capacity > row.CapacityBytes && row.Bond.Amount.LT(need) {
		return types.ErrBond.Wrapf("%s bonded, %s%s needed for %d bytes: bond first", row.Bond, need, types.BondDenom, capacity)
	}
	row.CapacityBytes = capacity
	return nil
}

// updateKeys rotates the keys that are given. Old peer keys stay readable: signatures by them do.
func (k Keeper) updateKeys(ctx context.Context, row *types.Provider, msg *types.MsgUpdate) error {
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if len(msg.SealKey) > 0 {
		if err := types.CheckSealKey(chainID, msg.Operator, msg.SealKey, msg.SealKeyProof); err != nil {
			return err
		}
		row.SealKey = msg.SealKey
	}
	if len(msg.PeerKey) == 0 {
		return nil
	}
	if err := types.CheckPeerKey(chainID, msg.Operator, msg.PeerKey, msg.PeerKeyProof); err != nil {
		return err
	}
	if err := k.freePeerKey(ctx, msg.PeerKey); err != nil {
		return err
	}
	row.PeerKey = msg.PeerKey
	row.PeerKeyVersion++
	return k.peerKeys.Set(ctx, collections.Join(row.Id, row.PeerKeyVersion), msg.PeerKey)
}
