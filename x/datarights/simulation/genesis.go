// Package simulation makes random genesis states and messages of x/datarights.
package simulation

import (
	"math/rand"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// RandomizedGenState writes a genesis whose fees fit simulated accounts and whose grants end soon.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = RandomParams(state.Rand)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// RandomParams are valid params of a small and hasty network.
func RandomParams(r *rand.Rand) types.Params {
	params := types.DefaultParams()
	params.StreamFee = sdk.NewInt64Coin(types.FeeDenom, r.Int63n(100))
	params.ReaderFee = sdk.NewInt64Coin(types.FeeDenom, r.Int63n(10))
	params.MaxNodesPerGrant = 64 + uint32(r.Int31n(1000))
	params.MaxGrantSeconds = 3600 + r.Int63n(10*24*3600)
	params.DisputeWindowSeconds = 1 + r.Int63n(24*3600)
	params.SettlementsPerBlock = 1 + uint32(r.Int31n(10))
	params.MaxKeyEpochs = 4 + uint32(r.Int31n(60))
	params.DemandFee = sdk.NewInt64Coin(types.FeeDenom, r.Int63n(10))
	params.DemandBlocks = 1 + r.Int63n(10)
	params.DemandShareBps = uint32(r.Int31n(9_001))
	params.MaxOpenDemands = 1 + uint32(r.Int31n(8))
	params.DemandsPerBlock = 1 + uint32(r.Int31n(3))
	params.AnswersKeptBlocks = 1 + r.Int63n(20)
	params.HandOverBlocks = 1 + r.Int63n(10)
	params.MaxSpares = uint32(r.Int31n(4))
	params.DisclaimBlocks = 10 + r.Int63n(30)
	params.DisclaimsPerBlock = 1 + uint32(r.Int31n(3))
	params.SilentBlocks = 1 + r.Int63n(10)
	return params
}
