package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// checkDisclaims: every disclaim has its anchor and its place in the queue, and the queue nothing else.
func (k Keeper) checkDisclaims(ctx context.Context) error {
	waiting := 0
	err := k.disclaims.Walk(ctx, nil, func(key slotKey, d types.Disclaim) (bool, error) {
		waiting++
		if has, err := k.anchors.Has(ctx, collections.Join(d.Stream, d.Seq)); err != nil || !has {
			return true, fmt.Errorf("the disclaim of slot %d of bundle %d of stream %d has no anchor: %w", d.Slot, d.Seq, d.Stream, err)
		}
		queued, err := k.disclaimsDue.Has(ctx, collections.Join(d.Due, key))
		if err != nil || !queued || key.K1() != d.Stream || key.K2() != d.Seq || key.K3() != d.Slot {
			return true, fmt.Errorf("the disclaim of slot %d of bundle %d of stream %d is not queued: %w", d.Slot, d.Seq, d.Stream, err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.disclaimsDue.Walk(ctx, nil, func(collections.Pair[int64, slotKey]) (bool, error) {
		waiting--
		return false, nil
	})
	if err == nil && waiting != 0 {
		err = fmt.Errorf("%d disclaims too many are queued", -waiting)
	}
	return err
}
