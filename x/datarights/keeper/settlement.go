package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// EndBlock ends the disclaims and demands that are due, and releases the locks and unpaid fees of grants whose dispute window is over, a capped
// number of each per block.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.endDisclaims(ctx, params); err != nil {
		return err
	}
	if err := k.endDemands(ctx, params); err != nil {
		return err
	}
	due, err := k.dueSettlements(ctx, int(params.SettlementsPerBlock))
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.settlements.Remove(ctx, key); err != nil {
			return err
		}
		cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
		if err := k.settle(cached, key.K2()); err != nil {
			if err := k.settlementFailed(ctx, key.K2(), err); err != nil {
				return err
			}
			continue
		}
		write()
	}
	return nil
}

// dueSettlements lists up to limit entries of the queue that lie before now: at settle_at itself disputes are still open.
func (k Keeper) dueSettlements(ctx context.Context, limit int) ([]collections.Pair[int64, uint64], error) {
	var due []collections.Pair[int64, uint64]
	past := collections.NewPrefixUntilPairRange[int64, uint64](sdk.UnwrapSDKContext(ctx).BlockTime().Unix() - 1)
	err := k.settlements.Walk(ctx, past, func(key collections.Pair[int64, uint64]) (bool, error) {
		due = append(due, key)
		return len(due) == limit, nil
	})
	return due, err
}

// settle closes the books of an ended grant.
func (k Keeper) settle(ctx sdk.Context, id uint64) error {
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return err
	}
	for i, p := range g.Proxies {
		if !p.Listed() {
			continue // never on the books, or off them since
		}
		if p.State != types.PROXY_STATE_ASKED {
			if err := k.provider.RemoveGrant(ctx, p.Holder()); err != nil {
				return err
			}
		}
		if err := k.grantProxies.Remove(ctx, collections.Join(p.Holder(), g.Id)); err != nil {
			return err
		}
		if err := k.withdrawOffer(ctx, &g, i); err != nil {
			return err
		}
	}
	if err := k.closePot(ctx, id); err != nil {
		return err
	}
	unpaid := g.Fees(g.Count(types.PROXY_STATE_ASKED))
	if err := k.refund(ctx, g.Owner, unpaid); err != nil {
		return err
	}
	g.Settled = true
	if err := k.grants.Set(ctx, id, g); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventGrantSettled{Grant: id, Refund: unpaid.String()})
}

// settlementFailed leaves the row unsettled for good, out of the queue, and tells so.
func (k Keeper) settlementFailed(ctx context.Context, id uint64, cause error) error {
	g, err := k.GrantRow(ctx, id)
	if err == nil {
		g.SettleAt = 0
		err = k.grants.Set(ctx, id, g)
	}
	if err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSettlementFailed{Grant: id, Error: cause.Error()})
}

// refund gives unpaid acceptance fees back.
func (k Keeper) refund(ctx context.Context, owner string, unpaid sdk.Coin) error {
	if !unpaid.IsPositive() {
		return nil
	}
	account, err := k.account(owner)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, account, sdk.NewCoins(unpaid))
}
