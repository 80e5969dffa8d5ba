package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Revoke ends a grant with a tombstone, pending or live. What was answered before can be disputed until the dispute window
// counted from now is over; so long the locks stay.
func (k Keeper) Revoke(ctx context.Context, owner sdk.AccAddress, msg *types.MsgRevokeGrant) error {
	g, err := k.GrantRow(ctx, msg.Grant)
	if err != nil {
		return err
	}
	if !k.isAccount(g.Owner, owner) {
		return types.ErrNotOwner.Wrapf("grant %d is of %s", g.Id, g.Owner)
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	if err := notOver(g, now); err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.settlements.Remove(ctx, collections.Join(g.SettleAt, g.Id)); err != nil {
		return err
	}
	g.Status, g.RevokedAt = types.GRANT_STATUS_REVOKED, now
	// bonds are bound to the old date, and longer windows of new params don't bind them longer
	g.SettleAt = min(g.SettleAt, now+params.DisputeWindowSeconds)
	if err := k.settlements.Set(ctx, collections.Join(g.SettleAt, g.Id)); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventGrantRevoked{Grant: g.Id})
}

// notOver refuses what no longer has effect: ErrRevoked, ErrExpired.
func notOver(g types.Grant, now int64) error {
	if g.Status == types.GRANT_STATUS_REVOKED {
		return types.ErrRevoked.Wrapf("grant %d, at %d", g.Id, g.RevokedAt)
	}
	if now >= g.ExpiresAt {
		return types.ErrExpired.Wrapf("grant %d, at %d; it is %d now", g.Id, g.ExpiresAt, now)
	}
	return nil
}
