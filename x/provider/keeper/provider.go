package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Provider returns a row, also of a provider that has left, or ErrNotFound.
func (k Keeper) Provider(ctx context.Context, id uint64) (types.Provider, error) {
	p, err := k.providers.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return p, types.ErrNotFound.Wrapf("id %d", id)
	}
	return p, err
}

// ProviderByOperator returns the provider of an account that has not left, or ErrNotFound.
func (k Keeper) ProviderByOperator(ctx context.Context, operator sdk.AccAddress) (types.Provider, error) {
	id, err := k.providers.Indexes.operator.MatchExact(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Provider{}, types.ErrNotFound.Wrapf("operator %s", operator)
	}
	if err != nil {
		return types.Provider{}, err
	}
	return k.Provider(ctx, id)
}

// providerByPeerKey returns the provider that has a peer key now, or ErrNotFound.
func (k Keeper) providerByPeerKey(ctx context.Context, key []byte) (types.Provider, error) {
	id, err := k.providers.Indexes.peerKey.MatchExact(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Provider{}, types.ErrNotFound.Wrapf("peer key %X", key)
	}
	if err != nil {
		return types.Provider{}, err
	}
	return k.Provider(ctx, id)
}

// PeerKey returns the key (32 bytes) a provider had at a version, or ErrNotFound.
func (k Keeper) PeerKey(ctx context.Context, id uint64, version uint32) ([]byte, error) {
	key, err := k.peerKeys.Get(ctx, collections.Join(id, version))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrNotFound.Wrapf("provider %d has no peer key version %d", id, version)
	}
	return key, err
}

// Load returns what depends on a provider; nothing for one unknown.
func (k Keeper) Load(ctx context.Context, id uint64) (types.Load, error) {
	load, err := k.loads.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Load{}, nil
	}
	return load, err
}

// Params of the module.
func (k Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

// setStatus stores a row whose status has changed, and tells it.
func (k Keeper) setStatus(ctx context.Context, row types.Provider) error {
	row.StatusHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return emit(ctx, &types.EventStatusChanged{Id: row.Id, Status: row.Status})
}
