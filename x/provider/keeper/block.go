package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// payoutsPerBlock caps the end-block work; the rest is due in the next block.
const payoutsPerBlock = 50

// BeginBlock records the draw boundary.
func (k Keeper) BeginBlock(ctx context.Context) error { return k.recordBoundary(ctx) }

// EndBlock pays out bonds whose unbonding time is over.
func (k Keeper) EndBlock(ctx context.Context) error {
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	var due []collections.Pair[int64, uint64]
	until := collections.NewPrefixUntilPairRange[int64, uint64](now)
	err := k.unbonding.Walk(ctx, until, func(key collections.Pair[int64, uint64]) (bool, error) {
		due = append(due, key)
		return len(due) == payoutsPerBlock, nil
	})
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.payOut(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// payOut returns a bond. One that can't be sent (an operator blocked from receiving) stays in the row and is taken off the
// queue: it must not stop the block.
func (k Keeper) payOut(ctx context.Context, key collections.Pair[int64, uint64]) error {
	if err := k.unbonding.Remove(ctx, key); err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	cached, write := sdkCtx.CacheContext()
	if err := k.returnBond(cached, key.K2()); err != nil {
		sdkCtx.Logger().Error("bond not returned", "module", types.ModuleName, "provider", key.K2(), "error", err)
		return nil
	}
	write()
	return nil
}

func (k Keeper) returnBond(ctx sdk.Context, id uint64) error {
	row, err := k.Provider(ctx, id)
	if err != nil {
		return err
	}
	operator, err := k.addresses.StringToBytes(row.Operator)
	if err != nil {
		return err
	}
	amount := row.Bond
	if amount.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, sdk.NewCoins(amount)); err != nil {
			return err
		}
	}
	row.Bond = sdk.NewInt64Coin(types.BondDenom, 0)
	if err := k.providers.Set(ctx, id, row); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventBondReturned{Id: id, Amount: amount.String()})
}
