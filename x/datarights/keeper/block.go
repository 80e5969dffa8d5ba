package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// EndBlock releases the locks and unpaid fees of grants whose dispute window is over, a capped number per block.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	var due []collections.Pair[int64, uint64]
	until := collections.NewPrefixUntilPairRange[int64, uint64](sdkCtx.BlockTime().Unix() - 1)
	err = k.settlements.Walk(ctx, until, func(key collections.Pair[int64, uint64]) (bool, error) {
		due = append(due, key)
		return len(due) == int(params.SettlementsPerBlock), nil
	})
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.settlements.Remove(ctx, key); err != nil {
			return err
		}
		cached, write := sdkCtx.CacheContext()
		if err := k.settle(cached, key.K2()); err != nil {
			event := &types.EventSettlementFailed{Grant: key.K2(), Error: err.Error()}
			if err := sdkCtx.EventManager().EmitTypedEvent(event); err != nil {
				return err
			}
			continue
		}
		write()
	}
	return nil
}

// settle closes the books of an ended grant.
func (k Keeper) settle(ctx sdk.Context, id uint64) error {
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return err
	}
	unanswered := 0
	for _, p := range g.Proxies {
		switch p.State {
		case types.PROXY_STATE_ACCEPTED, types.PROXY_STATE_FAULTY:
			err = k.provider.RemoveGrant(ctx, p.Provider)
		case types.PROXY_STATE_ASKED:
			unanswered++
		case types.PROXY_STATE_REFUSED, types.PROXY_STATE_UNSPECIFIED:
			continue
		}
		if err != nil {
			return err
		}
		if err := k.grantProxies.Remove(ctx, collections.Join(p.Provider, g.Id)); err != nil {
			return err
		}
	}
	if err := k.refund(ctx, g, unanswered); err != nil {
		return err
	}
	g.Settled = true
	if err := k.grants.Set(ctx, id, g); err != nil {
		return err
	}
	refund := sdk.NewCoin(g.AcceptanceFee.Denom, g.AcceptanceFee.Amount.MulRaw(int64(unanswered)))
	return ctx.EventManager().EmitTypedEvent(&types.EventGrantSettled{Grant: id, Refund: refund.String()})
}
