package keeper

import (
	"context"
	"time"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// SetPaused pauses or resumes. Resuming asks for the whole bond again, which a slash may have cut.
func (k Keeper) SetPaused(ctx context.Context, operator sdk.AccAddress, paused bool) error {
	row, err := k.ProviderByOperator(ctx, operator)
	if err != nil {
		return err
	}
	if paused == (row.Status == types.STATUS_PAUSED) {
		return types.ErrUnchanged.Wrapf("provider %d is %s", row.Id, row.Status)
	}
	if paused {
		row.Status = types.STATUS_PAUSED
		return k.setStatus(ctx, row)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if need := params.RequiredBond(row.CapacityBytes); row.Bond.Amount.LT(need) {
		return types.ErrBond.Wrapf("%s bonded, %s%s needed to resume: bond first", row.Bond, need, types.BondDenom)
	}
	row.Status = types.STATUS_ACTIVE
	return k.setStatus(ctx, row)
}

// Leave ends the operator's provider and returns when (unix seconds) the bond is paid out. Until then, and until the last
// grant it was a proxy of can no longer be disputed, the bond stays at risk.
func (k Keeper) Leave(ctx context.Context, operator sdk.AccAddress) (int64, error) {
	row, err := k.ProviderByOperator(ctx, operator)
	if err != nil {
		return 0, err
	}
	load, err := k.Load(ctx, row.Id)
	if err != nil {
		return 0, err
	}
	if load.Shards > 0 || load.Grants > 0 {
		return 0, inUse(load)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	row.Status = types.STATUS_LEFT
	row.UnbondTime = max(now+params.UnbondingSeconds, load.LockedUntil)
	if err := k.queuePayout(ctx, row); err != nil {
		return 0, err
	}
	if err := k.setStatus(ctx, row); err != nil {
		return 0, err
	}
	return row.UnbondTime, k.tellBond(ctx, row)
}

// inUse tells what a provider that wants to leave is still counted on for, and what each part waits for.
func inUse(load types.Load) error {
	until := time.Unix(load.LockedUntil, 0).UTC().Format(time.RFC3339)
	switch {
	case load.Shards == 0:
		return types.ErrInUse.Wrapf("%d grants count on it as a proxy, the last until %s: pause, and leave after that", load.Grants, until)
	case load.Grants == 0:
		return types.ErrInUse.Wrapf("%d shards (%d bytes) are placed with it; an anchored shard has no end, and placements can't be moved yet", load.Shards, load.ShardBytes)
	default:
		return types.ErrInUse.Wrapf("%d shards (%d bytes) are placed with it; an anchored shard has no end, and placements can't be moved yet; %d grants count on it as a proxy, the last until %s",
			load.Shards, load.ShardBytes, load.Grants, until)
	}
}

// queuePayout notes when the bond of a provider that left is due; nothing where slashes have left nothing.
func (k Keeper) queuePayout(ctx context.Context, row types.Provider) error {
	if row.Status != types.STATUS_LEFT || !row.Bond.IsPositive() {
		return nil
	}
	return k.unbonding.Set(ctx, collections.Join(row.UnbondTime, row.Id))
}
