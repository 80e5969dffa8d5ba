package storage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// impatient nodes look for demands every second.
func impatient(c *Config, _ *Deps) { c.Proxy.DemandSeconds = 1 }

// demanded is a live grant of closed time by three proxies, of which the first is to be demanded of.
func demanded(t *testing.T, nodes ...uint64) (*world, reader, *grant) {
	w := newWorld(t)
	for _, id := range nodes {
		w.start(id, impatient)
	}
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 5, 6, nodes...)
	w.push(g)
	return w, r, g
}

func TestAProxyAnswersDemandsOnChainByItself(t *testing.T) {
	w, r, g := demanded(t, 1, 2)
	_, capsule := w.capsule(g.nodes[1])
	position := uint32(1*2 + 0)
	w.demand(datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_FRAGMENT, Grant: 5, Position: position, Provider: 1, Capsule: capsule, Deadline: 200})
	m, ok := w.awaitTx().(*datarights.MsgAnswerDemand)
	require.True(t, ok)
	require.EqualValues(t, 1, m.Demand)
	require.EqualValues(t, position, m.Answer.Position)
	require.EqualValues(t, 1, m.Answer.PeerKeyVersion)
	leaf, err := pre.ParseLeaf(m.Answer.Leaf)
	require.NoError(t, err)
	require.NoError(t, datarights.CheckLeaf(g.row, leaf, m.Answer.Position, m.Answer.Path))
	require.NoError(t, pre.VerifyFragment(m.Answer.Fragment, leaf, capsule, pre.Binding{ChainID: testChain, Grant: 5}))
	_ = r
}

func TestAProxyRefutesADemandWithAnotherCapsule(t *testing.T) {
	w, _, g := demanded(t, 1, 2)
	_, capsule := w.capsule(g.nodes[0])
	w.demand(datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_FRAGMENT, Grant: 5, Position: 2, Provider: 1, Capsule: capsule, Deadline: 200})
	m, ok := w.awaitTx().(*datarights.MsgRefuteDemand)
	require.True(t, ok)
	leaf, err := pre.ParseLeaf(m.Leaf)
	require.NoError(t, err)
	require.NoError(t, datarights.CheckLeaf(g.row, leaf, 2, m.Path))
}

// The queue is the chain's: a node that was down when it was demanded of answers when it is up again.
func TestADemandIsAnsweredAfterACrash(t *testing.T) {
	w, _, g := demanded(t, 1, 2)
	w.nodes[1].stop(t)
	_, capsule := w.capsule(g.nodes[0])
	w.demand(datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_FRAGMENT, Grant: 5, Position: 0, Provider: 1, Capsule: capsule, Deadline: 200})
	w.demand(datarights.Demand{Id: 2, Kind: datarights.DEMAND_KIND_FRAGMENT, Grant: 5, Position: 0, Provider: 1, Capsule: capsule, Deadline: 100}) // too late by then
	w.up(w.nodes[1])
	m, ok := w.awaitTx().(*datarights.MsgAnswerDemand)
	require.True(t, ok)
	require.EqualValues(t, 1, m.Demand)
	require.Equal(t, datarights.DEMAND_STATE_OPEN, w.demandRow(2).State)
}

func TestAProxyBringsACapsuleNobodyElseBrought(t *testing.T) {
	w, _, g := demanded(t, 1, 2)
	_, capsule := w.capsule(g.nodes[0])
	hash := pre.CapsuleHash(capsule)
	// the first proxy's turn begins at half of the time
	w.demand(datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_CAPSULE, Grant: 5, Position: 0, CapsuleHash: hash[:], Deadline: 100 + 720})
	w.demand(datarights.Demand{Id: 2, Kind: datarights.DEMAND_KIND_CAPSULE, Grant: 5, Position: 1, CapsuleHash: hash[:], Deadline: 100 + 360})
	m, ok := w.awaitTx().(*datarights.MsgAnswerCapsule)
	require.True(t, ok)
	require.EqualValues(t, 2, m.Demand)
	require.Equal(t, "operator-1", m.Sender)
	require.Equal(t, capsule, m.Capsule)
	require.Equal(t, datarights.DEMAND_STATE_OPEN, w.demandRow(1).State, "the owner's time")
}

func TestAReaderGetsLeavesToDemandCapsulesWith(t *testing.T) {
	w, r, g := demanded(t, 1, 2)
	leaves, err := w.dial(1, r.identity()).GetLeaves(t.Context(), 5, [][]byte{label(t, g.nodes[0]), label(t, g.nodes[1])})
	require.NoError(t, err)
	for _, l := range leaves {
		leaf, err := pre.ParseLeaf(l.Leaf)
		require.NoError(t, err)
		require.NoError(t, datarights.CheckLeaf(g.row, leaf, l.Position, l.Path))
	}
	other := w.newReader(8)
	_, err = w.dial(1, other.identity()).GetLeaves(t.Context(), 5, [][]byte{label(t, g.nodes[0])})
	requireCode(t, err, wire.CODE_DENIED, "no session has proved them")
	_, err = w.dial(1, r.identity()).GetLeaves(t.Context(), 5, [][]byte{make([]byte, 9)})
	requireCode(t, err, wire.CODE_NOT_FOUND, "no key share")
	_, err = w.dial(1, r.identity()).GetLeaves(t.Context(), 5, nil)
	requireCode(t, err, wire.CODE_BAD_REQUEST, "ask for 1 to")
}

// leave has a provider leave, with another one's turn.
func (w *world) leave(id, successor uint64) {
	w.chain.edit(func() {
		row := w.chain.providers[id]
		row.Status = provider.STATUS_LEAVING
		w.chain.providers[id], w.chain.successor = row, successor
	})
}

func TestALeavingProxyHandsItsParcelsOver(t *testing.T) {
	w, r, g := demanded(t, 1, 2)
	w.start(3, impatient)
	w.leave(1, 3)
	m, ok := w.awaitTx().(*datarights.MsgHandOver)
	require.True(t, ok)
	require.EqualValues(t, 3, m.To)
	_, ok = w.awaitTx().(*datarights.MsgTakeOver)
	require.True(t, ok)

	// the reader follows the row, and what the successor answers is right for the same leaf
	answers, err := w.dial(3, r.identity()).GetFragments(t.Context(), 5, [][]byte{label(t, g.nodes[0])}, r.identity())
	require.NoError(t, err)
	require.EqualValues(t, 3, answers[0].Provider)
	leaf, err := pre.ParseLeaf(answers[0].Leaf)
	require.NoError(t, err)
	require.EqualValues(t, 1, leaf.Proxy)
	require.NoError(t, datarights.CheckLeaf(g.row, leaf, answers[0].Position, answers[0].Path))
	require.NoError(t, pre.VerifyFragment(answers[0].Fragment, leaf, answers[0].Capsule, pre.Binding{ChainID: testChain, Grant: 5}))
	_, err = w.dial(1, r.identity()).GetFragments(t.Context(), 5, [][]byte{label(t, g.nodes[0])}, r.identity())
	requireCode(t, err, wire.CODE_DENIED, "is its proxy no more")
}

func TestOnlyWhoOffersAParcelBringsIt(t *testing.T) {
	w, r, g := demanded(t, 1, 2)
	_ = r
	w.start(3, impatient)
	parcel := g.parcels[1]
	parcel.Provider = 3
	bz, err := parcel.Marshal()
	require.NoError(t, err)
	key := w.nodes[3].deps.Self.SealKey.Public()
	sealed, err := seal.SealTo(key, []byte(wire.ParcelInfo), wire.ParcelAAD(testChain, 5, 3), bz)
	require.NoError(t, err)
	row, err := w.chain.Provider(t.Context(), 3)
	require.NoError(t, err)

	push := func(from uint64) error {
		n := w.nodes[from].node
		_, err := clientOf(n).PushParcel(t.Context(), row, 5, sealed)
		return err
	}
	requireCode(t, push(1), wire.CODE_UNAUTHENTICATED, "authenticate first")
	w.chain.edit(func() {
		require.NoError(t, w.chain.applyDemand(1, &datarights.MsgHandOver{Grant: 5, To: 3}))
	})
	requireCode(t, push(2), wire.CODE_UNAUTHENTICATED, "authenticate first")
	require.NoError(t, push(1))
	_, ok := w.awaitTx().(*datarights.MsgTakeOver)
	require.True(t, ok)
}

func TestABadParcelIsDeclined(t *testing.T) {
	w, _, g := demanded(t, 1, 2)
	w.start(3, impatient)
	parcel := g.parcels[2] // another proxy's
	parcel.Provider = 3
	w.chain.edit(func() {
		require.NoError(t, w.chain.applyDemand(1, &datarights.MsgHandOver{Grant: 5, To: 3}))
	})
	row, err := w.chain.Provider(t.Context(), 3)
	require.NoError(t, err)
	reply, err := clientOf(w.nodes[1].node).PushParcel(t.Context(), row, 5, w.sealed(parcel, 3))
	require.NoError(t, err)
	require.Equal(t, wire.PARCEL_STATE_REFUSED, reply.State)
	m, ok := w.awaitTx().(*datarights.MsgDeclineHandOver)
	require.True(t, ok)
	require.Contains(t, m.Reason, "bad parcel")
}

// What was demanded of a proxy before it handed over it still answers: it keeps the parcel until then.
func TestAParcelIsKeptWhileItIsDemanded(t *testing.T) {
	w, _, g := demanded(t, 1, 2)
	w.start(3, impatient)
	w.nodes[1].stop(t)
	_, capsule := w.capsule(g.nodes[0])
	w.demand(datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_FRAGMENT, Grant: 5, Position: 0, Provider: 1, Capsule: capsule, Deadline: 200})
	w.chain.edit(func() {
		require.NoError(t, w.chain.applyDemand(1, &datarights.MsgHandOver{Grant: 5, To: 3}))
		require.NoError(t, w.chain.applyDemand(3, &datarights.MsgTakeOver{Grant: 5}))
	})
	w.up(w.nodes[1])
	_, ok := w.awaitTx().(*datarights.MsgAnswerDemand)
	require.True(t, ok)
}
