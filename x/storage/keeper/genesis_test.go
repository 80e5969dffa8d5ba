package keeper

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"

	"github.com/cpchain/cpchain/x/storage/types"
)

// busy is a world in the midst of everything: running rounds, an open slot, an expelled node, a challenge, a stream being deleted.
func busy(t *testing.T) *world {
	w := newWorld(t)
	w.params.MaxStrikes = 2
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.pay(testPrice, 20, 100_000_000)
	for seq := range uint64(8) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
	}
	require.NoError(t, w.k.OpenAccount(w.ctx, 2, w.alice.String()))
	w.silence(1)
	w.periods(3)
	require.Positive(t, w.node(1).ExpelledHeight)
	w.silence(3)
	w.drawn(3)
	_, err := w.challenge(types.SlotRef{Stream: 1, Seq: 2, Slot: 3})
	require.NoError(t, err)
	return w
}

// ST-GEN-1
func TestGenesisExportsEverythingAndComesBackTheSame(t *testing.T) {
	w := busy(t)
	g, err := w.k.ExportGenesis(w.ctx)
	require.NoError(t, err)
	require.NoError(t, g.Validate())
	require.NotEmpty(t, g.Rounds)
	require.NotEmpty(t, g.Challenges)
	key := storetypes.NewKVStoreKey(types.StoreKey)
	fresh := NewKeeper(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), runtime.NewKVStoreService(key), address.NewBech32Codec("cosmos"),
		"gov", w.bank, w.providers, seeds{}, w.told)
	ctx := testutil.DefaultContextWithKeys(map[string]*storetypes.KVStoreKey{types.StoreKey: key}, nil, nil).WithBlockHeight(w.ctx.BlockHeight())
	require.NoError(t, fresh.InitGenesis(ctx, g))
	back, err := fresh.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Equal(t, g, back)
	require.Equal(t, contents(w.ctx.KVStore(w.store)), contents(ctx.KVStore(key)), "every key, indexes and queues too")
}

func contents(store storetypes.KVStore) map[string]string {
	all := map[string]string{}
	it := store.Iterator(nil, nil)
	defer it.Close()
	for ; it.Valid(); it.Next() {
		all[hex.EncodeToString(it.Key())] = hex.EncodeToString(it.Value())
	}
	return all
}

// ST-GEN-2
func TestGenesisRefuses(t *testing.T) {
	w := busy(t)
	for name, spoil := range map[string]func(*types.GenesisState){
		"params out of bounds":        func(g *types.GenesisState) { g.Params.Picks = 0 },
		"an account twice":            func(g *types.GenesisState) { g.Accounts[1].Stream = 1 },
		"an account without an owner": func(g *types.GenesisState) { g.Accounts[0].Account.Owner = "" },
		"a deal twice":                func(g *types.GenesisState) { g.Deals[1] = g.Deals[0] },
		"a deal without slots":        func(g *types.GenesisState) { g.Deals[0].Deal.Slots = nil },
		"a deal of a huge pay":        func(g *types.GenesisState) { g.Deals[0].Deal.Pay = types.MaxAmount + 1 },
		"a deal that ends early":      func(g *types.GenesisState) { g.Deals[0].Deal.Last = 0 },
		"a short root":                func(g *types.GenesisState) { g.Deals[0].Deal.ShardRoot = nil },
		"a node twice":                func(g *types.GenesisState) { g.Nodes[1].Provider = g.Nodes[0].Provider },
		"a node without its draw":     func(g *types.GenesisState) { g.Nodes[1].Draw = 0 },
		"a round without a deadline":  func(g *types.GenesisState) { g.Rounds[0].Round.Deadline = 0 },
		"a challenge still to come":   func(g *types.GenesisState) { g.NextChallenge = 1 },
	} {
		g, err := w.k.ExportGenesis(w.ctx)
		require.NoError(t, err)
		require.NoError(t, g.Validate(), name)
		spoil(g)
		require.Error(t, g.Validate(), name)
	}
	require.NoError(t, types.DefaultGenesis().Validate())
}

// ST-INV
func TestInvariantsSeeEachBreach(t *testing.T) {
	for name, spoil := range map[string]func(*world) error{
		"a balance too high": func(w *world) error { a := w.account(); a.Balance++; return w.k.accounts.Set(w.ctx, 1, a) },
		"a rate too high":    func(w *world) error { n := w.node(2); n.Rate++; return w.k.nodes.Set(w.ctx, 2, n) },
		"a shard uncounted":  func(w *world) error { n := w.node(2); n.Counts[1]--; return w.k.nodes.Set(w.ctx, 2, n) },
		"no draw":            func(w *world) error { n := w.node(2); n.Scheduled = false; return w.k.nodes.Set(w.ctx, 2, n) },
		"a challenge too many": func(w *world) error {
			n := w.node(2)
			n.Challenges++
			return w.k.nodes.Set(w.ctx, 2, n)
		},
		"a place of nobody": func(w *world) error {
			return w.k.shards.Set(w.ctx, collections.Join3(uint64(9), uint32(1), uint64(0)), types.SlotRef{Stream: 1})
		},
		"a change of nobody's pay": func(w *world) error { return w.k.addDelta(w.ctx, 2, 60, 5) },
		"a deadline of nothing":    func(w *world) error { return w.k.deadlines.Set(w.ctx, collections.Join(int64(5), uint64(9))) },
		"a round that never ends": func(w *world) error {
			r, err := w.k.rounds.Get(w.ctx, 3)
			if err != nil {
				return err
			}
			return w.k.deadlines.Remove(w.ctx, collections.Join(r.Deadline, uint64(3)))
		},
		"a deal that never ends": func(w *world) error { return w.k.expiries.Clear(w.ctx, nil) },
		"two slots for one": func(w *world) error {
			d := w.deal(7)
			d.Slots[2].Provider = d.Slots[1].Provider
			return w.k.deals.Set(w.ctx, collections.Join(uint64(1), uint64(7)), d)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := busy(t)
			kept := w.ctx
			w.ctx, _ = w.ctx.CacheContext()
			require.NoError(t, spoil(w))
			require.Error(t, w.k.CheckInvariants(w.ctx))
			w.ctx = kept
		})
	}
}
