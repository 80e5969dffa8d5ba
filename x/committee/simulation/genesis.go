// Package simulation makes random genesis states and messages of x/committee.
package simulation

import (
	"math/rand"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/committee/types"
)

// RandomizedGenState writes a genesis without candidates, of random params: all bonded validators sit first.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = RandomParams(state.Rand)
	genesis.Seed = make([]byte, 32)
	state.Rand.Read(genesis.Seed)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// RandomParams are valid params of a small network whose terms are short.
func RandomParams(r *rand.Rand) types.Params {
	p := types.LocalParams()
	p.Seats = 5 + uint32(r.Int31n(4))
	p.MinSeats = 1 + uint32(r.Int31n(4))
	p.TermBlocks = 4*int64(p.Seats) + r.Int63n(20)
	p.DrawOpenBlocks = 1 + r.Int63n(3)
	p.DrawCloseBlocks = min(p.TermBlocks-2, p.DrawOpenBlocks+int64(p.Seats)+r.Int63n(20))
	p.WeightMin = 1 + uint32(r.Int31n(1_000))
	p.WeightMax = p.WeightMin + uint32(r.Int31n(1_000))
	p.ReputationMin = uint32(r.Int31n(500))
	p.SelfBondMinUcpc = math.NewInt(r.Int63n(1_000_000))
	p.AbsentBlocks = 1 + uint64(r.Int63n(p.TermBlocks-1))
	p.ParoleTerms = 1 + uint64(r.Int63n(3))
	p.MaxCandidates = p.Seats + uint32(r.Int31n(20))
	p.RandomnessBlocks = p.TermBlocks + r.Int63n(200)
	return p
}
