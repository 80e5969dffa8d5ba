package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// maxSteps bounds one pass, so that a backlog does not keep other work from its turn.
const maxSteps = 64

// pass brings the stream as far as it can get: it reads the chain, settles what is under way, and seals what is due,
// bundle after bundle. It may be cut off anywhere and be called again.
func (l *lane) pass(ctx context.Context) error {
	err := l.advance(ctx)
	l.mu.Lock()
	l.trouble = err
	l.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		l.metrics.troubles.WithLabelValues(l.label()).Inc()
		l.log.Warn("stream does not get on", "err", err)
	}
	return err
}

func (l *lane) advance(ctx context.Context) error {
	if err := l.markAlive(); err != nil {
		return err
	}
	for range maxSteps {
		if l.idle() {
			break
		}
		progress, err := l.step(ctx)
		if err != nil {
			return err
		}
		if !progress {
			break
		}
	}
	return l.retire(ctx)
}

// idle tells that there is nothing to ask the chain for: nothing staged, nothing due.
func (l *lane) idle() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stage != nil || l.state.Unsure {
		return false
	}
	_, due, err := l.plan(l.ports.Clock())
	return !due && err == nil
}

// step does one thing after it has read where the chain stands: nothing is sealed or sent on old knowledge.
func (l *lane) step(ctx context.Context) (progress bool, err error) {
	row, head, err := l.ports.Chain.Stream(ctx, l.id)
	if err != nil {
		return false, err
	}
	if err := l.self.mayWrite(row); err != nil {
		return false, err
	}
	if err := l.saveRow(row); err != nil {
		return false, err
	}
	if progress, err = l.reconcile(ctx, row, head); progress || err != nil {
		return progress, err
	}
	if l.stage == nil {
		return l.seal(l.ports.Clock())
	}
	if l.anchor == nil {
		return true, l.upload(ctx, row, head)
	}
	return true, l.send(ctx, row)
}

// upload spreads the staged bundle and keeps the signed anchor: from here on it is that anchor or none.
func (l *lane) upload(ctx context.Context, row datarights.Stream, head datarights.Head) error {
	b, err := l.stage.bundle()
	if err != nil {
		return err
	}
	msg, _, err := l.ports.Uploader.Upload(ctx, row, head, b, l.stage.Skipped, l.stage.Reason)
	if err != nil {
		l.metrics.uploadFailures.WithLabelValues(l.label()).Inc()
		return fmt.Errorf("upload of bundle %d: %w", l.stage.Seq, err)
	}
	bz, err := msg.Marshal()
	if err != nil {
		return err
	}
	if err := putRecord(l.vault, anchorFile, bz); err != nil {
		return err
	}
	l.mu.Lock()
	l.anchor = msg
	l.mu.Unlock()
	return nil
}

// send submits the anchor. Whatever comes back, the next step asks the chain whether it is there: a transaction whose
// answer was lost may have been included.
func (l *lane) send(ctx context.Context, row datarights.Stream) error {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Chain.txTimeout())
	defer cancel()
	_, err := l.ports.Chain.Submit(ctx, chain.TxOptions{FeeGranter: row.Owner}, l.anchor)
	switch {
	case err == nil:
		return nil
	case refusedFor(err, datarights.ErrStaleWriter, datarights.ErrKeyEpoch):
		return l.discard(err.Error())
	case refusedFor(err, datarights.ErrPlacement, provider.ErrBoundary):
		return l.discardAnchor(err.Error())
	case refusedFor(err, datarights.ErrSeq):
		return nil // somebody was first: perhaps this very anchor
	}
	return fmt.Errorf("anchor %d: %w", l.stage.Seq, err)
}

// refusedFor tells whether the chain refused a transaction for one of these reasons.
func refusedFor(err error, reasons ...error) bool {
	return slices.ContainsFunc(reasons, func(reason error) bool { return errors.Is(err, reason) })
}

// commit takes over that the staged bundle is anchored, as row under hash: memory first, then the log's front and what
// else was kept for it.
func (l *lane) commit(ctx context.Context, anchored datarights.QueryAnchorResponse, hash []byte) error {
	s, a := l.stage, anchored.Row.Anchor
	if err := putRecord(l.vault, seenFile, l.namesSeen()); err != nil {
		return err
	}
	err := l.saveState(func(st *state) {
		st.NextSeq, st.NextInterval, st.LastHash = s.Seq+1, s.End, hash
		st.ChainSeq, st.ChainPrev, st.WriterEpoch = s.ChainSeq, s.ChainPrev, s.WriterEpoch
		st.Cut, st.End, st.NextRecord = s.Cut, s.End, l.nextRecord()
		st.Outages = outagesFrom(st.Outages, s.End)
	})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.stage, l.anchor = nil, nil
	l.mu.Unlock()
	l.log.Info("anchored", "seq", s.Seq, "first_interval", s.First, "intervals", s.End-s.First, "skipped", s.Skipped,
		"records", a.Records, "bytes", a.PayloadBytes)
	l.metrics.anchored(l.label(), a)
	if err := errors.Join(l.vault.Delete(anchorFile), l.vault.Delete(bundleFile)); err != nil {
		return err
	}
	l.hint(ctx, a, anchored.Placement.Providers)
	return l.wal.Trim(s.Cut, clamp(s.End))
}

func (l *lane) namesSeen() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen.marshal()
}

func (l *lane) nextRecord() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.next
}

// included looks for the staged bundle on chain: under its sequence number, by its manifest's CID. It does not matter
// which anchor for it was included, or whether this gateway remembers having sent it.
func (l *lane) included(ctx context.Context, head datarights.Head) (row datarights.QueryAnchorResponse, hash []byte, in bool, err error) {
	if l.stage == nil || head.NextSeq <= l.stage.Seq {
		return row, nil, false, nil
	}
	if row, err = l.ports.Chain.Anchor(ctx, l.id, l.stage.Seq); err != nil {
		return row, nil, false, err
	}
	if !bytes.Equal(row.Row.Anchor.ManifestCid, timechain.ManifestCID(l.stage.Manifest).Bytes()) {
		return row, nil, false, nil
	}
	if head.NextSeq == l.stage.Seq+1 {
		return row, head.LastHash, true, nil
	}
	next, err := l.ports.Chain.Anchor(ctx, l.id, l.stage.Seq+1)
	return row, next.Row.Anchor.Prev, err == nil, err
}

// chainAfter is where the chain of block headers stands after a manifest.
func chainAfter(manifest []byte) (timechain.Chain, error) {
	m, err := timechain.ParseManifest(manifest)
	if err != nil {
		return timechain.Chain{}, err
	}
	return m.After(len(m.Lines) - 1), nil
}
