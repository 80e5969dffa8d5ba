package storage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

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
