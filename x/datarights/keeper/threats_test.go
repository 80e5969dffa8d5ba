package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// The cells of docs/threat-model.md, the game of grants: who plays, and what they own together before and after. Gas is not counted: it
// only makes every cheat dearer.

// rich gives an operator coins of its own.
func (w world) rich(providers ...uint64) {
	for _, id := range providers {
		w.bank.balances[string(operator(id))] = sdk.NewCoins(sdk.NewInt64Coin(types.FeeDenom, 1_000_000))
	}
}

// gain is what a set of people earns by a play.
func (w world) gain(people []sdk.AccAddress, providers []uint64, play func()) int64 {
	before := w.total(people, providers...)
	play()
	require.NoError(w.t, w.k.CheckInvariants(w.ctx))
	return w.total(people, providers...) - before
}

func (w world) lapse(demands ...func()) {
	for _, demand := range demands {
		demand()
	}
	w.pass(demandBlocks)
}

func TestOwnerGainsNothingByWithholdingCapsules(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.alice}, nil, func() { w.lapse(func() { w.demandCapsule(0) }) })
	require.Zero(t, got)
	require.Equal(t, []uint32{0}, w.row(w.dealt.id).Withheld, "and it is on record")
}

func TestOwnerGainsNothingByRevokingUnderADemand(t *testing.T) {
	for name, order := range map[string][]func(w world){
		"revoked, then answered": {func(w world) { require.NoError(w.t, w.revoke(w.dealt.id)) }, func(w world) {
			_, err := w.give(1, w.answer(0, honest))
			require.ErrorIs(w.t, err, types.ErrRevoked)
		}},
		"answered, then revoked": {func(w world) {
			_, err := w.give(1, w.answer(0, honest))
			require.NoError(w.t, err)
		}, func(w world) { require.NoError(w.t, w.revoke(w.dealt.id)) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			require.EqualValues(t, 1, w.demand(0, honest))
			got := w.gain([]sdk.AccAddress{w.alice}, nil, func() {
				for _, step := range order {
					step(w)
				}
				w.pass(demandBlocks)
			})
			require.Zero(t, got)
			require.EqualValues(t, testBond, w.bond(honest))
		})
	}
}

func TestReaderGainsNothingByDemandingWhatItCouldHave(t *testing.T) {
	w := allAccept(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.bob}, nil, func() {
		for _, id := range []uint64{4, 5, 6} {
			_, err := w.give(w.demand(0, id), w.answer(0, id))
			require.NoError(t, err)
		}
		w.pass(demandBlocks)
	})
	require.EqualValues(t, -3*demandFee, got)
}

func TestReaderGainsNothingByDemandingWithAWrongCapsule(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.bob}, nil, func() {
		m := w.demandOf(0, honest)
		m.Capsule = otherCapsule(t)
		res, err := w.msg.DemandFragment(w.ctx, m)
		require.NoError(t, err)
		require.NoError(t, w.refute(res.Id, 0))
		w.pass(demandBlocks)
	})
	require.EqualValues(t, -demandFee, got)
	require.EqualValues(t, testBond, w.bond(honest))
}

func TestReaderGainsNothingByCallingACapsuleWithheld(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.bob}, nil, func() {
		id := w.demandCapsule(0)
		require.NoError(t, w.bringCapsule(operator(honest), id, w.dealt.capsules[0]), "any proxy has it, though owner and gateway are away")
		w.pass(demandBlocks)
	})
	require.EqualValues(t, -demandFee, got)
	require.Empty(t, w.row(w.dealt.id).Withheld)
}

func TestReaderGainsNothingByInventedAnswers(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.bob}, nil, func() {
		a := w.answer(0, honest)
		a.Fragment[100] ^= 1
		require.ErrorIs(t, w.dispute(a), types.ErrAnswerSignature)
	})
	require.Zero(t, got)
	require.EqualValues(t, testBond, w.bond(honest))
}

func TestProxyGainsNothingBySilence(t *testing.T) {
	w := allAccept(newFixture(t))
	got := w.gain(nil, []uint64{honest}, func() { w.lapse(func() { w.demand(0, honest) }) })
	require.EqualValues(t, -lapseCut, got)
}

func TestProxyGainsNothingByWrongAnswers(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain(nil, []uint64{faulty}, func() {
		id := w.demand(0, faulty)
		a := w.answer(0, faulty)
		a.Fragment[100] ^= 1
		_, err := w.give(id, signAnswer(a))
		require.NoError(t, err)
		w.pass(demandBlocks)
	})
	require.Less(t, got, int64(-testBond/10), "the fault and the silence")
}

func TestProxyGainsNothingByAcceptingAndLeaving(t *testing.T) {
	w := newWorld(newFixture(t))
	w.rich(leaving)
	before := w.total(nil, leaving)
	w.handOverNow(leaving)
	require.EqualValues(t, -5, w.total(nil, leaving)-before, "the fee it took goes to who does the work")
}

// handOverNow hands a parcel over at the holder's own cost.
func (w world) handOverNow(from uint64) uint64 {
	to := w.next(from)
	require.NoError(w.t, w.offer(from, to))
	require.NoError(w.t, w.take(to))
	return to
}

func TestProxyGainsNothingByLeavingBehindADemand(t *testing.T) {
	w := allAccept(newFixture(t))
	w.rich(leaving)
	var to uint64
	got := w.gain(nil, []uint64{leaving}, func() {
		w.demand(0, leaving)
		to = w.handOverNow(leaving)
		w.pass(demandBlocks)
	})
	require.EqualValues(t, -lapseCut-5, got)
	require.EqualValues(t, testBond, w.bond(to), "who took over is not cut for it")
}

func TestProxyGainsNothingByRefusing(t *testing.T) {
	w := newWorld(newFixture(t))
	owner := w.balance(w.alice)
	got := w.gain(nil, []uint64{6}, func() { require.NoError(t, w.refuse(6, w.dealt.id)) })
	require.Zero(t, got)
	require.Equal(t, owner+5, w.balance(w.alice))
}

// Trap: the owner is the reader and commits to hashes of rubbish, or to another capsule for each proxy.
func TestOwnerAndReaderCantDemandWhatNobodyCanAnswer(t *testing.T) {
	w := newWorld(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.alice, w.bob}, nil, func() {
		m := w.demandOf(0, honest)
		m.Capsule = make([]byte, len(m.Capsule))
		_, err := w.msg.DemandFragment(w.ctx, m)
		require.ErrorIs(t, err, types.ErrCapsule, "no share re-encrypts it")
		m.Capsule = otherCapsule(t)
		res, err := w.msg.DemandFragment(w.ctx, m)
		require.NoError(t, err)
		require.NoError(t, w.refute(res.Id, 0), "the proxy shows its own leaf, whatever others have")
		w.pass(demandBlocks)
	})
	require.EqualValues(t, -demandFee, got)
	require.EqualValues(t, testBond, w.bond(honest))
}

// An owner who reads his own data waits until honest proxies are down: their cuts are burnt, but for what they took from him.
func TestOwnerAndReaderGainNothingByOthersOutages(t *testing.T) {
	w := allAccept(newFixture(t))
	before := w.total([]sdk.AccAddress{w.alice, w.bob}) + 3*5 // which accepting took
	for range 5 {                                             // an outage of hours, every node of the grant demanded
		for n := range w.dealt.nodes {
			for _, id := range []uint64{4, 5, 6} {
				_, err := w.msg.DemandFragment(w.ctx, w.demandOf(n, id))
				if err != nil {
					require.ErrorIs(t, err, types.ErrDemanded)
				}
			}
		}
		w.pass(demandBlocks)
	}
	require.LessOrEqual(t, w.total([]sdk.AccAddress{w.alice, w.bob}), before, "at most what they paid to these very proxies")
	require.True(t, w.potRow().Closed)
}

func TestReaderAndProxyOfOnePartyLose(t *testing.T) {
	for name, c := range map[string]struct {
		fee    int64 // for accepting
		silent []uint64
		down   []uint64 // honest proxies that happen to be down
	}{
		"one of three is theirs":                       {5, []uint64{4}, nil},
		"two of three, as many as shut the node":       {5, []uint64{4, 5}, nil},
		"all three":                                    {5, []uint64{4, 5, 6}, nil},
		"one, and another is down":                     {5, []uint64{4}, []uint64{5}},
		"one, another is down, and fees were generous": {1_000_000, []uint64{4}, []uint64{5}},
		"two, with generous fees":                      {1_000_000, []uint64{4, 5}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			w := world{fixture: f, stream: f.stream("buoy-1")}
			f.anchor(w.stream, 4)
			w.reader, w.keys = f.reader("laptop")
			m := f.newGrant(w.stream, w.reader)
			m.AcceptanceFee = sdk.NewInt64Coin(types.FeeDenom, c.fee)
			w.dealt = f.deal(m, w.keys)
			res, err := f.msg.Grant(f.ctx, m)
			require.NoError(t, err)
			w.dealt.id = res.Id
			for id := uint64(4); id <= 6; id++ {
				require.NoError(t, f.accept(id, res.Id))
			}
			got := w.gain([]sdk.AccAddress{w.bob}, c.silent, func() {
				for _, id := range append(c.silent, c.down...) {
					w.demand(0, id)
				}
				w.pass(demandBlocks)
			})
			require.Negative(t, got)
			require.LessOrEqual(t, got, int64(-lapseCut+lapseShare), "part of a cut is burnt, and more than that never comes back")
		})
	}
}

// An owner and a proxy of one party keep a node from a reader: it costs the proxy, or the owner his grant.
func TestOwnerAndProxyOfOnePartyLose(t *testing.T) {
	w := allAccept(newFixture(t))
	got := w.gain([]sdk.AccAddress{w.alice}, []uint64{4, 5}, func() {
		w.lapse(func() { w.demand(0, 4) }, func() { w.demand(0, 5) }, func() { w.demandCapsule(0) })
	})
	require.EqualValues(t, -2*lapseCut, got)
	require.Equal(t, []uint32{0}, w.row(w.dealt.id).Withheld)
}

// A leaver can't choose who takes its parcel: neither an accomplice that registers now, nor one whose turn it is not.
func TestProxiesOfOnePartyCantPassAParcelToEachOther(t *testing.T) {
	w := newWorld(newFixture(t))
	w.rich(leaving)
	accomplice := uint64(60)
	w.addProvider(accomplice)
	w.change(accomplice, func(p *provider.Provider) {
		p.RegisteredHeight, p.Bond.Amount = testBoundary+1, p.Bond.Amount.MulRaw(1_000_000)
	})
	got := w.gain(nil, []uint64{leaving, accomplice}, func() {
		require.ErrorIs(t, w.offer(leaving, accomplice), types.ErrSuccessor)
		require.ErrorIs(t, w.offer(leaving, faulty), types.ErrSuccessor, "nor may one hold two parcels of a grant")
	})
	require.Zero(t, got)
}

// A proxy that demands of another needs to be the reader; one that answers for another is refused.
func TestTwoProxiesGainNothingFromEachOthersDemands(t *testing.T) {
	w := newWorld(newFixture(t))
	w.rich(honest, faulty)
	got := w.gain(nil, []uint64{faulty}, func() {
		m := w.demandOf(0, honest)
		m.Demander = w.text(operator(faulty))
		_, err := w.msg.DemandFragment(w.ctx, m)
		require.ErrorIs(t, err, types.ErrNotOwner)
		_, err = w.give(w.demand(0, honest), as(w.answer(0, honest), faulty))
		require.ErrorIs(t, err, types.ErrForeignDemand)
	})
	require.Zero(t, got)
}

// A holder of shards, even one that stores the reader's bundle, has no part in the game of grants.
func TestAHolderHasNoPartInGrants(t *testing.T) {
	w := newWorld(newFixture(t))
	holder := uint64(1)
	w.rich(holder)
	got := w.gain(nil, []uint64{holder}, func() {
		id, capsule := w.demand(0, honest), w.demandCapsule(0)
		_, err := w.give(id, as(w.answer(0, honest), holder))
		require.ErrorIs(t, err, types.ErrForeignDemand)
		require.ErrorIs(t, w.bringCapsule(operator(holder), capsule, w.dealt.capsules[0]), types.ErrForeignDemand)
		require.ErrorIs(t, w.take(holder), types.ErrNotOffered)
		require.ErrorIs(t, w.accept(holder, w.dealt.id), types.ErrNotAProxy)
	})
	require.Zero(t, got)
}

// Whatever another tries, a holder at its side makes no more of it.
func TestAHolderAddsNothingToAnothersCheat(t *testing.T) {
	holder := uint64(1)
	for name, c := range map[string]struct {
		people    []sdk.AccAddress
		providers []uint64
		play      func(w world)
		want      int64
	}{
		"an owner who withholds a capsule": {[]sdk.AccAddress{account(1)}, nil, func(w world) {
			id := w.demandCapsule(0)
			require.ErrorIs(w.t, w.bringCapsule(operator(holder), id, otherCapsule(w.t)), types.ErrForeignDemand)
		}, 0},
		"a reader who wants its fee back": {[]sdk.AccAddress{account(2)}, nil, func(w world) {
			id := w.demandCapsule(0)
			require.ErrorIs(w.t, w.bringCapsule(operator(holder), id, w.dealt.capsules[0]), types.ErrForeignDemand)
			require.NoError(w.t, w.bringCapsule(w.gateway, id, w.dealt.capsules[0]))
		}, -demandFee},
		"a proxy that has another answer for it": {nil, []uint64{honest}, func(w world) {
			id := w.demand(0, honest)
			_, err := w.give(id, as(w.answer(0, honest), holder))
			require.ErrorIs(w.t, err, types.ErrForeignDemand)
		}, -lapseCut},
	} {
		t.Run(name, func(t *testing.T) {
			w := allAccept(newFixture(t))
			w.rich(holder)
			got := w.gain(c.people, append(c.providers, holder), func() {
				c.play(w)
				w.pass(demandBlocks)
			})
			require.Equal(t, c.want, got)
		})
	}
}
