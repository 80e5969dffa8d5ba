package storage

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/overlay"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
)

// publisher is the chore that keeps hints alive in the DHT: one per bundle held here, one per key node whose capsule is
// here. All holders have this duty, so each first looks whether another has done it lately.
type publisher struct {
	self      Self
	store     *store.Store
	chain     Chain
	intervals Intervals
	dht       *overlay.DHT
	clock     func() time.Time
	metrics   *metrics
	log       *slog.Logger

	mu   sync.Mutex
	done map[string]time.Time // DHT key to the time its record was last seen to be good
}

// forget makes the next pass look at a record anew: what it tells may have changed.
func (p *publisher) forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.done, key)
}

func (p *publisher) due(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock().Sub(p.done[key]) >= wire.RepublishEvery
}

func (p *publisher) did(key string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done[key] = at
}

// pass publishes what is due. With nobody in the routing table there is nobody to publish to.
func (p *publisher) pass(ctx context.Context) error {
	if p.dht.Peers() == 0 {
		return nil
	}
	return errors.Join(p.bundles(ctx), p.keys(ctx))
}

func (p *publisher) bundles(ctx context.Context) error {
	bundles, err := p.store.Bundles()
	if err != nil {
		return err
	}
	var errs []error
	for _, b := range bundles {
		if key := wire.HintKey(p.self.ChainID, b.Stream, b.Seq); p.due(key) {
			errs = append(errs, p.bundle(ctx, key, b))
		}
	}
	return errors.Join(errs...)
}

func (p *publisher) bundle(ctx context.Context, key string, b store.Bundle) error {
	row, err := p.chain.Anchor(ctx, b.Stream, b.Seq)
	if err != nil {
		return err
	}
	h := wire.Hint{
		ChainId: p.self.ChainID, Stream: b.Stream, Seq: b.Seq,
		Providers: row.Placement.Providers, ManifestCid: row.Row.Anchor.ManifestCid,
	}
	known, err := p.dht.Hint(ctx, h.ChainId, h.Stream, h.Seq)
	same := err == nil && slices.Equal(known.Providers, h.Providers) && bytes.Equal(known.ManifestCid, h.ManifestCid)
	if same && p.recent(known.Version) {
		p.did(key, time.Unix(int64(known.Version), 0))
		return nil
	}
	now := p.clock()
	return p.published(key, now, p.dht.PutHint(ctx, overlay.SignHint(h, p.self.Provider, p.self.PeerKey, now)))
}

// recent tells whether a record was signed so lately that it need not be written again.
func (p *publisher) recent(version uint64) bool {
	return p.clock().Sub(time.Unix(int64(version), 0)) < wire.RepublishEvery
}

func (p *publisher) published(key string, at time.Time, err error) error {
	if err != nil {
		p.metrics.hints.WithLabelValues("failed").Inc()
		return err
	}
	p.metrics.hints.WithLabelValues("published").Inc()
	p.did(key, at)
	return nil
}

func (p *publisher) keys(ctx context.Context) error {
	grants, err := p.store.Grants()
	if err != nil {
		return err
	}
	var errs []error
	for _, g := range grants {
		if g.State != store.GrantAccepted {
			continue
		}
		nodes, err := p.store.Nodes(g.ID)
		if err != nil {
			return err
		}
		for _, node := range nodes {
			if key := wire.KeyHintKey(p.self.ChainID, g.Stream, node); p.due(key) {
				errs = append(errs, p.key(ctx, key, g, node))
			}
		}
	}
	return errors.Join(errs...)
}

// key publishes which capsule belongs to which data (R2.2), once both the capsule and the anchors are there.
func (p *publisher) key(ctx context.Context, key string, g store.Grant, node []byte) error {
	e, err := p.store.Entry(g.ID, node)
	if err != nil || len(e.Capsule) == 0 {
		return err
	}
	share, err := shareOf(e)
	if err != nil {
		return err
	}
	k := wire.KeyHint{
		ChainId: p.self.ChainID, Stream: g.Stream, Node: node, CapsuleHash: share.Leaf.CapsuleHash[:], Capsule: e.Capsule,
	}
	if covered, err := p.span(ctx, &k); err != nil || !covered {
		return err
	}
	known, err := p.dht.KeyHint(ctx, k.ChainId, k.Stream, node)
	if err == nil && bytes.Equal(known.Capsule, k.Capsule) && known.LastSeq == k.LastSeq && p.recent(known.Version) {
		p.did(key, time.Unix(int64(known.Version), 0))
		return nil
	}
	now := p.clock()
	return p.published(key, now, p.dht.PutKeyHint(ctx, overlay.SignKeyHint(k, p.self.Provider, p.self.PeerKey, now)))
}

// span fills in the intervals of the node and the bundles they lie in; false while the last is not anchored.
func (p *publisher) span(ctx context.Context, k *wire.KeyHint) (bool, error) {
	node, err := keytree.ParseNode(k.Node)
	if err != nil {
		return false, err
	}
	first, err := p.intervals.AnchorOf(ctx, k.Stream, node.First())
	if err != nil {
		return false, ignoreNotFound(err)
	}
	last, err := p.intervals.AnchorOf(ctx, k.Stream, node.Last())
	if err != nil {
		return false, ignoreNotFound(err)
	}
	k.FirstInterval, k.LastInterval = node.First(), node.Last()
	k.FirstSeq, k.LastSeq = first.Row.Anchor.Seq, last.Row.Anchor.Seq
	return true, nil
}

func ignoreNotFound(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}
