package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Demands is what a node reads of demands and hand-overs. The lists are hints: what is in them is judged by rows.
type Demands interface {
	// Demands lists the open ones of the provider or stream the request names.
	Demands(ctx context.Context, req *datarights.QueryDemandsRequest) ([]datarights.Demand, error)
	// Successor is whom a parcel that a provider holds has to be offered to.
	Successor(ctx context.Context, grant, provider uint64) (uint64, error)
	DatarightsParams(ctx context.Context) (datarights.Params, error)
}

// Limits of one pass over demands, and of the answers one transaction carries.
const (
	maxDemandsPerPass = 128
	demandBatch       = 8
)

// answerer is the chore that answers demands on chain. Its queue is the chain's own list of open ones, so it goes on after a crash
// where it was.
type answerer struct {
	self      Self
	store     *store.Store
	view      view
	demands   Demands
	operator  Operator
	reEncrypt ReEncrypt
	rand      io.Reader
	metrics   *metrics
	log       *slog.Logger
}

// pass answers what is demanded of this proxy, and then brings capsules that nobody else brought.
func (a *answerer) pass(ctx context.Context) error {
	tip, err := a.view.fresh(ctx)
	if err != nil {
		return err
	}
	open, err := a.demands.Demands(ctx, &datarights.QueryDemandsRequest{Provider: a.self.Provider})
	if err != nil {
		return err
	}
	var msgs []sdk.Msg
	var errs []error
	for _, d := range open[:min(len(open), maxDemandsPerPass)] {
		if tip.Height >= d.Deadline {
			continue // it would come too late
		}
		msg, err := a.answer(ctx, d)
		if err != nil {
			errs = append(errs, fmt.Errorf("demand %d of grant %d: %w", d.Id, d.Grant, err))
			continue
		}
		msgs = append(msgs, msg)
	}
	capsules, err := a.capsules(ctx, tip)
	errs = append(errs, err, a.send(ctx, msgs), a.send(ctx, capsules))
	return errors.Join(errs...)
}

// answer makes the message that answers a demand: the fragment, or the leaf where the demand came with another capsule than it promises.
// That the reader may have it is the chain's to say, and it has said so.
func (a *answerer) answer(ctx context.Context, d datarights.Demand) (sdk.Msg, error) {
	g, err := a.view.chain.Grant(ctx, d.Grant)
	if err != nil {
		return nil, err
	}
	e, err := a.entry(g, d.Position)
	if err != nil {
		return nil, err
	}
	share, err := shareOf(e)
	if err != nil {
		return nil, err
	}
	if pre.CapsuleHash(d.Capsule) != share.Leaf.CapsuleHash {
		return &datarights.MsgRefuteDemand{Operator: a.operator.Address(), Demand: d.Id, Leaf: e.Leaf, Path: e.Path}, nil
	}
	e.Capsule = d.Capsule
	fragment, err := a.reEncrypt(ctx, a.rand, share, e.Capsule, pre.Binding{ChainID: a.self.ChainID, Grant: g.Id})
	if err != nil {
		return nil, err
	}
	return &datarights.MsgAnswerDemand{Operator: a.operator.Address(), Demand: d.Id, Answer: a.self.signAnswer(g.Id, e, fragment)}, nil
}

// entry finds what the store has for a leaf of a grant.
func (a *answerer) entry(g datarights.Grant, position uint32) (wire.ParcelEntry, error) {
	cover, err := datarights.GrantCover(g, int(g.Leaves))
	if err != nil {
		return wire.ParcelEntry{}, err
	}
	n := int(position) / max(len(g.Proxies), 1)
	if n >= len(cover) {
		return wire.ParcelEntry{}, fmt.Errorf("leaf %d of %d nodes", position, len(cover))
	}
	name, err := cover[n].MarshalBinary()
	if err != nil {
		return wire.ParcelEntry{}, err
	}
	return a.store.Entry(g.Id, name)
}

// capsules makes the messages that bring capsules demanded of owners, once half of the time has passed without one: the owner and the
// gateway come first, then the proxies, one after the other.
func (a *answerer) capsules(ctx context.Context, tip chain.Tip) ([]sdk.Msg, error) {
	rows, err := a.store.Grants()
	if err != nil {
		return nil, err
	}
	params, err := a.demands.DatarightsParams(ctx)
	if err != nil {
		return nil, err
	}
	streams := map[uint64]bool{}
	var msgs []sdk.Msg
	for _, row := range rows {
		if streams[row.Stream] || row.State != store.GrantAccepted || len(msgs) >= maxDemandsPerPass {
			continue
		}
		streams[row.Stream] = true
		open, err := a.demands.Demands(ctx, &datarights.QueryDemandsRequest{Stream: row.Stream})
		if err != nil {
			return msgs, err
		}
		for _, d := range open[:min(len(open), maxDemandsPerPass)] {
			msg, err := a.capsule(ctx, d, tip.Height, params.DemandBlocks)
			if err != nil {
				return msgs, err
			}
			if msg != nil {
				msgs = append(msgs, msg)
			}
		}
	}
	return msgs, nil
}

// capsule brings a demanded capsule, if it is this proxy's turn and the store has it.
func (a *answerer) capsule(ctx context.Context, d datarights.Demand, height, blocks int64) (sdk.Msg, error) {
	g, err := a.view.chain.Grant(ctx, d.Grant)
	if err != nil {
		return nil, err
	}
	column, ok := g.HeldBy(a.self.Provider)
	n := int64(len(g.Proxies))
	if !ok || height >= d.Deadline || 2*n*(d.Deadline-height) > blocks*(n-int64(column)) {
		return nil, nil
	}
	e, err := a.entry(g, d.Position)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if hash := pre.CapsuleHash(e.Capsule); err != nil || string(hash[:]) != string(d.CapsuleHash) {
		return nil, err
	}
	return &datarights.MsgAnswerCapsule{Sender: a.operator.Address(), Demand: d.Id, Capsule: e.Capsule}, nil
}

// send sends answers in batches. One that is refused fails its batch, so that is tried again one by one.
func (a *answerer) send(ctx context.Context, msgs []sdk.Msg) error {
	var errs []error
	for len(msgs) > 0 {
		n := min(len(msgs), demandBatch)
		err := submit(ctx, a.operator, msgs[:n]...)
		var refused *chain.TxError
		if errors.As(err, &refused) && n > 1 {
			for _, msg := range msgs[:n] {
				err := submit(ctx, a.operator, msg)
				errs = append(errs, err)
				a.count(1, err)
			}
		} else {
			errs = append(errs, err)
			a.count(n, err)
		}
		msgs = msgs[n:]
	}
	return errors.Join(errs...)
}

func (a *answerer) count(n int, err error) {
	if err != nil {
		return
	}
	a.metrics.demands.Add(float64(n))
	a.log.Info("answered demands on chain", "demands", n)
}
