package client

import (
	"context"
	"crypto/ed25519"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"

	"github.com/cpchain/cpchain/offchain/storage/overlay"
)

// DHT is where hints about bundles, keys and peers are found.
type DHT = overlay.DHT

// NewHost starts a libp2p host. A nil key makes a fresh identity, no listen address a host that only dials.
func NewHost(listen []string, key ed25519.PrivateKey) (host.Host, error) {
	return overlay.NewHost(listen, key)
}

// JoinDHT joins as a client: it asks and writes, but keeps no records for others. Bootstrap addresses end in /p2p/<id>;
// one that answers is enough. Pass overlay.WithAuthority to have hints checked against the chain; without it a hint is
// only known to be signed by somebody.
func JoinDHT(ctx context.Context, h host.Host, bootstrap []multiaddr.Multiaddr, opts ...overlay.Option) (*DHT, error) {
	return overlay.Join(ctx, h, bootstrap, opts...)
}
