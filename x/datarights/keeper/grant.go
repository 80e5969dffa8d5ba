package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// GrantRow returns a row, or ErrNotFound.
func (k Keeper) GrantRow(ctx context.Context, id uint64) (types.Grant, error) {
	g, err := k.grants.Get(ctx, id)
	return found(g, err, "grant", id)
}

// Grant makes a grant, which waits for its proxies, and returns its id.
func (k Keeper) Grant(ctx context.Context, owner sdk.AccAddress, msg *types.MsgGrant) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	s, err := k.ownedStream(ctx, owner, msg.Stream)
	if err != nil {
		return 0, err
	}
	if err := checkGrantTimes(s, params, msg, sdk.UnwrapSDKContext(ctx).BlockTime().Unix()); err != nil {
		return 0, err
	}
	reader, err := k.Reader(ctx, msg.Reader)
	if err != nil {
		return 0, err
	}
	if reader.Version != msg.ReaderVersion {
		return 0, types.ErrReaderVersion.Wrapf("%d, reader %d is at %d", msg.ReaderVersion, reader.Id, reader.Version)
	}
	if err := k.checkProxies(ctx, s, reader, msg); err != nil {
		return 0, err
	}
	g := newGrant(ctx, s, msg, params)
	if g.Seed, err = k.provider.BoundarySeed(ctx, msg.Boundary); err != nil {
		return 0, err
	}
	if g.Leaves, err = countLeaves(ctx, g, params); err != nil {
		return 0, err
	}
	if err := k.escrow(ctx, owner, g.Fees(len(msg.Proxies))); err != nil {
		return 0, err
	}
	if g.Id, err = k.grantSeq.Next(ctx); err != nil {
		return 0, err
	}
	if err := k.setGrant(ctx, g); err != nil {
		return 0, err
	}
	return g.Id, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventGranted{
		Grant: g.Id, Stream: s.Id, Reader: reader.Id, Proxies: msg.Proxies,
	})
}

func newGrant(ctx context.Context, s types.Stream, msg *types.MsgGrant, params types.Params) types.Grant {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	var proxies []types.GrantProxy
	for _, id := range msg.Proxies {
		proxies = append(proxies, types.GrantProxy{Provider: id, State: types.PROXY_STATE_ASKED, Height: height})
	}
	for _, id := range msg.Spares {
		proxies = append(proxies, types.GrantProxy{Provider: id, State: types.PROXY_STATE_SPARE, Height: height})
	}
	return types.Grant{
		Stream: s.Id, Owner: s.Owner, Reader: msg.Reader, ReaderVersion: msg.ReaderVersion, KeyEpoch: msg.KeyEpoch,
		FirstInterval: msg.FirstInterval, LastInterval: msg.LastInterval, Split: msg.Split, Grain: msg.Grain,
		Threshold: msg.Threshold, Boundary: msg.Boundary, Proxies: proxies, Root: msg.Root,
		AcceptanceFee: msg.AcceptanceFee, ExpiresAt: msg.ExpiresAt, Status: types.GRANT_STATUS_PENDING,
		CreatedHeight: height, SettleAt: msg.ExpiresAt + params.DisputeWindowSeconds,
	}
}

// setGrant writes the row and what follows from it: its proxies' lists and its place in the queue.
func (k Keeper) setGrant(ctx context.Context, g types.Grant) error {
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return err
	}
	if g.Settled {
		return nil
	}
	for _, p := range g.Proxies {
		if !p.Listed() {
			continue
		}
		if err := k.grantProxies.Set(ctx, collections.Join(p.Holder(), g.Id)); err != nil {
			return err
		}
	}
	if !g.Queued() {
		return nil
	}
	return k.settlements.Set(ctx, collections.Join(g.SettleAt, g.Id))
}

// countLeaves computes the cover, for gas.
func countLeaves(ctx context.Context, g types.Grant, params types.Params) (uint32, error) {
	cover, err := types.GrantCover(g, int(params.MaxNodesPerGrant))
	if errors.Is(err, keytree.ErrTooManyNodes) {
		return 0, types.Because(types.ErrTooManyNodes, err)
	}
	if err != nil {
		return 0, types.Because(types.ErrRange, err)
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasPerNode*uint64(len(cover)), "key tree nodes")
	return uint32(len(cover) * len(g.Proxies)), nil //nolint:gosec // at most MaxNodesPerGrant times MaxProxies
}

// checkGrantTimes checks expiry, key epoch and split against the clock and the stream.
func checkGrantTimes(s types.Stream, params types.Params, msg *types.MsgGrant, now int64) error {
	if msg.ExpiresAt <= now || msg.ExpiresAt-now > params.MaxGrantSeconds {
		return types.ErrExpiry.Wrapf("%d; it is %d now and a grant lasts at most %d seconds", msg.ExpiresAt, now, params.MaxGrantSeconds)
	}
	if first, last := s.KeyEpochAt(msg.FirstInterval), s.KeyEpochAt(msg.LastInterval); first != msg.KeyEpoch || last != msg.KeyEpoch {
		return types.ErrKeyEpoch.Wrapf("%d; the range is of epochs %d to %d: grant each apart", msg.KeyEpoch, first, last)
	}
	if msg.Split == 0 || s.Historical {
		return nil // nothing counts as closed, or event time has no tie to the clock
	}
	// the last interval counted as closed must have ended; the clock allowance is the anchors'
	//nolint:gosec // at most LastInterval
	_, end := s.Grid().Bounds(uint32(min(msg.Split, uint64(msg.LastInterval)+1) - 1))
	if end > (now+params.ClockSkewSeconds)*1000 {
		return types.ErrSplit.Wrapf("%d: that interval ends at %d ms, the block is at %d", msg.Split, end, now*1000)
	}
	return nil
}

// escrow takes the acceptance fees.
func (k Keeper) escrow(ctx context.Context, owner sdk.AccAddress, total sdk.Coin) error {
	if !total.IsPositive() {
		return nil
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, owner, types.ModuleName, sdk.NewCoins(total)); err != nil {
		return types.Because(types.ErrFee, err)
	}
	return nil
}
