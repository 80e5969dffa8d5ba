package storage

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const (
	testChain = "cpchain-test"
	streamID  = uint64(1)
	hour      = uint64(3_600_000) // ms
)

// world is a chain with one stream of three shards a bundle, its parties, and as many nodes as a test starts.
type world struct {
	t      testing.TB
	chain  *fakeChain
	owner  *secp256k1.PrivKey
	writer ed25519.PrivateKey
	root   keytree.Seed
	nodes  map[uint64]*member
}

// member is one provider with what it needs to be started again.
type member struct {
	node *Node
	cfg  Config
	deps Deps
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, chain: newFakeChain(), owner: secp256k1.GenPrivKey(), writer: newKey(t), root: keytree.Seed{1, 2, 3},
		nodes: make(map[uint64]*member),
	}
	w.chain.streams[streamID] = datarights.Stream{
		Id: streamID, Owner: addressOf(t, w.owner), OriginMs: 1_600_000_000_000,
		BlockMs: hour, IntervalMs: hour, UploadMs: hour, DataShards: 2, TotalShards: 3,
		Writer: datarights.Writer{Key: w.writer.Public().(ed25519.PublicKey), Epoch: 1},
	}
	return w
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func addressOf(t testing.TB, key *secp256k1.PrivKey) string {
	t.Helper()
	addr, err := bech32.ConvertAndEncode(chain.AccountPrefix, key.PubKey().Address())
	require.NoError(t, err)
	return addr
}

// start brings up provider id, which joins through the others that run. Changes apply to config and deps before.
func (w *world) start(id uint64, changes ...func(*Config, *Deps)) *member {
	w.t.Helper()
	box, err := seal.NewBox(rand.Reader)
	require.NoError(w.t, err)
	cfg := Default()
	cfg.Chain.ID = testChain
	cfg.P2P.Listen = []string{"/ip4/127.0.0.1/tcp/0"}
	cfg.HTTP.Listen = "127.0.0.1:0"
	cfg.Store.CapacityBytes = 1 << 20
	cfg.Store.MaxPendingBytes = 1 << 19
	cfg.Proxy.AcceptBatchMillis = 1
	for _, m := range w.nodes {
		cfg.P2P.Bootstrap = append(cfg.P2P.Bootstrap, fullAddr(w.t, m.node))
	}
	m := &member{cfg: cfg, deps: Deps{
		Home: w.t.TempDir(), DiskKey: seal.DiskKey{9}, Chain: w.chain, Deals: w.chain, Intervals: w.chain, Demands: w.chain,
		Operator: fakeOperator{chain: w.chain, id: id}, Rand: rand.Reader, Clock: time.Now,
		Log:  slog.New(slog.NewTextHandler(io.Discard, nil)),
		Self: Self{ChainID: testChain, Provider: id, PeerKeyVersion: 1, PeerKey: newKey(w.t), SealKey: box},
	}}
	for _, change := range changes {
		change(&m.cfg, &m.deps)
	}
	w.nodes[id] = m
	w.up(m)
	w.t.Cleanup(func() { m.stop(w.t) })
	pub := m.deps.Self.SealKey.Public()
	w.chain.edit(func() {
		w.chain.providers[id] = provider.Provider{
			Id: id, PeerKey: m.deps.Self.PeerKey.Public().(ed25519.PublicKey), PeerKeyVersion: 1, SealKey: pub[:],
			Addresses: []string{m.node.Host().Addrs()[0].String()}, Storage: true, Proxy: true, Status: provider.STATUS_ACTIVE,
		}
	})
	return m
}

// up starts a member's node, again after stop.
func (w *world) up(m *member) {
	w.t.Helper()
	m.deps.Metrics = prometheus.NewRegistry()
	m.node = New(m.cfg, m.deps)
	require.NoError(w.t, m.node.Start(w.t.Context()))
}

func (m *member) stop(t testing.TB) {
	t.Helper()
	if m.node == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, m.node.Stop(ctx))
	m.node = nil
}

func fullAddr(t testing.TB, n *Node) string {
	t.Helper()
	addrs, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: n.Host().ID(), Addrs: n.Host().Addrs()})
	require.NoError(t, err)
	return addrs[0].String()
}

// dial connects a fresh host to a provider, with an identity or none.
func (w *world) dial(id uint64, identity client.Identity) *client.Conn {
	w.t.Helper()
	h, err := client.NewHost(nil, nil)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, h.Close()) })
	c := client.New(h, testChain, client.Options{})
	if identity != nil {
		c = c.With(identity)
	}
	row, err := w.chain.Provider(w.t.Context(), id)
	require.NoError(w.t, err)
	conn, err := c.Dial(w.t.Context(), row)
	require.NoError(w.t, err)
	return conn
}

func (w *world) asOwner() client.Identity { return signerOf(w.owner) }

func signerOf(key *secp256k1.PrivKey) client.Identity {
	return client.OwnerIdentity(func(message []byte) ([]byte, []byte, error) {
		sig, err := key.Sign(message)
		return sig, key.PubKey().Bytes(), err
	})
}

func (w *world) asWriter() client.Identity { return client.WriterIdentity(streamID, w.writer) }

// reader is a registered reader with one version of its keys.
type reader struct {
	id      uint64
	version uint32
	pre     pre.SecretKey
	auth    ed25519.PrivateKey
}

func (r reader) identity() *client.Reader { return client.ReaderIdentity(r.id, r.version, r.auth) }

func (w *world) newReader(id uint64) reader {
	w.t.Helper()
	sk, err := pre.NewReaderKey(rand.Reader)
	require.NoError(w.t, err)
	r := reader{id: id, pre: sk, auth: newKey(w.t)}
	pub := sk.Public()
	w.chain.edit(func() {
		versions := w.chain.readers[id]
		if versions == nil {
			versions = make(map[uint32]datarights.ReaderKeys)
			w.chain.readers[id] = versions
		}
		for v, keys := range versions {
			keys.Retired = true
			versions[v] = keys
		}
		r.version = uint32(len(versions) + 1)
		versions[r.version] = datarights.ReaderKeys{PreKey: pub[:], AuthKey: r.auth.Public().(ed25519.PublicKey)}
	})
	return r
}

// label is a node in 9-byte form.
func label(t testing.TB, n keytree.Node) []byte {
	t.Helper()
	bz, err := n.MarshalBinary()
	require.NoError(t, err)
	return bz
}

// requireCode checks that err is a refusal with a code, whose text holds some words.
func requireCode(t *testing.T, err error, code wire.Code, words string) {
	t.Helper()
	var r *client.Refusal
	require.True(t, errors.As(err, &r), "want a refusal, have %v", err)
	require.Equal(t, code, r.Code, r.Message)
	require.Contains(t, r.Message, words)
}

func newAccount() *secp256k1.PrivKey { return secp256k1.GenPrivKey() }

func freshMetrics(t *testing.T) *metrics {
	t.Helper()
	m, err := newMetrics(prometheus.NewRegistry())
	require.NoError(t, err)
	return m
}

// clientOf dials as a node itself does.
func clientOf(n *Node) *client.Client { return client.New(n.Host(), testChain, client.Options{}) }
