package overlay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ipfs/go-datastore"
	kad "github.com/libp2p/go-libp2p-kad-dht"
	record "github.com/libp2p/go-libp2p-record"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/multiformats/go-multiaddr"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// prefix makes the DHT's protocol /cpchain/kad/1.0.0: our nodes never mix with another network's.
const prefix = "/cpchain"

// greetTimeout is how long a bootstrap peer may take to be connected, and again to prove a member.
const greetTimeout = 5 * time.Second

// Errors of the DHT, matched with errors.Is.
var (
	// ErrNoHint means that no peer asked had a valid record.
	ErrNoHint = errors.New("no hint found in the dht")
	// ErrBootstrap means that no bootstrap peer answered.
	ErrBootstrap = errors.New("no bootstrap peer answers")
)

// DHT is a member of the overlay.
type DHT struct {
	kad  *kad.IpfsDHT
	host host.Host
}

type config struct {
	server     bool
	store      datastore.Batching
	bucketSize int
	authority  Authority
	clock      func() time.Time
}

// Option of Join.
type Option func(*config)

// AsServer keeps records for others, in store (on disk on a real node: the default store of the library is in memory).
func AsServer(store datastore.Batching) Option {
	return func(c *config) { c.server, c.store = true, store }
}

// WithAuthority has the signers of records checked, usually against the chain.
func WithAuthority(a Authority) Option { return func(c *config) { c.authority = a } }

// WithBucketSize sets Kademlia's k, the number of peers a record is put to; 0 keeps 20. All members should agree.
func WithBucketSize(k int) Option { return func(c *config) { c.bucketSize = k } }

// WithClock sets the clock expiry is judged by.
func WithClock(clock func() time.Time) Option { return func(c *config) { c.clock = clock } }

// Join makes a host a member of the overlay. Bootstrap addresses end in /p2p/<id>. A client needs one that answers; a
// server may come up before its neighbours, and keeps trying through the routing table's refresh.
func Join(ctx context.Context, h host.Host, bootstrap []multiaddr.Multiaddr, opts ...Option) (*DHT, error) {
	cfg := config{clock: time.Now}
	for _, opt := range opts {
		opt(&cfg)
	}
	peers, err := peer.AddrInfosFromP2pAddrs(bootstrap...)
	if err != nil {
		return nil, fmt.Errorf("bootstrap addresses must end in /p2p/<peer id>: %w", err)
	}
	k, err := kad.New(h, cfg.options(peers)...)
	if err != nil {
		return nil, fmt.Errorf("start dht: %w", err)
	}
	d := &DHT{kad: k, host: h}
	if err := d.greet(ctx, peers); err != nil && !cfg.server {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (c config) options(bootstrap []peer.AddrInfo) []kad.Option {
	check := checker{authority: c.authority, clock: c.clock}
	opts := []kad.Option{
		kad.ProtocolPrefix(prefix),
		// The library adds its own namespaces to any validator it made itself; this one is whole.
		kad.Validator(record.NamespacedValidator{"cpm": hintValidator{check}, "cpk": keyHintValidator{check}}),
		kad.MaxRecordAge(wire.RecordLife),
		kad.DisableProviders(),
		kad.BootstrapPeers(bootstrap...),
	}
	mode := kad.ModeClient
	if c.server {
		mode = kad.ModeServer
		opts = append(opts, kad.Datastore(c.store))
	}
	if c.bucketSize > 0 {
		opts = append(opts, kad.BucketSize(c.bucketSize))
	}
	return append(opts, kad.Mode(mode))
}

// greet connects to the bootstrap peers and fills the routing table.
func (d *DHT) greet(ctx context.Context, peers []peer.AddrInfo) error {
	errs := []error{ErrBootstrap}
	reached := 0
	for _, p := range peers {
		if p.ID == d.host.ID() {
			continue
		}
		if err := d.connect(ctx, p); err != nil {
			errs = append(errs, err)
			continue
		}
		reached++
	}
	if reached == 0 {
		return errors.Join(errs...)
	}
	if err := d.awaitPeer(ctx); err != nil {
		return err
	}
	select {
	case err := <-d.kad.RefreshRoutingTable():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *DHT) connect(ctx context.Context, p peer.AddrInfo) error {
	ctx, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	return d.host.Connect(ctx, p)
}

// awaitPeer waits until a peer that was connected to is in the routing table: it gets there once it has told its
// protocols and answered a query. The library has no event for it.
func (d *DHT) awaitPeer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for d.Peers() == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w: connected, but they speak another protocol than %s/kad/1.0.0", ErrBootstrap, prefix)
		}
	}
	return nil
}

// Peers is how many members the routing table holds.
func (d *DHT) Peers() int { return d.kad.RoutingTable().Size() }

// FindPeer asks the overlay for a peer's addresses.
func (d *DHT) FindPeer(ctx context.Context, id peer.ID) (peer.AddrInfo, error) {
	info, err := d.kad.FindPeer(ctx, id)
	if err != nil {
		return peer.AddrInfo{}, fmt.Errorf("find peer %s: %w", id, err)
	}
	return info, nil
}

// Hint returns the newest valid hint for a bundle, or ErrNoHint.
func (d *DHT) Hint(ctx context.Context, chainID string, stream, seq uint64) (wire.Hint, error) {
	var h wire.Hint
	return h, d.get(ctx, wire.HintKey(chainID, stream, seq), &h)
}

// KeyHint returns the newest valid hint for a key node (9-byte form), or ErrNoHint.
func (d *DHT) KeyHint(ctx context.Context, chainID string, stream uint64, node []byte) (wire.KeyHint, error) {
	var k wire.KeyHint
	return k, d.get(ctx, wire.KeyHintKey(chainID, stream, node), &k)
}

// PutHint writes a signed hint (SignHint) to the peers closest to its key.
func (d *DHT) PutHint(ctx context.Context, h wire.Hint) error {
	bz, err := h.Marshal()
	if err != nil {
		return err
	}
	return d.put(ctx, wire.HintKey(h.ChainId, h.Stream, h.Seq), bz)
}

// PutKeyHint writes a signed key hint (SignKeyHint) to the peers closest to its key.
func (d *DHT) PutKeyHint(ctx context.Context, k wire.KeyHint) error {
	bz, err := k.Marshal()
	if err != nil {
		return err
	}
	return d.put(ctx, wire.KeyHintKey(k.ChainId, k.Stream, k.Node), bz)
}

func (d *DHT) put(ctx context.Context, key string, value []byte) error {
	if err := d.kad.PutValue(ctx, key, value); err != nil {
		return fmt.Errorf("put %s: %w", key, err)
	}
	return nil
}

func (d *DHT) get(ctx context.Context, key string, into interface{ Unmarshal([]byte) error }) error {
	value, err := d.kad.GetValue(ctx, key)
	if errors.Is(err, routing.ErrNotFound) {
		return fmt.Errorf("%w: %s", ErrNoHint, key)
	}
	if err != nil {
		return fmt.Errorf("get %s: %w", key, err)
	}
	return into.Unmarshal(value)
}

// Close leaves the overlay; the host stays open.
func (d *DHT) Close() error { return d.kad.Close() }
