package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/x/provider/types"
)

// CheckHolders refuses a placement of a bundle under boundary d that names a provider the draw left out: ErrNotDrawn, saying which
// one and why. It hashes once for each provider named and walks over no others.
func (k Keeper) CheckHolders(ctx context.Context, d int64, stream string, seq uint64, providers []uint64) error {
	if err := k.CheckBoundary(ctx, d); err != nil {
		return err
	}
	b, err := k.boundaries.Get(ctx, uint64(d)) //nolint:gosec // CheckBoundary found it
	if err != nil {
		return err
	}
	for _, id := range providers {
		row, err := k.Provider(ctx, id)
		if err != nil {
			return err
		}
		standing, err := k.providers.Indexes.standing.of(ctx, id)
		if err != nil {
			return err
		}
		weight := standing.CapacityAt(d)
		if weight == 0 {
			return types.ErrNotDrawn.Wrapf("provider %d was not active in storage before boundary %d", id, d)
		}
		if !b.Eligible(stream, seq, len(providers), row.Operator, weight) {
			return types.ErrNotDrawn.Wrapf("provider %d is not eligible for bundle %d of stream %s by boundary %d", id, seq, stream, d)
		}
	}
	return nil
}

// RankProxies ranks the proxies for a stream by boundary d, the providers excluded left out: ids by rank, all of the pool.
func (k Keeper) RankProxies(ctx context.Context, d int64, stream string, excluded ...uint64) ([]uint64, error) {
	if err := k.CheckBoundary(ctx, d); err != nil {
		return nil, err
	}
	b, err := k.boundaries.Get(ctx, uint64(d)) //nolint:gosec // CheckBoundary found it
	if err != nil {
		return nil, err
	}
	pool, err := k.Pool(ctx, d)
	if err != nil {
		return nil, err
	}
	return types.RankPool(b.Seed, stream, pool, excluded...)
}

// Pool returns whom the proxy draws by a boundary rank, or ErrNotFound.
func (k Keeper) Pool(ctx context.Context, d int64) (types.Pool, error) {
	pool, err := k.pools.Get(ctx, uint64(max(d, 0)))
	if errors.Is(err, collections.ErrNotFound) {
		return pool, types.ErrNotFound.Wrapf("no boundary at %d", d)
	}
	return pool, err
}
