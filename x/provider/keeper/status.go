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
	switch {
	case row.Status == types.STATUS_EXPELLED:
		return types.ErrExpelled.Wrapf("provider %d: leave, and register anew", row.Id)
	case paused && row.Status != types.STATUS_ACTIVE, !paused && row.Status == types.STATUS_ACTIVE:
		return types.ErrUnchanged.Wrapf("provider %d is %s", row.Id, row.Status)
	case paused:
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
// grant it was a proxy of can no longer be disputed, the bond stays at risk. While shards or grants depend on the provider it is
// leaving: it returns 0, others may take its shards over, and the operator sends this again once nothing depends on it.
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
		return 0, k.startLeaving(ctx, row, load)
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

// startLeaving gives a provider's shards up to others. Sent again too early it says what is still waited for.
func (k Keeper) startLeaving(ctx context.Context, row types.Provider, load types.Load) error {
	if row.Status == types.STATUS_LEAVING || row.Status == types.STATUS_EXPELLED {
		return types.ErrInUse.Wrapf("%d shards (%d bytes) wait for others to take them over; %d grants count on it as a proxy, the last until %s: leave again once none do",
			load.Shards, load.ShardBytes, load.Grants, time.Unix(load.LockedUntil, 0).UTC().Format(time.RFC3339))
	}
	row.Status = types.STATUS_LEAVING
	return k.setStatus(ctx, row)
}

// Expel gives a provider's shards up to others, for good: it may only leave.
func (k Keeper) Expel(ctx context.Context, id uint64) error {
	row, err := k.Provider(ctx, id)
	if err != nil || row.Status == types.STATUS_LEFT || row.Status == types.STATUS_EXPELLED {
		return err
	}
	row.Status = types.STATUS_EXPELLED
	return k.setStatus(ctx, row)
}

// queuePayout notes when the bond of a provider that left is due; nothing where slashes have left nothing.
func (k Keeper) queuePayout(ctx context.Context, row types.Provider) error {
	if row.Status != types.STATUS_LEFT || !row.Bond.IsPositive() {
		return nil
	}
	return k.unbonding.Set(ctx, collections.Join(row.UnbondTime, row.Id))
}
