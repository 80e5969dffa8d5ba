package storage

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// windowClosed refuses a node of a live stream whose time is not over: opened early, it would give away data that a
// revocation could still hold back. A historical stream's time has no tie to the clock.
func windowClosed(stream datarights.Stream, node []byte, now int64) error {
	n, err := keytree.ParseNode(node)
	if err != nil {
		return refuse(wire.CODE_BAD_REQUEST, "node: %v", err)
	}
	if stream.Historical {
		return nil
	}
	if _, end := stream.Grid().Bounds(n.Last()); end > now*1000 {
		return refuse(wire.CODE_NOT_YET, "the window of %s closes at %s", n, time.UnixMilli(end).UTC().Format(time.RFC3339))
	}
	return nil
}

// getFragments re-encrypts for the reader of a live grant. Each answer is signed by the peer key over everything a
// dispute needs; the reader's signed request is logged first, for the owner.
func (h *handler) getFragments(ctx context.Context, from peer.ID, req *wire.GetFragments) (*wire.Response, error) {
	now := h.clock()
	if len(req.Nodes) == 0 || len(req.Nodes) > wire.MaxNodes {
		return nil, refuse(wire.CODE_BAD_REQUEST, "%d nodes in one request, limit %d", len(req.Nodes), wire.MaxNodes)
	}
	if skew := now.Sub(time.Unix(req.Time, 0)).Abs(); skew > wire.MaxSkew {
		return nil, refuse(wire.CODE_BAD_REQUEST, "request is timed %s off: check your clock", skew.Round(time.Second))
	}
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return nil, err
	}
	g, s, err := h.grantOf(ctx, h.sessions.of(from), req.Grant)
	if err != nil {
		return nil, err
	}
	digest := wire.FragmentsSignBytes(h.self.ChainID, h.self.Provider, s.reader, s.version, *req)
	if err := verify(s.authKey, digest, req.Signature); err != nil {
		return nil, err
	}
	if err := h.isProxy(g); err != nil {
		return nil, err
	}
	entries, err := h.allowed(ctx, g, req.Nodes, h.view.now(tip))
	if err != nil {
		return nil, err
	}
	if err := h.logAccess(s, req); err != nil {
		return nil, err
	}
	return h.fragments(ctx, g, entries)
}

func (h *handler) isProxy(g datarights.Grant) error {
	column, ok := g.HeldBy(h.self.Provider)
	if !ok || g.Proxies[column].State != datarights.PROXY_STATE_ACCEPTED {
		return refuse(wire.CODE_DENIED, "provider %d has not accepted grant %d, or is its proxy no more", h.self.Provider, g.Id)
	}
	return nil
}

// allowed returns the entries of the nodes asked for, all of which the grant must allow in whole, and whose windows must
// have closed.
func (h *handler) allowed(ctx context.Context, g datarights.Grant, nodes [][]byte, now int64) ([]wire.ParcelEntry, error) {
	stream, _, err := h.view.chain.Stream(ctx, g.Stream)
	if err != nil {
		return nil, err
	}
	entries := make([]wire.ParcelEntry, 0, len(nodes))
	for _, node := range nodes {
		if err := allowsNode(stream, g, node, now); err != nil {
			return nil, err
		}
		if err := windowClosed(stream, node, now); err != nil {
			return nil, err
		}
		e, err := h.store.Entry(g.Id, node)
		if errors.Is(err, store.ErrNotFound) {
			return nil, refuse(wire.CODE_NOT_FOUND, "no key share for node %x of grant %d here", node, g.Id)
		}
		if err != nil {
			return nil, err
		}
		if len(e.Capsule) == 0 {
			return nil, refuse(wire.CODE_NOT_YET, "the capsule of node %x has not arrived: ask again later", node)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// allowsNode asks for both ends of the node's range: a grant's range has no holes. Of a node that reaches past a rekey the
// beginning is granted still; its end opens nothing, being sealed under other keys.
func allowsNode(stream datarights.Stream, g datarights.Grant, node []byte, now int64) error {
	n, err := keytree.ParseNode(node)
	if err != nil {
		return refuse(wire.CODE_BAD_REQUEST, "node: %v", err)
	}
	if n.Epoch != g.KeyEpoch {
		return refuse(wire.CODE_DENIED, "node %s is not of key epoch %d", n, g.KeyEpoch)
	}
	for _, interval := range []uint32{n.First(), n.Last()} {
		ok, reason := datarights.Allows(g, stream.KeyEpochAt(interval), interval, now)
		if !ok && (interval == n.First() || reason != datarights.ReasonKeyEpoch) {
			return refuse(wire.CODE_DENIED, "grant %d does not allow interval %d: %s", g.Id, interval, reason)
		}
	}
	return nil
}

func (h *handler) logAccess(s session, req *wire.GetFragments) error {
	bz, err := req.Marshal()
	if err != nil {
		return err
	}
	return h.store.Log(store.AccessRecord{
		Time: h.clock().Unix(), Provider: h.self.Provider, Reader: s.reader, ReaderVersion: s.version, Request: bz,
	})
}

func (h *handler) fragments(ctx context.Context, g datarights.Grant, entries []wire.ParcelEntry) (*wire.Response, error) {
	reply := &wire.GetFragmentsReply{Answers: make([]datarights.SignedAnswer, 0, len(entries))}
	binding := pre.Binding{ChainID: h.self.ChainID, Grant: g.Id}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		share, err := shareOf(e)
		if err != nil {
			return nil, err
		}
		fragment, err := h.reEncrypt(ctx, h.rand, share, e.Capsule, binding)
		if err != nil {
			return nil, fmt.Errorf("re-encrypt for grant %d: %w", g.Id, err)
		}
		reply.Answers = append(reply.Answers, h.self.signAnswer(g.Id, e, fragment))
	}
	h.metrics.fragments.Add(float64(len(entries)))
	return &wire.Response{Body: &wire.Response_Fragments{Fragments: reply}}, nil
}

func (s Self) signAnswer(grant uint64, e wire.ParcelEntry, fragment []byte) datarights.SignedAnswer {
	a := datarights.SignedAnswer{
		Grant: grant, Provider: s.Provider, PeerKeyVersion: s.PeerKeyVersion,
		Leaf: e.Leaf, Position: e.Position, Path: e.Path, Capsule: e.Capsule, Fragment: fragment,
	}
	a.Signature = ed25519.Sign(s.PeerKey, datarights.AnswerSignBytes(s.ChainID, a))
	return a
}
