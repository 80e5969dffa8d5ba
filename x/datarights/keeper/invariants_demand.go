package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// checkDemands: a demand is in its list exactly if it is open, and in the queue exactly if something is still due of it; lists and
// queue name nothing else. That pots count the open demands is a rule of genesis, which is checked too.
func (k Keeper) checkDemands(ctx context.Context) error {
	open, queued := 0, 0
	err := k.demands.Walk(ctx, nil, func(id uint64, d types.Demand) (bool, error) {
		list, key, err := k.openList(ctx, d)
		if err != nil {
			return true, err
		}
		if listed, err := list.Has(ctx, key); err != nil || listed == d.Ended() {
			return true, fmt.Errorf("demand %d is %s, listed as open: %t: %w", id, d.State, listed, err)
		}
		if due, err := k.demandsDue.Has(ctx, collections.Join(d.Deadline, id)); err != nil || due != d.Queued() {
			return true, fmt.Errorf("demand %d is %s, due at %d: queued %t: %w", id, d.State, d.Deadline, due, err)
		}
		if !d.Ended() {
			open++
		}
		if d.Queued() {
			queued++
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	count := func(n *int) func(collections.Pair[uint64, uint64]) (bool, error) {
		return func(collections.Pair[uint64, uint64]) (bool, error) { *n--; return false, nil }
	}
	for _, list := range []collections.KeySet[collections.Pair[uint64, uint64]]{k.demandsOf, k.demandsAt} {
		if err := list.Walk(ctx, nil, count(&open)); err != nil {
			return err
		}
	}
	err = k.demandsDue.Walk(ctx, nil, func(collections.Pair[int64, uint64]) (bool, error) { queued--; return false, nil })
	if err != nil || open != 0 || queued != 0 {
		return fmt.Errorf("lists name %d demands that are not open, the queue %d of which nothing is due: %w", -open, -queued, err)
	}
	return nil
}

// heldForDemands is what the module holds for demands: the fees of open ones, and the pots.
func (k Keeper) heldForDemands(ctx context.Context) (math.Int, error) {
	sum := math.ZeroInt()
	err := k.demands.Walk(ctx, nil, func(_ uint64, d types.Demand) (bool, error) {
		if !d.Ended() {
			sum = sum.Add(d.Fee.Amount)
		}
		return false, nil
	})
	if err != nil {
		return sum, err
	}
	err = k.pots.Walk(ctx, nil, func(_ uint64, pot types.Pot) (bool, error) {
		sum = sum.Add(pot.Held)
		return false, nil
	})
	return sum, err
}
