package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// errChainBehind means that the chain node knows less than this gateway: it is catching up, or on a fork.
var errChainBehind = errors.New("the chain node is behind this gateway")

// reconcile compares this gateway's memory with the chain before anything is sealed or sent.
//
//   - In step: nothing to do, but a bundle sealed under an old writer epoch is thrown away.
//   - The chain has the staged anchor: it is taken over.
//   - The chain is ahead by an anchor this gateway does not know: the disk is an old image, or somebody else writes. A new
//     writer epoch is begun, which makes every anchor of an old life stale, and the chain's head is adopted.
func (l *lane) reconcile(ctx context.Context, row datarights.Stream, head datarights.Head) (progress bool, err error) {
	anchored, hash, in, err := l.included(ctx, head)
	if err != nil {
		return false, err
	}
	if in {
		return true, l.commit(ctx, anchored, hash)
	}
	st := l.state
	switch {
	case head.NextSeq < st.NextSeq:
		return false, fmt.Errorf("%w: stream %d is at anchor %d there and at %d here", errChainBehind, l.id, head.NextSeq, st.NextSeq)
	case head.NextSeq > st.NextSeq || !bytes.Equal(head.LastHash, st.LastHash):
		return true, l.adopt(ctx, row)
	case l.stage != nil && l.stage.WriterEpoch != row.Writer.Epoch:
		return true, l.discard("the writer epoch has changed")
	case st.Unsure || st.WriterEpoch == 0:
		return false, l.saveState(func(st *state) { st.Unsure, st.WriterEpoch = false, row.Writer.Epoch })
	}
	return false, nil
}

// adopt begins a new writer epoch and takes the chain's head over.
func (l *lane) adopt(ctx context.Context, row datarights.Stream) error {
	l.log.Warn("this gateway is behind the chain: a restored image, a lost disk or another writer; beginning a new writer epoch",
		"seq_here", l.state.NextSeq, "writer_epoch", row.Writer.Epoch)
	bump := &datarights.MsgBumpWriter{Writer: l.self.Account, Stream: l.id, WriterEpoch: row.Writer.Epoch}
	txCtx, cancel := context.WithTimeout(ctx, l.cfg.Chain.txTimeout())
	defer cancel()
	if _, err := l.ports.Chain.Submit(txCtx, chain.TxOptions{FeeGranter: row.Owner}, bump); err != nil {
		return fmt.Errorf("new writer epoch: %w", err)
	}
	l.metrics.bumps.WithLabelValues(l.label()).Inc()
	// Only now is the head final: whoever anchored with the old epoch can't any more.
	row, head, err := l.ports.Chain.Stream(ctx, l.id)
	if err != nil {
		return err
	}
	if err := l.saveRow(row); err != nil {
		return err
	}
	if l.stage != nil {
		if err := l.discard("it does not follow the chain's head"); err != nil {
			return err
		}
	}
	return l.takeHead(ctx, row, head)
}

// takeHead replaces the memory by the chain's head.
func (l *lane) takeHead(ctx context.Context, row datarights.Stream, head datarights.Head) error {
	var at timechain.Chain
	own := false
	if head.NextSeq > 0 {
		last, err := l.ports.Chain.Anchor(ctx, l.id, head.NextSeq-1)
		if err != nil {
			return err
		}
		own = l.state.WriterEpoch != 0 && last.Row.Anchor.WriterEpoch == l.state.WriterEpoch
		if at, err = l.lastChain(ctx, last); err != nil {
			return err
		}
	}
	err := l.saveState(func(st *state) {
		if own {
			// The anchors unknown here were made in this gateway's own epoch, by its life after the image was taken. That
			// life had every record the log held when this one began, and has anchored those of the intervals below the
			// head.
			st.Cut, st.End = max(st.Cut, st.UnsureFrom), max(st.End, uint64(head.NextInterval))
		}
		st.Unsure = false
		st.NextSeq, st.NextInterval, st.LastHash = head.NextSeq, uint64(head.NextInterval), head.LastHash
		st.ChainSeq, st.ChainPrev, st.WriterEpoch = at.Seq, at.Prev, row.Writer.Epoch
		st.Outages = outagesFrom(st.Outages, uint64(head.NextInterval))
	})
	if err != nil {
		return err
	}
	return l.recount()
}

// lastChain fetches the last bundle's manifest from whichever holder answers, to go on with its chain of block headers.
func (l *lane) lastChain(ctx context.Context, last datarights.QueryAnchorResponse) (timechain.Chain, error) {
	var errs []error
	a := last.Row.Anchor
	for _, id := range last.Placement.Providers {
		holder, err := l.ports.Chain.Provider(ctx, id)
		if err == nil {
			var manifest []byte
			if manifest, err = l.ports.Network.Manifest(ctx, holder, l.id, a.Seq, a.ManifestCid); err == nil {
				return chainAfter(manifest)
			}
		}
		errs = append(errs, err)
	}
	return timechain.Chain{}, fmt.Errorf("no holder gave the manifest of bundle %d: %w", a.Seq, errors.Join(errs...))
}
