package client

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// sessionLife is how long a session is asked for: within wire.MaxSession, with room for clocks that differ.
const sessionLife = wire.MaxSession - 2*wire.MaxSkew

// Identity proves to a node who is calling.
type Identity interface {
	// Auth signs the proof that opens a session between the two peers under the server's nonce.
	Auth(chainID string, client, server peer.ID, nonce []byte, now time.Time) (wire.Auth, error)
}

// Reader is the identity of a registered reader: it opens sessions and signs requests for fragments.
type Reader struct {
	id      uint64
	version uint32
	key     ed25519.PrivateKey
}

// ReaderIdentity is a reader by its on-chain id, key version and auth key.
func ReaderIdentity(reader uint64, version uint32, authKey ed25519.PrivateKey) *Reader {
	return &Reader{id: reader, version: version, key: authKey}
}

// Auth implements Identity.
func (r *Reader) Auth(chainID string, client, server peer.ID, nonce []byte, now time.Time) (wire.Auth, error) {
	a := wire.Auth{
		Role: wire.ROLE_READER, Reader: r.id, ReaderVersion: r.version, ExpiresAt: now.Add(sessionLife).Unix(), Nonce: nonce,
	}
	a.Signature = ed25519.Sign(r.key, wire.AuthSignBytes(chainID, client, server, a))
	return a, nil
}

// fragments signs one request to a provider.
func (r *Reader) fragments(chainID string, provider, grant uint64, nodes [][]byte, now time.Time) wire.GetFragments {
	g := wire.GetFragments{Grant: grant, Nodes: nodes, Time: now.Unix()}
	g.Signature = ed25519.Sign(r.key, wire.FragmentsSignBytes(chainID, provider, r.id, r.version, g))
	return g
}

type writer struct {
	stream uint64
	key    ed25519.PrivateKey
}

// WriterIdentity is the current writer of a stream.
func WriterIdentity(stream uint64, key ed25519.PrivateKey) Identity {
	return writer{stream: stream, key: key}
}

// Auth implements Identity.
func (w writer) Auth(chainID string, client, server peer.ID, nonce []byte, now time.Time) (wire.Auth, error) {
	a := wire.Auth{Role: wire.ROLE_WRITER, Stream: w.stream, ExpiresAt: now.Add(sessionLife).Unix(), Nonce: nonce}
	a.Signature = ed25519.Sign(w.key, wire.AuthSignBytes(chainID, client, server, a))
	return a, nil
}

// SignFunc signs a message with a secp256k1 account key (over the message's sha256) and returns the compressed public
// key; the SignBytes method of a chain.Signer is one.
type SignFunc func(message []byte) (signature, publicKey []byte, err error)

type owner struct{ sign SignFunc }

// OwnerIdentity is the account that owns a stream or a grant.
func OwnerIdentity(sign SignFunc) Identity { return owner{sign: sign} }

// whoAmI is signed only to learn the account's public key, which the proof itself names.
const whoAmI = "cpchain/identity/v1"

// Auth implements Identity.
func (o owner) Auth(chainID string, client, server peer.ID, nonce []byte, now time.Time) (wire.Auth, error) {
	_, pub, err := o.sign([]byte(whoAmI))
	if err != nil {
		return wire.Auth{}, fmt.Errorf("open a session as owner: %w", err)
	}
	a := wire.Auth{Role: wire.ROLE_OWNER, PublicKey: pub, ExpiresAt: now.Add(sessionLife).Unix(), Nonce: nonce}
	if a.Signature, _, err = o.sign(wire.AuthSignBytes(chainID, client, server, a)); err != nil {
		return wire.Auth{}, fmt.Errorf("open a session as owner: %w", err)
	}
	return a, nil
}
