package storage

import (
	"crypto/rand"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// A parcel is attacked entry by entry; the good one is taken. Intervals 0..4 closed, 5 and 6 open.
func TestParcelAttacks(t *testing.T) {
	w := newWorld(t)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 6, 5, 1, 2, 3)
	other := w.newGrant(6, r, 0, 6, 5, 1, 2, 3)
	require.Greater(t, len(g.nodes), 3)
	last := len(g.nodes) - 1
	elsewhere := func(i int) wire.ParcelEntry { return g.parcels[2].Entries[i] }

	good, err := checkParcel(testChain, 1, g.row, g.parcels[1])
	require.NoError(t, err)
	require.Len(t, good, len(g.nodes))

	flip := func(b []byte) []byte {
		c := slices.Clone(b)
		c[len(c)-1] ^= 1
		return c
	}
	for name, c := range map[string]struct {
		change func(*wire.Parcel)
		words  string
	}{
		"for another chain":                  {func(p *wire.Parcel) { p.ChainId = "other" }, "other"},
		"for another grant":                  {func(p *wire.Parcel) { p.Grant = 6 }, "grant 6"},
		"for another provider":               {func(p *wire.Parcel) { p.Provider = 2 }, "provider 2"},
		"an entry missing":                   {func(p *wire.Parcel) { p.Entries = p.Entries[1:] }, "entries for"},
		"an entry too many":                  {func(p *wire.Parcel) { p.Entries = append(p.Entries, p.Entries[0]) }, "entries for"},
		"an entry twice, another missing":    {func(p *wire.Parcel) { p.Entries[1] = p.Entries[0] }, "leaf 0"},
		"entries in another order":           {func(p *wire.Parcel) { p.Entries[0], p.Entries[1] = p.Entries[1], p.Entries[0] }, "entry 0"},
		"another proxy's entry":              {func(p *wire.Parcel) { p.Entries[0] = elsewhere(0) }, "entry 0"},
		"another proxy's leaf at its place":  {func(p *wire.Parcel) { p.Entries[0].Leaf = elsewhere(0).Leaf }, "entry 0"},
		"another node's leaf at its place":   {func(p *wire.Parcel) { p.Entries[0].Leaf = p.Entries[1].Leaf }, "entry 0"},
		"a leaf of another grant":            {func(p *wire.Parcel) { p.Entries[0].Leaf = other.parcels[1].Entries[0].Leaf }, "entry 0"},
		"a leaf changed":                     {func(p *wire.Parcel) { p.Entries[0].Leaf = flip(p.Entries[0].Leaf) }, "entry 0"},
		"a leaf cut short":                   {func(p *wire.Parcel) { p.Entries[0].Leaf = p.Entries[0].Leaf[:9] }, "entry 0"},
		"a path changed":                     {func(p *wire.Parcel) { p.Entries[0].Path[0] = flip(p.Entries[0].Path[0]) }, "entry 0"},
		"a path cut short":                   {func(p *wire.Parcel) { p.Entries[0].Path = p.Entries[0].Path[1:] }, "entry 0"},
		"a share changed":                    {func(p *wire.Parcel) { p.Entries[0].FragmentKey = flip(p.Entries[0].FragmentKey) }, "entry 0"},
		"another proxy's share":              {func(p *wire.Parcel) { p.Entries[0].FragmentKey = elsewhere(0).FragmentKey }, "entry 0"},
		"a share of another grant":           {func(p *wire.Parcel) { p.Entries[0].FragmentKey = other.parcels[1].Entries[0].FragmentKey }, "entry 0"},
		"a share of zero":                    {func(p *wire.Parcel) { p.Entries[0].FragmentKey = make([]byte, 32) }, "entry 0"},
		"a share of another length":          {func(p *wire.Parcel) { p.Entries[0].FragmentKey = nil }, "0 bytes"},
		"a closed node without its capsule":  {func(p *wire.Parcel) { p.Entries[0].Capsule = nil }, "missing"},
		"a capsule changed":                  {func(p *wire.Parcel) { p.Entries[0].Capsule = flip(p.Entries[0].Capsule) }, "capsule"},
		"another node's capsule":             {func(p *wire.Parcel) { p.Entries[0].Capsule = p.Entries[1].Capsule }, "capsule"},
		"a foreign capsule for an open node": {func(p *wire.Parcel) { p.Entries[last].Capsule = p.Entries[0].Capsule }, "capsule"},
	} {
		t.Run(name, func(t *testing.T) {
			p := clone(t, g.parcels[1])
			c.change(&p)
			_, err := checkParcel(testChain, 1, g.row, p)
			require.ErrorIs(t, err, errParcel)
			require.ErrorContains(t, err, c.words)
		})
	}
	_, err = checkParcel(testChain, 4, g.row, g.parcels[1])
	require.ErrorIs(t, err, errParcel, "a provider that is no proxy")
}

func clone(t *testing.T, p wire.Parcel) wire.Parcel {
	t.Helper()
	bz, err := p.Marshal()
	require.NoError(t, err)
	var c wire.Parcel
	require.NoError(t, c.Unmarshal(bz))
	return c
}

func TestABadParcelIsRefusedOnChainWithTheReason(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 3, 100, 1, 2)
	p := clone(t, g.parcels[1])
	p.Entries[0].Capsule = nil
	conn := w.dial(1, w.asOwner())
	reply, err := conn.PushParcel(t.Context(), 5, w.sealed(p, 1))
	require.NoError(t, err)
	require.Equal(t, wire.PARCEL_STATE_REFUSED, reply.State)
	refusal, ok := w.awaitTx().(*datarights.MsgRefuseGrant)
	require.True(t, ok)
	require.Equal(t, uint64(5), refusal.Grant)
	require.Contains(t, refusal.Reason, "capsule is missing")
	require.Equal(t, reply.Reason, refusal.Reason)
	again, err := conn.PushParcel(t.Context(), 5, w.sealed(g.parcels[1], 1))
	require.NoError(t, err)
	require.Equal(t, wire.PARCEL_STATE_REFUSED, again.State, "a word given on chain stays")
}

func TestOnlyTheOwnerPushesParcelsAndOnlyWhatOpens(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 3, 100, 1, 2)
	w.newGrant(6, r, 0, 3, 100, 2, 3)
	over := w.newGrant(7, r, 0, 3, 100, 1, 2)
	w.chain.edit(func() {
		row := over.row
		row.Status = datarights.GRANT_STATUS_REVOKED
		w.chain.grants[7] = row
	})
	good := w.sealed(g.parcels[1], 1)
	push := func(id client.Identity, grant uint64, sealed []byte) error {
		_, err := w.dial(1, id).PushParcel(t.Context(), grant, sealed)
		return err
	}
	requireCode(t, push(nil, 5, good), wire.CODE_UNAUTHENTICATED, "no session")
	requireCode(t, push(signerOf(newAccount()), 5, good), wire.CODE_DENIED, "only the owner")
	requireCode(t, push(r.identity(), 5, good), wire.CODE_DENIED, "only the owner")
	requireCode(t, push(w.asOwner(), 5, []byte("rubbish")), wire.CODE_BAD_REQUEST, "does not open")
	requireCode(t, push(w.asOwner(), 5, w.sealed(over.parcels[1], 1)), wire.CODE_BAD_REQUEST, "does not open")
	requireCode(t, push(w.asOwner(), 6, good), wire.CODE_DENIED, "no proxy of grant 6")
	requireCode(t, push(w.asOwner(), 7, w.sealed(over.parcels[1], 1)), wire.CODE_DENIED, "over")
	requireCode(t, push(w.asOwner(), 99, good), wire.CODE_NOT_FOUND, "not on chain")
	plain, err := seal.SealTo(w.nodes[1].deps.Self.SealKey.Public(), []byte(wire.ParcelInfo), wire.ParcelAAD(testChain, 5, 1), []byte{0xff})
	require.NoError(t, err)
	requireCode(t, push(w.asOwner(), 5, plain), wire.CODE_BAD_REQUEST, "parcel")
	require.Empty(t, w.chain.txs, "none of this reached the chain")

	require.NoError(t, push(w.asOwner(), 5, good))
	w.awaitTx()
}

func TestWhoGetsFragments(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	r, stranger := w.newReader(7), w.newReader(8)
	g := w.newGrant(5, r, 2, 4, 4, 1, 2) // 2..3 closed, 4 open
	w.push(g)
	w.push(w.newGrant(6, stranger, 0, 7, 100, 1, 2))
	w.newGrant(9, r, 2, 3, 100, 1, 2)
	closed, open := label(t, g.nodes[0]), label(t, g.nodes[1])
	get := func(id *client.Reader, grant uint64, nodes ...[]byte) error {
		_, err := w.dial(1, id).GetFragments(t.Context(), grant, nodes, id)
		return err
	}
	me := r.identity()
	require.NoError(t, get(me, 5, closed))
	require.NoError(t, get(me, 5, closed, closed), "several nodes at once, in order")

	before, after := label(t, keytree.Leaf(0, 1)), label(t, keytree.Leaf(0, 5))
	wider := label(t, keytree.Node{Depth: 30, Index: 0})
	requireCode(t, get(me, 5, open), wire.CODE_NOT_YET, "has not arrived")
	requireCode(t, get(me, 5, closed, open), wire.CODE_NOT_YET, "has not arrived")
	requireCode(t, get(me, 5, before), wire.CODE_DENIED, "before the granted range")
	requireCode(t, get(me, 5, after), wire.CODE_DENIED, "after the granted range")
	requireCode(t, get(me, 5, wider), wire.CODE_DENIED, "before the granted range")
	requireCode(t, get(me, 5, label(t, keytree.Leaf(1, 2))), wire.CODE_DENIED, "epoch")
	requireCode(t, get(me, 5, label(t, keytree.Leaf(0, 2))), wire.CODE_NOT_FOUND, "no key share")
	requireCode(t, get(me, 5, []byte("no node")), wire.CODE_BAD_REQUEST, "node")
	requireCode(t, get(me, 5), wire.CODE_BAD_REQUEST, "0 nodes")
	requireCode(t, get(me, 5, slices.Repeat([][]byte{closed}, wire.MaxNodes+1)...), wire.CODE_BAD_REQUEST, "65 nodes")
	requireCode(t, get(me, 6, closed), wire.CODE_DENIED, "no session has proved")
	requireCode(t, get(stranger.identity(), 5, closed), wire.CODE_DENIED, "no session has proved")
	requireCode(t, get(me, 9, closed), wire.CODE_DENIED, "has not accepted")
	requireCode(t, get(me, 77, closed), wire.CODE_DENIED, "does not exist")

	_, err := w.dial(1, nil).GetFragments(t.Context(), 5, [][]byte{closed}, me)
	requireCode(t, err, wire.CODE_UNAUTHENTICATED, "no session")
	_, err = w.dial(1, me).GetFragments(t.Context(), 5, [][]byte{closed}, stranger.identity())
	requireCode(t, err, wire.CODE_UNAUTHENTICATED, "signature")
	_, err = w.dial(1, w.asOwner()).GetFragments(t.Context(), 5, [][]byte{closed}, me)
	requireCode(t, err, wire.CODE_DENIED, "no session has proved")

	change := func(change func(*datarights.Grant)) {
		w.chain.edit(func() {
			row := w.chain.grants[5]
			row.Proxies = slices.Clone(row.Proxies)
			change(&row)
			w.chain.grants[5] = row
		})
	}
	live, err := w.chain.Grant(t.Context(), 5)
	require.NoError(t, err)
	for words, c := range map[string]func(*datarights.Grant){
		"expired":          func(g *datarights.Grant) { g.ExpiresAt = time.Now().Unix() },
		"revoked":          func(g *datarights.Grant) { g.Status = datarights.GRANT_STATUS_REVOKED },
		"has not accepted": func(g *datarights.Grant) { g.Proxies[0].State = datarights.PROXY_STATE_FAULTY },
	} {
		change(c)
		requireCode(t, get(me, 5, closed), wire.CODE_DENIED, words)
		change(func(g *datarights.Grant) { *g = live })
		require.NoError(t, get(me, 5, closed))
	}
	old := w.dial(1, me)
	_, err = old.GetFragments(t.Context(), 5, [][]byte{closed}, me)
	require.NoError(t, err)
	w.newReader(7)
	_, err = old.GetFragments(t.Context(), 5, [][]byte{closed}, me)
	requireCode(t, err, wire.CODE_DENIED, "retired")
}

func TestARequestTimedElsewhenIsRefused(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 0, 100, 1, 2)
	w.push(g)
	h, err := client.NewHost(nil, nil)
	require.NoError(t, err)
	defer h.Close()
	row, err := w.chain.Provider(t.Context(), 1)
	require.NoError(t, err)
	slow := client.New(h, testChain, client.Options{Clock: func() time.Time { return time.Now().Add(-2 * time.Minute) }})
	conn, err := slow.With(r.identity()).Dial(t.Context(), row)
	require.NoError(t, err)
	_, err = conn.GetFragments(t.Context(), 5, [][]byte{label(t, g.nodes[0])}, r.identity())
	requireCode(t, err, wire.CODE_BAD_REQUEST, "clock")
}

func TestCapsulesOfOpenNodesArriveWhenTheirWindowHasClosed(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 2, 1, 1, 2) // 0 closed, 1 and 2 open at the time of the grant
	w.push(g)
	node := label(t, g.nodes[1])
	_, capsule := w.capsule(g.nodes[1])
	_, foreign := w.capsule(g.nodes[2])
	put := func(id client.Identity, capsule []byte) error {
		return w.dial(1, id).PutCapsule(t.Context(), 5, node, capsule)
	}
	requireCode(t, put(r.identity(), capsule), wire.CODE_DENIED, "only the writer and the owner")
	requireCode(t, put(w.asWriter(), foreign), wire.CODE_BAD_REQUEST, "does not match")

	future := w.chain.streams[streamID]
	future.OriginMs = time.Now().UnixMilli()
	past := w.chain.streams[streamID]
	w.chain.edit(func() { w.chain.streams[streamID] = future })
	requireCode(t, put(w.asWriter(), capsule), wire.CODE_NOT_YET, "closes at")
	w.chain.edit(func() { w.chain.streams[streamID] = past })
	require.NoError(t, put(w.asWriter(), capsule))
	require.NoError(t, w.dial(2, w.asOwner()).PutCapsule(t.Context(), 5, node, capsule))
	require.Equal(t, g.seeds[1], w.open(g, r, 1, 1, 2))

	w.chain.edit(func() { w.chain.streams[streamID] = future })
	_, err := w.dial(1, r.identity()).GetFragments(t.Context(), 5, [][]byte{node}, r.identity())
	requireCode(t, err, wire.CODE_NOT_YET, "closes at")
}

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

func FuzzParcel(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x22, 0x00})
	g := datarights.Grant{Id: 1, LastInterval: 3, Split: 9, Leaves: 1, Proxies: []datarights.GrantProxy{{Provider: 1}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p wire.Parcel
		if p.Unmarshal(b) != nil {
			return
		}
		p.ChainId, p.Grant, p.Provider = testChain, 1, 1
		_, err := checkParcel(testChain, 1, g, p)
		require.Error(t, err)
	})
}
