package storage

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/store"
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

func TestUploadsWithoutAnAnchorAreDropped(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	b := w.newBundle(0, 100)
	w.upload(b, 1)
	anchorer := m.anchorer()
	pass := func(height int64) {
		w.chain.edit(func() { w.chain.tip.Height = height })
		require.NoError(t, anchorer.pass(t.Context()))
	}
	pass(110)
	require.Equal(t, uint64(1), m.node.store.Usage().Shards, "its time is not over")
	w.chain.edit(func() { w.chain.down = true })
	require.Error(t, anchorer.pass(t.Context()))
	require.Equal(t, uint64(1), m.node.store.Usage().Shards, "a chain that does not answer is no verdict")
	w.chain.edit(func() { w.chain.down = false })
	pass(111)
	require.Zero(t, m.node.store.Usage().Bytes)
	require.Empty(t, m.node.store.Pending())
}

func TestAnAnchorKeepsWhatItNamesAndNothingElse(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	real, draft, elsewhere := w.newBundle(0, 100), w.newBundle(0, 200), w.newBundle(1, 300)
	conn := w.dial(1, nil)
	for _, b := range []*bundle{real, draft, elsewhere} {
		_, err := conn.PutShard(t.Context(), w.ticket(b, 0, 1), b.shards[0])
		require.NoError(t, err)
		require.NoError(t, w.dial(1, w.asWriter()).PutManifest(t.Context(), streamID, b.seq, b.manifest, nil))
	}
	w.anchor(real, 1, 8, 9)
	w.anchor(elsewhere, 7, 8, 9)
	require.NoError(t, m.anchorer().pass(t.Context()))
	require.Equal(t, uint64(1), m.node.store.Usage().Shards)
	require.Empty(t, m.node.store.Pending())
	row, err := m.node.store.Block(store.Bundle{Stream: streamID, Seq: 0}, wire.CID(real.shards[0]))
	require.NoError(t, err)
	require.True(t, row.Anchored)
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

func TestWhoMayRead(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	for seq := range uint64(3) {
		b := w.newBundle(seq, 100)
		w.upload(b, 1)
		w.anchor(b, 1, 2, 3)
	}
	open := w.newBundle(3, 100)
	w.upload(open, 1)

	reader, stranger := w.newReader(7), w.newReader(8)
	mine := w.newGrant(5, reader, 1, 1, 100, 1, 2)
	w.push(mine)
	theirs := w.newGrant(6, stranger, 0, 2, 100, 1, 2)
	w.push(theirs)
	w.newGrant(9, reader, 0, 2, 100, 1, 2) // never accepted
	set := func(id uint64, change func(*datarights.Grant)) {
		w.chain.edit(func() {
			g := w.chain.grants[id]
			change(&g)
			w.chain.grants[id] = g
		})
	}
	held := func(seq uint64) []byte {
		blocks, err := w.nodes[1].node.store.Blocks(store.Bundle{Stream: streamID, Seq: seq})
		require.NoError(t, err)
		for _, b := range blocks {
			if !b.Manifest {
				return b.CID
			}
		}
		t.Fatal("no shard")
		return nil
	}
	get := func(id client.Identity, seq, grant uint64) error {
		_, err := w.dial(1, id).GetShard(t.Context(), streamID, seq, held(seq), grant, 100)
		return err
	}

	require.NoError(t, get(w.asOwner(), 1, 0), "the owner")
	require.NoError(t, get(w.asWriter(), 1, 0), "the writer")
	require.NoError(t, get(w.asWriter(), 3, 0), "the writer, before the anchor")
	require.NoError(t, get(reader.identity(), 1, 5), "the reader of the grant")
	require.NoError(t, get(stranger.identity(), 1, 6), "another reader by his own grant")

	requireCode(t, get(nil, 1, 5), wire.CODE_UNAUTHENTICATED, "no session")
	requireCode(t, get(nil, 1, 0), wire.CODE_UNAUTHENTICATED, "no session")
	requireCode(t, get(reader.identity(), 1, 0), wire.CODE_DENIED, "without a grant")
	requireCode(t, get(reader.identity(), 0, 5), wire.CODE_DENIED, "before the granted range")
	requireCode(t, get(reader.identity(), 2, 5), wire.CODE_DENIED, "after the granted range")
	requireCode(t, get(reader.identity(), 3, 5), wire.CODE_DENIED, "not anchored")
	requireCode(t, get(stranger.identity(), 1, 5), wire.CODE_DENIED, "no session has proved")
	requireCode(t, get(reader.identity(), 1, 6), wire.CODE_DENIED, "no session has proved")
	requireCode(t, get(reader.identity(), 1, 9), wire.CODE_DENIED, "waits for its proxies")
	requireCode(t, get(reader.identity(), 1, 77), wire.CODE_DENIED, "does not exist")
	requireCode(t, get(signerOf(newAccount()), 1, 0), wire.CODE_DENIED, "only the owner")
	requireCode(t, get(client.WriterIdentity(streamID, newKey(t)), 1, 0), wire.CODE_UNAUTHENTICATED, "signature")
	requireCode(t, get(client.ReaderIdentity(7, 1, newKey(t)), 1, 5), wire.CODE_UNAUTHENTICATED, "signature")

	live, err := w.chain.Grant(t.Context(), 5)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*datarights.Grant)
		words  string
	}{
		"an expired grant":          {func(g *datarights.Grant) { g.ExpiresAt = time.Now().Unix() }, "expired"},
		"a revoked grant":           {func(g *datarights.Grant) { g.Status = datarights.GRANT_STATUS_REVOKED }, "revoked"},
		"a grant of another stream": {func(g *datarights.Grant) { g.Stream = 2 }, "stream 2"},
		"a grant of another epoch":  {func(g *datarights.Grant) { g.KeyEpoch = 1 }, "epoch"},
	} {
		set(5, c.change)
		requireCode(t, get(reader.identity(), 1, 5), wire.CODE_DENIED, c.words)
		set(5, func(g *datarights.Grant) { *g = live })
		require.NoError(t, get(reader.identity(), 1, 5), "after "+name)
	}

	old := w.dial(1, reader.identity())
	_, err = old.GetShard(t.Context(), streamID, 1, held(1), 5, 100)
	require.NoError(t, err)
	rotated := w.newReader(7)
	_, err = old.GetShard(t.Context(), streamID, 1, held(1), 5, 100)
	requireCode(t, err, wire.CODE_DENIED, "retired")
	requireCode(t, get(reader.identity(), 1, 5), wire.CODE_DENIED, "retired")
	requireCode(t, get(rotated.identity(), 1, 5), wire.CODE_DENIED, "no session has proved")
}

func TestAStaleChainIsSaidSo(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	b := w.newBundle(0, 100)
	w.upload(b, 1)
	w.anchor(b, 1, 2, 3)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	shards, fragments := w.dial(1, r.identity()), w.dial(1, r.identity())
	both := func() (error, error) {
		_, err1 := shards.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[0]), 5, 100)
		_, err2 := fragments.GetFragments(t.Context(), 5, [][]byte{label(t, g.nodes[0])}, r.identity())
		return err1, err2
	}
	err1, err2 := both()
	require.NoError(t, err1)
	require.NoError(t, err2)
	for name, c := range map[string]struct {
		spoil func()
		words string
	}{
		"the newest block is old":     {func() { w.chain.frozen, w.chain.tip.Time = true, time.Now().Add(-31*time.Second) }, "old"},
		"the newest block is to come": {func() { w.chain.frozen, w.chain.tip.Time = true, time.Now().Add(time.Minute) }, "old"},
		"the node is catching up":     {func() { w.chain.tip.CatchingUp = true }, "catching up"},
		"the node does not answer":    {func() { w.chain.down = true }, "does not answer"},
	} {
		w.chain.edit(c.spoil)
		err1, err2 := both()
		requireCode(t, err1, wire.CODE_CHAIN_STALE, c.words)
		requireCode(t, err2, wire.CODE_CHAIN_STALE, c.words)
		w.chain.edit(func() { w.chain.frozen, w.chain.tip.CatchingUp, w.chain.down = false, false, false })
		err1, err2 = both()
		require.NoError(t, err1, "after "+name)
		require.NoError(t, err2, "after "+name)
	}
}
