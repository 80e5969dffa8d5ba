package storage

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestTickets(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	b := w.newBundle(0, 500)
	w.anchorSeq(5, 9, 9, 1) // bundle 5 is anchored: its shard 2 lies with provider 1
	w.chain.edit(func() { w.chain.heads[streamID] = datarights.Head{NextSeq: 6} })
	at6 := func(change func(*wire.Ticket)) func(*wire.Ticket) {
		return func(t *wire.Ticket) { t.Seq = 6; change(t) }
	}
	ok := func(*wire.Ticket) {}
	for name, c := range map[string]struct {
		change func(*wire.Ticket)
		data   []byte
		code   wire.Code
		words  string
	}{
		"a good ticket is taken":                       {at6(ok), nil, wire.CODE_OK, ""},
		"the same ticket again is taken":               {at6(ok), nil, wire.CODE_OK, ""},
		"a repair of an anchored bundle is taken":      {func(t *wire.Ticket) { t.Seq, t.Index = 5, 2 }, nil, wire.CODE_OK, ""},
		"an anchored bundle's other slot is refused":   {func(t *wire.Ticket) { t.Seq, t.Index = 5, 1 }, nil, wire.CODE_DENIED, "not placed here"},
		"another chain is refused":                     {at6(func(t *wire.Ticket) { t.ChainId = "other" }), nil, wire.CODE_BAD_REQUEST, "chain"},
		"another provider is refused":                  {at6(func(t *wire.Ticket) { t.Provider = 2 }), nil, wire.CODE_BAD_REQUEST, "provider 2"},
		"an expired ticket is refused":                 {at6(func(t *wire.Ticket) { t.ExpiresAt = time.Now().Unix() - 1 }), nil, wire.CODE_DENIED, "expired"},
		"a ticket for a year is refused":               {at6(func(t *wire.Ticket) { t.ExpiresAt += 365 * 86400 }), nil, wire.CODE_BAD_REQUEST, "longer"},
		"a wrong size is refused":                      {at6(func(t *wire.Ticket) { t.Size_++ }), nil, wire.CODE_BAD_REQUEST, "500 bytes"},
		"other bytes are refused":                      {at6(ok), make([]byte, 500), wire.CODE_BAD_REQUEST, "cid"},
		"no bytes are refused":                         {at6(func(t *wire.Ticket) { t.Size_ = 0 }), []byte{}, wire.CODE_BAD_REQUEST, "0 bytes"},
		"a stream that does not exist is refused":      {at6(func(t *wire.Ticket) { t.Stream = 2 }), nil, wire.CODE_DENIED, "does not exist"},
		"a stale writer epoch is refused":              {at6(func(t *wire.Ticket) { t.WriterEpoch = 0 }), nil, wire.CODE_DENIED, "epoch"},
		"a slot beyond the stream's shards is refused": {at6(func(t *wire.Ticket) { t.Index = 3 }), nil, wire.CODE_BAD_REQUEST, "none at 3"},
		"a bundle far ahead is refused":                {at6(func(t *wire.Ticket) { t.Seq = 6 + maxAhead }), nil, wire.CODE_BAD_REQUEST, "too early"},
	} {
		t.Run(name, func(t *testing.T) {
			data := b.shards[0]
			if c.data != nil {
				data = c.data
			}
			receipt, err := w.dial(1, nil).PutShard(t.Context(), w.ticket(b, 0, 1, c.change), data)
			if c.code != wire.CODE_OK {
				requireCode(t, err, c.code, c.words)
				return
			}
			require.NoError(t, err)
			require.Equal(t, uint64(500), receipt.Size_)
		})
	}
	t.Run("a ticket signed by another key is refused", func(t *testing.T) {
		ticket := w.ticket(b, 0, 1, at6(ok))
		ticket.Signature = ed25519.Sign(newKey(t), wire.TicketSignBytes(ticket))
		_, err := w.dial(1, nil).PutShard(t.Context(), ticket, b.shards[0])
		requireCode(t, err, wire.CODE_DENIED, "not signed by the writer")
	})
	t.Run("the key of a writer who handed over is refused", func(t *testing.T) {
		w.chain.edit(func() {
			s := w.chain.streams[streamID]
			s.Writer = datarights.Writer{Key: newKey(t).Public().(ed25519.PublicKey), Epoch: 2}
			w.chain.streams[streamID] = s
		})
		_, err := w.dial(1, nil).PutShard(t.Context(), w.ticket(b, 0, 1, at6(func(t *wire.Ticket) { t.WriterEpoch = 2 })), b.shards[0])
		requireCode(t, err, wire.CODE_DENIED, "not signed by the writer")
	})
}

// anchorSeq anchors a bundle nobody has uploaded.
func (w *world) anchorSeq(seq uint64, placement ...uint64) {
	w.t.Helper()
	w.anchor(w.newBundle(seq, 1), placement...)
}

func TestQuotas(t *testing.T) {
	w := newWorld(t)
	w.start(1, func(c *Config, _ *Deps) { c.Store.CapacityBytes, c.Store.MaxPendingBytes = 2500, 2000 })
	conn := w.dial(1, nil)
	first, second, third := w.newBundle(0, 1000), w.newBundle(1, 1000), w.newBundle(2, 1000)
	for _, b := range []*bundle{first, second} {
		_, err := conn.PutShard(t.Context(), w.ticket(b, 0, 1), b.shards[0])
		require.NoError(t, err)
	}
	_, err := conn.PutShard(t.Context(), w.ticket(third, 0, 1), third.shards[0])
	requireCode(t, err, wire.CODE_QUOTA, "anchor first")

	w.anchor(first, 1, 8, 9)
	require.NoError(t, w.nodes[1].anchorer().pass(t.Context()))
	_, err = conn.PutShard(t.Context(), w.ticket(third, 0, 1), third.shards[0])
	requireCode(t, err, wire.CODE_QUOTA, "full")
}

func TestManifestsComeFromTheWriterAndBesideAShard(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	b, other := w.newBundle(0, 100), w.newBundle(1, 100)
	_, err := w.dial(1, nil).PutShard(t.Context(), w.ticket(b, 0, 1), b.shards[0])
	require.NoError(t, err)
	put := func(id client.Identity, seq uint64, manifest []byte) error {
		return w.dial(1, id).PutManifest(t.Context(), streamID, seq, manifest, nil)
	}
	requireCode(t, put(nil, 0, b.manifest), wire.CODE_UNAUTHENTICATED, "no session")
	requireCode(t, put(w.asOwner(), 0, b.manifest), wire.CODE_DENIED, "only the present writer")
	requireCode(t, put(w.asWriter(), 0, []byte("rubbish")), wire.CODE_BAD_REQUEST, "manifest")
	requireCode(t, put(w.asWriter(), 0, other.manifest), wire.CODE_BAD_REQUEST, "bundle 1")
	requireCode(t, put(w.asWriter(), 1, other.manifest), wire.CODE_DENIED, "put it first")
	require.NoError(t, put(w.asWriter(), 0, b.manifest))
}

func TestADamagedShardIsNotServed(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	b := w.newBundle(0, 100)
	w.upload(b, 1)
	cid := wire.CID(b.shards[0])
	paths, err := filepath.Glob(filepath.Join(m.deps.Home, dataDir, "blocks", "*", "*", "*"))
	require.NoError(t, err)
	for _, path := range paths {
		require.NoError(t, os.WriteFile(path, make([]byte, 100), 0o600))
	}
	_, err = w.dial(1, w.asWriter()).GetShard(t.Context(), streamID, 0, cid, 0, 100)
	requireCode(t, err, wire.CODE_NOT_FOUND, "another holder")
}
