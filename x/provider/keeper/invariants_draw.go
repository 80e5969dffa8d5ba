package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/x/provider/types"
)

// checkWeights: totals, standings and the two orders are what the rows make them.
func (k Keeper) checkWeights(ctx context.Context) error {
	holders, proxies, sum := 0, 0, math.ZeroInt()
	err := k.providers.Walk(ctx, nil, func(id uint64, p types.Provider) (bool, error) {
		standing, err := k.providers.Indexes.standing.of(ctx, id)
		if err != nil {
			return true, err
		}
		weight := p.HolderWeight()
		if len(standing.Changes) == 0 || standing.Now() != weight {
			return true, fmt.Errorf("standing of provider %d ends at %d bytes, its row says %d", id, standing.Now(), weight)
		}
		if weight > 0 {
			holders++
			sum = sum.Add(math.NewIntFromUint64(weight))
		}
		if p.Offers(false, true) {
			proxies++
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	totals, err := k.providers.Indexes.standing.sums(ctx)
	if err != nil {
		return err
	}
	if totals.Holders != uint64(holders) || !totals.CapacityBytes.Equal(sum) {
		return fmt.Errorf("%d holders of %s bytes, the totals say %d of %s", holders, sum, totals.Holders, totals.CapacityBytes)
	}
	if err := k.checkOrder(ctx, k.providers.Indexes.holders, byCapacity, holders); err != nil {
		return fmt.Errorf("order by capacity: %w", err)
	}
	if err := k.checkOrder(ctx, k.providers.Indexes.proxies, byBond, proxies); err != nil {
		return fmt.Errorf("order by bond: %w", err)
	}
	return nil
}

// checkOrder: an order has exactly those that count, each at its place.
func (k Keeper) checkOrder(ctx context.Context, order rankIndex, key func(uint64, types.Provider) ([]byte, error), want int) error {
	err := order.Walk(ctx, nil, func(at []byte, id uint64) (bool, error) {
		want--
		p, err := k.Provider(ctx, id)
		if err != nil {
			return true, err
		}
		place, err := key(id, p)
		if err == nil && (string(place) != string(at) || !order.counts(p)) {
			err = fmt.Errorf("provider %d should not stand at %X", id, at)
		}
		return err != nil, err
	})
	if err == nil && want != 0 {
		err = fmt.Errorf("%d entries are missing", want)
	}
	return err
}

// checkBoundaries: every boundary has its pool and every pool its boundary.
func (k Keeper) checkBoundaries(ctx context.Context) error {
	balance := 0
	err := k.boundaries.Walk(ctx, nil, func(height uint64, _ types.Boundary) (bool, error) {
		balance++
		has, err := k.pools.Has(ctx, height)
		if err == nil && !has {
			err = fmt.Errorf("boundary %d has no pool", height)
		}
		return err != nil, err
	})
	if err != nil {
		return err
	}
	return k.pools.Walk(ctx, new(collections.Range[uint64]), func(height uint64, _ types.Pool) (bool, error) {
		if balance--; balance < 0 {
			return true, fmt.Errorf("pool %d, or one before it, has no boundary", height)
		}
		return false, nil
	})
}
