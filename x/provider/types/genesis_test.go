package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func key(n byte) []byte { return append(make([]byte, types.KeyBytes-1), n) }

// genesis has one active provider, one that left, and one of each other thing.
func genesis() *types.GenesisState {
	row := func(id uint64, status types.Status, unbond int64) types.Provider {
		return types.Provider{
			Id: id, Operator: "cpc1operator", PeerKey: key(byte(id)), PeerKeyVersion: 1, Addresses: []string{"/ip4/192.0.2.1/tcp/4001"},
			SealKey: key(9), CapacityBytes: 1000, StoragePriceUcpc: math.NewInt(1), ReencryptionPriceUcpc: math.NewInt(1),
			Storage: true, Proxy: true, Status: status, Bond: sdk.NewInt64Coin(types.BondDenom, 5), UnbondTime: unbond,
		}
	}
	g := types.DefaultGenesis()
	g.NextId = 3
	g.Providers = []types.Provider{row(1, types.STATUS_LEFT, 77), row(2, types.STATUS_ACTIVE, 0)}
	g.PeerKeys = []types.PeerKeyRecord{{Id: 1, Version: 1, PeerKey: key(1)}, {Id: 2, Version: 1, PeerKey: key(2)}}
	g.Loads = []types.LoadRecord{{Id: 2, Load: types.Load{Shards: 1, ShardBytes: 1000, Grants: 1}}}
	g.Boundaries = []types.Boundary{
		{Height: 1, Seed: key(1), CapacityBytes: math.ZeroInt()},
		{Height: 100, Seed: key(2), Holders: 2, CapacityBytes: math.NewInt(30), Largest: []uint64{20, 10}},
	}
	g.Pools = []types.PoolRecord{{Height: 1}, {Height: 100, Pool: types.Pool{Candidates: []types.Candidate{
		{Id: 2, Operator: "cpc1operator", Bond: math.NewInt(5)}, {Id: 1, Operator: "cpc1other", Bond: math.NewInt(4)},
	}}}}
	g.Standings = []types.StandingRecord{
		{Id: 1, Standing: types.Standing{Changes: []types.Weight{{Height: 3}}}},
		{Id: 2, Standing: types.Standing{Changes: []types.Weight{{Height: 2, CapacityBytes: 10}, {Height: 5, CapacityBytes: 1000}}}},
	}
	return g
}

func TestGenesisOfAnyHistoryIsValid(t *testing.T) {
	require.NoError(t, types.DefaultGenesis().Validate())
	g := genesis()
	require.NoError(t, g.Validate())
	g.Providers[1].Bond.Amount = math.ZeroInt() // all slashed
	g.Providers[0].PeerKey = key(2)             // the operator came back with the node it had
	g.PeerKeys[0].PeerKey = key(2)
	g.Params.MaxAddressBytes = 16 // tightened since
	require.NoError(t, g.Validate())
}

func TestGenesisRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*types.GenesisState){
		"a boundary without a sum":               func(g *types.GenesisState) { g.Boundaries[0].CapacityBytes = math.Int{} },
		"a boundary that lacks a capacity":       func(g *types.GenesisState) { g.Boundaries[1].Holders = 3 },
		"capacities out of order":                func(g *types.GenesisState) { g.Boundaries[1].Largest[1] = 21 },
		"a capacity of 0":                        func(g *types.GenesisState) { g.Boundaries[1].Largest[1] = 0 },
		"a boundary without a pool":              func(g *types.GenesisState) { g.Pools = g.Pools[1:] },
		"a pool without a boundary":              func(g *types.GenesisState) { g.Pools[0].Height = 7 },
		"a pool out of order":                    func(g *types.GenesisState) { g.Pools[1].Pool.Candidates[0].Bond = math.NewInt(3) },
		"a candidate without a bond":             func(g *types.GenesisState) { g.Pools[1].Pool.Candidates[1].Bond = math.Int{} },
		"a candidate without an operator":        func(g *types.GenesisState) { g.Pools[1].Pool.Candidates[1].Operator = "" },
		"a standing without a row":               func(g *types.GenesisState) { g.Standings[0].Id = 9 },
		"a standing twice":                       func(g *types.GenesisState) { g.Standings[0].Id = 2 },
		"a standing that is not the row's":       func(g *types.GenesisState) { g.Standings[1].Standing.Changes[1].CapacityBytes = 7 },
		"a standing out of order":                func(g *types.GenesisState) { g.Standings[1].Standing.Changes[1].Height = 2 },
		"a next id of 0":                         func(g *types.GenesisState) { g.NextId = 0 },
		"an id of 0":                             func(g *types.GenesisState) { g.Providers[0].Id = 0 },
		"an id twice":                            func(g *types.GenesisState) { g.Providers[0].Id = 2 },
		"an id not below the next":               func(g *types.GenesisState) { g.NextId = 2 },
		"two providers of an operator":           func(g *types.GenesisState) { g.Providers[0].Status, g.Providers[0].UnbondTime = types.STATUS_PAUSED, 0 },
		"no operator":                            func(g *types.GenesisState) { g.Providers[0].Operator = "" },
		"an unknown status":                      func(g *types.GenesisState) { g.Providers[0].Status = 9 },
		"no status":                              func(g *types.GenesisState) { g.Providers[0].Status = 0 },
		"having left at no time":                 func(g *types.GenesisState) { g.Providers[0].UnbondTime = 0 },
		"being paid out without having left":     func(g *types.GenesisState) { g.Providers[1].UnbondTime = 5 },
		"a bond in another denom":                func(g *types.GenesisState) { g.Providers[1].Bond.Denom = "stake" },
		"no bond":                                func(g *types.GenesisState) { g.Providers[1].Bond = sdk.Coin{Denom: types.BondDenom} },
		"a negative bond":                        func(g *types.GenesisState) { g.Providers[1].Bond.Amount = math.NewInt(-1) },
		"no price":                               func(g *types.GenesisState) { g.Providers[1].StoragePriceUcpc = math.Int{} },
		"a short seal key":                       func(g *types.GenesisState) { g.Providers[1].SealKey = key(1)[1:] },
		"a bad address":                          func(g *types.GenesisState) { g.Providers[1].Addresses[0] = "x" },
		"no role":                                func(g *types.GenesisState) { g.Providers[1].Storage, g.Providers[1].Proxy = false, false },
		"a registration before the chain":        func(g *types.GenesisState) { g.Providers[1].RegisteredHeight = -1 },
		"a peer key without row":                 func(g *types.GenesisState) { g.PeerKeys[0].Id = 8 },
		"a peer key of the wrong size":           func(g *types.GenesisState) { g.PeerKeys[0].PeerKey = nil },
		"a gap in the versions":                  func(g *types.GenesisState) { g.PeerKeys[0].Version = 2 },
		"a row without its newest key":           func(g *types.GenesisState) { g.PeerKeys = g.PeerKeys[:1] },
		"a row whose key is not the newest":      func(g *types.GenesisState) { g.PeerKeys[1].PeerKey = key(5) },
		"a load without row":                     func(g *types.GenesisState) { g.Loads[0].Id = 8 },
		"a load twice":                           func(g *types.GenesisState) { g.Loads = append(g.Loads, g.Loads[0]) },
		"a load above the capacity":              func(g *types.GenesisState) { g.Loads[0].Load.ShardBytes = 1001 },
		"bytes of no shard":                      func(g *types.GenesisState) { g.Loads[0].Load.Shards = 0 },
		"a load of a provider that left":         func(g *types.GenesisState) { g.Loads[0].Id = 1 },
		"boundaries out of order":                func(g *types.GenesisState) { g.Boundaries[1].Height = 1 },
		"a boundary before the chain":            func(g *types.GenesisState) { g.Boundaries[0].Height = -1 },
		"a seed of the wrong size":               func(g *types.GenesisState) { g.Boundaries[0].Seed = nil },
		"a storage provider without capacity":    func(g *types.GenesisState) { g.Providers[1].CapacityBytes = 0 },
		"two providers of a peer key":            func(g *types.GenesisState) { twoOfOneKey(g) },
		"capacity that sums could overflow with": func(g *types.GenesisState) { g.Providers[1].CapacityBytes = 1 << 61 },
	} {
		g := genesis()
		spoil(g)
		require.ErrorIs(t, g.Validate(), types.ErrGenesis, name)
	}
	g := genesis()
	g.Params.BoundaryBlocks = 0
	require.ErrorIs(t, g.Validate(), types.ErrParams)
}

func twoOfOneKey(g *types.GenesisState) {
	g.Providers[0].Status, g.Providers[0].UnbondTime = types.STATUS_PAUSED, 0
	g.Providers[0].Operator, g.Providers[0].PeerKey, g.PeerKeys[0].PeerKey = "cpc1other", key(2), key(2)
}

func FuzzGenesisValidate(f *testing.F) {
	bz, err := genesis().Marshal()
	require.NoError(f, err)
	f.Add(bz)
	f.Fuzz(func(_ *testing.T, bz []byte) {
		var g types.GenesisState
		if g.Unmarshal(bz) == nil {
			_ = g.Validate() // must not panic
		}
	})
}
