package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

const (
	// payoutsPerBlock caps the end-block work; the rest is due in the next block.
	payoutsPerBlock = 50
	// payoutRetrySeconds is how long after a failed payout the next try is.
	payoutRetrySeconds = 24 * 3600
)

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

// payOut returns a bond. One that can't be sent (to an account barred from receiving) is due again later: it must neither
// stop the block nor be lost.
func (k Keeper) payOut(ctx context.Context, key collections.Pair[int64, uint64]) error {
	if err := k.unbonding.Remove(ctx, key); err != nil {
		return err
	}
	row, err := k.Provider(ctx, key.K2())
	if err != nil {
		return err
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.returnBond(cached, row); err != nil {
		return k.postponePayout(ctx, row)
	}
	write()
	return nil
}

func (k Keeper) returnBond(ctx sdk.Context, row types.Provider) error {
	operator, err := k.addresses.StringToBytes(row.Operator)
	if err != nil {
		return err
	}
	amount := row.Bond
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, sdk.NewCoins(amount)); err != nil {
		return err
	}
	row.Bond = sdk.NewInt64Coin(types.BondDenom, 0)
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return emit(ctx, &types.EventBondReturned{Id: row.Id, Amount: amount.String()})
}

func (k Keeper) postponePayout(ctx context.Context, row types.Provider) error {
	row.UnbondTime = sdk.UnwrapSDKContext(ctx).BlockTime().Unix() + payoutRetrySeconds
	if err := k.queuePayout(ctx, row); err != nil {
		return err
	}
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return emit(ctx, &types.EventBondReturnFailed{Id: row.Id, RetryTime: row.UnbondTime})
}
