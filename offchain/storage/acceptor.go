package storage

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/store"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// acceptBatch is how many grants one MsgAcceptGrant carries; submitTimeout how long a transaction may take to be
// included before its state is read from the chain instead.
const (
	acceptBatch   = 50
	submitTimeout = 30 * time.Second
)

// acceptor is the chore that answers stored parcels on chain. Its queue is the grants' rows in the store, so it goes on
// after a crash where it was; what a lost transaction did is read from the grant's row.
type acceptor struct {
	self     uint64
	store    *store.Store
	chain    Chain
	demands  Demands
	operator Operator
	clock    func() time.Time
	metrics  *metrics
	log      *slog.Logger
	// accepted tells the publisher of new keys to speak of.
	accepted func()
}

// pass settles every grant once: those decided on chain are marked so, the rest is accepted or refused there. Parcels of
// grants that are over are deleted: what is gone cannot be misused.
func (a *acceptor) pass(ctx context.Context) error {
	rows, err := a.store.Grants()
	if err != nil {
		return err
	}
	var accept []store.Grant
	var errs []error
	for _, row := range rows {
		word, err := a.review(ctx, row)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		switch {
		case word == wordOfSuccessor:
			errs = append(errs, a.takeOver(ctx, row))
		case word == wordOfProxy && row.State == store.GrantStored:
			accept = append(accept, row)
		case word == wordOfProxy && row.State == store.GrantRefusing:
			errs = append(errs, a.refuse(ctx, row))
		}
	}
	for len(accept) > 0 {
		n := min(len(accept), acceptBatch)
		errs = append(errs, a.accept(ctx, accept[:n]))
		accept = accept[n:]
	}
	return errors.Join(errs...)
}

// word is what a node still has to say about a parcel.
type word int

const (
	noWord word = iota
	wordOfProxy
	wordOfSuccessor
)

// review compares a row with the chain and tells whose word this node has still to give.
func (a *acceptor) review(ctx context.Context, row store.Grant) (word, error) {
	g, err := a.chain.Grant(ctx, row.ID)
	if err != nil {
		return noWord, err
	}
	if g.Status == datarights.GRANT_STATUS_REVOKED || a.clock().Unix() >= g.ExpiresAt {
		a.log.Info("dropped the parcel of a grant that is over", "grant", row.ID)
		return noWord, a.store.DropParcel(row.ID)
	}
	column, ok := columnOf(g, a.self)
	if !ok {
		return noWord, a.letGo(ctx, row.ID)
	}
	undecided := row.State == store.GrantStored || row.State == store.GrantRefusing
	if g.Proxies[column].OfferedTo == a.self && undecided {
		return wordOfSuccessor, nil
	}
	switch g.Proxies[column].State {
	case datarights.PROXY_STATE_ASKED:
		if undecided {
			return wordOfProxy, nil
		}
		return noWord, nil
	case datarights.PROXY_STATE_ACCEPTED:
		return noWord, a.mark(row, store.GrantAccepted)
	case datarights.PROXY_STATE_REFUSED:
		return noWord, a.mark(row, store.GrantRefused)
	case datarights.PROXY_STATE_FAULTY:
		return noWord, nil // it answers no reader any more, but demands it has to
	default:
		return noWord, a.store.DropParcel(row.ID)
	}
}

// letGo drops a parcel that others hold now, once nothing is demanded of it here any more.
func (a *acceptor) letGo(ctx context.Context, grant uint64) error {
	open, err := a.demands.Demands(ctx, &datarights.QueryDemandsRequest{Provider: a.self})
	if err != nil || slices.ContainsFunc(open, func(d datarights.Demand) bool { return d.Grant == grant }) {
		return err
	}
	a.log.Info("dropped a parcel that is not this node's any more", "grant", grant)
	return a.store.DropParcel(grant)
}

// takeOver takes an offered parcel over, or declines it where it was bad.
func (a *acceptor) takeOver(ctx context.Context, row store.Grant) error {
	if row.State == store.GrantRefusing {
		msg := &datarights.MsgDeclineHandOver{Operator: a.operator.Address(), Grant: row.ID, Reason: row.Reason}
		if err := submit(ctx, a.operator, msg); err != nil {
			return err
		}
		return a.mark(row, store.GrantRefused)
	}
	if err := submit(ctx, a.operator, &datarights.MsgTakeOver{Operator: a.operator.Address(), Grant: row.ID}); err != nil {
		return err
	}
	return a.mark(row, store.GrantAccepted)
}

// mark writes a grant's state when it has changed.
func (a *acceptor) mark(row store.Grant, state store.GrantState) error {
	if row.State == state {
		return nil
	}
	row.State = state
	a.metrics.parcels.WithLabelValues(string(state)).Inc()
	a.log.Info("grant "+string(state), "grant", row.ID)
	if err := a.store.PutGrant(row); err != nil {
		return err
	}
	if state == store.GrantAccepted {
		a.accepted()
	}
	return nil
}

// accept accepts a batch in one transaction. One grant that cannot be accepted fails them all, so a refused batch is
// tried again one by one.
func (a *acceptor) accept(ctx context.Context, rows []store.Grant) error {
	msg := &datarights.MsgAcceptGrant{Operator: a.operator.Address()}
	for _, row := range rows {
		msg.Grants = append(msg.Grants, row.ID)
	}
	err := submit(ctx, a.operator, msg)
	var refused *chain.TxError
	if errors.As(err, &refused) && len(rows) > 1 {
		errs := make([]error, 0, len(rows))
		for _, row := range rows {
			errs = append(errs, a.accept(ctx, []store.Grant{row}))
		}
		return errors.Join(errs...)
	}
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(rows))
	for _, row := range rows {
		errs = append(errs, a.mark(row, store.GrantAccepted))
	}
	return errors.Join(errs...)
}

func (a *acceptor) refuse(ctx context.Context, row store.Grant) error {
	msg := &datarights.MsgRefuseGrant{Operator: a.operator.Address(), Grant: row.ID, Reason: row.Reason}
	if err := submit(ctx, a.operator, msg); err != nil {
		return err
	}
	return a.mark(row, store.GrantRefused)
}
