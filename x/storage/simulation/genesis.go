// Package simulation makes random genesis states and messages of x/storage.
package simulation

import (
	"math/rand"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/storage/types"
)

// RandomizedGenState writes a genesis whose periods are short, so that deals, rounds and strikes come and go.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = RandomParams(state.Rand)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// periodBlocks never changes while a chain runs.
const periodBlocks = 10

// RandomParams are valid params of a hasty network.
func RandomParams(r *rand.Rand) types.Params {
	p := types.DefaultParams()
	p.PeriodBlocks = periodBlocks
	p.PeriodsPerMonth = 1 + uint32(r.Int31n(30))
	p.ProofBlocks = 2 + uint32(r.Int31n(periodBlocks-3))
	p.Picks = 1 + uint32(r.Int31n(8))
	p.MaxStrikes = 1 + uint32(r.Int31n(5))
	p.StrikeBps = 1 + uint32(r.Int31n(500))
	p.ExpelBps = uint32(r.Int31n(2_000))
	p.BountyBps = uint32(r.Int31n(5_001))
	p.BurnBps = 1 + uint32(r.Int31n(2_000))
	p.SlackBps = uint32(r.Int31n(10_001))
	p.StaggerBlocks = 1 + uint32(r.Int31n(3))
	p.DefaultTerm = 1 + uint32(r.Int31n(20))
	p.MaxTerm = p.DefaultTerm + uint32(r.Int31n(100))
	p.ChallengeFee = 1 + uint64(r.Int31n(1_000))
	p.MaxChallenges = 1 + uint32(r.Int31n(4))
	p.WorkPerBlock = 1 + uint32(r.Int31n(20))
	return p
}
