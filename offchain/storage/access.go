package storage

import (
	"context"
	"errors"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// mayRead is the rule for manifests and shards: the stream's owner and its current writer may, and so may the reader of
// a grant, with keys that are not retired, when the grant allows some interval the bundle holds. What is not anchored
// yet is the writer's and owner's alone. The chain is asked each time, so revocation holds at once.
func (h *handler) mayRead(ctx context.Context, open []session, bundle store.Bundle, grant uint64) error {
	tip, err := h.view.fresh(ctx)
	if err != nil {
		return err
	}
	if grant != 0 {
		return h.granted(ctx, open, bundle, grant, h.view.now(tip))
	}
	stream, _, err := h.view.chain.Stream(ctx, bundle.Stream)
	if err != nil {
		return orDenied(err, "stream %d does not exist", bundle.Stream)
	}
	if ownerOf(open, stream.Owner) || writerOf(open, bundle.Stream, stream.Writer.Key) {
		return nil
	}
	return notAllowed(open, "only the owner and the writer of stream %d read it without a grant", bundle.Stream)
}

func (h *handler) granted(ctx context.Context, open []session, bundle store.Bundle, id uint64, now int64) error {
	g, _, err := h.grantOf(ctx, open, id)
	if err != nil {
		return err
	}
	if g.Stream != bundle.Stream {
		return refuse(wire.CODE_DENIED, "grant %d is for stream %d", id, g.Stream)
	}
	row, err := h.view.chain.Anchor(ctx, bundle.Stream, bundle.Seq)
	if err != nil {
		return orDenied(err, "bundle %d of stream %d is not anchored", bundle.Seq, bundle.Stream)
	}
	a := row.Row.Anchor
	// Rights are equal all over a grant's range: one interval common to both stands for all of them.
	common := min(max(a.FirstInterval, g.FirstInterval), a.FirstInterval+a.Intervals-1)
	if ok, reason := datarights.Allows(g, a.KeyEpoch, common, now); !ok {
		return refuse(wire.CODE_DENIED, "grant %d does not allow bundle %d: %s", id, bundle.Seq, reason)
	}
	return nil
}

// grantOf returns a grant and the caller's session as its reader. The session's keys must still be the current ones.
func (h *handler) grantOf(ctx context.Context, open []session, id uint64) (datarights.Grant, session, error) {
	g, err := h.view.chain.Grant(ctx, id)
	if err != nil {
		return g, session{}, orDenied(err, "grant %d does not exist", id)
	}
	s, ok := readerOf(open, g.Reader, g.ReaderVersion)
	if !ok {
		return g, s, notAllowed(open, "grant %d is for version %d of reader %d's keys, and no session has proved them", id, g.ReaderVersion, g.Reader)
	}
	row, err := h.view.chain.Reader(ctx, g.Reader, g.ReaderVersion)
	if err != nil {
		return g, s, orDenied(err, "reader %d has no keys of version %d", g.Reader, g.ReaderVersion)
	}
	if row.Keys.Retired {
		return g, s, refuse(wire.CODE_DENIED, "version %d of reader %d's keys is retired: ask the owner for a grant to the current one", g.ReaderVersion, g.Reader)
	}
	return g, s, nil
}

func isNotFound(err error) bool { return errors.Is(err, chain.ErrNotFound) }
