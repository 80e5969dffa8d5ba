// Package client talks to storage nodes: it uploads shards and parcels, fetches manifests, shards and re-encrypted keys,
// and checks whatever comes back, so that a lying node can refuse but not deceive.
package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/multiformats/go-multiaddr"

	"github.com/cpchain/cpchain/offchain/storage/overlay"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Options of a Client; the zero value works.
type Options struct {
	// DHT finds peers whose on-chain addresses do not answer; nil: only those addresses are tried.
	DHT *overlay.DHT
	// DialTimeout of one way to a provider; 0 means 5 seconds.
	DialTimeout time.Duration
	// RequestTimeout of one request; 0 means 60 seconds.
	RequestTimeout time.Duration
	// Clock is time.Now unless set.
	Clock func() time.Time
}

// Client opens connections to providers. It is safe for concurrent use.
type Client struct {
	host     host.Host
	chainID  string
	opts     Options
	identity Identity
}

// New returns a client of one chain's providers over an existing host.
func New(h host.Host, chainID string, opts Options) *Client {
	if opts.DialTimeout == 0 {
		opts.DialTimeout = 5 * time.Second
	}
	if opts.RequestTimeout == 0 {
		opts.RequestTimeout = time.Minute
	}
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	return &Client{host: h, chainID: chainID, opts: opts}
}

// With returns a client whose connections prove to be id: on the first request, and again when a session ends.
func (c *Client) With(id Identity) *Client {
	other := *c
	other.identity = id
	return &other
}

// Dial connects to a provider: by the addresses of its row, else by those the DHT knows of its peer key.
func (c *Client) Dial(ctx context.Context, p provider.Provider) (*Conn, error) {
	id, err := PeerID(p.PeerKey)
	if err != nil {
		return nil, fmt.Errorf("provider %d: %w", p.Id, err)
	}
	if err := c.connect(ctx, id, p.Addresses); err != nil {
		return nil, fmt.Errorf("provider %d is out of reach: %w", p.Id, err)
	}
	return &Conn{client: c, provider: p, peer: id}, nil
}

func (c *Client) connect(ctx context.Context, id peer.ID, addresses []string) error {
	rowErr := c.dialAddrs(ctx, id, parseAddrs(addresses))
	if rowErr == nil || c.opts.DHT == nil || ctx.Err() != nil {
		return rowErr
	}
	found, err := c.opts.DHT.FindPeer(ctx, id)
	if err != nil {
		return errors.Join(rowErr, err)
	}
	if err := c.dialAddrs(ctx, id, found.Addrs); err != nil {
		return errors.Join(rowErr, err)
	}
	return nil
}

func (c *Client) dialAddrs(ctx context.Context, id peer.ID, addrs []multiaddr.Multiaddr) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.DialTimeout)
	defer cancel()
	c.host.Peerstore().AddAddrs(id, addrs, peerstore.TempAddrTTL)
	return c.host.Connect(ctx, peer.AddrInfo{ID: id, Addrs: addrs})
}

// parseAddrs leaves out what is no multiaddress: a row may be from a newer version that knows more kinds.
func parseAddrs(addresses []string) []multiaddr.Multiaddr {
	var addrs []multiaddr.Multiaddr
	for _, a := range addresses {
		if m, err := multiaddr.NewMultiaddr(a); err == nil {
			addrs = append(addrs, m)
		}
	}
	return addrs
}

// PeerID of a provider's peer key (ed25519, 32 bytes).
func PeerID(peerKey []byte) (peer.ID, error) {
	pub, err := crypto.UnmarshalEd25519PublicKey(peerKey)
	if err != nil {
		return "", fmt.Errorf("peer key: %w", err)
	}
	return peer.IDFromPublicKey(pub)
}
