package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
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
		if err := h.fromHolder(ctx, from, g); err != nil {
			return nil, notAllowed(open, "only the owner of grant %d pushes its parcels, and who offered one on chain: %v", g.Id, err)
		}
	}
	if reply, err := h.parcelState(g, h.view.now(tip)); reply != nil || err != nil {
		return reply, err
	}
	return h.storeParcel(g, req.Sealed)
}

// fromHolder checks that a peer is the provider that offers this one its parcel.
func (h *handler) fromHolder(ctx context.Context, from peer.ID, g datarights.Grant) error {
	column, ok := columnOf(g, h.self.Provider)
	if !ok || g.Proxies[column].OfferedTo != h.self.Provider {
		return fmt.Errorf("nothing is offered to provider %d", h.self.Provider)
	}
	row, err := h.view.chain.Provider(ctx, g.Proxies[column].Holder())
	if err != nil {
		return err
	}
	id, err := client.PeerID(row.PeerKey)
	if err == nil && id != from {
		err = fmt.Errorf("provider %d offers it", row.Id)
	}
	return err
}

// parcelState answers for a parcel that is stored already, or that is not wanted. Neither is set when it should be stored.
func (h *handler) parcelState(g datarights.Grant, now int64) (*wire.Response, error) {
	column, ok := columnOf(g, h.self.Provider)
	if !ok || g.Proxies[column].State == datarights.PROXY_STATE_SPARE || g.Proxies[column].State == datarights.PROXY_STATE_REPLACED {
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
	if column, _ := columnOf(g, h.self.Provider); err != nil && !waitsFor(g.Proxies[column], h.self.Provider) {
		return nil, refuse(wire.CODE_BAD_REQUEST, "%v", err) // the word on chain has been given
	}
	if err != nil {
		row.State, row.Reason = store.GrantRefusing, reasonOf(err)
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

// reasonOf makes an error's text fit for the chain: UTF-8 of limited length, though it may quote what a peer sent.
func reasonOf(err error) string {
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxReason)], "?")
}

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
