package keeper

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// leaving is the proxy that hands its parcel over.
const leaving = honest

// next is whose turn it is to take a parcel of the test grant.
func (w world) next(from uint64) uint64 {
	res, err := w.query.Successor(w.ctx, &types.QuerySuccessorRequest{Grant: w.dealt.id, Provider: from})
	require.NoError(w.t, err)
	return res.Provider
}

func (w world) offer(from, to uint64) error {
	_, err := w.msg.HandOver(w.ctx, &types.MsgHandOver{Operator: w.text(operator(from)), Grant: w.dealt.id, To: to})
	return err
}

func (w world) take(by uint64) error {
	_, err := w.msg.TakeOver(w.ctx, &types.MsgTakeOver{Operator: w.text(operator(by)), Grant: w.dealt.id})
	return err
}

func (w world) decline(by uint64) error {
	_, err := w.msg.DeclineHandOver(w.ctx, &types.MsgDeclineHandOver{Operator: w.text(operator(by)), Grant: w.dealt.id, Reason: "disk full"})
	return err
}

// handOver brings the parcel to whose turn it is.
func (w world) handOver(from uint64) uint64 {
	w.bank.balances[string(operator(from))] = w.bank.balances[string(operator(from))].Add(w.row(w.dealt.id).AcceptanceFee)
	to := w.next(from)
	require.NoError(w.t, w.offer(from, to))
	require.NoError(w.t, w.take(to))
	return to
}

// as is the drawn proxy's answer, given and signed by who holds its parcel now.
func as(a types.SignedAnswer, holder uint64) types.SignedAnswer {
	a.Provider = holder
	return signAnswer(a)
}

func TestAParcelIsHandedOver(t *testing.T) {
	w := newWorld(newFixture(t))
	fee := w.balance(operator(leaving))
	to := w.next(leaving)
	require.NotContains(t, []uint64{4, 5, 6}, to)
	require.NoError(t, w.offer(leaving, to)) // D-HND-1
	require.Equal(t, fee-5, w.balance(operator(leaving)))
	require.NoError(t, w.k.CheckInvariants(w.ctx))
	require.NoError(t, w.take(to)) // D-HND-5
	require.EqualValues(t, 5, w.balance(operator(to)), "the fee goes with the parcel")
	g := w.row(w.dealt.id)
	require.EqualValues(t, leaving, g.Proxies[0].Provider, "leaves go on naming the drawn proxy")
	require.Equal(t, to, g.Proxies[0].Holder())
	require.Equal(t, types.PROXY_STATE_ACCEPTED, g.Proxies[0].State)
	require.Zero(t, w.providers.loads[leaving].Grants, "free to leave")
	require.EqualValues(t, 1, w.providers.loads[to].Grants)
	require.Equal(t, g.SettleAt, w.providers.loads[to].LockedUntil)
	require.Equal(t, g.SettleAt, w.providers.loads[leaving].LockedUntil, "its bond still answers for what it signed")
	require.NoError(t, w.k.CheckInvariants(w.ctx))

	// answers by the successor for that leaf are right, and what is wrong of them is its fault alone
	good := as(w.answer(0, leaving), to)
	w.refuses(types.ErrFragmentValid, func() error { return w.dispute(good) })
	id := w.demand(0, to)
	_, err := w.give(id, good)
	require.NoError(t, err)
	w.refuses(types.ErrNotAProxy, func() error { _, err := w.msg.DemandFragment(w.ctx, w.demandOf(1, leaving)); return err })
	bad := w.answer(1, leaving)
	bad.Fragment[100] ^= 1
	require.NoError(t, w.dispute(as(bad, to))) // D-HND-7
	require.EqualValues(t, testBond*9/10, w.bond(to))
	require.EqualValues(t, testBond, w.bond(leaving))
	require.Equal(t, types.PROXY_STATE_FAULTY, w.row(w.dealt.id).Proxies[0].State)

	w.at(unix(g.SettleAt + 1))
	w.pass(1)
	require.Zero(t, w.providers.loads[to].Grants)
}

// D-HND-7: what the leaver signed wrong before costs the leaver, and does not mark the place it gave up.
func TestWhoHandedOverAnswersForWhatItSigned(t *testing.T) {
	w := newWorld(newFixture(t))
	to := w.handOver(leaving)
	a := w.answer(0, leaving)
	a.Fragment[100] ^= 1
	require.NoError(t, w.dispute(signAnswer(a)))
	require.EqualValues(t, testBond*9/10, w.bond(leaving))
	require.EqualValues(t, testBond, w.bond(to))
	require.Equal(t, types.PROXY_STATE_ACCEPTED, w.row(w.dealt.id).Proxies[0].State)
	require.NoError(t, w.k.CheckInvariants(w.ctx))
	// nor does anything the successor never signed cost it
	w.refuses(types.ErrAnswerSignature, func() error {
		forged := signAnswer(a)
		forged.Provider = to
		return w.dispute(forged)
	})
}

// D-HND-6: who was demanded of answers, or is cut, also after it handed over.
func TestADemandStaysWithWhomItNamed(t *testing.T) {
	w := newWorld(newFixture(t))
	first, second := w.demand(0, leaving), w.demand(1, leaving)
	to := w.handOver(leaving)
	_, err := w.give(first, w.answer(0, leaving))
	require.NoError(t, err)
	w.pass(demandBlocks)
	require.Equal(t, types.DEMAND_STATE_LAPSED, w.demandRow(second).State)
	require.EqualValues(t, testBond-lapseCut, w.bond(leaving))
	require.EqualValues(t, testBond, w.bond(to))
	w.demand(1, to)
}

func TestAParcelGoesToTheNextRankOnly(t *testing.T) {
	w := newWorld(newFixture(t))
	w.bank.balances[string(operator(leaving))] = w.bank.balances[string(operator(leaving))].Add(w.row(w.dealt.id).AcceptanceFee)
	first := w.next(leaving)
	for id := uint64(1); id <= testProviders; id++ {
		if id != first {
			w.refuses(types.ErrSuccessor, func() error { return w.offer(leaving, id) }) // D-HND-2
		}
	}
	// who registered after the boundary knew the seed; who operates for owner or reader stays out
	late, ranks := uint64(50), []uint64{}
	w.addProvider(late)
	w.change(late, func(p *provider.Provider) {
		p.RegisteredHeight, p.Bond.Amount = testBoundary+1, p.Bond.Amount.MulRaw(1_000_000_000)
	})
	w.addProvider(51)
	w.change(51, func(p *provider.Provider) {
		p.Operator, p.Bond.Amount = w.text(w.alice), p.Bond.Amount.MulRaw(1_000_000_000)
	})
	w.addProvider(52)
	w.change(52, func(p *provider.Provider) {
		p.Operator, p.Bond.Amount = w.text(w.bob), p.Bond.Amount.MulRaw(1_000_000_000)
	})
	require.Equal(t, first, w.next(leaving))

	require.NoError(t, w.offer(leaving, first))
	w.refuses(types.ErrOffered, func() error { return w.offer(leaving, w.next(leaving)) }) // D-HND-3
	w.refuses(types.ErrNotOffered, func() error { return w.take(faulty) })                 // D-HND-5
	w.refuses(types.ErrNotOffered, func() error { return w.decline(faulty) })              // D-HND-4
	fee := w.balance(operator(leaving))
	require.NoError(t, w.decline(first)) // D-HND-4
	require.Equal(t, fee+5, w.balance(operator(leaving)))
	ranks = append(ranks, first)
	second := w.next(leaving)
	require.NotContains(t, ranks, second)
	require.NoError(t, w.offer(leaving, second))
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 721) // D-HND-3: silent
	third := w.next(leaving)
	require.NoError(t, w.offer(leaving, third))
	w.refuses(types.ErrNotOffered, func() error { return w.take(second) })
	require.NoError(t, w.take(third))
	require.Empty(t, w.row(w.dealt.id).Proxies[0].Passed)
	require.NoError(t, w.k.CheckInvariants(w.ctx))
}

func TestHandOverRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		want error
		try  func(w world) error
	}{
		{"D-HND-1: by nobody's operator", types.ErrNotAProxy, func(w world) error {
			_, err := w.msg.HandOver(w.ctx, &types.MsgHandOver{Operator: w.text(w.bob), Grant: w.dealt.id, To: 1})
			return err
		}},
		{"D-HND-1: by a provider that is no proxy", types.ErrNotAProxy, func(w world) error { return w.offer(1, 2) }},
		{"D-HND-1: by a proxy that has not accepted", types.ErrNotAccepted, func(w world) error { return w.offer(6, 1) }},
		{"D-HND-1: of a grant that was revoked", types.ErrRevoked, func(w world) error {
			require.NoError(w.t, w.revoke(w.dealt.id))
			return w.offer(leaving, 1)
		}},
		{"D-HND-1: of a grant that is none", types.ErrNotFound, func(w world) error {
			w.dealt.id = 99
			return w.offer(leaving, 1)
		}},
		{"D-HND-1: without the fee", types.ErrFee, func(w world) error {
			delete(w.bank.balances, string(operator(leaving)))
			return w.offer(leaving, w.next(leaving))
		}},
		{"D-HND-1: by a proxy that was proved wrong", types.ErrNotAccepted, func(w world) error {
			a := w.answer(0, faulty)
			a.Fragment[100] ^= 1
			require.NoError(w.t, w.dispute(signAnswer(a)))
			return w.offer(faulty, 1)
		}},
		{"D-HND-5: taken after the grant was revoked", types.ErrRevoked, func(w world) error {
			to := w.next(leaving)
			require.NoError(w.t, w.offer(leaving, to))
			require.NoError(w.t, w.revoke(w.dealt.id))
			return w.take(to)
		}},
		{"D-HND-5: taken from one that was proved wrong since", types.ErrNotAccepted, func(w world) error {
			to := w.next(leaving)
			require.NoError(w.t, w.offer(leaving, to))
			a := w.answer(0, leaving)
			a.Fragment[100] ^= 1
			require.NoError(w.t, w.dispute(signAnswer(a)))
			return w.take(to)
		}},
		{"D-HND-4: declined without a reason", types.ErrReason, func(w world) error {
			_, err := w.msg.DeclineHandOver(w.ctx, &types.MsgDeclineHandOver{Operator: w.text(operator(1)), Grant: w.dealt.id})
			return err
		}},
		{"D-HND-2: with nobody left", types.ErrSuccessor, func(w world) error {
			for id := range w.providers.rows {
				w.change(id, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
			}
			return w.offer(leaving, 1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			require.ErrorIs(t, c.try(w), c.want)
		})
	}
}

func TestAnOfferNobodyTookIsPaidBackAtSettlement(t *testing.T) {
	w := newWorld(newFixture(t))
	before := w.balance(operator(leaving))
	require.NoError(t, w.offer(leaving, w.next(leaving)))
	w.at(unix(w.row(w.dealt.id).SettleAt + 1))
	w.pass(1)
	require.Equal(t, before, w.balance(operator(leaving)))
	require.Zero(t, w.row(w.dealt.id).Offers())
}

// D-HND-8: nobody ever has to do with two parcels of one grant.
func TestHandsAreBoundedAndDistinct(t *testing.T) {
	w := newWorld(newFixture(t))
	for id := uint64(11); id <= 40; id++ {
		w.addProvider(id)
	}
	from, seen := uint64(leaving), []uint64{4, 5, 6}
	for range types.MaxHands {
		to := w.handOver(from)
		require.NotContains(t, seen, to)
		seen, from = append(seen, to), to
	}
	w.refuses(types.ErrTooManyHands, func() error { return w.offer(from, w.next(from)) })
	slices.Sort(seen)
	require.Len(t, slices.Compact(seen), 3+types.MaxHands)
}
