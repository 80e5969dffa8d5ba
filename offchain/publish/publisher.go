package publish

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// Errors of an upload, matched with errors.Is.
var (
	// ErrTooFewProviders means that not every slot found an operator; the text says what each one asked answered.
	ErrTooFewProviders = errors.New("too few storage providers")
	// ErrHead means that the bundle is not the next one of the stream.
	ErrHead = errors.New("bundle does not follow the stream's head")
	// ErrBundle means that the bundle contradicts itself or the stream's row.
	ErrBundle = errors.New("bundle does not fit its stream")
	// ErrNoBoundary means that the chain has stored no seed to draw by yet.
	ErrNoBoundary = errors.New("the chain has no draw boundary yet: wait for its first blocks")
)

// Chain is what an upload must know from the chain.
type Chain interface {
	ChainID() string
	// Boundaries in state, newest first.
	Boundaries(ctx context.Context) ([]provider.Boundary, error)
	// Holders lists the providers that may store now and that boundary d weighs, each with the capacity it is weighed by.
	Holders(ctx context.Context, d int64) ([]provider.Provider, error)
	// StorageAccount is what a stream pays its storage from.
	StorageAccount(ctx context.Context, stream uint64) (storage.Account, error)
}

// Network carries blocks to providers.
type Network interface {
	// PutShard stores a shard and returns the receipt, which the network has verified against row, ticket and shard.
	PutShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error)
	// PutManifest leaves manifest and receipts with a holder, in a session as the stream's writer.
	PutManifest(ctx context.Context, to provider.Provider, stream, seq uint64, manifest []byte, receipts []wire.Receipt) error
}

// Writer is who writes the stream.
type Writer struct {
	// Key signs tickets and anchors; its public half stands in the stream's row.
	Key ed25519.PrivateKey
}

// Options of a Publisher; the zero value works.
type Options struct {
	// ShardTimeout is how long one provider may take for one shard before the next is tried; 0 means 30 seconds.
	ShardTimeout time.Duration
	// Parallel uploads at once; 0 means 8.
	Parallel int
	// Clock is time.Now unless set.
	Clock func() time.Time
	// Log is silent unless set.
	Log *slog.Logger
}

// Publisher uploads bundles. It is safe for concurrent use.
type Publisher struct {
	chain   Chain
	network Network
	writer  Writer
	opts    Options
}

// New returns a publisher for one writer.
func New(chain Chain, network Network, writer Writer, opts Options) *Publisher {
	if opts.ShardTimeout == 0 {
		opts.ShardTimeout = 30 * time.Second
	}
	if opts.Parallel == 0 {
		opts.Parallel = 8
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Publisher{chain: chain, network: network, writer: writer, opts: opts}
}

// ticketLife is how long a provider may take a shard.
const ticketLife = time.Hour

// Upload spreads a bundle over distinct operators and returns the signed anchor for it, with the receipts in slot order.
// skipped intervals just before the bundle's first are declared an outage with reason. Nothing on chain changes; calling
// it again for the same bundle, after a crash for instance, is harmless: holders know the shards by their CIDs.
func (p *Publisher) Upload(ctx context.Context, stream datarights.Stream, head datarights.Head, b *timechain.Bundle, skipped uint32, reason string) (*datarights.MsgAnchor, []wire.Receipt, error) {
	if err := check(p.chain.ChainID(), stream, head, b, skipped); err != nil {
		return nil, nil, err
	}
	boundary, candidates, err := p.plan(ctx, stream, b.Manifest.Seq)
	if err != nil {
		return nil, nil, err
	}
	holders, receipts, err := p.putShards(ctx, stream, b, candidates)
	if err != nil {
		return nil, nil, err
	}
	if err := p.putManifests(ctx, stream, b, holders, receipts); err != nil {
		return nil, nil, err
	}
	anchor := p.anchor(stream, head, b, skipped, reason)
	anchor.Boundary = boundary
	for _, h := range holders {
		anchor.Placement = append(anchor.Placement, h.Id)
	}
	anchor.ReceiptRoot = wire.ReceiptRoot(receipts)
	anchor.Signature = ed25519.Sign(p.writer.Key, datarights.AnchorSignBytes(p.chain.ChainID(), anchor))
	return &datarights.MsgAnchor{Writer: stream.Writer.Account, Anchor: anchor}, receipts, nil
}

// check refuses what the chain would refuse, before anything is uploaded.
func check(chainID string, s datarights.Stream, head datarights.Head, b *timechain.Bundle, skipped uint32) error {
	m := b.Manifest
	switch {
	case m.Stream != datarights.StreamID(chainID, s.Id):
		return fmt.Errorf("%w: it is of %s, not of %s", ErrBundle, m.Stream, datarights.StreamID(chainID, s.Id))
	case uint32(m.K) != s.DataShards || uint32(m.N) != s.TotalShards || len(b.Shards) != int(m.N) || len(m.ShardCIDs) != int(m.N):
		return fmt.Errorf("%w: it is coded %d of %d, the stream %d of %d", ErrBundle, m.K, m.N, s.DataShards, s.TotalShards)
	case len(m.Lines) == 0:
		return fmt.Errorf("%w: it holds no interval", ErrBundle)
	case m.WriterEpoch != s.Writer.Epoch:
		return fmt.Errorf("%w: it was sealed in writer epoch %d, the stream is at %d: seal it anew", ErrBundle, m.WriterEpoch, s.Writer.Epoch)
	case m.Seq != head.NextSeq:
		return fmt.Errorf("%w: bundle %d, the next is %d", ErrHead, m.Seq, head.NextSeq)
	case uint64(m.Lines[0].Interval) != uint64(head.NextInterval)+uint64(skipped):
		return fmt.Errorf("%w: it begins at interval %d; %d comes next, with %d skipped", ErrHead, m.Lines[0].Interval, head.NextInterval, skipped)
	}
	return nil
}

// plan lists who may hold shards, in the order of the draw, by the newer of the two boundaries the chain allows that lets enough
// hold them. One boundary in a hundred or so does not (the chance is drawn too), and who has come since counts from the next one.
func (p *Publisher) plan(ctx context.Context, s datarights.Stream, seq uint64) (int64, []provider.Provider, error) {
	boundaries, err := p.chain.Boundaries(ctx)
	if err != nil {
		return 0, nil, err
	}
	if len(boundaries) == 0 {
		return 0, nil, ErrNoBoundary
	}
	account, err := p.chain.StorageAccount(ctx, s.Id)
	if err != nil {
		return 0, nil, err
	}
	n, found, paid := int(s.TotalShards), 0, 0
	for _, b := range boundaries[:min(len(boundaries), 2)] {
		storing, err := p.chain.Holders(ctx, b.Height)
		if err != nil {
			return 0, nil, err
		}
		eligible := provider.EligibleHolders(b, datarights.StreamID(p.chain.ChainID(), s.Id), seq, n, storing)
		found = max(found, len(eligible))
		eligible = slices.DeleteFunc(eligible, func(row provider.Provider) bool { return row.AsksMore(account.PriceUcpc) })
		if len(eligible) >= n {
			return b.Height, eligible, nil
		}
		paid = max(paid, len(eligible))
	}
	return 0, nil, fmt.Errorf("%w: stream %d wants %d; boundary %d lets %d hold bundle %d, at most %d of them for the %d ucpc per GiB and month it pays: try again after the next boundary, from which on also those count that came later",
		ErrTooFewProviders, s.Id, n, boundaries[0].Height, found, seq, paid, account.PriceUcpc)
}

// putShards fills every slot; each candidate, of whom there are at least as many as slots, is used once.
func (p *Publisher) putShards(ctx context.Context, s datarights.Stream, b *timechain.Bundle, candidates []provider.Provider) ([]provider.Provider, []wire.Receipt, error) {
	n := len(b.Shards)
	first, spare := candidates[:n], &spares{left: candidates[n:]}
	holders, receipts := make([]provider.Provider, n), make([]wire.Receipt, n)
	limit := make(chan struct{}, p.opts.Parallel)
	var workers sync.WaitGroup
	filled := make([]bool, n)
	for slot := range n {
		workers.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			for to, ok := first[slot], true; ok && ctx.Err() == nil; to, ok = spare.take() {
				r, err := p.putShard(ctx, to, p.ticket(s, b, slot, to), b.Shards[slot])
				if err == nil {
					holders[slot], receipts[slot], filled[slot] = to, r, true
					return
				}
				p.opts.Log.Warn("a provider did not take a shard", "stream", s.Id, "seq", b.Manifest.Seq, "slot", slot, "provider", to.Id, "err", err)
				spare.failed(err)
			}
		})
	}
	workers.Wait()
	for slot, ok := range filled {
		if !ok {
			return nil, nil, fmt.Errorf("%w: nobody took shard %d of bundle %d: %w", ErrTooFewProviders, slot, b.Manifest.Seq, errors.Join(append(spare.errs, ctx.Err())...))
		}
	}
	return holders, receipts, nil
}

// spares are the candidates after the first n; they also keep why others failed.
type spares struct {
	mu   sync.Mutex
	left []provider.Provider
	errs []error
}

func (s *spares) take() (provider.Provider, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.left) == 0 {
		return provider.Provider{}, false
	}
	next := s.left[0]
	s.left = s.left[1:]
	return next, true
}

func (s *spares) failed(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}

func (p *Publisher) putShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.ShardTimeout)
	defer cancel()
	return p.network.PutShard(ctx, to, t, shard)
}

func (p *Publisher) ticket(s datarights.Stream, b *timechain.Bundle, slot int, to provider.Provider) wire.Ticket {
	t := wire.Ticket{
		ChainId: p.chain.ChainID(), Stream: s.Id, WriterEpoch: s.Writer.Epoch, Seq: b.Manifest.Seq, Index: uint32(slot),
		Provider: to.Id, Cid: b.Manifest.ShardCIDs[slot], Size_: uint64(len(b.Shards[slot])),
		ExpiresAt: p.opts.Clock().Add(ticketLife).Unix(),
	}
	t.Signature = ed25519.Sign(p.writer.Key, wire.TicketSignBytes(t))
	return t
}
