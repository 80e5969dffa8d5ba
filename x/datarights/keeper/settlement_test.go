package keeper

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/datarights/types"
)

func unix(seconds int64) time.Time { return time.Unix(seconds, 0) }

func TestSettlementReleasesLocksAndUnpaidFees(t *testing.T) {
	w := newWorld(newFixture(t)) // 4 and 5 accepted, 6 was asked
	a := w.answer(0, faulty)
	a.Fragment[100] ^= 1
	require.NoError(t, w.dispute(signAnswer(a)))
	id, before := w.dealt.id, w.balance(w.alice)
	w.at(unix(w.row(id).SettleAt))
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.False(t, w.row(id).Settled, "D-SET-1: not before the window is over")
	w.at(unix(w.row(id).SettleAt + 1))
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.True(t, w.row(id).Settled)
	require.Equal(t, before+5, w.balance(w.alice), "D-SET-3: the fee of the proxy that never answered")
	for _, id := range []uint64{honest, faulty, 6} {
		require.Zero(t, w.providers.loads[id].Grants)
	}
	require.Equal(t, []*types.EventGrantSettled{{Grant: id, Refund: "5ucpc"}}, events[*types.EventGrantSettled](w.fixture))
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.Empty(t, events[*types.EventGrantSettled](w.fixture), "once")
}

func TestAPendingGrantThatExpiresGivesAllFeesBack(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	before := f.balance(f.alice)
	id := f.grant(stream, reader, keys).id
	require.NoError(t, f.refuse(5, id))
	f.at(unix(f.row(id).SettleAt + 1))
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, before, f.balance(f.alice))
}

func TestSettlementsAreCappedPerBlockOldestFirst(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.SettlementsPerBlock = 2
	_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	stream := f.stream("buoy-1")
	reader, _ := f.reader("laptop")
	var last int64
	for i := range int64(5) {
		m := f.newGrant(stream, reader)
		m.ExpiresAt -= i * 10 // the newest expires first
		res, err := f.msg.Grant(f.ctx, m)
		require.NoError(t, err)
		last = max(last, f.row(res.Id).SettleAt)
	}
	f.at(unix(last + 1))
	for _, want := range [][]uint64{{5, 4}, {3, 2}, {1}, nil} { // D-SET-2
		events[*types.EventGrantSettled](f)
		require.NoError(t, f.k.EndBlock(f.ctx))
		var got []uint64
		for _, e := range events[*types.EventGrantSettled](f) {
			got = append(got, e.Grant)
		}
		require.Equal(t, want, got)
	}
}

func TestASettlementThatFailsIsReportedAndStopsNothing(t *testing.T) {
	w := newWorld(newFixture(t))
	w.providers.stuck = honest
	other := w.newGrant(w.stream, w.reader)
	other.Proxies = []uint64{7, 8, 9}
	w.providers.ranks = other.Proxies
	res, err := w.msg.Grant(w.ctx, other)
	require.NoError(t, err)
	w.at(unix(w.row(w.dealt.id).SettleAt + 1))
	require.NoError(t, w.k.EndBlock(w.ctx))
	failed := events[*types.EventSettlementFailed](w.fixture)
	require.Len(t, failed, 1) // D-SET-4
	require.Equal(t, w.dealt.id, failed[0].Grant)
	require.Contains(t, failed[0].Error, "provider 4")
	g := w.row(w.dealt.id)
	require.False(t, g.Settled)
	require.Zero(t, g.SettleAt)
	require.True(t, w.row(res.Id).Settled, "the next one is settled all the same")
	w.providers.stuck = 0
	require.NoError(t, w.k.EndBlock(w.ctx))
	require.False(t, w.row(w.dealt.id).Settled, "it is not tried again")
	require.EqualValues(t, 1, w.providers.loads[honest].Grants)
}
