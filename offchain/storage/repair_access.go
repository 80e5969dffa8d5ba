package storage

import (
	"context"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// mayRepair is the rule for other providers: who may fill an open slot of a bundle now, or a stagger from now, reads its shards. The
// connection itself proves the peer key.
func (h *handler) mayRepair(ctx context.Context, from peer.ID, bundle store.Bundle) error {
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return err
	}
	key, err := from.ExtractPublicKey()
	if err != nil {
		return refuse(wire.CODE_DENIED, "the peer has no ed25519 key")
	}
	raw, err := key.Raw()
	if err != nil {
		return err
	}
	row, err := h.deals.ProviderByPeerKey(ctx, raw)
	if err != nil {
		return orDenied(err, "the peer is no provider")
	}
	if !row.Offers(true, false) {
		return refuse(wire.CODE_DENIED, "provider %d stores nothing new now", row.Id)
	}
	d, err := h.deals.Deal(ctx, bundle.Stream, bundle.Seq)
	if err != nil {
		return orDenied(err, "bundle %d of stream %d is not stored", bundle.Seq, bundle.Stream)
	}
	return h.mayFill(ctx, tip.Height, row.Operator, bundle, d)
}

func (h *handler) mayFill(ctx context.Context, height int64, operator string, bundle store.Bundle, d deals.Deal) error {
	t, err := newTurn(ctx, h.deals, height)
	if err != nil {
		return err
	}
	for i, s := range d.Slots {
		since := s.Since
		if s.Provider != 0 {
			holder, err := h.view.chain.Provider(ctx, s.Provider)
			if err != nil {
				return err
			}
			if holder.Status != provider.STATUS_LEAVING && holder.Status != provider.STATUS_EXPELLED {
				continue
			}
			since = holder.StatusHeight
		}
		ref := deals.SlotRef{Stream: bundle.Stream, Seq: bundle.Seq, Slot: uint32(i)}
		if may, _ := deals.MayFill(t.boundary.Seed, ref, operator, t.height+int64(t.stagger)-since, t.stagger); may {
			return nil
		}
	}
	return refuse(wire.CODE_DENIED, "no slot of bundle %d of stream %d is open to this provider now", bundle.Seq, bundle.Stream)
}
