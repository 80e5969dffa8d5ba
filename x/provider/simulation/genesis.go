// Package simulation makes random genesis states and messages of x/provider.
package simulation

import (
	"math/rand"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/provider/types"
)

// RandomizedGenState writes a genesis whose bonds fit simulated accounts and whose boundaries and payouts come often.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = RandomParams(state.Rand)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// RandomParams are valid params of a small and hasty network.
func RandomParams(r *rand.Rand) types.Params {
	params := types.DefaultParams()
	params.MinBondUcpc = math.NewInt(1 + r.Int63n(1000))
	params.BondPerTbUcpc = math.NewInt(r.Int63n(1000))
	params.UnbondingSeconds = 1 + r.Int63n(24*3600)
	params.BoundaryBlocks = 1 + r.Int63n(20)
	params.BoundariesKept = 2 + uint32(r.Int31n(10))
	params.FragmentSlashBps = 1 + uint32(r.Int31n(types.MaxBps))
	params.DrawPool = 1 + uint32(r.Int31n(20))
	return params
}
