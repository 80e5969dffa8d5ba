package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Regrant asks the next spares in the place of proxies that refused or have been silent, and returns whom it asks. The fee of a silent
// one goes to who is asked in its stead; for one that refused, and had its fee sent back, the owner pays again.
func (k Keeper) Regrant(ctx context.Context, owner sdk.AccAddress, msg *types.MsgRegrant) ([]uint64, error) {
	if err := msg.Validate(); err != nil {
		return nil, err
	}
	g, err := k.GrantRow(ctx, msg.Grant)
	if err != nil {
		return nil, err
	}
	if !k.isAccount(g.Owner, owner) {
		return nil, types.ErrNotOwner.Wrapf("grant %d is of %s", g.Id, g.Owner)
	}
	if err := notOver(g, sdk.UnwrapSDKContext(ctx).BlockTime().Unix()); err != nil {
		return nil, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	g.Proxies = slices.Clone(g.Proxies)
	unpaid := g.Count(types.PROXY_STATE_ASKED)
	for _, id := range msg.Replaced {
		if err := k.replaceProxy(ctx, &g, id, params.SilentBlocks); err != nil {
			return nil, err
		}
	}
	asked, err := k.askSpares(ctx, &g, len(msg.Replaced))
	if err != nil {
		return nil, err
	}
	if err := k.escrow(ctx, owner, g.Fees(g.Count(types.PROXY_STATE_ASKED)-unpaid)); err != nil {
		return nil, err
	}
	if err := k.setGrant(ctx, g); err != nil {
		return nil, err
	}
	return asked, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRegranted{Grant: g.Id, Replaced: msg.Replaced, Asked: asked})
}

// replaceProxy takes a proxy out of a grant that refused, or has not answered for silentBlocks.
func (k Keeper) replaceProxy(ctx context.Context, g *types.Grant, id uint64, silentBlocks int64) error {
	i, ok := g.ProxyOf(id)
	if !ok {
		return types.ErrNotAProxy.Wrapf("provider %d in grant %d", id, g.Id)
	}
	p, height := &g.Proxies[i], sdk.UnwrapSDKContext(ctx).BlockHeight()
	switch p.State {
	case types.PROXY_STATE_REFUSED: // in no list since
	case types.PROXY_STATE_ASKED:
		if due := p.Height + silentBlocks; height < due {
			return types.ErrReplace.Wrapf("provider %d was asked at height %d and may answer until %d", id, p.Height, due)
		}
		if err := k.grantProxies.Remove(ctx, collections.Join(id, g.Id)); err != nil {
			return err
		}
	default:
		return types.ErrReplace.Wrapf("provider %d in grant %d: %s", id, g.Id, p.State)
	}
	p.State, p.Height = types.PROXY_STATE_REPLACED, height
	return nil
}

// askSpares asks the first n spares that can be asked now; one that is paused keeps its rank.
func (k Keeper) askSpares(ctx context.Context, g *types.Grant, n int) ([]uint64, error) {
	var asked []uint64
	for i := range g.Proxies {
		p := &g.Proxies[i]
		if p.State != types.PROXY_STATE_SPARE || len(asked) == n {
			continue
		}
		row, err := k.provider.Provider(ctx, p.Provider)
		if err != nil {
			return nil, err
		}
		if !row.Offers(false, true) {
			continue
		}
		p.State, p.Height = types.PROXY_STATE_ASKED, sdk.UnwrapSDKContext(ctx).BlockHeight()
		asked = append(asked, p.Provider)
	}
	if len(asked) < n {
		return nil, types.ErrNoSpare.Wrapf("%d of %d in grant %d: replace fewer, or revoke it and grant anew", len(asked), n, g.Id)
	}
	return asked, nil
}
