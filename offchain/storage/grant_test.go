package storage

import (
	"crypto/rand"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// grant is a grant with its parcels.
type grant struct {
	row     datarights.Grant
	nodes   []keytree.Node
	seeds   [][32]byte
	parcels map[uint64]wire.Parcel
}

// newGrant makes a 2-of-n grant of [first, last], whose intervals before split are closed, and puts its row on chain.
func (w *world) newGrant(id uint64, r reader, first, last uint32, split uint64, proxies ...uint64) *grant {
	w.t.Helper()
	nodes, err := keytree.Cover(0, first, last, split, 0, 64)
	require.NoError(w.t, err)
	g := &grant{nodes: nodes, parcels: make(map[uint64]wire.Parcel), row: datarights.Grant{
		Id: id, Stream: streamID, Owner: addressOf(w.t, w.owner), Reader: r.id, ReaderVersion: r.version,
		FirstInterval: first, LastInterval: last, Split: split, Threshold: 2, Leaves: uint32(len(nodes) * len(proxies)),
		AcceptanceFee: noFee(), ExpiresAt: time.Now().Add(time.Hour).Unix(), Status: datarights.GRANT_STATUS_PENDING,
	}}
	for _, p := range proxies {
		g.row.Proxies = append(g.row.Proxies, datarights.GrantProxy{Provider: p, State: datarights.PROXY_STATE_ASKED})
	}
	w.fillParcels(g, r, proxies)
	w.chain.edit(func() { w.chain.grants[id] = g.row })
	return g
}

func (w *world) fillParcels(g *grant, r reader, proxies []uint64) {
	w.t.Helper()
	name := datarights.StreamID(testChain, streamID)
	top, err := keytree.StreamRoot(w.root, name, 0)
	require.NoError(w.t, err)
	entries := make([][]wire.ParcelEntry, len(proxies))
	var leaves []merkle.Hash
	for _, node := range g.nodes {
		seed, err := keytree.Derive(top, keytree.Node{}, node)
		require.NoError(w.t, err)
		g.seeds = append(g.seeds, seed)
		context, capsule := w.capsule(node)
		label, err := node.MarshalBinary()
		require.NoError(w.t, err)
		shares, err := pre.Split(rand.Reader, seed, context, [9]byte(label), r.pre.Public(), 2, proxies)
		require.NoError(w.t, err)
		for i, s := range shares {
			leaf, err := s.Leaf.MarshalBinary()
			require.NoError(w.t, err)
			e := wire.ParcelEntry{Leaf: leaf, Position: uint32(len(leaves)), FragmentKey: s.RK[:]}
			if uint64(node.Last()) < g.row.Split {
				e.Capsule = capsule
			}
			leaves = append(leaves, merkle.LeafHash(leaf))
			entries[i] = append(entries[i], e)
		}
	}
	root := merkle.Root(leaves)
	g.row.Root = root[:]
	for i, p := range proxies {
		for j := range entries[i] {
			path, err := merkle.Proof(leaves, int(entries[i][j].Position))
			require.NoError(w.t, err)
			for _, h := range path {
				entries[i][j].Path = append(entries[i][j].Path, h[:])
			}
		}
		g.parcels[p] = wire.Parcel{ChainId: testChain, Grant: g.row.Id, Provider: p, Entries: entries[i]}
	}
}

// capsule of a node, with the context it is made in.
func (w *world) capsule(node keytree.Node) (context, capsule []byte) {
	w.t.Helper()
	name := datarights.StreamID(testChain, streamID)
	top, err := keytree.StreamRoot(w.root, name, node.Epoch)
	require.NoError(w.t, err)
	seed, err := keytree.Derive(top, keytree.Node{Epoch: node.Epoch}, node)
	require.NoError(w.t, err)
	label, err := node.MarshalBinary()
	require.NoError(w.t, err)
	context = pre.CapsuleContext(name, label)
	capsule, err = pre.NewCapsule(seed, context)
	require.NoError(w.t, err)
	return context, capsule
}

// sealed is a parcel as it is pushed to a provider.
func (w *world) sealed(p wire.Parcel, to uint64) []byte {
	w.t.Helper()
	plain, err := p.Marshal()
	require.NoError(w.t, err)
	key := w.nodes[to].deps.Self.SealKey.Public()
	bz, err := seal.SealTo(key, []byte(wire.ParcelInfo), wire.ParcelAAD(testChain, p.Grant, to), plain)
	require.NoError(w.t, err)
	return bz
}

// push brings every proxy its parcel and waits for their word on chain.
func (w *world) push(g *grant) {
	w.t.Helper()
	for _, p := range g.row.Proxies {
		reply, err := w.dial(p.Provider, w.asOwner()).PushParcel(w.t.Context(), g.row.Id, w.sealed(g.parcels[p.Provider], p.Provider))
		require.NoError(w.t, err)
		require.Equal(w.t, wire.PARCEL_STATE_STORED, reply.State, reply.Reason)
	}
	for range g.row.Proxies {
		w.awaitTx()
	}
}

func (w *world) awaitTx() any {
	w.t.Helper()
	select {
	case m := <-w.chain.sent:
		return m
	case <-time.After(10 * time.Second):
		w.t.Fatal("no transaction came")
		return nil
	}
}
