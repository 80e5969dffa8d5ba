package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// spared is a grant of 2 of 3 proxies with three spares: 4 has accepted, 5 has refused, 6 is silent.
func spared(f *fixture) world {
	w := world{fixture: f, stream: f.stream("buoy-1")}
	f.anchor(w.stream, 4)
	w.reader, w.keys = f.reader("laptop")
	m := f.newGrant(w.stream, w.reader)
	m.Spares = []uint64{7, 8, 9}
	w.dealt = f.deal(m, w.keys)
	res, err := f.msg.Grant(f.ctx, m)
	require.NoError(f.t, err)
	w.dealt.id = res.Id
	require.NoError(f.t, f.accept(4, w.dealt.id))
	require.NoError(f.t, f.refuse(5, w.dealt.id))
	return w
}

func (w world) regrant(replaced ...uint64) ([]uint64, error) {
	res, err := w.msg.Regrant(w.ctx, &types.MsgRegrant{Owner: w.text(w.alice), Grant: w.dealt.id, Replaced: replaced})
	if err != nil {
		return nil, err
	}
	return res.Asked, nil
}

// silent lets the time pass in which proxies may answer.
func (w *world) silent() { w.ctx = w.ctx.WithBlockHeight(110 + types.DefaultParams().SilentBlocks) }

func states(g types.Grant) []types.ProxyState {
	list := make([]types.ProxyState, len(g.Proxies))
	for i, p := range g.Proxies {
		list[i] = p.State
	}
	return list
}

func TestAGrantPaysOnlyThoseItAsks(t *testing.T) {
	f := newFixture(t)
	before := f.balance(f.alice)
	w := spared(f)
	fees := types.DefaultParams().StreamFee.Amount.Int64()
	require.Equal(t, before-fees-2*5, f.balance(f.alice), "three fees, one of which came back")
	g := w.row(w.dealt.id)
	require.EqualValues(t, 18, g.Leaves, "spares have leaves under the same root")
	require.Equal(t, types.PROXY_STATE_SPARE, g.Proxies[5].State)
	require.ErrorIs(t, f.accept(7, g.Id), types.ErrNotAProxy)
	require.ErrorIs(t, f.refuse(7, g.Id), types.ErrNotAProxy)
}

func TestARegrantAsksTheNextRanksInTheStead(t *testing.T) {
	w := spared(newFixture(t))
	w.silent()
	before := w.balance(w.alice)
	events[*types.EventRegranted](w.fixture)
	asked, err := w.regrant(6, 5)
	require.NoError(t, err)
	require.Equal(t, []uint64{7, 8}, asked)
	require.Equal(t, before-5, w.balance(w.alice), "the silent one's fee moved, for the one that refused another is paid")
	require.Equal(t, []*types.EventRegranted{{Grant: w.dealt.id, Replaced: []uint64{6, 5}, Asked: []uint64{7, 8}}}, events[*types.EventRegranted](w.fixture))
	require.Equal(t, []types.ProxyState{
		types.PROXY_STATE_ACCEPTED, types.PROXY_STATE_REPLACED, types.PROXY_STATE_REPLACED,
		types.PROXY_STATE_ASKED, types.PROXY_STATE_ASKED, types.PROXY_STATE_SPARE,
	}, states(w.row(w.dealt.id)))

	require.ErrorIs(t, w.accept(6, w.dealt.id), types.ErrNotAProxy, "too late")
	require.NoError(t, w.accept(7, w.dealt.id))
	require.Equal(t, types.GRANT_STATUS_LIVE, w.row(w.dealt.id).Status)

	// the leaf of who came in stands under the root as it was, and its answer opens with the others' at the threshold
	var answers []pre.Answer
	for _, id := range []uint64{4, 7} {
		a := w.answer(1, id)
		leaf, err := pre.ParseLeaf(a.Leaf)
		require.NoError(t, err)
		require.NoError(t, types.CheckLeaf(w.row(w.dealt.id), leaf, a.Position, a.Path))
		answers = append(answers, pre.Answer{Leaf: leaf, Fragment: a.Fragment})
	}
	name, err := w.dealt.nodes[1].MarshalBinary()
	require.NoError(t, err)
	context := pre.CapsuleContext(types.StreamID(testChain, w.stream), name)
	_, err = pre.Open(w.keys.pre, context, w.dealt.capsules[1], 2, answers, pre.Binding{ChainID: testChain, Grant: w.dealt.id})
	require.NoError(t, err)
	wrong := w.answer(0, 7)
	wrong.Fragment[100] ^= 1
	require.NoError(t, w.dispute(signAnswer(wrong)), "and it answers for what it signs")
}

func TestAPausedSpareKeepsItsRank(t *testing.T) {
	w := spared(newFixture(t))
	w.change(7, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
	asked, err := w.regrant(5)
	require.NoError(t, err)
	require.Equal(t, []uint64{8}, asked)
	w.change(7, func(p *provider.Provider) { p.Status = provider.STATUS_ACTIVE })
	require.NoError(t, w.refuse(8, w.dealt.id))
	asked, err = w.regrant(8)
	require.NoError(t, err)
	require.Equal(t, []uint64{7}, asked)
}

func TestRegrantRefuses(t *testing.T) {
	for _, c := range []struct {
		name     string
		want     error
		change   func(w *world)
		replaced []uint64
	}{
		{"D-RGR-1: somebody who did not make the grant", types.ErrNotOwner, func(w *world) { w.alice = w.bob }, []uint64{5}},
		{"D-RGR-1: a grant that does not exist", types.ErrNotFound, func(w *world) { w.dealt.id = 9 }, []uint64{5}},
		{"D-RGR-2: a grant that was revoked", types.ErrRevoked, func(w *world) { require.NoError(w.t, w.revoke(w.dealt.id)) }, []uint64{5}},
		{"D-RGR-2: a grant that has expired", types.ErrExpired, func(w *world) { w.at(unix(w.row(w.dealt.id).ExpiresAt)) }, []uint64{5}},
		{"D-RGR-3: nobody", types.ErrReplace, func(*world) {}, nil},
		{"D-RGR-3: too many", types.ErrReplace, func(*world) {}, make([]uint64, 65)},
		{"D-RGR-3: one twice", types.ErrProxyTwice, func(*world) {}, []uint64{5, 5}},
		{"D-RGR-3: who is no proxy", types.ErrNotAProxy, func(*world) {}, []uint64{1}},
		{"D-RGR-3: who has accepted", types.ErrReplace, func(w *world) { w.silent() }, []uint64{4}},
		{"D-RGR-3: a spare", types.ErrReplace, func(w *world) { w.silent() }, []uint64{7}},
		{"D-RGR-3: who was replaced already", types.ErrReplace, func(w *world) { _, _ = w.regrant(5) }, []uint64{5}},
		{"D-RGR-3: who may still answer", types.ErrReplace, func(w *world) {
			w.silent()
			w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() - 1)
		}, []uint64{6}},
		{"D-RGR-3: who was asked by a regrant and may still answer", types.ErrReplace, func(w *world) {
			w.silent()
			_, err := w.regrant(6)
			require.NoError(w.t, err)
		}, []uint64{7}},
		{"D-RGR-4: more than there are spares", types.ErrNoSpare, func(w *world) {
			for _, id := range []uint64{7, 8} {
				w.change(id, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
			}
			w.silent()
		}, []uint64{5, 6}},
		{"D-RGR-5: a fee the owner can't pay", types.ErrFee, func(w *world) { w.bank.balances[string(w.alice)] = nil }, []uint64{5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := spared(newFixture(t))
			c.change(&w)
			ctx, _ := w.ctx.CacheContext() // what a refused message did before it was refused is rolled back with its transaction
			_, err := NewMsgServer(w.k).Regrant(ctx, &types.MsgRegrant{Owner: w.text(w.alice), Grant: w.dealt.id, Replaced: c.replaced})
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestAnEndedGrantGivesBackWhatItsSparesWerePaid(t *testing.T) {
	w := spared(newFixture(t))
	w.silent()
	_, err := w.regrant(5, 6)
	require.NoError(t, err)
	before := w.balance(w.alice)
	w.at(unix(w.row(w.dealt.id).SettleAt + 1))
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.True(t, w.row(w.dealt.id).Settled)
	require.Equal(t, before+10, w.balance(w.alice))
	require.Zero(t, w.providers.loads[4].Grants)
}
