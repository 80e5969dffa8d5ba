package storage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

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
