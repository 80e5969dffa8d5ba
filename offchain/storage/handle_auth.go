package storage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// hello gives the caller a nonce.
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
