package storage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/chain"
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
	default:
		return nil, refuse(wire.CODE_BAD_REQUEST, "request without a body")
	}
}

func done() *wire.Response {
	return &wire.Response{Body: &wire.Response_Done{Done: &wire.Empty{}}}
}

func (h *handler) hello(from peer.ID, req *wire.Hello) (*wire.Response, error) {
	if req.ChainId != h.self.ChainID {
		return nil, refuse(wire.CODE_BAD_REQUEST, "this provider serves chain %s, not %q", h.self.ChainID, req.ChainId)
	}
	value, err := h.sessions.hello(from)
	if err != nil {
		return nil, err
	}
	return &wire.Response{Body: &wire.Response_Hello{Hello: &wire.HelloReply{
		Nonce: value, Provider: h.self.Provider, Version: Version,
	}}}, nil
}

// auth opens a session for a peer that proves who it is under a nonce it was given.
func (h *handler) auth(ctx context.Context, from peer.ID, a *wire.Auth) (*wire.Response, error) {
	if !h.sessions.take(from, a.Nonce) {
		return nil, refuse(wire.CODE_UNAUTHENTICATED, "nonce is unknown, used or too old: say hello first")
	}
	now := h.clock()
	expires := time.Unix(a.ExpiresAt, 0)
	if !now.Before(expires) || expires.Sub(now) > wire.MaxSession {
		return nil, refuse(wire.CODE_BAD_REQUEST, "session must end within %s of %s: check your clock", wire.MaxSession, now.UTC().Format(time.RFC3339))
	}
	if _, err := h.view.fresh(ctx); err != nil {
		return nil, err
	}
	s, err := h.prove(ctx, *a, wire.AuthSignBytes(h.self.ChainID, from, h.peer, *a))
	if err != nil {
		return nil, err
	}
	s.expires = expires
	h.sessions.add(from, s)
	return done(), nil
}

// prove checks the proof of a role against the keys on chain.
func (h *handler) prove(ctx context.Context, a wire.Auth, digest []byte) (session, error) {
	switch a.Role {
	case wire.ROLE_READER:
		return h.proveReader(ctx, a, digest)
	case wire.ROLE_WRITER:
		return h.proveWriter(ctx, a, digest)
	case wire.ROLE_OWNER:
		return proveOwner(a, digest)
	default:
		return session{}, refuse(wire.CODE_BAD_REQUEST, "unknown role %d", a.Role)
	}
}

func (h *handler) proveReader(ctx context.Context, a wire.Auth, digest []byte) (session, error) {
	row, err := h.view.chain.Reader(ctx, a.Reader, a.ReaderVersion)
	if err != nil {
		return session{}, orDenied(err, "reader %d has no keys of version %d", a.Reader, a.ReaderVersion)
	}
	if row.Version != a.ReaderVersion {
		return session{}, refuse(wire.CODE_BAD_REQUEST, "name the reader's key version: it is %d now", row.Version)
	}
	if row.Keys.Retired {
		return session{}, refuse(wire.CODE_DENIED, "version %d of reader %d's keys is retired: use the current one", a.ReaderVersion, a.Reader)
	}
	if err := verify(row.Keys.AuthKey, digest, a.Signature); err != nil {
		return session{}, err
	}
	return session{role: a.Role, reader: a.Reader, version: a.ReaderVersion, authKey: row.Keys.AuthKey}, nil
}

func (h *handler) proveWriter(ctx context.Context, a wire.Auth, digest []byte) (session, error) {
	row, _, err := h.view.chain.Stream(ctx, a.Stream)
	if err != nil {
		return session{}, orDenied(err, "stream %d does not exist", a.Stream)
	}
	if err := verify(row.Writer.Key, digest, a.Signature); err != nil {
		return session{}, err
	}
	return session{role: a.Role, stream: a.Stream, writerKey: row.Writer.Key}, nil
}

// proveOwner needs no row: the account's address is the hash of its key.
func proveOwner(a wire.Auth, digest []byte) (session, error) {
	if len(a.PublicKey) != secp256k1.PubKeySize {
		return session{}, refuse(wire.CODE_BAD_REQUEST, "account key has %d bytes, not %d", len(a.PublicKey), secp256k1.PubKeySize)
	}
	key := secp256k1.PubKey{Key: a.PublicKey}
	if !key.VerifySignature(digest, a.Signature) {
		return session{}, refuse(wire.CODE_UNAUTHENTICATED, "signature does not verify")
	}
	address, err := bech32.ConvertAndEncode(chain.AccountPrefix, key.Address())
	if err != nil {
		return session{}, err
	}
	return session{role: a.Role, address: address}, nil
}

func verify(key, digest, signature []byte) error {
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, digest, signature) {
		return refuse(wire.CODE_UNAUTHENTICATED, "signature does not verify")
	}
	return nil
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

// writerOf returns the caller's session as the present writer of a stream.
func writerOf(open []session, stream uint64, key []byte) bool {
	for _, s := range open {
		if s.role == wire.ROLE_WRITER && s.stream == stream && bytes.Equal(s.writerKey, key) {
			return true
		}
	}
	return false
}

// ownerOf tells whether the caller has a session as this account.
func ownerOf(open []session, address string) bool {
	for _, s := range open {
		if s.role == wire.ROLE_OWNER && s.address == address {
			return true
		}
	}
	return false
}

// readerOf returns the caller's session as a reader with that version of its keys.
func readerOf(open []session, reader uint64, version uint32) (session, bool) {
	for _, s := range open {
		if s.role == wire.ROLE_READER && s.reader == reader && s.version == version {
			return s, true
		}
	}
	return session{}, false
}

// notAllowed refuses a caller none of whose sessions will do.
func notAllowed(open []session, format string, args ...any) error {
	if len(open) == 0 {
		return refuse(wire.CODE_UNAUTHENTICATED, "no session: say hello and authenticate first")
	}
	return refuse(wire.CODE_DENIED, format, args...)
}

// orDenied turns a row that does not exist into a refusal.
func orDenied(err error, format string, args ...any) error {
	if isNotFound(err) {
		return refuse(wire.CODE_DENIED, format, args...)
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
