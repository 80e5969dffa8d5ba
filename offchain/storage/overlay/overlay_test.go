package overlay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	dssync "github.com/ipfs/go-datastore/sync"
	kad "github.com/libp2p/go-libp2p-kad-dht"
	record "github.com/libp2p/go-libp2p-record"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

const chainID = "cpchain-test"

// member is one node of a test network.
type member struct {
	host  host.Host
	dht   *DHT
	store datastore.Batching
}

func (m member) addr(t testing.TB) multiaddr.Multiaddr {
	t.Helper()
	addrs, err := peer.AddrInfoToP2pAddrs(&peer.AddrInfo{ID: m.host.ID(), Addrs: m.host.Addrs()})
	require.NoError(t, err)
	return addrs[0]
}

func join(t testing.TB, bootstrap []multiaddr.Multiaddr, opts ...Option) member {
	t.Helper()
	h, err := NewHost([]string{"/ip4/127.0.0.1/tcp/0"}, nil)
	require.NoError(t, err)
	store := dssync.MutexWrap(datastore.NewMapDatastore())
	d, err := Join(t.Context(), h, bootstrap, append([]Option{AsServer(store)}, opts...)...)
	require.NoError(t, err)
	m := member{host: h, dht: d, store: store}
	t.Cleanup(func() { m.leave(t) })
	return m
}

func (m member) leave(t testing.TB) {
	require.NoError(t, m.dht.Close())
	require.NoError(t, m.host.Close())
}

// newcomer joins as a client that only dials.
func newcomer(t testing.TB, bootstrap []multiaddr.Multiaddr, opts ...Option) *DHT {
	t.Helper()
	h, err := NewHost(nil, nil)
	require.NoError(t, err)
	d, err := Join(t.Context(), h, bootstrap, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(d.Close(), h.Close())) })
	return d
}

func newKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return key
}

func hint(seq uint64, key ed25519.PrivateKey, at time.Time) wire.Hint {
	return SignHint(wire.Hint{
		ChainId: chainID, Stream: 1, Seq: seq, Providers: []uint64{1, 2, 3}, ManifestCid: wire.CID([]byte{byte(seq)}),
	}, 0, key, at)
}

// holds tells whether the member keeps this very value for others.
func (m member) holds(t testing.TB, value []byte) bool {
	t.Helper()
	results, err := m.store.Query(t.Context(), query.Query{})
	require.NoError(t, err)
	rows, err := results.Rest()
	require.NoError(t, err)
	for _, row := range rows {
		if bytes.Contains(row.Value, value) {
			return true
		}
	}
	return false
}

func holders(t testing.TB, members []member, h wire.Hint) []member {
	t.Helper()
	value, err := h.Marshal()
	require.NoError(t, err)
	var holding []member
	for _, m := range members {
		if m.holds(t, value) {
			holding = append(holding, m)
		}
	}
	return holding
}

// onlyWriter accepts hints of one key.
type onlyWriter struct{ key ed25519.PublicKey }

var errNotWriter = errors.New("not the writer")

func (a onlyWriter) Hint(_ context.Context, h wire.Hint) error {
	if !bytes.Equal(h.Signer, a.key) {
		return errNotWriter
	}
	return nil
}

func (a onlyWriter) KeyHint(context.Context, wire.KeyHint) error { return errNotWriter }

const bucket = 4

// network starts n members that all came in through the first.
func network(t testing.TB, n int, opts ...Option) []member {
	t.Helper()
	opts = append([]Option{WithBucketSize(bucket)}, opts...)
	members := []member{join(t, nil, opts...)}
	first := []multiaddr.Multiaddr{members[0].addr(t)}
	for len(members) < n {
		members = append(members, join(t, first, opts...))
	}
	return members
}

// The DHT is one: a record that lies on a few members is found from all of them, from one that came later, and after the
// member everybody came in through has died.
func TestARecordOnAFewOfManyMembersIsFoundFromAll(t *testing.T) {
	if testing.Short() {
		t.Skip("32 hosts")
	}
	key := newKey(t)
	authority := WithAuthority(onlyWriter{key.Public().(ed25519.PublicKey)})
	members := network(t, 32, authority)
	writer := newcomer(t, []multiaddr.Multiaddr{members[5].addr(t)}, authority, WithBucketSize(bucket))
	const records = 4
	var hints []wire.Hint
	for seq := range uint64(records) {
		hints = append(hints, hint(seq, key, time.Now()))
		require.NoError(t, writer.PutHint(t.Context(), hints[seq]))
	}
	for _, h := range hints {
		n := len(holders(t, members, h))
		require.NotZero(t, n)
		require.Less(t, n, len(members)/2, "a record lives on fewer than half")
	}
	resolve := func(d *DHT) {
		for _, want := range hints {
			got, err := d.Hint(t.Context(), chainID, 1, want.Seq)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	for _, m := range members {
		resolve(m.dht)
	}
	late := join(t, []multiaddr.Multiaddr{members[17].addr(t)}, authority, WithBucketSize(bucket))
	resolve(late.dht)

	members[0].leave(t)
	for _, m := range members[1:] {
		resolve(m.dht)
	}
	resolve(newcomer(t, []multiaddr.Multiaddr{members[0].addr(t), late.addr(t)}, authority, WithBucketSize(bucket)))
}

func TestAPeerIsFoundByItsIDAlone(t *testing.T) {
	members := network(t, 4)
	d := newcomer(t, []multiaddr.Multiaddr{members[1].addr(t)})
	info, err := d.FindPeer(t.Context(), members[3].host.ID())
	require.NoError(t, err)
	require.Equal(t, members[3].host.Addrs(), info.Addrs)
}

func TestNoHintAndNoBootstrapAreErrorsOfTheirOwn(t *testing.T) {
	members := network(t, 3)
	d := newcomer(t, []multiaddr.Multiaddr{members[0].addr(t)})
	_, err := d.Hint(t.Context(), chainID, 1, 99)
	require.ErrorIs(t, err, ErrNoHint)

	h, err := NewHost(nil, nil)
	require.NoError(t, err)
	defer h.Close()
	dead, err := multiaddr.NewMultiaddr("/ip4/127.0.0.1/tcp/1/p2p/" + members[0].host.ID().String())
	require.NoError(t, err)
	_, err = Join(t.Context(), h, []multiaddr.Multiaddr{dead})
	require.ErrorIs(t, err, ErrBootstrap)
	_, err = Join(t.Context(), h, []multiaddr.Multiaddr{multiaddr.StringCast("/ip4/127.0.0.1/tcp/1")})
	require.ErrorContains(t, err, "/p2p/")
}

// liar speaks our protocol without checking anything.
type liar struct{ kad *kad.IpfsDHT }

type credulous struct{}

func (credulous) Validate(string, []byte) error        { return nil }
func (credulous) Select(string, [][]byte) (int, error) { return 0, nil }

func newLiar(t testing.TB, through member) liar {
	t.Helper()
	h, err := NewHost(nil, nil)
	require.NoError(t, err)
	k, err := kad.New(h, kad.ProtocolPrefix(prefix), kad.Mode(kad.ModeClient), kad.DisableProviders(),
		kad.Validator(record.NamespacedValidator{"cpm": credulous{}, "cpk": credulous{}}))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, errors.Join(k.Close(), h.Close())) })
	d := &DHT{kad: k, host: h}
	require.NoError(t, d.greet(t.Context(), []peer.AddrInfo{{ID: through.host.ID(), Addrs: through.host.Addrs()}}))
	return liar{k}
}

func (l liar) put(t testing.TB, key string, h wire.Hint) {
	t.Helper()
	value, err := h.Marshal()
	require.NoError(t, err)
	_ = l.kad.PutValue(t.Context(), key, value) // refusals are the members' business
}

func TestMembersKeepNoForgedRolledBackOrOversizeRecord(t *testing.T) {
	key, now := newKey(t), time.Now()
	members := network(t, 5, WithAuthority(onlyWriter{key.Public().(ed25519.PublicKey)}))
	honest := hint(1, key, now)
	require.NoError(t, members[2].dht.PutHint(t.Context(), honest))

	forged := hint(1, newKey(t), now.Add(10*time.Second))
	stolen := hint(1, key, now.Add(10*time.Second))
	stolen.Providers = []uint64{666}
	huge := hint(1, key, now.Add(10*time.Second))
	huge.ChainId = string(make([]byte, wire.MaxRecord))
	evil := map[string]wire.Hint{
		"signed by another key": forged,
		"changed after signing": stolen,
		"rolled back":           hint(1, key, now.Add(-time.Hour)),
		"from the future":       hint(1, key, now.Add(24*time.Hour)),
		"of another bundle":     hint(2, key, now.Add(10*time.Second)),
		"expired":               hint(1, key, now.Add(-2*wire.RecordLife)),
		"larger than the limit": huge,
	}
	for name, h := range evil {
		t.Run(name, func(t *testing.T) {
			newLiar(t, members[0]).put(t, wire.HintKey(chainID, 1, 1), h)
			require.Empty(t, holders(t, members, h))
			got, err := members[4].dht.Hint(t.Context(), chainID, 1, 1)
			require.NoError(t, err)
			require.Equal(t, honest, got)
		})
	}
	newer := hint(1, key, now.Add(20*time.Second))
	newLiar(t, members[0]).put(t, wire.HintKey(chainID, 1, 1), newer)
	require.NotEmpty(t, holders(t, members, newer), "the way in works: an honest newer record is kept")
}
