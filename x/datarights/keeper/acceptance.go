package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Accept records a proxy's acceptance of grants, pays its fees and binds its bond.
func (k Keeper) Accept(ctx context.Context, operator sdk.AccAddress, msg *types.MsgAcceptGrant) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return types.Because(types.ErrNotAProxy, err)
	}
	for _, id := range msg.Grants {
		if err := k.acceptOne(ctx, operator, own, id); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) acceptOne(ctx context.Context, operator sdk.AccAddress, own provider.Provider, id uint64) error {
	g, i, err := k.askedProxy(ctx, id, own.Id)
	if err != nil {
		return err
	}
	g.Proxies[i] = types.GrantProxy{
		Provider: own.Id, State: types.PROXY_STATE_ACCEPTED, PeerKeyVersion: own.PeerKeyVersion,
		Height: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}
	if err := k.provider.AddGrant(ctx, own.Id, g.SettleAt); err != nil {
		return types.Because(types.ErrProxy, err)
	}
	if g.AcceptanceFee.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, sdk.NewCoins(g.AcceptanceFee)); err != nil {
			return types.Because(types.ErrFee, err)
		}
	}
	live := g.Status == types.GRANT_STATUS_PENDING && g.Accepted() >= int(g.Threshold)
	if live {
		g.Status = types.GRANT_STATUS_LIVE
	}
	if err := k.grants.Set(ctx, id, g); err != nil {
		return err
	}
	events := sdk.UnwrapSDKContext(ctx).EventManager()
	if err := events.EmitTypedEvent(&types.EventGrantAnswered{Grant: id, Provider: own.Id, Accepted: true}); err != nil {
		return err
	}
	if !live {
		return nil
	}
	return events.EmitTypedEvent(&types.EventGrantLive{Grant: id})
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
	if err := notOver(g, sdk.UnwrapSDKContext(ctx).BlockTime().Unix()); err != nil {
		return g, 0, err
	}
	switch g.Proxies[i].State {
	case types.PROXY_STATE_ASKED:
	case types.PROXY_STATE_SPARE, types.PROXY_STATE_REPLACED:
		return g, 0, types.ErrNotAProxy.Wrapf("provider %d in grant %d: %s", provider, id, g.Proxies[i].State)
	default:
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
		return types.Because(types.ErrNotAProxy, err)
	}
	g, i, err := k.askedProxy(ctx, msg.Grant, own.Id)
	if err != nil {
		return err
	}
	g.Proxies[i].State, g.Proxies[i].Height = types.PROXY_STATE_REFUSED, sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.refund(ctx, g.Owner, g.Fees(1)); err != nil {
		return err
	}
	if err := k.grantProxies.Remove(ctx, collections.Join(own.Id, g.Id)); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventGrantAnswered{Grant: g.Id, Provider: own.Id, Reason: msg.Reason})
}
