package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// CheckInvariants checks what must hold after every block; see the module's README.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	if err := k.checkStreams(ctx); err != nil {
		return err
	}
	escrow := sdk.NewInt64Coin(types.FeeDenom, 0)
	queued := 0
	err := k.grants.Walk(ctx, nil, func(id uint64, g types.Grant) (bool, error) {
		if g.Status == types.GRANT_STATUS_LIVE && g.Leaves%uint32(len(g.Proxies)) != 0 {
			return true, fmt.Errorf("grant %d has %d leaves for %d proxies", id, g.Leaves, len(g.Proxies))
		}
		has, err := k.settlements.Has(ctx, collections.Join(g.SettleAt, id))
		if err != nil || has == g.Settled {
			return true, fmt.Errorf("grant %d: settled %t, queued %t: %w", id, g.Settled, has, err)
		}
		if g.Settled {
			return false, nil
		}
		queued++
		for _, p := range g.Proxies {
			if p.State == types.PROXY_STATE_ASKED {
				escrow = escrow.Add(g.AcceptanceFee)
			}
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	entries := 0
	err = k.settlements.Walk(ctx, nil, func(collections.Pair[int64, uint64]) (bool, error) { entries++; return false, nil })
	if err != nil || entries != queued {
		return fmt.Errorf("%d grants are not settled, %d are queued: %w", queued, entries, err)
	}
	held := k.bank.GetAllBalances(ctx, authtypes.NewModuleAddress(types.ModuleName))
	if !held.AmountOf(types.FeeDenom).Equal(escrow.Amount) {
		return fmt.Errorf("unpaid acceptance fees sum to %s, the module holds %s", escrow, held)
	}
	return nil
}

func (k Keeper) checkStreams(ctx context.Context) error {
	return k.streams.Walk(ctx, nil, func(id uint64, s types.Stream) (bool, error) {
		head, err := k.heads.Get(ctx, id)
		if err != nil {
			return true, fmt.Errorf("stream %d has no head: %w", id, err)
		}
		for _, tag := range s.Tags {
			if ok, err := k.tags.Has(ctx, collections.Join(tag, id)); err != nil || !ok {
				return true, fmt.Errorf("stream %d is not indexed by its tag %q: %w", id, tag, err)
			}
		}
		next, records := uint64(0), uint64(0)
		err = k.anchors.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](id), func(key collections.Pair[uint64, uint64], row types.AnchorRow) (bool, error) {
			a := row.Anchor
			if key.K2() != next || a.Skipped > a.FirstInterval {
				return true, fmt.Errorf("stream %d: anchor %d comes where %d should", id, key.K2(), next)
			}
			next++
			records += a.Records
			return false, nil
		})
		if err != nil {
			return true, err
		}
		if next != head.NextSeq || records != head.Records {
			return true, fmt.Errorf("stream %d: head says %d anchors and %d records, there are %d and %d", id, head.NextSeq, head.Records, next, records)
		}
		return false, nil
	})
}
