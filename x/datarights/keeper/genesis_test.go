package keeper

import (
	"encoding/hex"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// populated has something in every collection: streams public and private, rekeyed and handed over, anchors with and without
// an outage, a rotated reader, grants pending, live, revoked, disputed, settled and failed.
func populated(t testing.TB) world {
	w := newWorld(newFixture(t))
	f := w.fixture
	private := f.newStream("diary")
	private.Private, private.Tags, private.DeviceKey = true, nil, make([]byte, 33)
	hidden := f.create(private)
	_, err := f.msg.SetWriter(f.ctx, f.setWriter(hidden))
	require.NoError(t, err)
	m := f.nextAnchor(w.stream)
	m.Anchor.Skipped, m.Anchor.SkipReason, m.Anchor.FirstInterval = 2, "storm", m.Anchor.FirstInterval+2
	f.sign(m)
	_, err = f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)
	_, err = f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: w.stream, Start: 90})
	require.NoError(t, err)

	second, keys := f.reader("phone")
	next := f.newReaderKeys()
	rotate := &types.MsgRotateReader{Owner: f.text(f.bob), Reader: second, PreKey: bytesOf(next.pre.Public()), AuthKey: public(next.auth)}
	rotate.PreKeyProof, rotate.AuthKeyProof = f.readerProofs(rotate.Owner, next)

	settled, failed := f.newGrant(w.stream, w.reader), f.newGrant(w.stream, w.reader)
	settled.ExpiresAt, settled.Proxies = testNow.Unix()+60, []uint64{7, 8, 9}
	failed.ExpiresAt, failed.Proxies = testNow.Unix()+60, []uint64{1, 2, 3}
	for _, m := range []*types.MsgGrant{settled, failed} {
		f.providers.ranks = m.Proxies
		res, err := f.msg.Grant(f.ctx, m)
		require.NoError(t, err)
		require.NoError(t, f.accept(m.Proxies[0], res.Id))
		require.NoError(t, f.refuse(m.Proxies[1], res.Id))
	}
	f.providers.ranks = nil
	pending := f.grant(w.stream, second, keys)
	require.NoError(t, f.accept(4, pending.id))
	_, err = f.msg.RotateReader(f.ctx, rotate)
	require.NoError(t, err)
	revoked := f.grant(w.stream, w.reader, w.keys)
	require.NoError(t, f.revoke(revoked.id))
	for node := range 2 {
		a := w.answer(node, faulty)
		a.Fragment[100] ^= 1
		require.NoError(t, w.dispute(signAnswer(a)))
	}
	malformed := w.answer(0, faulty)
	malformed.Leaf = nil
	require.NoError(t, w.dispute(signAnswer(malformed)))
	demanded(w)
	f.providers.stuck = 1
	f.at(unix(testNow.Unix() + 61 + 7*24*3600))
	require.NoError(t, f.k.EndBlock(f.ctx))
	f.providers.stuck = 0
	return w
}

// demanded adds a grant with demands in every state, a parcel that was handed over and one that is offered.
func demanded(w world) {
	d := w.grant(w.stream, w.reader, w.keys)
	for id := uint64(4); id <= 6; id++ {
		require.NoError(w.t, w.accept(id, d.id))
	}
	w.dealt = d
	w.handOver(4)
	w.bank.balances[string(operator(6))] = w.bank.balances[string(operator(6))].Add(w.row(d.id).AcceptanceFee)
	first := w.next(6)
	require.NoError(w.t, w.offer(6, first))
	require.NoError(w.t, w.decline(first))
	require.NoError(w.t, w.offer(6, w.next(6)))
	w.demand(0, 5)
	w.demandCapsule(0)
	w.pass(demandBlocks)
	_, err := w.give(w.demand(0, 6), w.answer(0, 6))
	require.NoError(w.t, err)
	require.NoError(w.t, w.bringCapsule(w.alice, w.demandCapsule(1), d.capsules[0]))
	w.demand(1, 5)
	w.demandCapsule(3)
}

func TestExportImportExportGivesTheSameBytes(t *testing.T) {
	w := populated(t)
	first, err := w.k.ExportGenesis(w.ctx)
	require.NoError(t, err)
	require.NoError(t, first.Validate())
	for name, n := range map[string]int{
		"streams": len(first.Streams), "anchors": len(first.Anchors), "readers": len(first.Readers), "grants": len(first.Grants), "disputes": len(first.Disputes), "demands": len(first.Demands),
	} {
		require.Greater(t, n, 1, name)
	}
	statuses, settled, failed := map[types.GrantStatus]int{}, 0, 0
	for _, g := range first.Grants {
		statuses[g.Status]++
		if g.Settled {
			settled++
		}
		if !g.Settled && !g.Queued() {
			failed++
		}
	}
	require.Len(t, statuses, 3)
	require.Equal(t, []int{2, 1}, []int{settled, failed}, "one that expired and one revoked; one failed")
	bytes, err := first.Marshal()
	require.NoError(t, err)

	other := newFixture(t)
	other.k.bank, other.k.provider = w.bank.clone(), w.providers.clone()
	other.at(w.ctx.BlockTime())
	other.ctx = other.ctx.WithBlockHeight(w.ctx.BlockHeight())
	require.NoError(t, other.k.InitGenesis(other.ctx, first))
	second, err := other.k.ExportGenesis(other.ctx)
	require.NoError(t, err)
	again, err := second.Marshal()
	require.NoError(t, err)
	require.Equal(t, bytes, again)
	require.Equal(t, w.dump(), other.dump(), "not only the rows: every key of the store")

	for _, f := range []*fixture{w.fixture, other} { // both go on alike
		events[*types.EventGrantSettled](f)
		f.at(unix(testNow.Unix() + 100*24*3600))
		require.NoError(t, f.k.EndBlock(f.ctx))
		require.Len(t, events[*types.EventGrantSettled](f), 3)
	}
	require.Equal(t, w.dump(), other.dump())
}

// dump is every key of the module's store.
func (f *fixture) dump() map[string]string {
	all := map[string]string{}
	iter := f.ctx.KVStore(f.store).Iterator(nil, nil)
	defer iter.Close()
	for ; iter.Valid(); iter.Next() {
		all[hex.EncodeToString(iter.Key())] = hex.EncodeToString(iter.Value())
	}
	return all
}

func TestInitGenesisRefusesAnAddressInAnotherForm(t *testing.T) {
	w := populated(t)
	for name, c := range map[string]struct {
		want  error
		spoil func(g *types.GenesisState)
	}{
		"D-GEN-2: an owner in capitals": {types.ErrGenesis, func(g *types.GenesisState) {
			g.Streams[0].Stream.Owner = strings.ToUpper(g.Streams[0].Stream.Owner)
			for i := range g.Grants { // so that only the form is wrong
				g.Grants[i].Owner = g.Streams[0].Stream.Owner
			}
		}},
		"D-GEN-2: a writer in capitals": {types.ErrGenesis, func(g *types.GenesisState) {
			g.Streams[0].Stream.Writer.Account = strings.ToUpper(g.Streams[0].Stream.Writer.Account)
		}},
		"D-GEN-2: a reader in capitals": {types.ErrGenesis, func(g *types.GenesisState) {
			g.Readers[0].Reader.Owner = strings.ToUpper(g.Readers[0].Reader.Owner)
		}},
		"D-GEN-2: a reader who is nobody":      {types.ErrAddress, func(g *types.GenesisState) { g.Readers[0].Reader.Owner = "bob" }},
		"D-GEN-1: a genesis that is not valid": {types.ErrGenesis, func(g *types.GenesisState) { g.NextGrant = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := w.k.ExportGenesis(w.ctx)
			require.NoError(t, err)
			c.spoil(g)
			fresh := newFixture(t)
			cached, _ := fresh.ctx.CacheContext()
			require.ErrorIs(t, fresh.k.InitGenesis(cached, g), c.want)
		})
	}
}

// breakage is state as no message makes it.
func TestInvariantsSeeWhatIsBroken(t *testing.T) {
	for name, spoil := range map[string]func(w world) error{
		"fees gone": func(w world) error {
			w.bank.balances[string(authtypes.NewModuleAddress(types.ModuleName))] = nil
			return nil
		},
		"coins of somebody": func(w world) error {
			w.bank.balances[string(authtypes.NewModuleAddress(types.ModuleName))] = w.bank.balances[string(w.alice)]
			return nil
		},
		"a grant off the books": func(w world) error { return w.providers.RemoveGrant(w.ctx, 4) },
		"a head too far":        func(w world) error { return w.editHead(func(h *types.Head) { h.NextInterval++ }) },
		"a record too many":     func(w world) error { return w.editHead(func(h *types.Head) { h.Records++ }) },
		"no head":               func(w world) error { return w.k.heads.Remove(w.ctx, w.stream) },
		"a head too many":       func(w world) error { return w.k.heads.Set(w.ctx, 77, types.Head{}) },
		"an anchor missing":     func(w world) error { return w.k.anchors.Remove(w.ctx, collections.Join(w.stream, uint64(1))) },
		"a tag missing":         func(w world) error { return w.k.tags.Remove(w.ctx, collections.Join("sea", w.stream)) },
		"a tag too many":        func(w world) error { return w.k.tags.Set(w.ctx, collections.Join("moon", w.stream)) },
		"keys missing":          func(w world) error { return w.k.readerKeys.Remove(w.ctx, collections.Join(w.reader, uint32(1))) },
		"keys too many": func(w world) error {
			return w.k.readerKeys.Set(w.ctx, collections.Join(w.reader, uint32(9)), types.ReaderKeys{})
		},
		"a leaf too many": func(w world) error { return w.editGrant(func(g *types.Grant) { g.Leaves++ }) },
		"live too early":  func(w world) error { return w.editGrant(func(g *types.Grant) { g.Threshold = 3 }) },
		"pending too long": func(w world) error {
			return w.editGrant(func(g *types.Grant) { g.Status = types.GRANT_STATUS_PENDING })
		},
		"settled in queue":     func(w world) error { return w.editGrant(func(g *types.Grant) { g.Settled = true }) },
		"due at another time":  func(w world) error { return w.editGrant(func(g *types.Grant) { g.SettleAt++ }) },
		"nobody's queue entry": func(w world) error { return w.k.settlements.Set(w.ctx, collections.Join(int64(1), uint64(77))) },
		"a proxy not listed":   func(w world) error { return w.k.grantProxies.Remove(w.ctx, collections.Join(uint64(4), w.dealt.id)) },
		"nobody's listing":     func(w world) error { return w.k.grantProxies.Set(w.ctx, collections.Join(uint64(9), w.dealt.id)) },
		"a dispute of an honest proxy": func(w world) error {
			return w.k.disputes.Set(w.ctx, collections.Join3(w.dealt.id, uint64(4), make([]byte, 9)))
		},
		"a demand not listed": func(w world) error {
			return w.k.demandsOf.Remove(w.ctx, collections.Join(uint64(honest), w.demand(0, honest)))
		},
		"nobody's demand": func(w world) error { return w.k.demandsAt.Set(w.ctx, collections.Join(w.stream, uint64(77))) },
		"a demand that never ends": func(w world) error {
			id := w.demand(0, honest)
			return w.k.demandsDue.Remove(w.ctx, collections.Join(w.demandRow(id).Deadline, id))
		},
		"an ending of no demand": func(w world) error { return w.k.demandsDue.Set(w.ctx, collections.Join(int64(1), uint64(77))) },
		"a demand's fee gone": func(w world) error {
			w.demand(0, honest)
			w.bank.balances[string(authtypes.NewModuleAddress(types.ModuleName))] = sdk.NewCoins(w.row(w.dealt.id).AcceptanceFee)
			return nil
		},
		"a pot with less in it": func(w world) error {
			return w.k.pots.Set(w.ctx, w.dealt.id, types.Pot{Held: math.NewInt(5), Least: math.NewInt(5)})
		},
		"an id still to come": func(w world) error { return w.k.grantSeq.Set(w.ctx, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(newFixture(t))
			require.NoError(t, w.k.CheckInvariants(w.ctx))
			bank, loads, kept := maps.Clone(w.bank.balances), maps.Clone(w.providers.loads), w.ctx
			w.ctx, _ = w.ctx.CacheContext()
			require.NoError(t, spoil(w))
			require.Error(t, w.k.CheckInvariants(w.ctx))
			w.ctx, w.bank.balances, w.providers.loads = kept, bank, loads
		})
	}
}

func (w world) editHead(edit func(*types.Head)) error {
	h, err := w.k.Head(w.ctx, w.stream)
	if err != nil {
		return err
	}
	edit(&h)
	return w.k.heads.Set(w.ctx, w.stream, h)
}

func (w world) editGrant(edit func(*types.Grant)) error {
	g, err := w.k.GrantRow(w.ctx, w.dealt.id)
	if err != nil {
		return err
	}
	edit(&g)
	return w.k.grants.Set(w.ctx, g.Id, g)
}
