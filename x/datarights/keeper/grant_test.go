package keeper

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func TestGrantStoresThePendingRowAndEscrowsTheFees(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	before := f.balance(f.alice)
	d := f.grant(stream, reader, keys)
	require.Equal(t, before-15, f.balance(f.alice)) // D-GRT-13
	g := f.row(d.id)
	require.Equal(t, types.GRANT_STATUS_PENDING, g.Status)
	require.EqualValues(t, 9, g.Leaves, "2-3, 4-7 and 8-9 for three proxies each")
	require.Equal(t, g.ExpiresAt+7*24*3600, g.SettleAt)
	ok, reason := types.Allows(g, 0, 5, testNow.Unix())
	require.False(t, ok)
	require.Equal(t, types.ReasonPending, reason)
	require.Equal(t, []*types.EventGranted{{Grant: d.id, Stream: stream, Reader: reader, Proxies: []uint64{4, 5, 6}}}, events[*types.EventGranted](f))
	for i, s := range d.shares { // every leaf alice dealt is the one its position stands for
		require.Equal(t, g.Proxies[i%3].Provider, s.Leaf.Proxy)
	}
}

func TestGrantRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		want   error
		change func(f *fixture, m *types.MsgGrant)
	}{
		{"D-GRT-1: a stream that does not exist", types.ErrNotFound, func(_ *fixture, m *types.MsgGrant) { m.Stream = 9 }},
		{"D-GRT-1: somebody who is not the owner", types.ErrNotOwner, func(f *fixture, m *types.MsgGrant) { m.Owner = f.text(f.bob) }},
		{"D-GRT-1: the writer, who is not the owner", types.ErrNotOwner, func(f *fixture, m *types.MsgGrant) { m.Owner = f.text(f.gateway) }},
		{"D-GRT-2: a range backwards", types.ErrRange, func(_ *fixture, m *types.MsgGrant) { m.LastInterval = 1 }},
		{"D-GRT-3: another key epoch", types.ErrKeyEpoch, func(_ *fixture, m *types.MsgGrant) { m.KeyEpoch = 1 }},
		{"D-GRT-3: a range over a change of keys", types.ErrKeyEpoch, func(f *fixture, m *types.MsgGrant) {
			_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: m.Owner, Stream: m.Stream, Start: 9})
			require.NoError(f.t, err)
		}},
		{"D-GRT-4: an open interval counted as closed", types.ErrSplit, func(_ *fixture, m *types.MsgGrant) { m.LastInterval, m.Split = 200, 102 }},
		{"D-GRT-4: a split past all intervals", types.ErrSplit, func(_ *fixture, m *types.MsgGrant) { m.Split = 1<<32 + 1 }},
		{"D-GRT-5: a grain above the tree", types.ErrGrain, func(_ *fixture, m *types.MsgGrant) { m.Grain = 33 }},
		{"D-GRT-5: a grain that is small when cut off", types.ErrGrain, func(_ *fixture, m *types.MsgGrant) { m.Grain = 256 }},
		{"D-GRT-6: an expiry that is now", types.ErrExpiry, func(_ *fixture, m *types.MsgGrant) { m.ExpiresAt = testNow.Unix() }},
		{"D-GRT-6: an expiry beyond the limit", types.ErrExpiry, func(_ *fixture, m *types.MsgGrant) { m.ExpiresAt = testNow.Unix() + 5*366*24*3600 + 1 }},
		{"D-GRT-7: a reader that does not exist", types.ErrNotFound, func(_ *fixture, m *types.MsgGrant) { m.Reader = 9 }},
		{"D-GRT-7: a reader's version that is none", types.ErrReaderVersion, func(_ *fixture, m *types.MsgGrant) { m.ReaderVersion = 2 }},
		{"D-GRT-8: a threshold of none", types.ErrThreshold, func(_ *fixture, m *types.MsgGrant) { m.Threshold = 0 }},
		{"D-GRT-8: a threshold above the proxies", types.ErrThreshold, func(_ *fixture, m *types.MsgGrant) { m.Threshold = 4 }},
		{"D-GRT-8: no proxy", types.ErrThreshold, func(_ *fixture, m *types.MsgGrant) { m.Proxies = nil }},
		{"D-GRT-8: too many proxies", types.ErrThreshold, func(_ *fixture, m *types.MsgGrant) { m.Proxies = make([]uint64, 17) }},
		{"D-GRT-9: a proxy twice", types.ErrProxyTwice, func(_ *fixture, m *types.MsgGrant) { m.Proxies[1] = 4 }},
		{"D-GRT-9: a proxy that does not exist", types.ErrProxy, func(_ *fixture, m *types.MsgGrant) { m.Proxies[1] = 77 }},
		{"D-GRT-9: a proxy that has paused", types.ErrProxy, func(f *fixture, m *types.MsgGrant) {
			f.change(5, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
		}},
		{"D-GRT-9: a provider that is no proxy", types.ErrProxy, func(f *fixture, m *types.MsgGrant) {
			f.change(5, func(p *provider.Provider) { p.Proxy = false })
		}},
		{"D-GRT-9: the owner as a proxy", types.ErrProxyConflict, func(f *fixture, m *types.MsgGrant) {
			f.change(5, func(p *provider.Provider) { p.Operator = f.text(f.alice) })
		}},
		{"D-GRT-9: the reader as a proxy", types.ErrProxyConflict, func(f *fixture, m *types.MsgGrant) {
			f.change(5, func(p *provider.Provider) { p.Operator = f.text(f.bob) })
		}},
		{"D-GRT-9: the reader as a proxy, in capitals", types.ErrProxyConflict, func(f *fixture, m *types.MsgGrant) {
			f.change(5, func(p *provider.Provider) { p.Operator = strings.ToUpper(f.text(f.bob)) })
		}},
		{"D-GRT-14: a later rank in the place of the first", types.ErrNotRanked, func(_ *fixture, m *types.MsgGrant) { m.Proxies[0] = 7 }},
		{"D-GRT-14: ranks out of order", types.ErrNotRanked, func(_ *fixture, m *types.MsgGrant) { m.Proxies[0], m.Proxies[1] = 5, 4 }},
		{"D-GRT-14: a proxy without a rank", types.ErrNotRanked, func(f *fixture, m *types.MsgGrant) { f.providers.ranks = []uint64{4, 5, 7, 8} }},
		{"D-GRT-14: the last ones in the pool, and one more", types.ErrNotRanked, func(f *fixture, m *types.MsgGrant) { f.providers.ranks = []uint64{4, 5} }},
		{"D-GRT-14: a spare out of order", types.ErrNotRanked, func(_ *fixture, m *types.MsgGrant) { m.Spares = []uint64{8} }},
		{"D-GRT-9: a spare that is a proxy", types.ErrProxyTwice, func(_ *fixture, m *types.MsgGrant) { m.Spares = []uint64{4} }},
		{"D-GRT-9: a spare that has paused", types.ErrProxy, func(f *fixture, m *types.MsgGrant) {
			m.Spares = []uint64{7}
			f.change(7, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
		}},
		{"D-GRT-8: too many spares", types.ErrThreshold, func(_ *fixture, m *types.MsgGrant) { m.Spares = make([]uint64, 17) }},
		{"D-GRT-10: a draw boundary long past", provider.ErrBoundary, func(_ *fixture, m *types.MsgGrant) { m.Boundary = 1 }},
		{"D-GRT-11: more nodes than allowed", types.ErrTooManyNodes, func(_ *fixture, m *types.MsgGrant) { m.LastInterval, m.Grain = 1<<20, 0 }},
		{"D-GRT-12: a short root", types.ErrRoot, func(_ *fixture, m *types.MsgGrant) { m.Root = m.Root[1:] }},
		{"D-GRT-13: a fee in another coin", types.ErrFee, func(_ *fixture, m *types.MsgGrant) { m.AcceptanceFee.Denom = "uatom" }},
		{"D-GRT-13: no fee at all", types.ErrFee, func(_ *fixture, m *types.MsgGrant) { m.AcceptanceFee = sdk.Coin{} }},
		{"D-GRT-13: a negative fee", types.ErrFee, func(_ *fixture, m *types.MsgGrant) { m.AcceptanceFee.Amount = m.AcceptanceFee.Amount.Neg() }},
		{"D-GRT-13: fees the owner can't pay", types.ErrFee, func(f *fixture, m *types.MsgGrant) { m.AcceptanceFee.Amount = m.AcceptanceFee.Amount.MulRaw(1 << 40) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			stream := f.stream("buoy-1")
			reader, _ := f.reader("laptop")
			m := f.newGrant(stream, reader)
			c.change(f, m)
			f.refuses(c.want, func() error { _, err := f.msg.Grant(f.ctx, m); return err })
		})
	}
}

func TestGrantForARotatedReaderNamesTheNewVersion(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, _ := f.reader("laptop")
	keys := f.newReaderKeys()
	rotate := &types.MsgRotateReader{Owner: f.text(f.bob), Reader: reader, PreKey: bytesOf(keys.pre.Public()), AuthKey: public(keys.auth)}
	rotate.PreKeyProof, rotate.AuthKeyProof = f.readerProofs(rotate.Owner, keys)
	_, err := f.msg.RotateReader(f.ctx, rotate)
	require.NoError(t, err)
	m := f.newGrant(stream, reader)
	f.refuses(types.ErrReaderVersion, func() error { _, err := f.msg.Grant(f.ctx, m); return err })
	m.ReaderVersion = 2
	_, err = f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
}

func TestGrantOfOpenTimeIsCutByTheGrain(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, _ := f.reader("laptop")
	m := f.newGrant(stream, reader)
	// at minute 100 with 30 s of allowance, interval 99 has ended and interval 100 has not
	m.FirstInterval, m.LastInterval, m.Split, m.Grain = 96, 127, 100, 2
	res, err := f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
	g := f.row(res.Id)
	require.EqualValues(t, 3*(1+7), g.Leaves, "96-99 whole, then seven nodes of four")

	m.Split = 0 // nothing counts as closed: always allowed
	res, err = f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
	require.EqualValues(t, 3*8, f.row(res.Id).Leaves)
}

func TestHistoricalStreamsMayCountAnyIntervalAsClosed(t *testing.T) {
	f := newFixture(t)
	create := f.newStream("simulation")
	create.Historical, create.OriginMs = true, testNow.AddDate(1, 0, 0).UnixMilli()
	m := f.newGrant(f.create(create), 1)
	f.reader("laptop")
	_, err := f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
}

func TestAcceptancesMakeAGrantLiveAtTheThreshold(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	id := f.grant(stream, reader, keys).id
	f.providers.peerKeys[5] = append(f.providers.peerKeys[5], public(signer("peer 5 again")))
	f.change(5, func(p *provider.Provider) { p.PeerKeyVersion = 2 })
	events[*types.EventGrantLive](f)

	require.NoError(t, f.accept(4, id)) // D-ACC-4
	require.Equal(t, types.GRANT_STATUS_PENDING, f.row(id).Status)
	require.Empty(t, events[*types.EventGrantLive](f))
	require.NoError(t, f.accept(5, id))
	require.Equal(t, []*types.EventGrantLive{{Grant: id}}, events[*types.EventGrantLive](f))
	g := f.row(id)
	require.Equal(t, types.GRANT_STATUS_LIVE, g.Status)
	require.Equal(t, types.GrantProxy{Provider: 5, State: types.PROXY_STATE_ACCEPTED, PeerKeyVersion: 2, Height: 110}, g.Proxies[1])
	require.NoError(t, f.accept(6, id))
	require.Empty(t, events[*types.EventGrantLive](f), "it goes live once")
	for id := uint64(4); id <= 6; id++ {
		require.EqualValues(t, 5, f.balance(operator(id)))
		require.Equal(t, provider.Load{Grants: 1, LockedUntil: g.SettleAt}, f.providers.loads[id])
	}
}

func TestAcceptRefuses(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	first, other := f.grant(stream, reader, keys).id, f.grant(stream, reader, keys).id
	f.refuses(types.ErrGrants, func() error { return f.accept(4) })                         // D-ACC-5
	f.refuses(types.ErrGrants, func() error { return f.accept(4, first, first) })           // D-ACC-5
	f.refuses(types.ErrGrants, func() error { return f.accept(4, make([]uint64, 257)...) }) // D-ACC-5
	f.refuses(types.ErrNotFound, func() error { return f.accept(4, 99) })
	f.refuses(types.ErrNotAProxy, func() error { return f.accept(1, first) })  // D-ACC-1
	f.refuses(types.ErrNotAProxy, func() error { return f.accept(90, first) }) // D-ACC-1: no provider at all
	f.change(6, func(p *provider.Provider) { p.Status = provider.STATUS_LEFT })
	f.refuses(types.ErrProxy, func() error { return f.accept(6, first) }) // D-ACC-4: the registry refuses to bind the bond
	require.NoError(t, f.accept(4, first))
	f.refuses(types.ErrAnswered, func() error { return f.accept(4, first) }) // D-ACC-3
	require.NoError(t, f.revoke(other))
	f.refuses(types.ErrRevoked, func() error { return f.accept(4, other) }) // D-ACC-2
	f.refuses(types.ErrRevoked, func() error { return f.refuse(4, other) }) // D-ACC-2
	f.at(testNow.Add(3600 * second))
	f.refuses(types.ErrExpired, func() error { return f.accept(5, first) }) // D-ACC-2: at the expiry second exactly
}

func TestOneGrantThatCantBeAcceptedFailsTheBatch(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	first, other := f.grant(stream, reader, keys).id, f.grant(stream, reader, keys).id
	third := f.grant(stream, reader, keys).id
	require.NoError(t, f.revoke(other))
	// the fakes are not rolled back with the store: put the revoked one first
	f.refuses(types.ErrRevoked, func() error { return f.accept(4, other, first) }) // D-ACC-5
	require.NoError(t, f.accept(4, first, third))
	require.EqualValues(t, 2, f.providers.loads[4].Grants)
}

func TestRefusalGivesTheFeeBack(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, keys := f.reader("laptop")
	id := f.grant(stream, reader, keys).id
	before := f.balance(f.alice)
	require.NoError(t, f.refuse(4, id)) // D-ACC-6
	require.Equal(t, before+5, f.balance(f.alice))
	require.Equal(t, []*types.EventGrantAnswered{{Grant: id, Provider: 4, Reason: "disk full"}}, events[*types.EventGrantAnswered](f))
	f.refuses(types.ErrAnswered, func() error { return f.refuse(4, id) })
	f.refuses(types.ErrAnswered, func() error { return f.accept(4, id) })
	f.refuses(types.ErrNotAProxy, func() error { return f.refuse(1, id) })
	f.refuses(types.ErrNotAProxy, func() error { return f.refuse(90, id) })
	for _, reason := range []string{"", strings.Repeat("a", 257), "\xff", "\a"} {
		f.refuses(types.ErrReason, func() error { // D-ACC-6
			_, err := f.msg.RefuseGrant(f.ctx, &types.MsgRefuseGrant{Operator: f.text(operator(5)), Grant: id, Reason: reason})
			return err
		})
	}
	require.NoError(t, f.accept(5, id))
	require.NoError(t, f.accept(6, id))
	require.Equal(t, types.GRANT_STATUS_LIVE, f.row(id).Status, "the others still make the threshold")
}

func TestRevokeLeavesATombstone(t *testing.T) {
	w := newWorld(newFixture(t))
	id := w.dealt.id
	f := w.fixture
	f.refuses(types.ErrNotOwner, func() error { // D-REV-1
		_, err := f.msg.RevokeGrant(f.ctx, &types.MsgRevokeGrant{Owner: f.text(f.bob), Grant: id})
		return err
	})
	f.refuses(types.ErrNotFound, func() error { return f.revoke(99) })
	f.at(testNow.Add(minute))
	require.NoError(t, f.revoke(id)) // D-REV-3
	g := f.row(id)
	require.Equal(t, types.GRANT_STATUS_REVOKED, g.Status)
	require.Equal(t, testNow.Unix()+60, g.RevokedAt)
	require.Equal(t, testNow.Unix()+60+7*24*3600, g.SettleAt)
	ok, reason := types.Allows(g, 0, 5, testNow.Unix()+60)
	require.False(t, ok)
	require.Equal(t, types.ReasonRevoked, reason)
	require.Equal(t, []*types.EventGrantRevoked{{Grant: id}}, events[*types.EventGrantRevoked](f))
	f.refuses(types.ErrRevoked, func() error { return f.revoke(id) }) // D-REV-2
}

func TestAnExpiredGrantCantBeRevoked(t *testing.T) {
	w := newWorld(newFixture(t))
	w.at(testNow.Add(3600 * second))
	w.refuses(types.ErrExpired, func() error { return w.revoke(w.dealt.id) }) // D-REV-2
}

func TestARevocationNeverBindsBondsLongerThanTheyWereBound(t *testing.T) {
	w := newWorld(newFixture(t))
	params := types.DefaultParams()
	params.DisputeWindowSeconds = 100 * 24 * 3600
	_, err := w.msg.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	before := w.row(w.dealt.id).SettleAt
	require.NoError(t, w.revoke(w.dealt.id))
	require.Equal(t, before, w.row(w.dealt.id).SettleAt)
	require.Equal(t, w.providers.loads[4].LockedUntil, before)
}

func TestARankThatCantBeAskedIsSkipped(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	reader, _ := f.reader("laptop")
	f.change(5, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
	f.change(8, func(p *provider.Provider) { p.Status = provider.STATUS_LEFT })
	f.change(4, func(p *provider.Provider) { p.Operator = f.text(f.bob) }) // the reader's
	m := f.newGrant(stream, reader)
	m.Proxies, m.Spares = []uint64{6, 7, 9}, []uint64{10, 1}
	_, err := f.msg.Grant(f.ctx, m)
	require.NoError(t, err)
	f.change(5, func(p *provider.Provider) { p.Status = provider.STATUS_ACTIVE })
	f.refuses(types.ErrNotRanked, func() error { _, err := f.msg.Grant(f.ctx, m); return err })
}
