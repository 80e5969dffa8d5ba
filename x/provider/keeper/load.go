package keeper

import (
	"context"

	"github.com/cpchain/cpchain/x/provider/types"
)

// AddShards books one shard of shardBytes with each provider. It refuses one that is not active, offers no storage or has no
// room, naming it; what was booked before is undone with the transaction.
func (k Keeper) AddShards(ctx context.Context, providers []uint64, shardBytes uint64) error {
	for _, id := range providers {
		row, err := k.Provider(ctx, id)
		if err != nil {
			return err
		}
		if row.Status == types.STATUS_LEFT {
			return types.ErrLeft.Wrapf("provider %d takes no shards", id)
		}
		if !row.Offers(true, false) {
			return types.ErrInactive.Wrapf("provider %d is %s, storage: %t; draw the placement anew", id, row.Status, row.Storage)
		}
		load, err := k.Load(ctx, id)
		if err != nil {
			return err
		}
		// capacities are below 2^60 and loads never above them, so the sum can't wrap for any shard that fits
		if shardBytes > types.MaxCapacityBytes || load.ShardBytes+shardBytes > row.CapacityBytes {
			return types.ErrFull.Wrapf("provider %d holds %d of %d bytes, %d more asked", id, load.ShardBytes, row.CapacityBytes, shardBytes)
		}
		load.Shards++
		load.ShardBytes += shardBytes
		if err := k.loads.Set(ctx, id, load); err != nil {
			return err
		}
	}
	return nil
}

// RemoveShard takes one shard of shardBytes off a provider's books.
func (k Keeper) RemoveShard(ctx context.Context, id, shardBytes uint64) error {
	load, err := k.Load(ctx, id)
	if err != nil {
		return err
	}
	if load.Shards == 0 || load.ShardBytes < shardBytes {
		return types.ErrNotFound.Wrapf("provider %d has %d shards of %d bytes on its books", id, load.Shards, load.ShardBytes)
	}
	load.Shards--
	load.ShardBytes -= shardBytes
	return k.loads.Set(ctx, id, load)
}

// AddGrant books an accepted grant, for which the bond answers until lockedUntil (unix seconds). A proxy that was paused after
// the grant named it may still accept.
func (k Keeper) AddGrant(ctx context.Context, id uint64, lockedUntil int64) error {
	row, err := k.Provider(ctx, id)
	if err != nil {
		return err
	}
	if row.Status == types.STATUS_LEFT {
		return types.ErrLeft.Wrapf("provider %d takes no grant", id)
	}
	if !row.Proxy {
		return types.ErrInactive.Wrapf("provider %d is no proxy", id)
	}
	load, err := k.Load(ctx, id)
	if err != nil {
		return err
	}
	load.Grants++
	load.LockedUntil = max(load.LockedUntil, lockedUntil)
	return k.loads.Set(ctx, id, load)
}

// RemoveGrant takes an ended grant off the books.
func (k Keeper) RemoveGrant(ctx context.Context, id uint64) error {
	load, err := k.Load(ctx, id)
	if err != nil {
		return err
	}
	if load.Grants == 0 {
		return types.ErrNotFound.Wrapf("provider %d has no grant on its books", id)
	}
	load.Grants--
	return k.loads.Set(ctx, id, load)
}
