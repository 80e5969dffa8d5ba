package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Accept records a proxy's acceptance of grants, pays its fees and binds its bond.
func (k Keeper) Accept(ctx context.Context, operator sdk.AccAddress, msg *types.MsgAcceptGrant) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return types.ErrNotAProxy.Wrap(err.Error())
	}
	for _, id := range msg.Grants {
		if err := k.acceptOne(ctx, operator, own.Id, own.PeerKeyVersion, id); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) acceptOne(ctx context.Context, operator sdk.AccAddress, provider uint64, keyVersion uint32, id uint64) error {
	g, i, err := k.askedProxy(ctx, id, provider)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	g.Proxies[i].State = types.PROXY_STATE_ACCEPTED
	g.Proxies[i].PeerKeyVersion = keyVersion
	g.Proxies[i].Height = sdkCtx.BlockHeight()
	if err := k.provider.AddGrant(ctx, provider, g.SettleAt); err != nil {
		return types.ErrProxy.Wrap(err.Error())
	}
	if g.AcceptanceFee.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, sdk.NewCoins(g.AcceptanceFee)); err != nil {
			return types.ErrFee.Wrap(err.Error())
		}
	}
	live := g.Status == types.GRANT_STATUS_PENDING && g.Accepted() >= int(g.Threshold)
	if live {
		g.Status = types.GRANT_STATUS_LIVE
	}
	if err := k.grants.Set(ctx, id, g); err != nil {
		return err
	}
	if err := sdkCtx.EventManager().EmitTypedEvent(&types.EventGrantAnswered{Grant: id, Provider: provider, Accepted: true}); err != nil {
		return err
	}
	if !live {
		return nil
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventGrantLive{Grant: id})
}

// askedProxy returns a grant that is not over and the proxy's place in it, if it has not answered yet.
func (k Keeper) askedProxy(ctx context.Context, id, provider uint64) (types.Grant, int, error) {
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return g, 0, err
	}
	i, ok := g.ProxyOf(provider)
	if !ok {
		return g, 0, types.ErrNotAProxy.Wrapf("provider %d in grant %d", provider, id)
	}
	if g.Status == types.GRANT_STATUS_REVOKED || sdk.UnwrapSDKContext(ctx).BlockTime().Unix() >= g.ExpiresAt {
		return g, 0, types.ErrOver.Wrapf("grant %d", id)
	}
	if g.Proxies[i].State != types.PROXY_STATE_ASKED {
		return g, 0, types.ErrAnswered.Wrapf("provider %d in grant %d: %s", provider, id, g.Proxies[i].State)
	}
	return g, i, nil
}

// Refuse records a proxy's refusal and gives its fee back to the owner.
func (k Keeper) Refuse(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRefuseGrant) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return types.ErrNotAProxy.Wrap(err.Error())
	}
	g, i, err := k.askedProxy(ctx, msg.Grant, own.Id)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	g.Proxies[i].State = types.PROXY_STATE_REFUSED
	g.Proxies[i].Height = sdkCtx.BlockHeight()
	if err := k.refund(ctx, g, 1); err != nil {
		return err
	}
	if err := k.grantProxies.Remove(ctx, collections.Join(own.Id, g.Id)); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventGrantAnswered{Grant: g.Id, Provider: own.Id, Reason: msg.Reason})
}

// refund gives unpaid acceptance fees back to the owner.
func (k Keeper) refund(ctx context.Context, g types.Grant, fees int) error {
	total := sdk.NewCoin(g.AcceptanceFee.Denom, g.AcceptanceFee.Amount.MulRaw(int64(fees)))
	if !total.IsPositive() {
		return nil
	}
	owner, err := k.addresses.StringToBytes(g.Owner)
	if err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, owner, sdk.NewCoins(total))
}
