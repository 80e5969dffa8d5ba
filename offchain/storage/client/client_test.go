package client

import (
	"bufio"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/merkle"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const chainID = "cpchain-test"

var shard = []byte("sealed shard")

// liar is a provider that answers what the test tells it to, and counts what it is asked.
type liar struct {
	key   ed25519.PrivateKey
	row   provider.Provider
	asked []string
}

// start runs a liar and returns a connection to it.
func start(t *testing.T, answer func(*liar, *wire.Request) *wire.Response) (*liar, *Conn) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	l := &liar{key: key}
	h, err := NewHost([]string{"/ip4/127.0.0.1/tcp/0"}, key)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	h.SetStreamHandler(wire.ProtocolID, func(s network.Stream) {
		defer s.Close()
		req, err := wire.ReadRequest(bufio.NewReader(s))
		if err == nil {
			l.asked = append(l.asked, req.Kind())
			_ = wire.WriteResponse(s, answer(l, req))
		}
	})
	l.row = provider.Provider{
		Id: 3, PeerKey: key.Public().(ed25519.PublicKey), PeerKeyVersion: 1,
		Addresses: []string{"no address", h.Addrs()[0].String()},
	}
	me, err := NewHost(nil, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, me.Close()) })
	conn, err := New(me, chainID, Options{RequestTimeout: 5 * time.Second}).Dial(t.Context(), l.row)
	require.NoError(t, err)
	return l, conn
}

func ticket() wire.Ticket {
	return wire.Ticket{ChainId: chainID, Stream: 1, Seq: 2, Index: 3, Provider: 3, Cid: wire.CID(shard), Size_: uint64(len(shard))}
}

func TestReceiptsThatDoNotVerifyAreRefused(t *testing.T) {
	root := merkle.ShardRoot(shard)
	good := wire.Receipt{
		ChainId: chainID, Provider: 3, PeerKeyVersion: 1, Stream: 1, Seq: 2, Index: 3, Cid: wire.CID(shard),
		TreeRoot: root[:], Size_: uint64(len(shard)), TicketHash: wire.TicketHash(ticket()),
	}
	for name, c := range map[string]struct {
		change func(*wire.Receipt)
		words  string
	}{
		"a good receipt":                {func(*wire.Receipt) {}, ""},
		"a receipt of another chain":    {func(r *wire.Receipt) { r.ChainId = "other" }, "other"},
		"a receipt of another provider": {func(r *wire.Receipt) { r.Provider = 4 }, "provider 4"},
		"a receipt by a retired key":    {func(r *wire.Receipt) { r.PeerKeyVersion = 0 }, "key version 0"},
		"a receipt for another slot":    {func(r *wire.Receipt) { r.Index = 0 }, "shard 0"},
		"a receipt for another bundle":  {func(r *wire.Receipt) { r.Seq = 9 }, "bundle 9"},
		"a receipt for other bytes":     {func(r *wire.Receipt) { r.Cid = wire.CID(nil) }, "other bytes"},
		"a receipt for another size":    {func(r *wire.Receipt) { r.Size_++ }, "other bytes"},
		"a wrong tree root":             {func(r *wire.Receipt) { r.TreeRoot = make([]byte, 32) }, "tree root"},
		"another ticket":                {func(r *wire.Receipt) { r.TicketHash = make([]byte, 32) }, "another ticket"},
	} {
		t.Run(name, func(t *testing.T) {
			_, conn := start(t, func(l *liar, _ *wire.Request) *wire.Response {
				r := good
				c.change(&r)
				r.Signature = ed25519.Sign(l.key, wire.ReceiptSignBytes(r))
				return &wire.Response{Body: &wire.Response_Receipt{Receipt: &r}}
			})
			_, err := conn.PutShard(t.Context(), ticket(), shard)
			if c.words == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrProvider)
			require.ErrorContains(t, err, c.words)
		})
	}
	t.Run("a receipt that is not signed", func(t *testing.T) {
		_, conn := start(t, func(*liar, *wire.Request) *wire.Response {
			return &wire.Response{Body: &wire.Response_Receipt{Receipt: &good}}
		})
		_, err := conn.PutShard(t.Context(), ticket(), shard)
		require.ErrorContains(t, err, "not signed")
	})
}

func TestDataThatDoesNotMatchItsCIDIsRefused(t *testing.T) {
	_, conn := start(t, func(_ *liar, req *wire.Request) *wire.Response {
		if req.GetGetShard() != nil {
			return &wire.Response{Body: &wire.Response_Shard{Shard: &wire.GetShardReply{Data: []byte("other bytes")}}}
		}
		return &wire.Response{Body: &wire.Response_Manifest{Manifest: &wire.GetManifestReply{Manifest: []byte("other bytes")}}}
	})
	_, err := conn.GetShard(t.Context(), 1, 2, wire.CID(shard), 0, 100)
	require.ErrorIs(t, err, ErrProvider)
	_, _, err = conn.GetManifest(t.Context(), 1, 2, wire.CID(shard), 0)
	require.ErrorIs(t, err, ErrProvider)
	_, err = conn.GetShard(t.Context(), 1, 2, wire.CID([]byte("other bytes")), 0, 100)
	require.NoError(t, err)
}

func TestAShardLargerThanAskedForIsNotRead(t *testing.T) {
	_, conn := start(t, func(*liar, *wire.Request) *wire.Response {
		return &wire.Response{Body: &wire.Response_Shard{Shard: &wire.GetShardReply{Data: make([]byte, 100_000)}}}
	})
	_, err := conn.GetShard(t.Context(), 1, 2, wire.CID(shard), 0, 1000)
	require.ErrorIs(t, err, wire.ErrTooLarge)
}

func TestAnswersOfAnotherKindAreRefused(t *testing.T) {
	_, conn := start(t, func(*liar, *wire.Request) *wire.Response {
		return &wire.Response{Body: &wire.Response_Done{Done: &wire.Empty{}}}
	})
	_, err1 := conn.PutShard(t.Context(), ticket(), shard)
	_, err2 := conn.GetShard(t.Context(), 1, 2, wire.CID(shard), 0, 100)
	_, err3 := conn.Status(t.Context())
	_, err4 := conn.PushParcel(t.Context(), 1, nil)
	_, err5 := conn.GetFragments(t.Context(), 1, [][]byte{{1}}, ReaderIdentity(1, 1, make([]byte, ed25519.PrivateKeySize)))
	for _, err := range []error{err1, err2, err3, err4, err5} {
		require.ErrorIs(t, err, ErrProvider)
		require.ErrorContains(t, err, "provider 3", "the provider is named")
	}
}

func TestAPeerThatIsAnotherProviderGetsNoProof(t *testing.T) {
	l, conn := start(t, func(*liar, *wire.Request) *wire.Response {
		return &wire.Response{Body: &wire.Response_Hello{Hello: &wire.HelloReply{Nonce: make([]byte, wire.NonceSize), Provider: 4}}}
	})
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	conn.client = conn.client.With(WriterIdentity(1, key))
	require.ErrorContains(t, conn.PutCapsule(t.Context(), 1, nil, nil), "provider 4")
	require.Equal(t, []string{"hello"}, l.asked)
}

func TestBusyProvidersAreAskedAgainAFewTimes(t *testing.T) {
	l, conn := start(t, func(l *liar, _ *wire.Request) *wire.Response {
		if len(l.asked) < 3 {
			return &wire.Response{Code: wire.CODE_BUSY, Message: "later"}
		}
		return &wire.Response{Body: &wire.Response_Status{Status: &wire.StatusReply{Provider: 3}}}
	})
	got, err := conn.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, uint64(3), got.Provider)
	require.Len(t, l.asked, 3)

	_, conn = start(t, func(*liar, *wire.Request) *wire.Response {
		return &wire.Response{Code: wire.CODE_BUSY, Message: "later"}
	})
	_, err = conn.Status(t.Context())
	require.True(t, Refused(err, wire.CODE_BUSY))
	require.EqualError(t, err, "provider 3 refused (busy): later")
}

func TestAnotherKeyAtTheSameAddressIsNoProvider(t *testing.T) {
	l, _ := start(t, nil)
	me, err := NewHost(nil, nil)
	require.NoError(t, err)
	defer me.Close()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	row := l.row
	row.PeerKey = key.Public().(ed25519.PublicKey)
	_, err = New(me, chainID, Options{}).Dial(t.Context(), row)
	require.ErrorContains(t, err, "provider 3 is out of reach")
	row.PeerKey = []byte{1}
	_, err = New(me, chainID, Options{}).Dial(t.Context(), row)
	require.ErrorContains(t, err, "peer key")
}
