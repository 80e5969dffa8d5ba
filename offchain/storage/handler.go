package storage

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
)

// Version of the node's software, as peers are told it.
const Version = "0.1.0"

// Self is what the node is on chain, and the keys it proves that with.
type Self struct {
	ChainID        string
	Provider       uint64
	PeerKeyVersion uint32
	PeerKey        ed25519.PrivateKey
	SealKey        seal.BoxSecret
}

// handler answers peers. It holds no lock while it asks the chain.
type handler struct {
	self      Self
	peer      peer.ID
	limits    StoreConfig
	store     *store.Store
	view      view
	deals     Deals
	sessions  *sessions
	reEncrypt ReEncrypt
	rand      io.Reader
	clock     func() time.Time
	metrics   *metrics
	log       *slog.Logger
	// parcelStored tells the acceptor, and newCapsule the publisher, that there is work.
	parcelStored func()
	newCapsule   func(grant uint64)
}

// answer serves one request of a peer.
func (h *handler) answer(ctx context.Context, from peer.ID, req *wire.Request) *wire.Response {
	start := h.clock()
	resp, err := h.serve(ctx, from, req)
	if err != nil {
		r := refusalOf(err)
		resp = &wire.Response{Code: r.code, Message: r.message}
		level := slog.LevelDebug
		if r.code == wire.CODE_INTERNAL {
			level = slog.LevelError
		}
		h.log.Log(ctx, level, "refused", "peer", from, "request", req.Kind(), "code", r.code, "err", err)
	}
	h.metrics.served(req.Kind(), resp.Code, h.clock().Sub(start))
	return resp
}

func (h *handler) serve(ctx context.Context, from peer.ID, req *wire.Request) (*wire.Response, error) {
	switch body := req.Body.(type) {
	case *wire.Request_Hello:
		return h.hello(from, body.Hello)
	case *wire.Request_Auth:
		return h.auth(ctx, from, body.Auth)
	case *wire.Request_PutShard:
		return h.putShard(ctx, body.PutShard)
	case *wire.Request_PutManifest:
		return h.putManifest(ctx, from, body.PutManifest)
	case *wire.Request_GetManifest:
		return h.getManifest(ctx, from, body.GetManifest)
	case *wire.Request_GetShard:
		return h.getShard(ctx, from, body.GetShard)
	case *wire.Request_PushParcel:
		return h.pushParcel(ctx, from, body.PushParcel)
	case *wire.Request_PutCapsule:
		return h.putCapsule(ctx, from, body.PutCapsule)
	case *wire.Request_GetFragments:
		return h.getFragments(ctx, from, body.GetFragments)
	case *wire.Request_Status:
		return h.status(ctx)
	case *wire.Request_GetLeaves:
		return h.getLeaves(ctx, from, body.GetLeaves)
	default:
		return nil, refuse(wire.CODE_BAD_REQUEST, "request without a body")
	}
}

func done() *wire.Response {
	return &wire.Response{Body: &wire.Response_Done{Done: &wire.Empty{}}}
}

func (h *handler) status(ctx context.Context) (*wire.Response, error) {
	usage := h.store.Usage()
	reply := &wire.StatusReply{
		Version: Version, Provider: h.self.Provider,
		Shards: usage.Shards, BytesUsed: usage.Bytes, BytesCapacity: usage.Capacity,
		ChainAgeSeconds: -1,
	}
	if tip, err := h.view.chain.Tip(ctx); err == nil {
		reply.ChainHeight, reply.CatchingUp = tip.Height, tip.CatchingUp
		reply.ChainAgeSeconds = int64(h.clock().Sub(tip.Time) / time.Second)
	}
	return &wire.Response{Body: &wire.Response_Status{Status: reply}}, nil
}

// orDenied turns a row that does not exist into a refusal.
func orDenied(err error, format string, args ...any) error {
	if isNotFound(err) {
		return refuse(wire.CODE_DENIED, format, args...)
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
