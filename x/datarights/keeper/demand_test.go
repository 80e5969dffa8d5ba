package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func TestADemandIsAnsweredForItsFee(t *testing.T) {
	w := newWorld(newFixture(t))
	reader, proxy := w.balance(w.bob), w.balance(operator(honest))
	id := w.demand(0, honest)
	require.Equal(t, reader-demandFee, w.balance(w.bob))
	e := events[*types.EventDemanded](w.fixture)
	require.Len(t, e, 1)
	require.Equal(t, types.EventDemanded{Demand: id, Kind: types.DEMAND_KIND_FRAGMENT, Grant: w.dealt.id, Provider: honest, Deadline: 110 + demandBlocks}, *e[0])

	a := w.answer(0, honest)
	res, err := w.give(id, a)
	require.NoError(t, err)
	require.True(t, res.Slashed.IsZero())
	d := w.demandRow(id)
	require.Equal(t, types.DEMAND_STATE_ANSWERED, d.State)
	require.Equal(t, a.Fragment, d.Answer.Fragment, "the reader finds the answer in the row")
	require.Equal(t, proxy+demandFee, w.balance(operator(honest)), "D-DEM-9: exactly the fee")
	require.Equal(t, reader-demandFee, w.balance(w.bob))
	require.EqualValues(t, testBond, w.bond(honest))
	w.refuses(types.ErrDemandEnded, func() error { _, err := w.give(id, a); return err })
	w.refuses(types.ErrDemanded, func() error { _, err := w.msg.DemandFragment(w.ctx, w.demandOf(0, honest)); return err })
	require.NoError(t, w.k.CheckInvariants(w.ctx))

	w.pass(100_000) // D-DEM-14
	d = w.demandRow(id)
	require.Nil(t, d.Answer)
	require.Empty(t, d.Capsule)
	require.Equal(t, types.DEMAND_STATE_ANSWERED, d.State)
}

func TestDemandRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  error
		spoil func(w world, m *types.MsgDemandFragment)
	}{
		{"D-DEM-1: a grant that is none", types.ErrNotFound, func(_ world, m *types.MsgDemandFragment) { m.Grant = 99 }},
		{"D-DEM-1: another's grant", types.ErrNotOwner, func(w world, m *types.MsgDemandFragment) { m.Demander = w.text(w.alice) }},
		{"D-DEM-2: a grant that was revoked", types.ErrRevoked, func(w world, _ *types.MsgDemandFragment) { require.NoError(w.t, w.revoke(w.dealt.id)) }},
		{"D-DEM-2: a grant at its last second", types.ErrExpired, func(w world, _ *types.MsgDemandFragment) { w.at(unix(testNow.Unix() + 3600)) }},
		{"D-DEM-2: a grant that waits for its proxies", types.ErrPending, func(w world, m *types.MsgDemandFragment) { m.Grant = w.grant(w.stream, w.reader, w.keys).id }},
		{"D-DEM-3: for retired keys", types.ErrReaderVersion, func(w world, _ *types.MsgDemandFragment) {
			next := w.newReaderKeys()
			rotate := &types.MsgRotateReader{Owner: w.text(w.bob), Reader: w.reader, PreKey: bytesOf(next.pre.Public()), AuthKey: public(next.auth)}
			rotate.PreKeyProof, rotate.AuthKeyProof = w.readerProofs(rotate.Owner, next)
			_, err := w.msg.RotateReader(w.ctx, rotate)
			require.NoError(w.t, err)
		}},
		{"D-DEM-4: a node that is none", types.ErrNode, func(_ world, m *types.MsgDemandFragment) { m.Node = m.Node[1:] }},
		{"D-DEM-4: a node of another level", types.ErrNode, func(_ world, m *types.MsgDemandFragment) { m.Node = nodeName(keytree.Node{}) }},
		{"D-DEM-4: a leaf beside the range", types.ErrNode, func(_ world, m *types.MsgDemandFragment) { m.Node = nodeName(keytree.Leaf(0, 77)) }},
		{"D-DEM-6: a provider that is no proxy", types.ErrNotAProxy, func(_ world, m *types.MsgDemandFragment) { m.Provider = 1 }},
		{"D-DEM-6: a proxy that has not accepted", types.ErrNotAccepted, func(_ world, m *types.MsgDemandFragment) { m.Provider = 6 }},
		{"D-DEM-7: no capsule", types.ErrCapsule, func(_ world, m *types.MsgDemandFragment) { m.Capsule = nil }},
		{"D-DEM-7: a capsule no proxy can re-encrypt", types.ErrCapsule, func(_ world, m *types.MsgDemandFragment) {
			m.Capsule = append([]byte(nil), m.Capsule...)
			m.Capsule[70] ^= 1
		}},
		{"D-DEM-8: a second time", types.ErrDemanded, func(w world, _ *types.MsgDemandFragment) { w.demand(0, honest) }},
		{"D-DEM-8: more than may be open", types.ErrTooManyDemands, func(w world, _ *types.MsgDemandFragment) {
			w.setParams(func(p *types.Params) { p.MaxOpenDemands = 1 })
			w.demand(1, honest)
		}},
		{"D-DEM-8: without the fee", types.ErrFee, func(w world, _ *types.MsgDemandFragment) { delete(w.bank.balances, string(w.bob)) }},
		{"D-DEM-5: after a rekey that the node lies behind", types.ErrKeyEpoch, func(w world, m *types.MsgDemandFragment) {
			grant := w.newGrant(w.stream, w.reader)
			grant.FirstInterval, grant.LastInterval, grant.Split, grant.Proxies = 64, 67, 64, []uint64{7, 8, 9}
			w.providers.ranks = grant.Proxies
			d := w.deal(grant, w.keys)
			res, err := w.msg.Grant(w.ctx, grant)
			require.NoError(w.t, err)
			require.NoError(w.t, w.accept(7, res.Id))
			require.NoError(w.t, w.accept(8, res.Id))
			_, err = w.msg.Rekey(w.ctx, &types.MsgRekey{Owner: w.text(w.alice), Stream: w.stream, Start: 62})
			require.NoError(w.t, err)
			m.Grant, m.Node, m.Provider, m.Capsule = res.Id, nodeName(d.nodes[0]), 7, d.capsules[0]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			m := w.demandOf(0, honest)
			c.spoil(w, m)
			w.refuses(c.want, func() error { _, err := w.msg.DemandFragment(w.ctx, m); return err })
		})
	}
}

func nodeName(n keytree.Node) []byte {
	bz, err := n.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return bz
}

// D-DEM-5: intervals to come are not demanded, nor is a capsule before the node's window has closed.
func TestOpenTimeIsNotDemanded(t *testing.T) {
	f := newFixture(t)
	w := world{fixture: f, stream: f.stream("buoy-1")}
	w.reader, w.keys = f.reader("laptop")
	m := f.newGrant(w.stream, w.reader)
	m.FirstInterval, m.LastInterval, m.Split, m.Grain = 100, 107, 100, 3
	w.dealt = f.deal(m, w.keys)
	res, err := f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
	w.dealt.id = res.Id
	require.NoError(t, f.accept(4, res.Id))
	require.NoError(t, f.accept(5, res.Id))
	name, last := w.dealt.nodes[0], w.dealt.nodes[0].Last()
	end := testOrigin.Add(time.Duration(last+1) * minute)
	f.at(end.Add(-second))
	w.refuses(types.ErrStillOpen, func() error { _, err := f.msg.DemandFragment(f.ctx, w.demandOf(0, honest)); return err })
	w.refuses(types.ErrStillOpen, func() error { _, err := f.msg.DemandCapsule(f.ctx, w.capsuleDemandOf(0)); return err })
	f.at(end)
	require.Equal(t, nodeName(name), w.node(0))
	_, err = f.msg.DemandFragment(f.ctx, w.demandOf(0, honest))
	require.NoError(t, err)
	_, err = f.msg.DemandCapsule(f.ctx, w.capsuleDemandOf(0))
	require.NoError(t, err)
}

func TestOnlyTheProxyAnswersAndOnlyWhatWasDemanded(t *testing.T) {
	for _, c := range []struct {
		name string
		want error
		try  func(w world, id uint64) error
	}{
		{"D-DEM-9: another proxy", types.ErrForeignDemand, func(w world, id uint64) error { _, err := w.give(id, w.answer(0, faulty)); return err }},
		{"D-DEM-9: nobody's operator", types.ErrForeignDemand, func(w world, id uint64) error {
			_, err := w.msg.AnswerDemand(w.ctx, &types.MsgAnswerDemand{Operator: w.text(w.bob), Demand: id, Answer: w.answer(0, honest)})
			return err
		}},
		{"D-DEM-9: about another node", types.ErrAnswerElsewhere, func(w world, id uint64) error { _, err := w.give(id, w.answer(1, honest)); return err }},
		{"D-DEM-9: at another position", types.ErrAnswerElsewhere, func(w world, id uint64) error {
			a := w.answer(0, honest)
			a.Position = 1
			_, err := w.give(id, signAnswer(a))
			return err
		}},
		{"D-DEM-9: not signed", types.ErrAnswerSignature, func(w world, id uint64) error {
			a := w.answer(0, honest)
			a.Signature[3] ^= 1
			_, err := w.give(id, a)
			return err
		}},
		{"D-DEM-9: a demand that is none", types.ErrNotFound, func(w world, id uint64) error { _, err := w.give(id+9, w.answer(0, honest)); return err }},
		{"D-DEM-9: after the grant was revoked", types.ErrRevoked, func(w world, id uint64) error {
			require.NoError(w.t, w.revoke(w.dealt.id))
			_, err := w.give(id, w.answer(0, honest))
			return err
		}},
		{"D-DEM-9: after the deadline", types.ErrDemandEnded, func(w world, id uint64) error {
			w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + demandBlocks + 1)
			_, err := w.give(id, w.answer(0, honest))
			return err
		}},
		{"D-DEM-11: refuted by the leaf that it is for", types.ErrCapsule, func(w world, id uint64) error { return w.refute(id, 0) }},
		{"D-DEM-11: refuted by another leaf", types.ErrLeaf, func(w world, id uint64) error { return w.refute(id, 3) }},
		{"D-CAP-3: with a capsule", types.ErrDemandKind, func(w world, id uint64) error { return w.bringCapsule(w.alice, id, w.dealt.capsules[0]) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			id := w.demand(0, honest)
			before := w.demandRow(id)
			require.ErrorIs(t, c.try(w, id), c.want)
			require.Equal(t, before, w.demandRow(id))
		})
	}
}

// refute has the honest proxy show a leaf.
func (w world) refute(id uint64, position int) error {
	leaf, path := w.leafOf(position)
	_, err := w.msg.RefuteDemand(w.ctx, &types.MsgRefuteDemand{Operator: w.text(operator(honest)), Demand: id, Leaf: leaf, Path: path})
	return err
}

func TestAWrongAnswerToADemandIsAFaultAndLeavesItOpen(t *testing.T) {
	w := newWorld(newFixture(t))
	id := w.demand(0, faulty)
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	a = signAnswer(a)
	res, err := w.give(id, a) // D-DEM-10
	require.NoError(t, err)
	require.Equal(t, "100000ucpc", res.Slashed.String())
	require.Equal(t, types.DEMAND_STATE_OPEN, w.demandRow(id).State)
	require.Equal(t, types.PROXY_STATE_FAULTY, w.row(w.dealt.id).Proxies[1].State)
	w.refuses(types.ErrDisputed, func() error { _, err := w.give(id, a); return err })
	_, err = w.give(id, w.answer(0, faulty))
	require.NoError(t, err, "it may still do what it owes")
	require.Equal(t, types.DEMAND_STATE_ANSWERED, w.demandRow(id).State)
}

func TestADemandWithAnotherCapsuleIsRefuted(t *testing.T) {
	w := newWorld(newFixture(t))
	m := w.demandOf(0, honest)
	m.Capsule = otherCapsule(t)
	res, err := w.msg.DemandFragment(w.ctx, m)
	require.NoError(t, err)
	before := w.balance(operator(honest))
	require.NoError(t, w.refute(res.Id, 0)) // D-DEM-11
	require.Equal(t, types.DEMAND_STATE_REFUTED, w.demandRow(res.Id).State)
	require.Equal(t, before+demandFee, w.balance(operator(honest)))
	w.pass(demandBlocks)
	require.EqualValues(t, testBond, w.bond(honest))
}

func TestSilenceCostsPartOfTheBond(t *testing.T) {
	w := allAccept(newFixture(t))
	reader := w.balance(w.bob)
	id := w.demand(0, faulty)
	w.pass(demandBlocks - 1)
	require.Equal(t, types.DEMAND_STATE_OPEN, w.demandRow(id).State)
	w.pass(1) // D-DEM-12
	d := w.demandRow(id)
	require.Equal(t, types.DEMAND_STATE_LAPSED, d.State)
	require.EqualValues(t, lapseCut, d.Slashed.Amount.Int64())
	require.EqualValues(t, testBond-lapseCut, w.bond(faulty))
	require.Equal(t, reader, w.balance(w.bob), "the fee, and no more: the others open the node")
	require.EqualValues(t, lapseShare, w.potRow().Held.Int64())
	require.Equal(t, 1, w.heardOf("left a demand of grant"))
	require.Equal(t, types.PROXY_STATE_ACCEPTED, w.row(w.dealt.id).Proxies[1].State)
}

// A proxy that was down for a while is cut for the while, however much was demanded of it.
func TestSilenceIsCutOncePerGrantAndTime(t *testing.T) {
	w := allAccept(newFixture(t))
	for n := range 2 {
		w.demand(n, faulty)
	}
	w.pass(demandBlocks)
	require.EqualValues(t, testBond-lapseCut, w.bond(faulty))
	require.Equal(t, 1, w.heardOf("left a demand of grant"))
}

func TestAReaderIsCompensatedOnceANodeIsShut(t *testing.T) {
	w := allAccept(newFixture(t))
	reader := w.balance(w.bob)
	w.demand(0, faulty)
	w.pass(demandBlocks)
	require.Equal(t, reader, w.balance(w.bob), "one of three is silent")
	w.demand(1, honest)
	w.pass(demandBlocks)
	require.Equal(t, reader, w.balance(w.bob), "two of three, about different nodes")
	w.demand(0, honest)
	w.pass(demandBlocks)
	require.Equal(t, reader+2*5, w.balance(w.bob), "D-DEM-13: what two proxies took for accepting")
	require.True(t, w.potRow().Closed)
	require.True(t, w.potRow().Held.Equal(zero()), "the rest is burnt")
	e := events[*types.EventReaderCompensated](w.fixture)
	require.Len(t, e, 1)
	require.Equal(t, "10ucpc", e[0].Amount)
	bond := w.bond(6)
	w.demand(1, 6)
	w.pass(demandBlocks)
	require.Less(t, w.bond(6), bond)
	require.True(t, w.potRow().Held.IsZero(), "later cuts are burnt whole")
	require.Equal(t, reader+2*5, w.balance(w.bob), "once for a grant")
}

func TestADemandEndsWithItsGrant(t *testing.T) {
	for name, end := range map[string]func(w world){
		"by a revocation": func(w world) { require.NoError(w.t, w.revoke(w.dealt.id)) },
		"by its expiry":   func(w world) { w.at(unix(testNow.Unix() + 3600)) },
	} {
		t.Run("D-DEM-12: "+name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			reader := w.balance(w.bob)
			id, capsule := w.demand(0, faulty), w.demandCapsule(1)
			end(w)
			w.pass(demandBlocks)
			for _, id := range []uint64{id, capsule} {
				require.Equal(t, types.DEMAND_STATE_VOID, w.demandRow(id).State)
			}
			require.Equal(t, reader, w.balance(w.bob))
			require.EqualValues(t, testBond, w.bond(faulty))
			require.Empty(t, w.row(w.dealt.id).Withheld)
		})
	}
}

func TestWhatIsLeftInThePotIsBurntAtSettlement(t *testing.T) {
	w := allAccept(newFixture(t))
	w.demand(0, faulty)
	w.pass(demandBlocks)
	require.EqualValues(t, lapseShare, w.potRow().Held.Int64())
	w.at(unix(w.row(w.dealt.id).SettleAt + 1))
	w.pass(1)
	require.True(t, w.row(w.dealt.id).Settled)
	require.True(t, w.potRow().Closed)
}

func TestDemandsPerBlockAreCappedAndAFailedOneStopsNothing(t *testing.T) {
	w := allAccept(newFixture(t))
	w.setParams(func(p *types.Params) { p.DemandsPerBlock = 1 })
	first, second := w.demand(0, honest), w.demand(0, faulty)
	w.bank.stuck = w.bob
	w.pass(demandBlocks) // D-DEM-15
	e := events[*types.EventDemandFailed](w.fixture)
	require.Len(t, e, 1)
	require.Equal(t, first, e[0].Demand)
	require.EqualValues(t, testBond, w.bond(honest), "undone")
	require.Zero(t, w.demandRow(first).Deadline)
	w.bank.stuck = nil
	w.pass(1)
	require.Equal(t, types.DEMAND_STATE_LAPSED, w.demandRow(second).State)
	require.Equal(t, types.DEMAND_STATE_OPEN, w.demandRow(first).State, "kept and named, not tried again")
}

func TestACapsuleIsDemandedAndBrought(t *testing.T) {
	for name, who := range map[string]func(w world) sdk.AccAddress{
		"by the owner":  func(w world) sdk.AccAddress { return w.alice },
		"by the writer": func(w world) sdk.AccAddress { return w.gateway },
		"by a proxy":    func(world) sdk.AccAddress { return operator(honest) },
	} {
		t.Run("D-CAP-3: "+name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			who := who(w)
			before := w.balance(who)
			id := w.demandCapsule(0)
			w.refuses(types.ErrForeignDemand, func() error { return w.bringCapsule(operator(1), id, w.dealt.capsules[0]) })
			w.refuses(types.ErrForeignDemand, func() error { return w.bringCapsule(w.bob, id, w.dealt.capsules[0]) })
			w.refuses(types.ErrCapsule, func() error { return w.bringCapsule(who, id, w.dealt.capsules[1]) })
			w.refuses(types.ErrCapsule, func() error { return w.bringCapsule(who, id, nil) })
			require.NoError(t, w.bringCapsule(who, id, w.dealt.capsules[0]))
			require.Equal(t, before+demandFee, w.balance(who))
			require.Equal(t, w.dealt.capsules[0], w.demandRow(id).Capsule)
			w.refuses(types.ErrDemandEnded, func() error { return w.bringCapsule(who, id, w.dealt.capsules[0]) })
			w.refuses(types.ErrDemanded, func() error { _, err := w.msg.DemandCapsule(w.ctx, w.capsuleDemandOf(0)); return err })
			w.pass(demandBlocks)
			require.Empty(t, w.row(w.dealt.id).Withheld)
		})
	}
}

func TestACapsuleIsDemandedByItsLeafOnly(t *testing.T) {
	w := newWorld(newFixture(t))
	for name, c := range map[string]struct {
		want  error
		spoil func(m *types.MsgDemandCapsule)
	}{
		"D-CAP-1: another's grant":         {types.ErrNotOwner, func(m *types.MsgDemandCapsule) { m.Demander = w.text(w.alice) }},
		"D-CAP-2: a leaf at another place": {types.ErrLeaf, func(m *types.MsgDemandCapsule) { m.Position = 1 }},
		"D-CAP-2: a leaf that is none":     {types.ErrLeaf, func(m *types.MsgDemandCapsule) { m.Leaf[0] = 9 }},
		"D-CAP-2: a leaf of no grant":      {types.ErrLeaf, func(m *types.MsgDemandCapsule) { m.Leaf[60] ^= 1 }},
		"D-CAP-2: a stump of a leaf":       {types.ErrEvidence, func(m *types.MsgDemandCapsule) { m.Leaf = m.Leaf[1:] }},
		"D-CAP-2: a path longer than any":  {types.ErrEvidence, func(m *types.MsgDemandCapsule) { m.Path = make([][]byte, 33) }},
	} {
		t.Run(name, func(t *testing.T) {
			m := w.capsuleDemandOf(0)
			c.spoil(m)
			w.refuses(c.want, func() error { _, err := w.msg.DemandCapsule(w.ctx, m); return err })
		})
	}
}

func TestAWithheldCapsuleIsNotedInTheGrant(t *testing.T) {
	w := newWorld(newFixture(t))
	reader := w.balance(w.bob)
	w.demandCapsule(3) // the second node
	w.demandCapsule(0)
	w.demandCapsule(1) // the first node once more, by another leaf
	w.pass(demandBlocks)
	require.Equal(t, []uint32{0, 1}, w.row(w.dealt.id).Withheld) // D-CAP-4
	require.Equal(t, reader, w.balance(w.bob))
	require.Zero(t, w.heardOf("left a demand of grant"), "the owner operates nothing")
}

func TestReputationHearsOfAnOwnerWhoIsAnOperator(t *testing.T) {
	w := newWorld(newFixture(t))
	w.change(9, func(p *provider.Provider) { p.Operator = w.text(w.alice) })
	w.demandCapsule(0)
	w.pass(demandBlocks)
	require.Equal(t, 1, w.heardOf("left a demand of grant"))
}

// Of a historical stream's time there is no other sign that it is over than that it has been anchored.
func TestCapsulesOfHistoricalStreamsAreDemandedOnceAnchored(t *testing.T) {
	f := newFixture(t)
	m := f.newStream("archive")
	m.Historical = true
	w := world{fixture: f, stream: f.create(m)}
	w.reader, w.keys = f.reader("laptop")
	w.dealt = f.grant(w.stream, w.reader, w.keys)
	require.NoError(t, f.accept(4, w.dealt.id))
	require.NoError(t, f.accept(5, w.dealt.id))
	w.refuses(types.ErrStillOpen, func() error { _, err := w.msg.DemandCapsule(w.ctx, w.capsuleDemandOf(0)); return err })
	f.anchor(w.stream, 1)
	w.demandCapsule(0)
}

func TestDemandsAreListed(t *testing.T) {
	w := newWorld(newFixture(t))
	a, b, c := w.demand(0, honest), w.demand(0, faulty), w.demandCapsule(0)
	list := func(req types.QueryDemandsRequest) []uint64 {
		res, err := w.query.Demands(w.ctx, &req)
		require.NoError(t, err)
		ids := []uint64{}
		for _, d := range res.Demands {
			ids = append(ids, d.Id)
		}
		return ids
	}
	require.Equal(t, []uint64{a, b, c}, list(types.QueryDemandsRequest{Grant: w.dealt.id}))
	require.Equal(t, []uint64{a}, list(types.QueryDemandsRequest{Provider: honest}))
	require.Equal(t, []uint64{c}, list(types.QueryDemandsRequest{Stream: w.stream}))
	_, err := w.give(a, w.answer(0, honest))
	require.NoError(t, err)
	require.NoError(t, w.bringCapsule(w.alice, c, w.dealt.capsules[0]))
	require.Empty(t, list(types.QueryDemandsRequest{Provider: honest}))
	require.Empty(t, list(types.QueryDemandsRequest{Stream: w.stream}))
	require.Equal(t, []uint64{a, b, c}, list(types.QueryDemandsRequest{Grant: w.dealt.id}))
	for _, bad := range []types.QueryDemandsRequest{{}, {Grant: 1, Stream: 1}} {
		_, err := w.query.Demands(w.ctx, &bad)
		require.ErrorContains(t, err, "only one")
	}
	res, err := w.query.Demand(w.ctx, &types.QueryDemandRequest{Id: b})
	require.NoError(t, err)
	require.Equal(t, b, res.Demand.Id)
	_, err = w.query.Demand(w.ctx, &types.QueryDemandRequest{Id: 99})
	require.ErrorContains(t, err, "not found")
}
