package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// gasAnswer is charged for one possession proof: some 1 KiB and 40 hashes. The SDK charges 1,000 for a signature, which takes six
// times as long.
const gasAnswer = 1_000

// EndBlock does what is due, each queue up to its limit; the rest waits for the next block. Deadlines go before draws, and deals end
// last: a round is over before its shards are.
func (k Keeper) EndBlock(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	limit := int(params.WorkPerBlock)
	if err := k.endRounds(ctx, params, limit); err != nil {
		return err
	}
	if err := k.dueChallenges(ctx, params, limit); err != nil {
		return err
	}
	if err := k.drawRounds(ctx, params, limit); err != nil {
		return err
	}
	if err := k.expire(ctx, params, limit); err != nil {
		return err
	}
	return k.closeDeals(ctx, limit)
}

// alone does one piece of a block's work. One that fails is undone and told of: it stops neither the others nor the chain.
func (k Keeper) alone(ctx context.Context, what string, work func(context.Context) error) error {
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := work(cached); err != nil {
		return emit(ctx, &types.EventWorkFailed{Work: what, Error: err.Error()})
	}
	write()
	return nil
}

// Maintain announces periods without proofs, from now on, which earn nothing and cost nothing.
func (k Keeper) Maintain(ctx context.Context, msg *types.MsgMaintain) (uint64, error) {
	operator, err := k.address(msg.Operator)
	if err != nil {
		return 0, err
	}
	row, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return 0, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	n, err := k.Node(ctx, row.Id)
	if err != nil {
		return 0, err
	}
	now := period(ctx, params)
	if msg.Periods == 0 || msg.Periods > params.MaintenancePeriods {
		return 0, types.ErrMaintenance.Wrapf("%d periods; 1 to %d", msg.Periods, params.MaintenancePeriods)
	}
	if now < n.MaintenanceNext {
		return 0, types.ErrMaintenance.Wrapf("the next may begin in period %d, now is %d", n.MaintenanceNext, now)
	}
	n.MaintenanceUntil, n.MaintenanceNext = now+uint64(msg.Periods), now+uint64(params.MaintenanceEvery)
	if err := k.nodes.Set(ctx, row.Id, n); err != nil {
		return 0, err
	}
	return n.MaintenanceUntil, emit(ctx, &types.EventMaintenance{Provider: row.Id, Until: n.MaintenanceUntil})
}

// UpdateParams replaces the params. The length of a period stays: everything is counted in periods.
func (k Keeper) UpdateParams(ctx sdk.Context, msg *types.MsgUpdateParams) error {
	if msg.Authority != k.authority {
		return types.ErrAuthority.Wrapf("%s, not %s", msg.Authority, k.authority)
	}
	if err := msg.Params.Validate(); err != nil {
		return err
	}
	old, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if old.PeriodBlocks != msg.Params.PeriodBlocks {
		return types.ErrParams.Wrapf("period_blocks is %d for good", old.PeriodBlocks)
	}
	return k.params.Set(ctx, msg.Params)
}
