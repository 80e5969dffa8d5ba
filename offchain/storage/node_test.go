package storage

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/overlay"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// The whole road: upload to three nodes, anchor, grant, re-encrypt by two proxies, open, and fetch the shard with the
// right the grant gives.
func TestAReaderGetsExactlyWhatWasGranted(t *testing.T) {
	w := newWorld(t)
	for id := range uint64(3) {
		w.start(id + 1)
	}
	b := w.newBundle(0, 3000)
	w.upload(b, 1, 2, 3)
	w.anchor(b, 1, 2, 3)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2, 3)
	w.push(g)

	for i, id := range []uint64{1, 2, 3} {
		conn := w.dial(id, r.identity())
		manifest, receipts, err := conn.GetManifest(t.Context(), streamID, 0, wire.CID(b.manifest), 5)
		require.NoError(t, err)
		require.Equal(t, b.manifest, manifest)
		require.Equal(t, wire.ReceiptRoot(b.receipts), wire.ReceiptRoot(receipts))
		shard, err := conn.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[i]), 5, 3000)
		require.NoError(t, err)
		require.Equal(t, b.shards[i], shard)
	}
	require.Equal(t, g.seeds[0], w.open(g, r, 0, 1, 3))
}

// open has two proxies re-encrypt node i of a grant and opens it.
func (w *world) open(g *grant, r reader, i int, proxies ...uint64) [32]byte {
	w.t.Helper()
	context, capsule := w.capsule(g.nodes[i])
	var answers []pre.Answer
	for _, id := range proxies {
		got, err := w.dial(id, r.identity()).GetFragments(w.t.Context(), g.row.Id, [][]byte{label(w.t, g.nodes[i])}, r.identity())
		require.NoError(w.t, err)
		leaf, err := pre.ParseLeaf(got[0].Leaf)
		require.NoError(w.t, err)
		require.NoError(w.t, datarights.CheckLeaf(g.row, leaf, got[0].Position, got[0].Path))
		answers = append(answers, pre.Answer{Leaf: leaf, Fragment: got[0].Fragment})
	}
	seed, err := pre.Open(r.pre, context, capsule, 2, answers, pre.Binding{ChainID: testChain, Grant: g.row.Id})
	require.NoError(w.t, err)
	return seed
}

func TestTheAccessLogHoldsTheReadersOwnSignature(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	w.open(g, r, 0, 1, 2)

	bz, err := os.ReadFile(filepath.Join(m.deps.Home, dataDir, "access", "0.log"))
	require.NoError(t, err)
	var rec store.AccessRecord
	require.NoError(t, json.Unmarshal(bz, &rec))
	var req wire.GetFragments
	require.NoError(t, req.Unmarshal(rec.Request))
	require.Equal(t, uint64(5), req.Grant)
	digest := wire.FragmentsSignBytes(testChain, rec.Provider, rec.Reader, rec.ReaderVersion, req)
	require.True(t, ed25519.Verify(r.auth.Public().(ed25519.PublicKey), digest, req.Signature))
}

// A node that came later holds a shard and is found through the DHT alone; then the first node, which everybody came in
// through, dies, and all is still found.
func TestTheNetworkIsOne(t *testing.T) {
	w := newWorld(t)
	first := w.start(1)
	w.start(2)
	w.start(3)
	late := w.start(4, func(c *Config, _ *Deps) { c.P2P.Bootstrap = c.P2P.Bootstrap[:1] })
	b := w.newBundle(0, 1000)
	w.upload(b, 2, 3, 4)
	w.anchor(b, 2, 3, 4)
	late.settle(t)

	lateAddr := multiaddr.StringCast(fullAddr(t, late.node))
	first.stop(t)

	h, err := client.NewHost(nil, nil)
	require.NoError(t, err)
	defer h.Close()
	dht, err := client.JoinDHT(t.Context(), h, []multiaddr.Multiaddr{lateAddr},
		overlay.WithAuthority(overlay.NewChainAuthority(testChain, w.chain, time.Now)))
	require.NoError(t, err)
	defer dht.Close()
	hint, err := dht.Hint(t.Context(), testChain, streamID, 0)
	require.NoError(t, err)
	require.Equal(t, []uint64{2, 3, 4}, hint.Providers)
	require.Equal(t, wire.CID(b.manifest), hint.ManifestCid)

	c := client.New(h, testChain, client.Options{DHT: dht, DialTimeout: time.Second}).With(w.asOwner())
	for i, id := range hint.Providers {
		row, err := w.chain.Provider(t.Context(), id)
		require.NoError(t, err)
		row.Addresses = []string{"/ip4/127.0.0.1/tcp/1"} // it has moved
		conn, err := c.Dial(t.Context(), row)
		require.NoError(t, err)
		_, err = conn.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[i]), 0, 1000)
		require.NoError(t, err)
	}
}

// settle runs the anchor and publish chores once, which a node does on its own in a few seconds.
func (m *member) settle(t *testing.T) {
	t.Helper()
	d := m.deps
	p := &publisher{
		self: d.Self, store: m.node.store, chain: d.Chain, intervals: d.Intervals, dht: m.node.dht, clock: d.Clock,
		metrics: m.node.handler.metrics, log: d.Log, done: make(map[string]time.Time),
	}
	require.NoError(t, m.anchorer().pass(t.Context()))
	require.NoError(t, p.pass(t.Context()))
}

// anchorer is the node's chore with a short patience of 10 blocks.
func (m *member) anchorer() *anchorer {
	return &anchorer{
		busy: newHeld(),
		self: m.deps.Self.Provider, ttl: 10, store: m.node.store, view: m.node.view(), metrics: m.node.handler.metrics,
		log: m.deps.Log, anchored: func(store.Bundle) {},
	}
}

func TestStopLetsRequestsAtWorkFinish(t *testing.T) {
	w := newWorld(t)
	working, finish := make(chan struct{}), make(chan struct{})
	slow := func(_ *Config, d *Deps) {
		own := reEncrypt
		d.ReEncrypt = func(ctx context.Context, r io.Reader, s pre.Share, capsule []byte, b pre.Binding) ([]byte, error) {
			close(working)
			<-finish
			return own(ctx, r, s, capsule, b)
		}
	}
	m := w.start(1, slow)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	conn := w.dial(1, r.identity())
	result := make(chan error, 1)
	go func() {
		_, err := conn.GetFragments(context.Background(), 5, [][]byte{label(t, g.nodes[0])}, r.identity())
		result <- err
	}()
	<-working
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		m.stop(t)
	}()
	select {
	case <-stopped:
		t.Fatal("stopped with a request at work")
	case <-time.After(50 * time.Millisecond):
	}
	close(finish)
	require.NoError(t, <-result)
	<-stopped
}

func TestASilentProxyIsGivenUpOnByTheReadersDeadline(t *testing.T) {
	w := newWorld(t)
	silent := func(_ *Config, d *Deps) {
		d.ReEncrypt = func(ctx context.Context, _ io.Reader, _ pre.Share, _ []byte, _ pre.Binding) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	m := w.start(1, silent)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := w.dial(1, r.identity()).GetFragments(ctx, 5, [][]byte{label(t, g.nodes[0])}, r.identity())
	require.ErrorIs(t, err, context.DeadlineExceeded)

	stop, cancelStop := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancelStop()
	require.ErrorContains(t, m.node.Stop(stop), "cut off")
	m.node = nil
}

func TestAStartThatFailsLeavesNothingRunning(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	other := *m
	other.cfg.HTTP.Listen = "256.0.0.1:1"
	other.deps.Home = t.TempDir()
	w.startFails(t, &other)
	other.cfg.HTTP.Listen = "127.0.0.1:0"
	w.up(&other)
	other.stop(t)
}

func (w *world) startFails(t *testing.T, m *member) {
	t.Helper()
	m.deps.Metrics = prometheus.NewRegistry()
	require.ErrorContains(t, New(m.cfg, m.deps).Start(t.Context()), "http listener")
}
