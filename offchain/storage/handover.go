package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Courier brings a sealed parcel to another provider, from this node's own peer id.
type Courier interface {
	PushParcel(ctx context.Context, to provider.Provider, grant uint64, sealed []byte) (wire.PushParcelReply, error)
}

// columnOf is the place of the parcel that a provider holds of a grant, or is offered.
func columnOf(g datarights.Grant, self uint64) (int, bool) {
	if i, ok := g.HeldBy(self); ok {
		return i, true
	}
	for i, p := range g.Proxies {
		if p.OfferedTo == self {
			return i, true
		}
	}
	return 0, false
}

// waitsFor tells whether a provider's word about the parcel at a place is still to be given.
func waitsFor(p datarights.GrantProxy, self uint64) bool {
	return p.OfferedTo == self || p.Provider == self && p.State == datarights.PROXY_STATE_ASKED
}

// leaver is the chore that hands over the parcels of a provider that is leaving. What it has done stands in the grants' rows, so it
// goes on after a crash where it was.
type leaver struct {
	self     Self
	store    *store.Store
	view     view
	demands  Demands
	operator Operator
	courier  Courier
	log      *slog.Logger
}

// pass offers every parcel to whose turn it is, and brings it there.
func (l *leaver) pass(ctx context.Context) error {
	row, err := l.view.chain.Provider(ctx, l.self.Provider)
	if err != nil || row.Status != provider.STATUS_LEAVING && row.Status != provider.STATUS_EXPELLED {
		return err
	}
	tip, err := l.view.fresh(ctx)
	if err != nil {
		return err
	}
	params, err := l.demands.DatarightsParams(ctx)
	if err != nil {
		return err
	}
	rows, err := l.store.Grants()
	if err != nil {
		return err
	}
	var errs []error
	for _, row := range rows {
		if row.State != store.GrantAccepted {
			continue
		}
		if err := l.handOver(ctx, row.ID, tip.Height-params.HandOverBlocks, l.view.now(tip)); err != nil {
			errs = append(errs, fmt.Errorf("hand grant %d over: %w", row.ID, err))
		}
	}
	return errors.Join(errs...)
}

// handOver does what is next for one parcel. An offer made before a height has been silent too long.
func (l *leaver) handOver(ctx context.Context, id uint64, silentBefore, now int64) error {
	g, err := l.view.chain.Grant(ctx, id)
	if err != nil {
		return err
	}
	column, ok := g.HeldBy(l.self.Provider)
	if !ok || now >= g.End() || g.Proxies[column].State != datarights.PROXY_STATE_ACCEPTED {
		return nil
	}
	if p := g.Proxies[column]; p.OfferedTo == 0 || p.OfferedHeight < silentBefore {
		if g, err = l.offer(ctx, g); err != nil {
			return err
		}
	}
	return l.bring(ctx, g, g.Proxies[column].OfferedTo)
}

// offer offers a parcel on chain and returns the grant's new row.
func (l *leaver) offer(ctx context.Context, g datarights.Grant) (datarights.Grant, error) {
	to, err := l.demands.Successor(ctx, g.Id, l.self.Provider)
	if err != nil {
		return g, err
	}
	if err := submit(ctx, l.operator, &datarights.MsgHandOver{Operator: l.operator.Address(), Grant: g.Id, To: to}); err != nil {
		return g, err
	}
	l.log.Info("offered a parcel", "grant", g.Id, "to", to)
	return l.view.chain.Grant(ctx, g.Id)
}

// bring seals the parcel to another provider and takes it there; doing so again is harmless.
func (l *leaver) bring(ctx context.Context, g datarights.Grant, to uint64) error {
	if to == 0 {
		return nil // taken or declined since
	}
	row, err := l.view.chain.Provider(ctx, to)
	if err != nil {
		return err
	}
	if len(row.SealKey) != len(seal.BoxPublic{}) {
		return fmt.Errorf("provider %d has a malformed seal key", to)
	}
	parcel, err := l.parcel(g, to)
	if err != nil {
		return err
	}
	bz, err := parcel.Marshal()
	if err != nil {
		return err
	}
	sealed, err := seal.SealTo(seal.BoxPublic(row.SealKey), []byte(wire.ParcelInfo), wire.ParcelAAD(l.self.ChainID, g.Id, to), bz)
	if err != nil {
		return err
	}
	reply, err := l.courier.PushParcel(ctx, row, g.Id, sealed)
	if err != nil {
		return err
	}
	l.log.Info("brought a parcel", "grant", g.Id, "to", to, "state", reply.State, "reason", reply.Reason)
	return nil
}

// parcel is what the store has of a grant, as the owner once sealed it, with the capsules that have come since.
func (l *leaver) parcel(g datarights.Grant, to uint64) (wire.Parcel, error) {
	p := wire.Parcel{ChainId: l.self.ChainID, Grant: g.Id, Provider: to}
	cover, err := datarights.GrantCover(g, int(g.Leaves))
	if err != nil {
		return p, err
	}
	for _, node := range cover {
		name, err := node.MarshalBinary()
		if err != nil {
			return p, err
		}
		e, err := l.store.Entry(g.Id, name)
		if err != nil {
			return p, fmt.Errorf("entry %s: %w", node, err)
		}
		p.Entries = append(p.Entries, e)
	}
	return p, nil
}

// submit sends transactions of the operator and waits for them.
func submit(ctx context.Context, operator Operator, msgs ...sdk.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	_, err := operator.Submit(ctx, chain.TxOptions{}, msgs...)
	return err
}
