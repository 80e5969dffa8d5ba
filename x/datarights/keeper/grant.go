package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// gasPerNode is charged for each key tree node of a grant: the cover is computed here and again in every dispute.
const gasPerNode = 100

// GrantRow returns a row, or ErrNotFound.
func (k Keeper) GrantRow(ctx context.Context, id uint64) (types.Grant, error) {
	g, err := k.grants.Get(ctx, id)
	return found(g, err, "grant", id)
}

// Grant makes a grant, which waits for its proxies.
func (k Keeper) Grant(ctx context.Context, owner sdk.AccAddress, msg *types.MsgGrant) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, msg.Owner, msg.Stream)
	if err != nil {
		return 0, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := checkGrantTimes(s, params, msg, sdkCtx.BlockTime().Unix()); err != nil {
		return 0, err
	}
	reader, err := k.Reader(ctx, msg.Reader)
	if err != nil {
		return 0, err
	}
	if reader.Version != msg.ReaderVersion {
		return 0, types.ErrReaderVersion.Wrapf("%d, reader %d is at %d", msg.ReaderVersion, reader.Id, reader.Version)
	}
	proxies, err := k.checkProxies(ctx, s, reader, msg)
	if err != nil {
		return 0, err
	}
	cover, err := keytree.Cover(msg.KeyEpoch, msg.FirstInterval, msg.LastInterval, msg.Split, uint8(msg.Grain), int(params.MaxNodesPerGrant))
	if err != nil {
		return 0, types.ErrTooManyNodes.Wrap(err.Error())
	}
	sdkCtx.GasMeter().ConsumeGas(gasPerNode*uint64(len(cover)), "key tree nodes")
	if err := k.escrow(ctx, owner, msg); err != nil {
		return 0, err
	}
	id, err := k.grantSeq.Next(ctx)
	if err != nil {
		return 0, err
	}
	g := types.Grant{
		Id: id, Stream: s.Id, Owner: msg.Owner, Reader: reader.Id, ReaderVersion: reader.Version, KeyEpoch: msg.KeyEpoch,
		FirstInterval: msg.FirstInterval, LastInterval: msg.LastInterval, Split: msg.Split, Grain: msg.Grain,
		Threshold: msg.Threshold, Boundary: msg.Boundary, Proxies: proxies, Root: msg.Root,
		Leaves: uint32(len(cover) * len(proxies)), AcceptanceFee: msg.AcceptanceFee, ExpiresAt: msg.ExpiresAt,
		Status: types.GRANT_STATUS_PENDING, CreatedHeight: sdkCtx.BlockHeight(), SettleAt: msg.ExpiresAt + params.DisputeWindowSeconds,
	}
	for _, p := range msg.Proxies {
		if err := k.grantProxies.Set(ctx, collections.Join(p, id)); err != nil {
			return 0, err
		}
	}
	if err := k.grants.Set(ctx, id, g); err != nil {
		return 0, err
	}
	if err := k.settlements.Set(ctx, collections.Join(g.SettleAt, id)); err != nil {
		return 0, err
	}
	return id, sdkCtx.EventManager().EmitTypedEvent(&types.EventGranted{Grant: id, Stream: s.Id, Reader: reader.Id, Proxies: msg.Proxies})
}

func checkGrantTimes(s types.Stream, params types.Params, msg *types.MsgGrant, now int64) error {
	if msg.ExpiresAt <= now || msg.ExpiresAt-now > params.MaxGrantSeconds {
		return types.ErrExpiry.Wrapf("%d; it is %d now and a grant lasts at most %d seconds", msg.ExpiresAt, now, params.MaxGrantSeconds)
	}
	if s.KeyEpochAt(msg.FirstInterval) != msg.KeyEpoch || s.KeyEpochAt(msg.LastInterval) != msg.KeyEpoch {
		return types.ErrKeyEpoch.Wrapf("%d; the range is of epochs %d to %d: grant each apart",
			msg.KeyEpoch, s.KeyEpochAt(msg.FirstInterval), s.KeyEpochAt(msg.LastInterval))
	}
	if msg.Split == 0 {
		return nil
	}
	// the last interval counted as closed must have ended; the clock allowance is the anchors'
	_, end := s.Grid().Bounds(uint32(min(msg.Split, uint64(msg.LastInterval)+1) - 1))
	if end > (now+params.ClockSkewSeconds)*1000 {
		return types.ErrSplit.Wrapf("%d: that interval ends at %d ms, the block is at %d", msg.Split, end, now*1000)
	}
	return nil
}

// checkProxies refuses operators who can't or mustn't hold shares of this grant.
func (k Keeper) checkProxies(ctx context.Context, s types.Stream, r types.Reader, msg *types.MsgGrant) ([]types.GrantProxy, error) {
	if err := k.provider.CheckBoundary(ctx, msg.Boundary); err != nil {
		return nil, err
	}
	proxies := make([]types.GrantProxy, len(msg.Proxies))
	for i, id := range msg.Proxies {
		row, err := k.provider.Provider(ctx, id)
		if err != nil {
			return nil, types.ErrProxy.Wrap(err.Error())
		}
		if !row.Offers(false, true) {
			return nil, types.ErrProxy.Wrapf("provider %d is not active as a proxy", id)
		}
		if row.Operator == s.Owner || row.Operator == r.Owner {
			return nil, types.ErrProxy.Wrapf("provider %d belongs to the owner or the reader", id)
		}
		proxies[i] = types.GrantProxy{Provider: id, State: types.PROXY_STATE_ASKED}
	}
	return proxies, nil
}

// escrow takes one acceptance fee per proxy.
func (k Keeper) escrow(ctx context.Context, owner sdk.AccAddress, msg *types.MsgGrant) error {
	total := sdk.NewCoin(msg.AcceptanceFee.Denom, msg.AcceptanceFee.Amount.MulRaw(int64(len(msg.Proxies))))
	if !total.IsPositive() {
		return nil
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, types.ModuleName, sdk.NewCoins(total)); err != nil {
		return types.ErrFee.Wrap(err.Error())
	}
	return nil
}

// Revoke ends a grant with a tombstone. Its locks stay until the dispute window after now is over.
func (k Keeper) Revoke(ctx context.Context, msg *types.MsgRevokeGrant) error {
	g, err := k.GrantRow(ctx, msg.Grant)
	if err != nil {
		return err
	}
	if g.Owner != msg.Owner {
		return types.ErrNotOwner.Wrapf("grant %d", g.Id)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	now := sdkCtx.BlockTime().Unix()
	if g.Status == types.GRANT_STATUS_REVOKED || now >= g.ExpiresAt {
		return types.ErrOver.Wrapf("grant %d", g.Id)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.settlements.Remove(ctx, collections.Join(g.SettleAt, g.Id)); err != nil {
		return err
	}
	g.Status, g.RevokedAt, g.SettleAt = types.GRANT_STATUS_REVOKED, now, now+params.DisputeWindowSeconds
	if err := k.settlements.Set(ctx, collections.Join(g.SettleAt, g.Id)); err != nil {
		return err
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	return sdkCtx.EventManager().EmitTypedEvent(&types.EventGrantRevoked{Grant: g.Id})
}
