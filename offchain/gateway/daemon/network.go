package daemon

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"

	"github.com/cpchain/cpchain/offchain/publish"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// errNoDHT means that hints can't be written: no bootstrap peer is configured, or none answers.
var errNoDHT = errors.New("not in the DHT: check p2p.bootstrap")

// hintTimeout bounds the writing of one hint: hints are a help, nothing waits for them.
const hintTimeout = 10 * time.Second

// rejoinEvery is how often an unreachable DHT is tried again.
const rejoinEvery = 30 * time.Second

// network reaches storage nodes by the addresses on chain, and through the DHT once it has been joined.
type network struct {
	host      host.Host
	chainID   string
	writer    ed25519.PrivateKey
	bootstrap []multiaddr.Multiaddr
	clock     func() time.Time
	log       *slog.Logger

	mu     sync.Mutex
	client *client.Client
	dht    *client.DHT
	tried  time.Time
}

func newNetwork(chainID string, keys gatewayKeys, bootstrap []string, clock func() time.Time, log *slog.Logger) (*network, error) {
	n := &network{chainID: chainID, writer: keys.writer, clock: clock, log: log}
	for _, a := range bootstrap {
		addr, err := multiaddr.NewMultiaddr(a)
		if err != nil {
			return nil, fmt.Errorf("bootstrap address %q: %w", a, err)
		}
		n.bootstrap = append(n.bootstrap, addr)
	}
	var err error
	if n.host, err = client.NewHost(nil, keys.peer); err != nil {
		return nil, err
	}
	n.client = client.New(n.host, chainID, client.Options{})
	return n, nil
}

// close leaves the DHT and the network.
func (n *network) close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dht == nil {
		return n.host.Close()
	}
	return errors.Join(n.dht.Close(), n.host.Close())
}

// current client; joining the DHT is tried now and then until it works.
func (n *network) current(ctx context.Context) (*client.Client, *client.DHT) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.dht != nil || len(n.bootstrap) == 0 || n.clock().Sub(n.tried) < rejoinEvery {
		return n.client, n.dht
	}
	n.tried = n.clock()
	dht, err := client.JoinDHT(ctx, n.host, n.bootstrap)
	if err != nil {
		n.log.Warn("dht can't be joined; going on without hints", "err", err)
		return n.client, nil
	}
	n.dht = dht
	n.client = client.New(n.host, n.chainID, client.Options{DHT: dht})
	return n.client, n.dht
}

// PutShard implements publish.Network.
func (n *network) PutShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error) {
	c, _ := n.current(ctx)
	return publish.Over(c, n.writer).PutShard(ctx, to, t, shard)
}

// PutManifest implements publish.Network.
func (n *network) PutManifest(ctx context.Context, to provider.Provider, stream, seq uint64, manifest []byte, receipts []wire.Receipt) error {
	c, _ := n.current(ctx)
	return publish.Over(c, n.writer).PutManifest(ctx, to, stream, seq, manifest, receipts)
}

func (n *network) dial(ctx context.Context, stream uint64, to provider.Provider) (*client.Conn, error) {
	c, _ := n.current(ctx)
	return c.With(client.WriterIdentity(stream, n.writer)).Dial(ctx, to)
}

// PutCapsule implements gateway.Network.
func (n *network) PutCapsule(ctx context.Context, to provider.Provider, stream, grant uint64, node, capsule []byte) error {
	conn, err := n.dial(ctx, stream, to)
	if err != nil {
		return err
	}
	return conn.PutCapsule(ctx, grant, node, capsule)
}

// Manifest implements gateway.Network.
func (n *network) Manifest(ctx context.Context, from provider.Provider, stream, seq uint64, cid []byte) ([]byte, error) {
	conn, err := n.dial(ctx, stream, from)
	if err != nil {
		return nil, err
	}
	manifest, _, err := conn.GetManifest(ctx, stream, seq, cid, 0)
	return manifest, err
}

// PutHint implements gateway.Network.
func (n *network) PutHint(ctx context.Context, h wire.Hint) error {
	_, dht := n.current(ctx)
	if dht == nil {
		return errNoDHT
	}
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	return dht.PutHint(ctx, h)
}

// PutKeyHint implements gateway.Network.
func (n *network) PutKeyHint(ctx context.Context, k wire.KeyHint) error {
	_, dht := n.current(ctx)
	if dht == nil {
		return errNoDHT
	}
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	return dht.PutKeyHint(ctx, k)
}
