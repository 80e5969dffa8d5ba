package storage

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

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

func TestNodesSealedAfterARekeyAreRefused(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 1, 7, 100, 1, 2) // the nodes 1, 2-3 and 4-7
	w.push(g)
	get := func(i int) error {
		_, err := w.dial(1, r.identity()).GetFragments(t.Context(), 5, [][]byte{label(t, g.nodes[i])}, r.identity())
		return err
	}
	for i := range g.nodes {
		require.NoError(t, get(i))
	}
	w.chain.edit(func() {
		row := w.chain.streams[streamID]
		row.KeyEpochs = []datarights.KeyEpoch{{}, {Epoch: 1, Start: 3}}
		w.chain.streams[streamID] = row
	})
	require.NoError(t, get(0))
	require.NoError(t, get(1), "interval 2 is granted still")
	requireCode(t, get(2), wire.CODE_DENIED, "interval 4: the owner has rekeyed the stream")
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
