package storage

import (
	"context"
	"errors"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// getLeaves gives the grant's reader leaves of this proxy, so that it can demand capsules on chain. They open nothing, and the grant's
// row commits to them.
func (h *handler) getLeaves(ctx context.Context, from peer.ID, req *wire.GetLeaves) (*wire.Response, error) {
	if len(req.Nodes) == 0 || len(req.Nodes) > wire.MaxNodes {
		return nil, refuse(wire.CODE_BAD_REQUEST, "%d nodes: ask for 1 to %d", len(req.Nodes), wire.MaxNodes)
	}
	if _, err := h.view.fresh(ctx); err != nil {
		return nil, err
	}
	g, _, err := h.grantOf(ctx, h.sessions.of(from), req.Grant)
	if err != nil {
		return nil, err
	}
	if err := h.isProxy(g); err != nil {
		return nil, err
	}
	reply := &wire.GetLeavesReply{}
	for _, node := range req.Nodes {
		e, err := h.store.Entry(g.Id, node)
		if errors.Is(err, store.ErrNotFound) {
			return nil, refuse(wire.CODE_NOT_FOUND, "no key share for node %x of grant %d here", node, g.Id)
		}
		if err != nil {
			return nil, err
		}
		reply.Leaves = append(reply.Leaves, wire.ProvedLeaf{Leaf: e.Leaf, Position: e.Position, Path: e.Path})
	}
	return &wire.Response{Body: &wire.Response_Leaves{Leaves: reply}}, nil
}
