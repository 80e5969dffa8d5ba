package gateway

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/gateway/senml"
	"github.com/cpchain/cpchain/offchain/provision"
	"github.com/cpchain/cpchain/offchain/publish"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const (
	testStream = 7
	origin     = int64(1_700_000_000_000) // ms, also the clock's start
	interval   = 60_000                   // ms
	perBundle  = 5
)

// world is one stream, its chain, its storage nodes, and the disk of its gateway.
type world struct {
	t     *testing.T
	dir   string
	now   time.Time
	chain *fakeChain
	nodes *fakeNodes
	self  Self
	cfg   Config
	root  keytree.Seed
	owner *secp256k1.PrivKey
	life  *mortal
	lane  *lane
	reg   *prometheus.Registry
	// stages are the manifests of all bundles ever staged on disk.
	stages []timechain.Manifest
}

func newWorld(t *testing.T, change func(*datarights.Stream)) *world {
	t.Helper()
	_, writer, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	box, err := seal.NewBox(rand.Reader)
	require.NoError(t, err)
	w := &world{
		t: t, dir: t.TempDir(), now: time.UnixMilli(origin), nodes: newFakeNodes(), owner: secp256k1.GenPrivKey(), root: keytree.Seed{42},
		self: Self{ChainID: testChain, Account: "cpc1gateway", WriterKey: writer, SealKey: box, DiskKey: seal.DiskKey{1}, PeerID: "peer"},
		cfg:  Default(),
	}
	w.cfg.Chain.ID, w.cfg.Chain.GrantsPollSeconds = testChain, 0
	w.cfg.Seal.LatenessSeconds, w.cfg.Seal.KeepKeysSeconds = 0, 0
	sealKey := box.Public()
	w.chain = &fakeChain{boundary: 100, now: func() time.Time { return w.now }, stream: datarights.Stream{
		Id: testStream, Owner: sdk.AccAddress(w.owner.PubKey().Address()).String(), Name: "cars", OriginMs: origin, BlockMs: 1000, IntervalMs: interval,
		UploadMs: perBundle * interval, DataShards: 2, TotalShards: 3, KeyEpochs: []datarights.KeyEpoch{{}},
		Schema: datarights.Schema{TimeField: "t", TimeFormat: "rfc3339", Fields: []datarights.Field{
			{Name: "car", Type: datarights.FIELD_TYPE_TEXT, Key: true},
			{Name: "speed", Unit: "m/s", Type: datarights.FIELD_TYPE_FIXED, Decimals: 2, Min: "-100", Max: "100"},
		}},
		Writer: datarights.Writer{Account: w.self.Account, Key: writer.Public().(ed25519.PublicKey), SealKey: sealKey[:], Epoch: 1},
	}}
	if change != nil {
		change(&w.chain.stream)
	}
	for i := range uint64(5) {
		w.chain.providers = append(w.chain.providers, provider.Provider{
			Id: i + 1, Operator: fmt.Sprintf("op%d", i), Storage: true, Proxy: true, Status: provider.STATUS_ACTIVE,
			CapacityBytes: 1 << 30, Bond: sdk.Coin{Denom: "ucpc", Amount: math.NewInt(1)},
		})
	}
	bz, err := w.chain.stream.Marshal()
	require.NoError(t, err)
	require.NoError(t, w.disk().Put(rowFile, bz))
	w.life = &mortal{}
	t.Cleanup(func() { w.kill() })
	return w
}

func (w *world) disk() diskVault {
	return diskVault{dir: w.dir, label: "7", key: w.self.DiskKey, rand: rand.Reader}
}

// open starts a life of the gateway from what is on disk.
func (w *world) open(life *mortal) error {
	w.t.Helper()
	w.kill()
	w.life = life
	w.reg = prometheus.NewRegistry()
	m, err := newMetrics(w.reg)
	require.NoError(w.t, err)
	nodes := mortalNodes{w.nodes, life}
	uploader := publish.New(w.chain, nodes, publish.Writer{Key: w.self.WriterKey}, publish.Options{Parallel: 1})
	ports := Ports{Chain: mortalChain{w.chain, life}, Uploader: uploader, Network: nodes, Rand: rand.Reader, Clock: func() time.Time { return w.now }}
	deps := laneDeps{self: w.self, cfg: w.cfg, ports: ports, log: slog.New(slog.DiscardHandler), metrics: m}
	w.lane, err = openLane(deps, testStream, mortalVault{w.disk(), life, w}, filepath.Join(w.dir, walDir))
	return err
}

func (w *world) mustOpen() {
	w.t.Helper()
	require.NoError(w.t, w.open(&mortal{}))
}

// kill ends a life without any goodbye.
func (w *world) kill() {
	if w.lane != nil {
		w.life.dead = true
		_ = w.lane.wal.Close()
		w.lane = nil
	}
}

// provision hands the gateway the keys of intervals [from, to].
func (w *world) provision(epoch, from, to uint32) error {
	return w.provisionAs(w.owner, epoch, from, to)
}

func (w *world) provisionAs(owner *secp256k1.PrivKey, epoch, from, to uint32) error {
	w.t.Helper()
	sealed, err := provision.Seal(w.self.SealKey.Public(), w.parcel(epoch, from, to), func(m []byte) ([]byte, []byte, error) {
		sig, err := owner.Sign(m)
		return sig, owner.PubKey().Bytes(), err
	})
	require.NoError(w.t, err)
	p, err := provision.Open(w.self.SealKey, sealed)
	require.NoError(w.t, err)
	if err := w.self.checkParcel(p, w.chain.stream); err != nil {
		return err
	}
	_, err = w.lane.addKeys(p)
	return err
}

func (w *world) parcel(epoch, from, to uint32) provision.Parcel {
	w.t.Helper()
	nodes, err := keytree.Cover(epoch, from, to, uint64(to)+1, 0, 256)
	require.NoError(w.t, err)
	p := provision.Parcel{ChainID: testChain, Stream: testStream, KeyEpoch: epoch}
	for _, n := range nodes {
		p.Seeds = append(p.Seeds, keytree.NodeSeed{Node: n, Seed: w.seed(n)})
	}
	return p
}

func (w *world) seed(n keytree.Node) keytree.Seed {
	w.t.Helper()
	root, err := keytree.StreamRoot(w.root, w.name(), n.Epoch)
	require.NoError(w.t, err)
	s, err := keytree.Derive(root, keytree.Node{Epoch: n.Epoch}, n)
	require.NoError(w.t, err)
	return s
}

func (w *world) name() string { return datarights.StreamID(testChain, testStream) }

// at is the time within an interval.
func at(interval int, second float64) float64 {
	return float64(origin)/1000 + float64(interval)*60 + second
}

// pack is one record as SenML.
func pack(car string, t float64, speed string) []byte {
	return []byte(fmt.Sprintf(`[{"bn":"r:","bt":%.3f,"n":"car","vs":"%s"},{"n":"speed","u":"m/s","v":%s}]`, t, car, speed))
}

// send posts a pack under a name; an empty name is none.
func (w *world) send(name string, body []byte) (Accepted, error) {
	w.t.Helper()
	entries, err := senml.DecodeJSON(body)
	require.NoError(w.t, err)
	b := batch{pack: entries}
	if name != "" {
		id := newBatchID(body, []byte(name))
		b.id, b.retry = &id, true
	}
	return w.lane.accept(w.t.Context(), b)
}

func (w *world) mustSend(car string, t float64) {
	w.t.Helper()
	_, err := w.send("", pack(car, t, "1.25"))
	require.NoError(w.t, err)
}

// clock moves to the start of an interval.
func (w *world) clock(interval int) { w.now = time.UnixMilli(origin + int64(interval)*60_000) }

func (w *world) pass() error { return w.lane.pass(w.t.Context()) }

func (w *world) mustPass() {
	w.t.Helper()
	require.NoError(w.t, w.pass())
}

// sealed notes a bundle that was staged.
func (w *world) sealed(data []byte) {
	var s stage
	require.NoError(w.t, cbor.Unmarshal(data[1:], &s))
	m, err := timechain.ParseManifest(s.Manifest)
	require.NoError(w.t, err)
	w.stages = append(w.stages, m)
}

// image copies the gateway's disk, restore brings it back.
func (w *world) image() string {
	w.t.Helper()
	dir := w.t.TempDir()
	require.NoError(w.t, os.CopyFS(filepath.Join(dir, "image"), os.DirFS(w.dir)))
	return filepath.Join(dir, "image")
}

func (w *world) restore(image string) {
	w.t.Helper()
	w.kill()
	w.dir = w.t.TempDir()
	require.NoError(w.t, os.CopyFS(filepath.Join(w.dir, "disk"), os.DirFS(image)))
	w.dir = filepath.Join(w.dir, "disk")
}

type sdkMsg = sdk.Msg

func removeLog(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, walDir)))
}
