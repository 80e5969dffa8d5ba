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

// maxReason is how much of a refusal's reason goes on chain, in bytes.
const maxReason = 200

// pushParcel takes the parcel of a grant this provider is asked to be a proxy of. A good one is stored sealed and then
// accepted on chain, one that opens but does not hold what the grant promises is refused there. Only the owner may push:
// else anybody could make this proxy refuse with a parcel of rubbish.
func (h *handler) pushParcel(ctx context.Context, from peer.ID, req *wire.PushParcel) (*wire.Response, error) {
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return nil, err
	}
	g, err := h.view.chain.Grant(ctx, req.Grant)
	if isNotFound(err) {
		return nil, refuse(wire.CODE_NOT_FOUND, "grant %d is not on chain at height %d: push after its transaction is included", req.Grant, tip.Height)
	}
	if err != nil {
		return nil, err
	}
	if open := h.sessions.of(from); !ownerOf(open, g.Owner) {
		return nil, notAllowed(open, "only the owner of grant %d pushes its parcels", g.Id)
	}
	if reply, err := h.parcelState(g, h.view.now(tip)); reply != nil || err != nil {
		return reply, err
	}
	return h.storeParcel(g, req.Sealed)
}

// parcelState answers for a parcel that is stored already, or that is not wanted. Neither is set when it should be stored.
func (h *handler) parcelState(g datarights.Grant, now int64) (*wire.Response, error) {
	column, ok := g.ProxyOf(h.self.Provider)
	if !ok {
		return nil, refuse(wire.CODE_DENIED, "provider %d is no proxy of grant %d", h.self.Provider, g.Id)
	}
	if g.Status == datarights.GRANT_STATUS_REVOKED || now >= g.ExpiresAt {
		return nil, refuse(wire.CODE_DENIED, "grant %d is over", g.Id)
	}
	row, err := h.store.Grant(g.Id)
	switch {
	case errors.Is(err, store.ErrNotFound) && g.Proxies[column].State == datarights.PROXY_STATE_REFUSED:
		return parcelReply(wire.PARCEL_STATE_REFUSED, "refused on chain"), nil
	case errors.Is(err, store.ErrNotFound):
		return nil, nil // also when accepted on chain: a provider that lost its disk may be given its parcel again
	case err != nil:
		return nil, err
	}
	switch row.State {
	case store.GrantAccepted:
		return parcelReply(wire.PARCEL_STATE_ACCEPTED, ""), nil
	case store.GrantStored:
		h.parcelStored()
		return parcelReply(wire.PARCEL_STATE_STORED, ""), nil
	default:
		return parcelReply(wire.PARCEL_STATE_REFUSED, row.Reason), nil
	}
}

func parcelReply(state wire.ParcelState, reason string) *wire.Response {
	return &wire.Response{Body: &wire.Response_Parcel{Parcel: &wire.PushParcelReply{State: state, Reason: reason}}}
}

func (h *handler) storeParcel(g datarights.Grant, sealed []byte) (*wire.Response, error) {
	aad := wire.ParcelAAD(h.self.ChainID, g.Id, h.self.Provider)
	plain, err := h.self.SealKey.Open([]byte(wire.ParcelInfo), aad, sealed)
	if err != nil {
		return nil, refuse(wire.CODE_BAD_REQUEST, "parcel does not open: seal it to provider %d's present seal key, for this grant", h.self.Provider)
	}
	var p wire.Parcel
	if err := p.Unmarshal(plain); err != nil {
		return nil, refuse(wire.CODE_BAD_REQUEST, "parcel: %v", err)
	}
	row := store.Grant{ID: g.Id, Stream: g.Stream, State: store.GrantStored}
	entries, err := checkParcel(h.self.ChainID, h.self.Provider, g, p)
	if column, _ := g.ProxyOf(h.self.Provider); err != nil && g.Proxies[column].State != datarights.PROXY_STATE_ASKED {
		return nil, refuse(wire.CODE_BAD_REQUEST, "%v", err) // the word on chain has been given
	}
	if err != nil {
		row.State, row.Reason = store.GrantRefusing, truncate(err.Error(), maxReason)
	}
	if err := h.store.PutParcel(row, entries); err != nil {
		return nil, err
	}
	h.parcelStored()
	if row.State == store.GrantRefusing {
		h.metrics.parcels.WithLabelValues("refused").Inc()
		h.log.Warn("refused a parcel", "grant", g.Id, "reason", row.Reason)
		return parcelReply(wire.PARCEL_STATE_REFUSED, row.Reason), nil
	}
	h.metrics.parcels.WithLabelValues("stored").Inc()
	h.newCapsule(g.Id)
	return parcelReply(wire.PARCEL_STATE_STORED, ""), nil
}

func truncate(s string, limit int) string { return s[:min(len(s), limit)] }

// putCapsule takes the capsule of a node whose window has closed, from the stream's writer or owner. It must be the one
// the leaf promises, so a wrong one does no harm beyond being refused.
func (h *handler) putCapsule(ctx context.Context, from peer.ID, req *wire.PutCapsule) (*wire.Response, error) {
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return nil, err
	}
	g, err := h.view.chain.Grant(ctx, req.Grant)
	if err != nil {
		return nil, orDenied(err, "grant %d does not exist", req.Grant)
	}
	stream, _, err := h.view.chain.Stream(ctx, g.Stream)
	if err != nil {
		return nil, err
	}
	if open := h.sessions.of(from); !ownerOf(open, stream.Owner) && !writerOf(open, g.Stream, stream.Writer.Key) {
		return nil, notAllowed(open, "only the writer and the owner of stream %d put its capsules", g.Stream)
	}
	entry, err := h.store.Entry(req.Grant, req.Node)
	if err != nil {
		return nil, err
	}
	share, err := shareOf(entry)
	if err != nil {
		return nil, err
	}
	if err := checkCapsule(share.Leaf, req.Capsule); err != nil {
		return nil, refuse(wire.CODE_BAD_REQUEST, "%v", err)
	}
	if err := windowClosed(stream, req.Node, h.view.now(tip)); err != nil {
		return nil, err
	}
	if err := h.store.PutCapsule(req.Grant, req.Node, req.Capsule); err != nil {
		return nil, err
	}
	h.newCapsule(req.Grant)
	return done(), nil
}

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
	column, ok := g.ProxyOf(h.self.Provider)
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
		if err := allowsNode(g, node, now); err != nil {
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

// allowsNode asks for both ends of the node's range: a grant's range has no holes.
func allowsNode(g datarights.Grant, node []byte, now int64) error {
	n, err := keytree.ParseNode(node)
	if err != nil {
		return refuse(wire.CODE_BAD_REQUEST, "node: %v", err)
	}
	if n.Epoch != g.KeyEpoch {
		return refuse(wire.CODE_DENIED, "node %s is not of key epoch %d", n, g.KeyEpoch)
	}
	for _, interval := range []uint32{n.First(), n.Last()} {
		if ok, reason := datarights.Allows(g, interval, now); !ok {
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
		reply.Answers = append(reply.Answers, h.signAnswer(g.Id, e, fragment))
	}
	h.metrics.fragments.Add(float64(len(entries)))
	return &wire.Response{Body: &wire.Response_Fragments{Fragments: reply}}, nil
}

func (h *handler) signAnswer(grant uint64, e wire.ParcelEntry, fragment []byte) datarights.SignedAnswer {
	a := datarights.SignedAnswer{
		Grant: grant, Provider: h.self.Provider, PeerKeyVersion: h.self.PeerKeyVersion,
		Leaf: e.Leaf, Position: e.Position, Path: e.Path, Capsule: e.Capsule, Fragment: fragment,
	}
	a.Signature = ed25519.Sign(h.self.PeerKey, datarights.AnswerSignBytes(h.self.ChainID, a))
	return a
}
