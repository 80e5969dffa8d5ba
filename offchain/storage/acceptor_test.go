package storage

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestParcelsStoredBeforeACrashAreAcceptedAfterIt(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 3, 100, 1, 2)
	// As a crash leaves it: the parcel is on disk, no transaction was sent.
	entries, err := checkParcel(testChain, 1, g.row, g.parcels[1])
	require.NoError(t, err)
	require.NoError(t, m.node.store.PutParcel(store.Grant{ID: 5, Stream: streamID, State: store.GrantStored}, entries))
	m.stop(t)
	w.up(m)
	accepted, ok := w.awaitTx().(*datarights.MsgAcceptGrant)
	require.True(t, ok)
	require.Equal(t, []uint64{5}, accepted.Grants)

	// And when the transaction was included, but the node did not live to hear of it: no second one.
	require.NoError(t, m.node.store.PutGrant(store.Grant{ID: 5, Stream: streamID, State: store.GrantStored}))
	require.NoError(t, m.acceptor().pass(t.Context()))
	require.Len(t, w.chain.txs, 1)
	row, err := m.node.store.Grant(5)
	require.NoError(t, err)
	require.Equal(t, store.GrantAccepted, row.State)
}

// acceptor is the node's chore.
func (m *member) acceptor() *acceptor {
	d := m.deps
	return &acceptor{
		self: d.Self.Provider, store: m.node.store, chain: d.Chain, operator: d.Operator, clock: d.Clock,
		metrics: m.node.handler.metrics, log: d.Log, accepted: func() {},
	}
}

func TestAcceptancesTravelTogetherAndOneBadOneFailsAlone(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	m.stop(t)
	r := w.newReader(7)
	s, _, err := store.Open(t.TempDir(), 1, seal.DiskKey{}, rand.Reader)
	require.NoError(t, err)
	defer s.Close()
	for id := range uint64(4) {
		w.newGrant(id+1, r, 0, 0, 100, 1, 2)
		require.NoError(t, s.PutGrant(store.Grant{ID: id + 1, Stream: streamID, State: store.GrantStored}))
	}
	a := &acceptor{
		self: 1, store: s, chain: w.chain, operator: m.deps.Operator, clock: time.Now, metrics: freshMetrics(t), log: m.deps.Log,
		accepted: func() {},
	}
	w.chain.edit(func() { w.chain.refuses = 3 })
	require.Error(t, a.pass(t.Context()))
	require.Len(t, w.chain.txs, 3, "after the batch had failed: 1, 2 and 4 alone")
	w.chain.edit(func() { w.chain.refuses = 0 })
	require.NoError(t, a.pass(t.Context()))
	require.Len(t, w.chain.txs, 4)

	for id := uint64(5); id < 8; id++ {
		w.newGrant(id, r, 0, 0, 100, 1, 2)
		require.NoError(t, s.PutGrant(store.Grant{ID: id, Stream: streamID, State: store.GrantStored}))
	}
	require.NoError(t, a.pass(t.Context()))
	require.Len(t, w.chain.txs, 5)
	require.Equal(t, []uint64{5, 6, 7}, w.chain.txs[4].(*datarights.MsgAcceptGrant).Grants)
}

func TestParcelsOfGrantsThatAreOverAreDeleted(t *testing.T) {
	w := newWorld(t)
	m := w.start(1)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	w.chain.edit(func() {
		row := w.chain.grants[5]
		row.Status = datarights.GRANT_STATUS_REVOKED
		w.chain.grants[5] = row
	})
	require.NoError(t, m.acceptor().pass(t.Context()))
	_, err := m.node.store.Entry(5, label(t, g.nodes[0]))
	require.ErrorIs(t, err, store.ErrNotFound)
}
