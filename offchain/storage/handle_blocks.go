package storage

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// maxTicketLife and maxAhead keep a ticket from being a promise for ever: how long it may be valid, and how many bundles
// before its turn it may come.
const (
	maxTicketLife = 24 * time.Hour
	maxAhead      = 64
)

// putShard stores a shard under a ticket and answers with a receipt over what the node itself computed.
func (h *handler) putShard(ctx context.Context, req *wire.PutShard) (*wire.Response, error) {
	t := req.Ticket
	if err := h.checkTicket(t, req.Data); err != nil {
		return nil, err
	}
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.checkWriter(ctx, t); err != nil {
		return nil, err
	}
	bundle := store.Bundle{Stream: t.Stream, Seq: t.Seq}
	if err := h.keep(bundle, store.Block{Bundle: bundle, CID: t.Cid, Index: t.Index, Height: tip.Height}, req.Data); err != nil {
		return nil, err
	}
	root := merkle.ShardRoot(req.Data)
	r := wire.Receipt{
		ChainId: h.self.ChainID, Provider: h.self.Provider, PeerKeyVersion: h.self.PeerKeyVersion,
		Stream: t.Stream, Seq: t.Seq, Index: t.Index,
		Cid: t.Cid, TreeRoot: root[:], Size_: uint64(len(req.Data)), TicketHash: wire.TicketHash(t),
	}
	r.Signature = ed25519.Sign(h.self.PeerKey, wire.ReceiptSignBytes(r))
	return &wire.Response{Body: &wire.Response_Receipt{Receipt: &r}}, nil
}

// keep stores a block within the quota of its stream: what no anchor names yet may be garbage.
func (h *handler) keep(bundle store.Bundle, b store.Block, data []byte) error {
	if _, err := h.store.Block(bundle, b.CID); !errors.Is(err, store.ErrNotFound) {
		return err // held already, or out of order
	}
	if h.store.PendingBytes(bundle.Stream)+uint64(len(data)) > h.limits.MaxPendingBytes {
		return refuse(wire.CODE_QUOTA, "stream %d has %d bytes here that are not anchored, limit %d: anchor first",
			bundle.Stream, h.store.PendingBytes(bundle.Stream), h.limits.MaxPendingBytes)
	}
	return h.store.Put(b, data)
}

// checkTicket checks what needs no chain.
func (h *handler) checkTicket(t wire.Ticket, data []byte) error {
	now := h.clock()
	expires := time.Unix(t.ExpiresAt, 0)
	switch {
	case t.ChainId != h.self.ChainID:
		return refuse(wire.CODE_BAD_REQUEST, "ticket is for chain %q", t.ChainId)
	case t.Provider != h.self.Provider:
		return refuse(wire.CODE_BAD_REQUEST, "ticket is for provider %d, this is %d", t.Provider, h.self.Provider)
	case !now.Before(expires):
		return refuse(wire.CODE_DENIED, "ticket expired at %d", t.ExpiresAt)
	case expires.Sub(now) > maxTicketLife:
		return refuse(wire.CODE_BAD_REQUEST, "ticket lives longer than %s", maxTicketLife)
	case len(data) == 0 || len(data) > wire.MaxShard || t.Size_ != uint64(len(data)):
		return refuse(wire.CODE_BAD_REQUEST, "shard has %d bytes, the ticket says %d, limit %d", len(data), t.Size_, wire.MaxShard)
	}
	return wire.CheckCID(t.Cid, data)
}

// checkWriter checks the ticket against the stream's row: writer key and epoch, slot, and that its bundle's turn is near.
func (h *handler) checkWriter(ctx context.Context, t wire.Ticket) error {
	row, head, err := h.view.chain.Stream(ctx, t.Stream)
	if err != nil {
		return orDenied(err, "stream %d does not exist", t.Stream)
	}
	switch {
	case t.WriterEpoch != row.Writer.Epoch:
		return refuse(wire.CODE_DENIED, "ticket is of writer epoch %d, stream %d is at %d", t.WriterEpoch, t.Stream, row.Writer.Epoch)
	case !ed25519.Verify(row.Writer.Key, wire.TicketSignBytes(t), t.Signature):
		return refuse(wire.CODE_DENIED, "ticket is not signed by the writer of stream %d", t.Stream)
	case t.Index >= row.TotalShards:
		return refuse(wire.CODE_BAD_REQUEST, "stream %d has %d shards a bundle, none at %d", t.Stream, row.TotalShards, t.Index)
	case t.Seq >= head.NextSeq+maxAhead:
		return refuse(wire.CODE_BAD_REQUEST, "bundle %d comes too early: the next is %d", t.Seq, head.NextSeq)
	case t.Seq < head.NextSeq:
		return h.checkPlaced(ctx, t)
	}
	return nil
}

// checkPlaced lets a shard of an anchored bundle in only where the placement row wants it.
func (h *handler) checkPlaced(ctx context.Context, t wire.Ticket) error {
	row, err := h.view.chain.Anchor(ctx, t.Stream, t.Seq)
	if err != nil {
		return err
	}
	if p := row.Placement.Providers; int(t.Index) >= len(p) || p[t.Index] != h.self.Provider {
		return refuse(wire.CODE_DENIED, "bundle %d of stream %d is anchored, and its shard %d is not placed here", t.Seq, t.Stream, t.Index)
	}
	return nil
}

// putManifest keeps a bundle's manifest and receipts beside a shard of it.
func (h *handler) putManifest(ctx context.Context, from peer.ID, req *wire.PutManifest) (*wire.Response, error) {
	bundle := store.Bundle{Stream: req.Stream, Seq: req.Seq}
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return nil, err
	}
	stream, _, err := h.view.chain.Stream(ctx, req.Stream)
	if err != nil {
		return nil, orDenied(err, "stream %d does not exist", req.Stream)
	}
	if open := h.sessions.of(from); !writerOf(open, req.Stream, stream.Writer.Key) {
		return nil, notAllowed(open, "only the present writer of stream %d puts manifests", req.Stream)
	}
	if len(req.Manifest) > wire.MaxManifest || len(req.Receipts) > wire.MaxReceipts {
		return nil, refuse(wire.CODE_BAD_REQUEST, "manifest of %d bytes with %d receipts is too large", len(req.Manifest), len(req.Receipts))
	}
	if err := h.checkManifest(bundle, req.Manifest); err != nil {
		return nil, err
	}
	receipts := wire.PutManifest{Receipts: req.Receipts}
	blob, err := receipts.Marshal()
	if err != nil {
		return nil, err
	}
	b := store.Block{Bundle: bundle, CID: wire.CID(req.Manifest), Manifest: true, Receipts: blob, Height: tip.Height}
	if err := h.keep(bundle, b, req.Manifest); err != nil {
		return nil, err
	}
	return done(), nil
}

// checkManifest checks that a manifest is one, of this bundle, and names a shard that is held here.
func (h *handler) checkManifest(bundle store.Bundle, manifest []byte) error {
	m, err := timechain.ParseManifest(manifest)
	if err != nil {
		return refuse(wire.CODE_BAD_REQUEST, "manifest: %v", err)
	}
	if m.Stream != datarights.StreamID(h.self.ChainID, bundle.Stream) || m.Seq != bundle.Seq {
		return refuse(wire.CODE_BAD_REQUEST, "manifest is of bundle %d of stream %s", m.Seq, m.Stream)
	}
	for _, cid := range m.ShardCIDs {
		_, err := h.store.Block(bundle, cid)
		if err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return refuse(wire.CODE_DENIED, "no shard of bundle %d of stream %d is held here: put it first", bundle.Seq, bundle.Stream)
}

func (h *handler) getManifest(ctx context.Context, from peer.ID, req *wire.GetManifest) (*wire.Response, error) {
	b, data, err := h.read(ctx, from, store.Bundle{Stream: req.Stream, Seq: req.Seq}, req.Cid, req.Grant, true)
	if err != nil {
		return nil, err
	}
	var receipts wire.PutManifest
	if err := receipts.Unmarshal(b.Receipts); err != nil {
		return nil, err
	}
	return &wire.Response{Body: &wire.Response_Manifest{Manifest: &wire.GetManifestReply{
		Manifest: data, Receipts: receipts.Receipts,
	}}}, nil
}

func (h *handler) getShard(ctx context.Context, from peer.ID, req *wire.GetShard) (*wire.Response, error) {
	_, data, err := h.read(ctx, from, store.Bundle{Stream: req.Stream, Seq: req.Seq}, req.Cid, req.Grant, false)
	if err != nil {
		return nil, err
	}
	return &wire.Response{Body: &wire.Response_Shard{Shard: &wire.GetShardReply{Data: data}}}, nil
}

// read checks the right before it looks: a stranger does not learn what is held.
func (h *handler) read(ctx context.Context, from peer.ID, bundle store.Bundle, cid []byte, grant uint64, manifest bool) (store.Block, []byte, error) {
	if err := h.mayRead(ctx, h.sessions.of(from), bundle, grant); err != nil {
		if grant != 0 || h.mayRepair(ctx, from, bundle) != nil {
			return store.Block{}, nil, err
		}
	}
	b, err := h.store.Block(bundle, cid)
	if err != nil {
		return b, nil, err
	}
	if b.Manifest != manifest {
		return b, nil, store.ErrNotFound
	}
	data, err := h.store.Data(b)
	if errors.Is(err, store.ErrCorrupt) {
		h.metrics.corrupt.Inc()
		h.log.Error("dropped a damaged block", "stream", bundle.Stream, "seq", bundle.Seq, "err", err)
	}
	return b, data, err
}
