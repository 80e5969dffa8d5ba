package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	leveldb "github.com/ipfs/go-ds-leveldb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/overlay"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
)

// Folders of a home that hold the node's data.
const (
	dataDir = "data" // the store
	dhtDir  = "dht"  // DHT records kept for others
)

// publishEvery is how often the publisher looks for records that are due; records themselves are renewed at
// wire.RepublishEvery.
const publishEvery = time.Minute

// Deps are what a node is given. All are needed but ReEncrypt.
type Deps struct {
	Home      string
	Self      Self
	DiskKey   seal.DiskKey
	Chain     Chain
	Deals     Deals
	Intervals Intervals
	Demands   Demands
	Operator  Operator
	Rand      io.Reader
	Clock     func() time.Time
	Metrics   *prometheus.Registry
	Log       *slog.Logger
	// ReEncrypt replaces pre.ReEncrypt when set.
	ReEncrypt ReEncrypt
}

// Node is a storage and re-encryption node.
type Node struct {
	cfg  Config
	deps Deps

	store   *store.Store
	host    host.Host
	records *leveldb.Datastore
	dht     *overlay.DHT
	handler *handler
	server  *server
	http    *http.Server

	stopChores context.CancelFunc
	chores     sync.WaitGroup
}

// New returns a node that has done nothing yet.
func New(cfg Config, deps Deps) *Node {
	if deps.ReEncrypt == nil {
		deps.ReEncrypt = reEncrypt
	}
	return &Node{cfg: cfg, deps: deps}
}

// Host of a started node.
func (n *Node) Host() host.Host { return n.host }

// Start brings the node up: disk, network, DHT, chores, requests, metrics. On error nothing is left running.
func (n *Node) Start(ctx context.Context) error {
	m, err := newMetrics(n.deps.Metrics)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	for _, start := range []func(context.Context, *metrics) error{
		n.openStore, n.startHost, n.joinDHT, n.startHandler, n.startChores, n.startHTTP,
	} {
		if err := start(ctx, m); err != nil {
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return errors.Join(err, n.Stop(stop))
		}
	}
	n.deps.Log.Info("node is up", "provider", n.deps.Self.Provider, "peer", n.host.ID(), "addresses", n.host.Addrs())
	return nil
}

// Stop undoes Start in reverse. Requests at work may finish until ctx ends.
func (n *Node) Stop(ctx context.Context) error {
	var errs []error
	if n.http != nil {
		errs = append(errs, n.http.Shutdown(ctx))
	}
	if n.server != nil {
		n.host.RemoveStreamHandler(wire.ProtocolID)
		errs = append(errs, n.server.drain(ctx))
	}
	if n.stopChores != nil {
		n.stopChores()
		n.chores.Wait()
	}
	if n.dht != nil {
		errs = append(errs, n.dht.Close())
	}
	if n.records != nil {
		errs = append(errs, n.records.Close())
	}
	if n.host != nil {
		errs = append(errs, n.host.Close())
	}
	if n.store != nil {
		errs = append(errs, n.store.Close())
	}
	return errors.Join(errs...)
}

func (n *Node) openStore(context.Context, *metrics) error {
	s, report, err := store.Open(filepath.Join(n.deps.Home, dataDir), n.cfg.Store.CapacityBytes, n.deps.DiskKey, n.deps.Rand)
	if err != nil {
		return err
	}
	n.store = s
	n.deps.Log.Info("store is open", "blocks", report.Blocks, "bytes", report.Bytes, "capacity", n.cfg.Store.CapacityBytes,
		"unfinished", report.Staged+report.Orphans)
	if report.Lost > 0 {
		n.deps.Log.Error("blocks are gone from disk", "lost", report.Lost)
	}
	return nil
}

func (n *Node) startHost(context.Context, *metrics) error {
	h, err := overlay.NewHost(n.cfg.P2P.Listen, n.deps.Self.PeerKey)
	n.host = h
	return err
}

func (n *Node) joinDHT(ctx context.Context, _ *metrics) error {
	bootstrap := make([]multiaddr.Multiaddr, 0, len(n.cfg.P2P.Bootstrap))
	for _, a := range n.cfg.P2P.Bootstrap {
		addr, err := multiaddr.NewMultiaddr(a)
		if err != nil {
			return fmt.Errorf("bootstrap address %q: %w", a, err)
		}
		bootstrap = append(bootstrap, addr)
	}
	records, err := leveldb.NewDatastore(filepath.Join(n.deps.Home, dhtDir), nil)
	if err != nil {
		return fmt.Errorf("open dht records: %w", err)
	}
	n.records = records
	n.dht, err = overlay.Join(ctx, n.host, bootstrap, overlay.AsServer(records),
		overlay.WithBucketSize(n.cfg.P2P.BucketSize), overlay.WithClock(n.deps.Clock),
		overlay.WithAuthority(overlay.NewChainAuthority(n.deps.Self.ChainID, n.deps.Chain, n.deps.Clock)))
	return err
}

func (n *Node) startHandler(_ context.Context, m *metrics) error {
	d := n.deps
	n.handler = &handler{
		self: d.Self, peer: n.host.ID(), limits: n.cfg.Store, store: n.store, view: n.view(), deals: d.Deals,
		sessions: newSessions(d.Rand, d.Clock), reEncrypt: d.ReEncrypt, rand: d.Rand, clock: d.Clock, metrics: m, log: d.Log,
	}
	n.server = newServer(n.cfg.Limits, d.Clock, m, d.Log)
	return n.gauges(d.Metrics)
}

func (n *Node) view() view {
	return view{chain: n.deps.Chain, maxAge: n.cfg.Chain.maxAge(), clock: n.deps.Clock}
}

// startChores wires the chores to the handler, and only then lets requests in.
func (n *Node) startChores(_ context.Context, m *metrics) error {
	d := n.deps
	seconds := func(s int64) time.Duration { return time.Duration(s) * time.Second }

	p := &publisher{
		self: d.Self, store: n.store, chain: d.Chain, intervals: d.Intervals, dht: n.dht, clock: d.Clock, metrics: m,
		log: d.Log, done: make(map[string]time.Time),
	}
	publish := newChore("publish", publishEvery, time.Second, p.pass, m, d.Log)
	a := &anchorer{
		self: d.Self.Provider, ttl: n.cfg.Store.UnanchoredTTLBlocks, store: n.store, view: n.view(), busy: newHeld(), metrics: m, log: d.Log,
		anchored: func(b store.Bundle) {
			p.forget(wire.HintKey(d.Self.ChainID, b.Stream, b.Seq))
			publish.poke()
		},
	}
	anchor := newChore("anchor", seconds(n.cfg.Store.AnchorPollSeconds), 0, a.pass, m, d.Log)
	acc := &acceptor{
		self: d.Self.Provider, store: n.store, chain: d.Chain, demands: d.Demands, operator: d.Operator, clock: d.Clock, metrics: m, log: d.Log,
		accepted: publish.poke,
	}
	accept := newChore("accept", seconds(n.cfg.Proxy.ReviewSeconds),
		time.Duration(n.cfg.Proxy.AcceptBatchMillis)*time.Millisecond, acc.pass, m, d.Log)
	ans := &answerer{
		self: d.Self, store: n.store, view: n.view(), demands: d.Demands, operator: d.Operator, reEncrypt: d.ReEncrypt, rand: d.Rand, metrics: m, log: d.Log,
	}
	answer := newChore("demands", seconds(n.cfg.Proxy.DemandSeconds), 0, ans.pass, m, d.Log)
	leave := &leaver{
		self: d.Self, store: n.store, view: n.view(), demands: d.Demands, operator: d.Operator, courier: client.New(n.host, d.Self.ChainID, client.Options{DHT: n.dht, Clock: d.Clock}), log: d.Log,
	}
	handOver := newChore("hand over", seconds(n.cfg.Proxy.DemandSeconds), 0, leave.pass, m, d.Log)
	pr := &prover{self: d.Self.Provider, store: n.store, view: n.view(), deals: d.Deals, operator: d.Operator, metrics: m, log: d.Log}
	prove := newChore("prove", seconds(n.cfg.Store.ProvePollSeconds), 0, pr.pass, m, d.Log)
	re := &repairer{
		self: d.Self.Provider, store: n.store, view: n.view(), deals: d.Deals, operator: d.Operator, workers: 1, hold: a.busy, metrics: m, log: d.Log,
		client: client.New(n.host, d.Self.ChainID, client.Options{DHT: n.dht}),
	}
	repair := newChore("repair", seconds(n.cfg.Store.RepairPollSeconds), 0, re.pass, m, d.Log)
	sw := &sweeper{self: d.Self.Provider, store: n.store, view: n.view(), deals: d.Deals, metrics: m, log: d.Log}
	sweep := newChore("sweep", seconds(n.cfg.Store.SweepSeconds), 0, sw.pass, m, d.Log)
	syncLog := newChore("access log", time.Second, 0, func(context.Context) error { return n.store.SyncLog() }, m, d.Log)

	n.handler.parcelStored = accept.poke
	n.handler.newCapsule = func(uint64) { publish.poke() }

	ctx, cancel := context.WithCancel(context.Background())
	n.stopChores = cancel
	for _, c := range []*chore{publish, anchor, accept, answer, handOver, prove, repair, sweep, syncLog} {
		n.chores.Go(func() { c.run(ctx) })
	}
	n.server.answer = n.handler.answer
	n.host.SetStreamHandler(wire.ProtocolID, n.server.handle)
	return nil
}
