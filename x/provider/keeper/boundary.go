package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// recordBoundary stores a seed at every boundary height, and at the first block that has one.
func (k Keeper) recordBoundary(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	known, err := k.newestBoundaries(ctx, 1)
	if err != nil {
		return err
	}
	if len(known) > 0 && height%params.BoundaryBlocks != 0 {
		return nil
	}
	seed, err := k.randomness.Seed(ctx)
	if err != nil || len(seed) != types.SeedBytes {
		return err // without a seed there is no boundary, and the chain goes on
	}
	if err := k.storeBoundary(ctx, height, seed, int(params.DrawPool)); err != nil {
		return err
	}
	return k.pruneBoundaries(ctx, int(params.BoundariesKept))
}

// storeBoundary stores a seed with what draws by it weigh: sums over the holders, and the pool of proxies.
func (k Keeper) storeBoundary(ctx context.Context, height int64, seed []byte, pool int) error {
	totals, err := k.providers.Indexes.standing.sums(ctx)
	if err != nil {
		return err
	}
	b := types.Boundary{Height: height, Seed: seed, Holders: totals.Holders, CapacityBytes: totals.CapacityBytes}
	largest, err := k.heaviest(ctx, k.providers.Indexes.holders, types.MaxLargest)
	if err != nil {
		return err
	}
	for _, row := range largest {
		b.Largest = append(b.Largest, row.CapacityBytes)
	}
	proxies, err := k.heaviest(ctx, k.providers.Indexes.proxies, pool)
	if err != nil {
		return err
	}
	var p types.Pool
	for _, row := range proxies {
		p.Candidates = append(p.Candidates, types.Candidate{Id: row.Id, Operator: row.Operator, Bond: row.Bond.Amount})
	}
	//nolint:gosec // a block's height
	return errors.Join(k.boundaries.Set(ctx, uint64(height), b), k.pools.Set(ctx, uint64(height), p))
}

// heaviest lists the first n rows of an order.
func (k Keeper) heaviest(ctx context.Context, order rankIndex, n int) ([]types.Provider, error) {
	ids, err := order.first(ctx, n)
	if err != nil {
		return nil, err
	}
	rows := make([]types.Provider, len(ids))
	for i, id := range ids {
		if rows[i], err = k.Provider(ctx, id); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (k Keeper) pruneBoundaries(ctx context.Context, keep int) error {
	all, err := k.newestBoundaries(ctx, 0)
	if err != nil {
		return err
	}
	for _, b := range all[min(keep, len(all)):] { // one, or more where params have just been lowered
		height := uint64(b.Height) //nolint:gosec // a block's height
		if err := errors.Join(k.boundaries.Remove(ctx, height), k.pools.Remove(ctx, height)); err != nil {
			return err
		}
	}
	return nil
}

// newestBoundaries lists up to limit boundaries, newest first; 0 lists all that are kept.
func (k Keeper) newestBoundaries(ctx context.Context, limit int) ([]types.Boundary, error) {
	var list []types.Boundary
	err := k.boundaries.Walk(ctx, new(collections.Range[uint64]).Descending(), func(_ uint64, b types.Boundary) (bool, error) {
		list = append(list, b)
		return limit > 0 && len(list) == limit, nil
	})
	return list, err
}

// BoundarySeed returns the seed (32 bytes) of a boundary that is kept, or ErrBoundary.
func (k Keeper) BoundarySeed(ctx context.Context, d int64) ([]byte, error) {
	b, err := k.boundaries.Get(ctx, uint64(max(d, 0)))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrBoundary.Wrapf("%d is not kept", d)
	}
	return b.Seed, err
}

// CheckBoundary accepts the current and the previous draw boundary: the previous, since a draw is made before its
// transaction is included. One recorded in this very block does not count yet: nobody but the block's proposer could have
// drawn by it, and the proposer could have chosen the block to suit the draw. A simulation runs on the last block's state and
// speaks of a transaction that comes in the next one at the earliest.
func (k Keeper) CheckBoundary(ctx context.Context, d int64) error {
	newest, err := k.newestBoundaries(ctx, 3)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	height := sdkCtx.BlockHeight()
	if sdkCtx.IsCheckTx() {
		height++
	}
	var allowed []int64
	for _, b := range newest {
		if b.Height < height && len(allowed) < 2 {
			allowed = append(allowed, b.Height)
		}
	}
	if slices.Contains(allowed, d) {
		return nil
	}
	return types.ErrBoundary.Wrapf("%d; draw anew by the seed of one of %v", d, allowed)
}

// Candidates lists the providers a draw by boundary d may name: active ones that were registered by then. Who came later knew the seed
// and could have chosen an address to suit.
func (k Keeper) Candidates(ctx context.Context, d int64) ([]types.Provider, error) {
	var list []types.Provider
	err := k.providers.Walk(ctx, nil, func(_ uint64, p types.Provider) (bool, error) {
		if p.Status == types.STATUS_ACTIVE && p.RegisteredHeight <= d {
			list = append(list, p)
		}
		return false, nil
	})
	return list, err
}
