// Package overlay is the peer-to-peer layer of the data plane: libp2p hosts, and a Kademlia DHT of its own whose records
// are small signed hints. The chain's rows and hashes are the authority; a hint only says where to look first.
package overlay

import (
	"crypto/ed25519"
	"fmt"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
)

// NewHost starts a libp2p host on TCP with Noise and yamux. A nil key makes a fresh identity; without a listen address
// the host only dials. No relay, no hole punching: a provider announces addresses that can be reached.
func NewHost(listen []string, key ed25519.PrivateKey) (host.Host, error) {
	opts := []libp2p.Option{
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		libp2p.DisableRelay(),
	}
	if len(listen) == 0 {
		opts = append(opts, libp2p.NoListenAddrs)
	} else {
		opts = append(opts, libp2p.ListenAddrStrings(listen...))
	}
	if key != nil {
		priv, err := crypto.UnmarshalEd25519PrivateKey(key)
		if err != nil {
			return nil, fmt.Errorf("peer key: %w", err)
		}
		opts = append(opts, libp2p.Identity(priv))
	}
	h, err := libp2p.New(opts...)
	if err != nil {
		return nil, fmt.Errorf("start libp2p host: %w", err)
	}
	return h, nil
}
