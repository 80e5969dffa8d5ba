package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	errorsmod "cosmossdk.io/errors"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/erasure"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// forger writes a stream of its own without any data: the chain sees roots, hashes and signatures alone, so what is right
// about them can be right.
type forger struct {
	*story
	key           ed25519.PrivateKey
	signer, rival *chain.Signer
	stream        datarights.Stream
}

// forgery is a change to the right next anchor. Unsigned ones keep the signature of the right one.
type forgery struct {
	name     string
	want     *errorsmod.Error
	change   func(*datarights.Anchor)
	unsigned bool
	// rival sends it from another account.
	rival bool
}

// forgedAnchors sends anchors that are wrong in one thing each. The block refuses each by its own rule and the stream's rows
// stay as they are; then the same anchor without the change is taken.
func (s *story) forgedAnchors(ctx context.Context) error {
	f, err := s.newForger(ctx)
	if err != nil {
		return err
	}
	// a first one, so that there is something to follow, and a second writer epoch, so that there is a stale one
	if err := f.honest(ctx); err != nil {
		return err
	}
	bump := &datarights.MsgBumpWriter{Writer: f.signer.Address(), Stream: f.stream.Id, WriterEpoch: f.stream.Writer.Epoch}
	if _, err := f.signer.Submit(ctx, chain.TxOptions{}, bump); err != nil {
		return err
	}
	if f.stream, _, err = s.client.Stream(ctx, f.stream.Id); err != nil {
		return err
	}
	all := f.forgeries()
	before, err := f.rows(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := f.try(ctx, c); err != nil {
			return s.check("forged_anchors_refused", false, "%s: %v", c.name, err)
		}
		after, err := f.rows(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(before, after) {
			return s.check("rows_unchanged_by_forged_anchors", false, "%s changed the stream's rows", c.name)
		}
	}
	s.checks["forged_anchors_refused"], s.checks["rows_unchanged_by_forged_anchors"] = len(all), true
	errs := map[uint32]bool{}
	for _, c := range all {
		errs[c.want.ABCICode()] = true
	}
	s.figure("forged_anchor_errors", len(errs))
	if err := f.honest(ctx); err != nil {
		return s.check("right_anchor_taken_after_forged_ones", false, "%v", err)
	}
	s.say("%d forged anchors, refused in blocks by %d rules; the stream's rows never changed; the right one was taken", len(all), len(errs))
	return s.check("right_anchor_taken_after_forged_ones", true, "")
}

// newForger makes a live stream that began an hour ago, with intervals of one minute, and its own writer key.
func (s *story) newForger(ctx context.Context) (*forger, error) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	f := &forger{story: s, key: key}
	if f.signer, err = s.alice.Signer(s.client); err != nil {
		return nil, err
	}
	if f.rival, err = s.carol.Signer(s.client); err != nil {
		return nil, err
	}
	like, _, err := s.client.Stream(ctx, s.stream)
	if err != nil {
		return nil, err
	}
	minute := uint64(time.Minute.Milliseconds())
	writer := datarights.Writer{Account: f.signer.Address(), Key: key.Public().(ed25519.PublicKey)}
	msg := &datarights.MsgCreateStream{
		Owner: f.signer.Address(), Name: "forged", Kind: "test", Schema: like.Schema, OriginMs: like.OriginMs - time.Hour.Milliseconds(),
		BlockMs: minute, IntervalMs: minute, UploadMs: minute, DataShards: 4, TotalShards: 8, Writer: writer,
	}
	msg.WriterProof = ed25519.Sign(key, datarights.WriterProofBytes(s.client.ChainID(), msg.Owner, msg.Name, writer))
	res, err := f.signer.Submit(ctx, chain.TxOptions{}, msg)
	if err != nil {
		return nil, err
	}
	var made datarights.MsgCreateStreamResponse
	if err := chain.MsgResponse(res, 0, &made); err != nil {
		return nil, err
	}
	f.stream, _, err = s.client.Stream(ctx, made.Id)
	return f, err
}

// next is the right next anchor: two intervals after the last one.
func (f *forger) next(ctx context.Context) (datarights.Anchor, error) {
	_, head, err := f.client.Stream(ctx, f.stream.Id)
	if err != nil {
		return datarights.Anchor{}, err
	}
	boundaries, err := f.client.Boundaries(ctx)
	if err != nil {
		return datarights.Anchor{}, err
	}
	code, err := erasure.New(4, 8, 1)
	if err != nil {
		return datarights.Anchor{}, err
	}
	const payload = 4096
	from, _ := f.stream.Grid().Bounds(head.NextInterval)
	root := sha256.Sum256([]byte("a root"))
	a := datarights.Anchor{
		Stream: f.stream.Id, Seq: head.NextSeq, Prev: head.LastHash, WriterEpoch: f.stream.Writer.Epoch, KeyEpoch: f.stream.KeyEpochAt(head.NextInterval),
		FirstInterval: head.NextInterval, Intervals: 2, Records: 10, Blocks: 2, FirstMs: from, LastMs: from + 1000,
		ManifestCid: wire.CID([]byte("a manifest")), RecordRoot: root[:], CommitmentRoot: root[:], ShardRoot: root[:], ReceiptRoot: root[:],
		PayloadBytes: payload, ShardBytes: uint64(code.ShardSize(payload)), Boundary: boundaries[0].Height,
	}
	for _, p := range f.Providers {
		a.Placement = append(a.Placement, p.ID)
	}
	return a, nil
}

func (f *forger) sign(a datarights.Anchor) datarights.Anchor {
	a.Signature = ed25519.Sign(f.key, datarights.AnchorSignBytes(f.client.ChainID(), a))
	return a
}

// honest sends the right next anchor.
func (f *forger) honest(ctx context.Context) error {
	a, err := f.next(ctx)
	if err != nil {
		return err
	}
	_, err = f.signer.Submit(ctx, chain.TxOptions{}, &datarights.MsgAnchor{Writer: f.signer.Address(), Anchor: f.sign(a)})
	return err
}

// try sends one forgery.
func (f *forger) try(ctx context.Context, c forgery) error {
	a, err := f.next(ctx)
	if err != nil {
		return err
	}
	right := f.sign(a)
	c.change(&a)
	if a = f.sign(a); c.unsigned {
		a.Signature = right.Signature
	}
	signer := f.signer
	if c.rival {
		signer = f.rival
	}
	return f.refusedInBlock(ctx, signer, c.want, &datarights.MsgAnchor{Writer: signer.Address(), Anchor: a})
}

// rows are the bytes of the stream's row, its head and its last anchor; that there is no next anchor is part of the head.
func (f *forger) rows(ctx context.Context) ([]byte, error) {
	stream, head, err := f.client.Stream(ctx, f.stream.Id)
	if err != nil {
		return nil, err
	}
	last, err := f.client.Anchor(ctx, f.stream.Id, head.NextSeq-1)
	if err != nil {
		return nil, err
	}
	if _, err := f.client.Anchor(ctx, f.stream.Id, head.NextSeq); !errors.Is(err, chain.ErrNotFound) {
		return nil, fmt.Errorf("there is an anchor past the head: %w", orAccepted(err))
	}
	var all []byte
	for _, row := range []interface{ Marshal() ([]byte, error) }{&stream, &head, &last} {
		bz, err := row.Marshal()
		if err != nil {
			return nil, err
		}
		all = append(all, bz...)
	}
	return all, nil
}

// forgeries is one for every refusal that an anchor's transaction can meet.
func (f *forger) forgeries() []forgery {
	type anchor = datarights.Anchor
	return []forgery{
		{name: "unknown stream", want: datarights.ErrNotFound, change: func(a *anchor) { a.Stream = 1 << 40 }},
		{name: "foreign writer", want: datarights.ErrForeignWriter, change: func(*anchor) {}, rival: true},
		{name: "stale writer epoch", want: datarights.ErrStaleWriter, change: func(a *anchor) { a.WriterEpoch-- }},
		{name: "wrong key epoch", want: datarights.ErrKeyEpoch, change: func(a *anchor) { a.KeyEpoch++ }},
		{name: "disorder: ahead of its turn", want: datarights.ErrSeq, change: func(a *anchor) { a.Seq++ }},
		{name: "disorder: a seq used already", want: datarights.ErrSeq, change: func(a *anchor) { a.Seq-- }},
		{name: "fork: another previous hash", want: datarights.ErrFork, change: func(a *anchor) { a.Prev = bytes.Repeat([]byte{1}, sha256.Size) }},
		{name: "fork: no previous hash", want: datarights.ErrFork, change: func(a *anchor) { a.Prev = nil }},
		{name: "gap", want: datarights.ErrIntervalGap, change: func(a *anchor) { a.FirstInterval++ }},
		{name: "overlap", want: datarights.ErrIntervalOverlap, change: func(a *anchor) { a.FirstInterval-- }},
		{name: "oversize", want: datarights.ErrSize, change: func(a *anchor) { a.PayloadBytes = 1 << 40 }},
		{name: "shards of another size", want: datarights.ErrSize, change: func(a *anchor) { a.ShardBytes++ }},
		{name: "short root", want: datarights.ErrHash, change: func(a *anchor) { a.RecordRoot = a.RecordRoot[:31] }},
		{name: "time to come", want: datarights.ErrFuture, change: func(a *anchor) { a.Intervals = 9_000 }},
		{name: "records outside their time", want: datarights.ErrTimes, change: func(a *anchor) { a.LastMs += time.Hour.Milliseconds() }},
		{name: "too few holders", want: datarights.ErrPlacement, change: func(a *anchor) { a.Placement = a.Placement[:7] }},
		{name: "a holder that does not exist", want: datarights.ErrPlacement, change: func(a *anchor) { a.Placement[3] = 1 << 40 }},
		{name: "a holder twice", want: datarights.ErrHolderTwice, change: func(a *anchor) { a.Placement[3] = a.Placement[2] }},
		{name: "a draw boundary that is none", want: provider.ErrBoundary, change: func(a *anchor) { a.Boundary++ }},
		{name: "bad signature", want: datarights.ErrWriterSignature, change: func(a *anchor) { a.Records++ }, unsigned: true},
		{name: "an outage without a reason", want: datarights.ErrSkip, change: func(a *anchor) { a.Skipped, a.FirstInterval = 1, a.FirstInterval+1 }},
		{name: "a manifest that is no CID", want: datarights.ErrCID, change: func(a *anchor) { a.ManifestCid = []byte("manifest") }},
		{name: "no intervals", want: datarights.ErrIntervals, change: func(a *anchor) { a.Intervals = 0 }},
		{name: "records without blocks", want: datarights.ErrCounts, change: func(a *anchor) { a.Blocks = 0 }},
	}
}
