package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// DemandRow returns a row, or ErrNotFound.
func (k Keeper) DemandRow(ctx context.Context, id uint64) (types.Demand, error) {
	d, err := k.demands.Get(ctx, id)
	return found(d, err, "demand", id)
}

// pot of a grant, empty where nothing was demanded yet.
func (k Keeper) pot(ctx context.Context, grant uint64) (types.Pot, error) {
	p, err := k.pots.Get(ctx, grant)
	if errors.Is(err, collections.ErrNotFound) {
		return types.NewPot(), nil
	}
	return p, err
}

// DemandFragment opens a demand for one proxy's answer about one node, and returns its id. The capsule need not be proved: a proxy
// whose leaf commits to another shows its leaf and keeps the fee.
func (k Keeper) DemandFragment(ctx context.Context, demander sdk.AccAddress, msg *types.MsgDemandFragment) (uint64, error) {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(gasPossession, "capsule of a demand")
	if err := msg.Validate(); err != nil {
		return 0, err
	}
	g, err := k.demandable(ctx, demander, msg.Grant)
	if err != nil {
		return 0, err
	}
	sdkCtx.GasMeter().ConsumeGas(gasPerNode*uint64(g.Leaves)/uint64(len(g.Proxies)), "key tree nodes")
	n, node, err := types.NodeAt(g, msg.Node)
	if err != nil {
		return 0, err
	}
	if _, err := k.closedNode(ctx, g, node); err != nil {
		return 0, err
	}
	column, ok := g.HeldBy(msg.Provider)
	if !ok {
		return 0, types.ErrNotAProxy.Wrapf("provider %d holds no parcel of grant %d", msg.Provider, g.Id)
	}
	if s := g.Proxies[column].State; s != types.PROXY_STATE_ACCEPTED && s != types.PROXY_STATE_FAULTY {
		return 0, types.ErrNotAccepted.Wrapf("provider %d in grant %d: %s", msg.Provider, g.Id, s)
	}
	return k.openDemand(ctx, demander, types.Demand{
		Kind: types.DEMAND_KIND_FRAGMENT, Grant: g.Id, Position: n*uint32(len(g.Proxies)) + uint32(column), //nolint:gosec // below Leaves
		Provider: msg.Provider, Capsule: msg.Capsule,
	})
}

// DemandCapsule opens a demand for what hashes to a leaf's capsule hash, and returns its id.
func (k Keeper) DemandCapsule(ctx context.Context, demander sdk.AccAddress, msg *types.MsgDemandCapsule) (uint64, error) {
	if err := msg.Validate(); err != nil {
		return 0, err
	}
	g, err := k.demandable(ctx, demander, msg.Grant)
	if err != nil {
		return 0, err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasPerNode*uint64(g.Leaves)/uint64(len(g.Proxies)), "key tree nodes")
	leaf, err := pre.ParseLeaf(msg.Leaf)
	if err != nil {
		return 0, types.Because(types.ErrLeaf, err)
	}
	if err := types.CheckLeaf(g, leaf, msg.Position, msg.Path); err != nil {
		return 0, err
	}
	node, err := keytree.ParseNode(leaf.Node[:])
	if err != nil {
		return 0, types.Because(types.ErrLeaf, err)
	}
	s, err := k.closedNode(ctx, g, node)
	if err != nil {
		return 0, err
	}
	if err := k.anchoredWhere(ctx, s, node); err != nil {
		return 0, err
	}
	return k.openDemand(ctx, demander, types.Demand{
		Kind: types.DEMAND_KIND_CAPSULE, Grant: g.Id, Position: msg.Position, CapsuleHash: leaf.CapsuleHash[:],
	})
}

// demandable returns a grant that the signer may demand things of: it is live, and its reader is the signer's, with keys that are
// not retired.
func (k Keeper) demandable(ctx context.Context, demander sdk.AccAddress, id uint64) (types.Grant, error) {
	g, err := k.GrantRow(ctx, id)
	if err != nil {
		return g, err
	}
	reader, err := k.Reader(ctx, g.Reader)
	if err != nil {
		return g, err
	}
	if !k.isAccount(reader.Owner, demander) {
		return g, types.ErrNotOwner.Wrapf("grant %d is for reader %d of %s", id, reader.Id, reader.Owner)
	}
	if reader.Version != g.ReaderVersion {
		return g, types.ErrReaderVersion.Wrapf("grant %d is for version %d of reader %d's keys, which is retired", id, g.ReaderVersion, reader.Id)
	}
	if err := notOver(g, sdk.UnwrapSDKContext(ctx).BlockTime().Unix()); err != nil {
		return g, err
	}
	if g.Status != types.GRANT_STATUS_LIVE {
		return g, types.ErrPending.Wrapf("grant %d has %d of %d acceptances", id, g.Accepted(), g.Threshold)
	}
	return g, nil
}

// closedNode checks that a node's window has closed and that the grant still opens its beginning. A historical stream's time has no
// tie to the clock.
func (k Keeper) closedNode(ctx context.Context, g types.Grant, node keytree.Node) (types.Stream, error) {
	s, err := k.Stream(ctx, g.Stream)
	if err != nil {
		return s, err
	}
	if epoch := s.KeyEpochAt(node.First()); epoch != g.KeyEpoch {
		return s, types.ErrKeyEpoch.Wrapf("%s is of epoch %d since a rekey", node, epoch)
	}
	if s.Historical {
		return s, nil
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli()
	if _, end := s.Grid().Bounds(node.Last()); end > now {
		return s, types.ErrStillOpen.Wrapf("%s ends at %d ms, the block is at %d", node, end, now)
	}
	return s, nil
}

// anchoredWhere asks of a historical stream that a node's time has been anchored: there is no other sign that it is over.
func (k Keeper) anchoredWhere(ctx context.Context, s types.Stream, node keytree.Node) error {
	if !s.Historical {
		return nil
	}
	head, err := k.Head(ctx, s.Id)
	if err != nil {
		return err
	}
	if node.Last() >= head.NextInterval {
		return types.ErrStillOpen.Wrapf("%s: interval %d comes next in stream %d", node, head.NextInterval, s.Id)
	}
	return nil
}

// openDemand takes the fee and writes the row with its places in the lists.
func (k Keeper) openDemand(ctx context.Context, demander sdk.AccAddress, d types.Demand) (uint64, error) {
	if id, err := k.demands.Indexes.once.MatchExact(ctx, d.Once()); err == nil {
		return 0, types.ErrDemanded.Wrapf("demand %d", id)
	} else if !errors.Is(err, collections.ErrNotFound) {
		return 0, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	pot, err := k.pot(ctx, d.Grant)
	if err != nil {
		return 0, err
	}
	if pot.Open >= params.MaxOpenDemands {
		return 0, types.ErrTooManyDemands.Wrapf("%d of grant %d, at most %d: wait for answers", pot.Open, d.Grant, params.MaxOpenDemands)
	}
	if err := k.escrow(ctx, demander, params.DemandFee); err != nil {
		return 0, err
	}
	if d.Demander, err = k.canonical(demander); err != nil {
		return 0, err
	}
	if d.Id, err = k.demandSeq.Next(ctx); err != nil {
		return 0, err
	}
	d.Fee, d.Slashed, d.State = params.DemandFee, sdk.NewInt64Coin(types.FeeDenom, 0), types.DEMAND_STATE_OPEN
	d.Deadline = sdk.UnwrapSDKContext(ctx).BlockHeight() + params.DemandBlocks
	pot.Open++
	if err := k.pots.Set(ctx, d.Grant, pot); err != nil {
		return 0, err
	}
	if err := k.setDemand(ctx, d); err != nil {
		return 0, err
	}
	return d.Id, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDemanded{
		Demand: d.Id, Kind: d.Kind, Grant: d.Grant, Provider: d.Provider, Deadline: d.Deadline,
	})
}

// setDemand writes a row and its places in queue and lists. Who changes the deadline takes the old entry out first.
func (k Keeper) setDemand(ctx context.Context, d types.Demand) error {
	if err := k.demands.Set(ctx, d.Id, d); err != nil {
		return err
	}
	if d.Queued() {
		if err := k.demandsDue.Set(ctx, collections.Join(d.Deadline, d.Id)); err != nil {
			return err
		}
	}
	list, key, err := k.openList(ctx, d)
	if err != nil || d.Ended() {
		return err
	}
	return list.Set(ctx, key)
}

// openList is the list an open demand stands in: of its provider, or of its stream.
func (k Keeper) openList(ctx context.Context, d types.Demand) (collections.KeySet[collections.Pair[uint64, uint64]], collections.Pair[uint64, uint64], error) {
	if d.Kind == types.DEMAND_KIND_FRAGMENT {
		return k.demandsOf, collections.Join(d.Provider, d.Id), nil
	}
	g, err := k.GrantRow(ctx, d.Grant)
	return k.demandsAt, collections.Join(g.Stream, d.Id), err
}
