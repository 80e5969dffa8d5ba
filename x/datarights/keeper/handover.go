package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// HandOver offers a proxy's parcel to the next rank of the grant's draw, with the grant's acceptance fee, which the proxy once got itself.
// Another is offered it only once that one has declined, or has not answered for hand_over_blocks.
func (k Keeper) HandOver(ctx context.Context, operator sdk.AccAddress, msg *types.MsgHandOver) error {
	g, i, err := k.heldParcel(ctx, operator, msg.Grant)
	if err != nil {
		return err
	}
	p := g.Proxies[i]
	if p.State != types.PROXY_STATE_ACCEPTED {
		return types.ErrNotAccepted.Wrapf("provider %d in grant %d: %s", p.Holder(), g.Id, p.State)
	}
	if len(p.HandedTo) >= types.MaxHands || len(p.Passed) >= types.MaxPassed {
		return types.ErrTooManyHands.Wrapf("%d times in grant %d, %d declined since", len(p.HandedTo), g.Id, len(p.Passed))
	}
	if err := k.passSilent(ctx, &g, i); err != nil {
		return err
	}
	next, err := k.successor(ctx, g, i)
	if err != nil {
		return err
	}
	if msg.To != next {
		return types.ErrSuccessor.Wrapf("provider %d; it is provider %d's turn in grant %d", msg.To, next, g.Id)
	}
	if err := k.escrow(ctx, operator, g.Fees(1)); err != nil {
		return err
	}
	g.Proxies[i].OfferedTo, g.Proxies[i].OfferedHeight = next, sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventHandOverOffered{Grant: g.Id, From: p.Holder(), To: next})
}

// heldParcel returns a grant that is not over and the place of the parcel the operator holds in it.
func (k Keeper) heldParcel(ctx context.Context, operator sdk.AccAddress, id uint64) (types.Grant, int, error) {
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return types.Grant{}, 0, types.Because(types.ErrNotAProxy, err)
	}
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return g, 0, err
	}
	i, ok := g.HeldBy(own.Id)
	if !ok {
		return g, 0, types.ErrNotAProxy.Wrapf("provider %d holds no parcel of grant %d", own.Id, id)
	}
	return g, i, notOver(g, sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
}

// passSilent passes over whom the parcel was offered to before, if that one had its time to answer.
func (k Keeper) passSilent(ctx context.Context, g *types.Grant, i int) error {
	p := g.Proxies[i]
	if p.OfferedTo == 0 {
		return nil
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if until := p.OfferedHeight + params.HandOverBlocks; sdk.UnwrapSDKContext(ctx).BlockHeight() <= until {
		return types.ErrOffered.Wrapf("provider %d may answer until height %d", p.OfferedTo, until)
	}
	g.Proxies[i].Passed = append(p.Passed, p.OfferedTo)
	return k.withdrawOffer(ctx, g, i)
}

// withdrawOffer gives the fee of an offer that was not taken back to the holder.
func (k Keeper) withdrawOffer(ctx context.Context, g *types.Grant, i int) error {
	p := g.Proxies[i]
	if p.OfferedTo == 0 {
		return nil
	}
	row, err := k.provider.Provider(ctx, p.Holder())
	if err != nil {
		return err
	}
	g.Proxies[i].OfferedTo, g.Proxies[i].OfferedHeight = 0, 0
	return k.refund(ctx, row.Operator, g.Fees(1))
}

// successor is the provider whose turn it is to take the i-th parcel: the first in the order of the grant's own draw that has nothing to
// do with the grant yet and was not passed over. Who registered after the draw's boundary knew its seed, and does not count.
func (k Keeper) successor(ctx context.Context, g types.Grant, i int) (uint64, error) {
	reader, err := k.Reader(ctx, g.Reader)
	if err != nil {
		return 0, err
	}
	candidates, err := k.provider.Candidates(ctx, g.Boundary)
	if err != nil {
		return 0, err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasPerRank*uint64(len(candidates)), "ranks of a draw")
	var left []provider.Provider
	for _, c := range candidates {
		passed := false
		for _, id := range g.Proxies[i].Passed {
			passed = passed || id == c.Id
		}
		operator, err := k.account(c.Operator)
		if err != nil {
			return 0, err
		}
		if c.Proxy && !passed && !g.Knows(c.Id) && !k.isAccount(g.Owner, operator) && !k.isAccount(reader.Owner, operator) {
			left = append(left, c)
		}
	}
	first, err := provider.DrawProxies(g.Seed, types.StreamID(sdk.UnwrapSDKContext(ctx).ChainID(), g.Stream), left, 1)
	if err != nil {
		return 0, types.Because(types.ErrSuccessor, err)
	}
	return first[0], nil
}

// TakeOver gives an offered parcel to the provider that holds it by its own word. Its bond is bound as the other's was, which is free of
// this grant from now on, but for what it signed.
func (k Keeper) TakeOver(ctx context.Context, operator sdk.AccAddress, msg *types.MsgTakeOver) error {
	g, i, own, err := k.offered(ctx, operator, msg.Grant)
	if err != nil {
		return err
	}
	if err := notOver(g, sdk.UnwrapSDKContext(ctx).BlockTime().Unix()); err != nil {
		return err
	}
	from := g.Proxies[i].Holder()
	if s := g.Proxies[i].State; s != types.PROXY_STATE_ACCEPTED {
		return types.ErrNotAccepted.Wrapf("provider %d in grant %d: %s", from, g.Id, s)
	}
	if err := k.provider.AddGrant(ctx, own.Id, g.SettleAt); err != nil {
		return types.Because(types.ErrProxy, err)
	}
	if err := k.provider.RemoveGrant(ctx, from); err != nil {
		return err
	}
	if err := k.grantProxies.Remove(ctx, collections.Join(from, g.Id)); err != nil {
		return err
	}
	if err := k.refund(ctx, own.Operator, g.Fees(1)); err != nil {
		return types.Because(types.ErrFee, err)
	}
	p := &g.Proxies[i]
	p.OfferedTo, p.OfferedHeight, p.Passed = 0, 0, nil
	p.HandedTo = append(p.HandedTo, types.Holder{Provider: own.Id, PeerKeyVersion: own.PeerKeyVersion, Height: sdk.UnwrapSDKContext(ctx).BlockHeight()})
	if err := k.grantProxies.Set(ctx, collections.Join(own.Id, g.Id)); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventHandedOver{Grant: g.Id, From: from, To: own.Id})
}

// DeclineHandOver passes the parcel on to the next rank.
func (k Keeper) DeclineHandOver(ctx context.Context, operator sdk.AccAddress, msg *types.MsgDeclineHandOver) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	g, i, own, err := k.offered(ctx, operator, msg.Grant)
	if err != nil {
		return err
	}
	g.Proxies[i].Passed = append(g.Proxies[i].Passed, own.Id)
	if err := k.withdrawOffer(ctx, &g, i); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventHandOverDeclined{Grant: g.Id, Provider: own.Id, Reason: msg.Reason})
}

// offered returns a grant and the place of the parcel that is offered to the operator.
func (k Keeper) offered(ctx context.Context, operator sdk.AccAddress, id uint64) (types.Grant, int, provider.Provider, error) {
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return types.Grant{}, 0, own, types.Because(types.ErrNotOffered, err)
	}
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return g, 0, own, err
	}
	for i, p := range g.Proxies {
		if p.OfferedTo == own.Id && !g.Settled {
			return g, i, own, nil
		}
	}
	return g, 0, own, types.ErrNotOffered.Wrapf("provider %d, grant %d", own.Id, id)
}
