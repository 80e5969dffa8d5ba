// Package simulation makes random genesis states and messages of x/reputation.
package simulation

import (
	"context"
	"math/rand"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// RandomizedGenState writes a genesis without rows, of random params.
func RandomizedGenState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params = RandomParams(state.Rand)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// RandomParams are valid params of a network that remembers and forgets fast.
func RandomParams(r *rand.Rand) types.Params {
	p := types.DefaultParams()
	p.Start = uint32(r.Int31n(types.MaxScore/2 + 1))
	p.Weights.Deposit = uint32(r.Int31n(int32(p.Weights.Blocks/2) + 1))
	p.Weights.Fees = uint32(r.Int31n(int32(p.Weights.Blocks/2) + 1))
	p.Weights.Data = types.MaxScore - p.Weights.Blocks - p.Weights.Service - p.Weights.Deposit - p.Weights.Fees
	for _, terms := range []*uint32{&p.GrowthTerms, &p.DriftTerms, &p.AgingTerms, &p.FeesTerms} {
		*terms = 1 + uint32(r.Int31n(64))
	}
	for _, bps := range []*uint32{&p.ServedBps, &p.SkipPoints, &p.MissedPoints, &p.SeatLostBps, &p.JailedBps, &p.FragmentBps, &p.DemandBps} {
		*bps = uint32(r.Int31n(types.MaxScore + 1))
	}
	p.HalfBondUcpc, p.HalfFeesUcpc = 1+uint64(r.Int63n(1_000_000)), 1+uint64(r.Int63n(1_000_000))
	p.ChangesKept = 1 + uint32(r.Int31n(64)) // small, so that logs are dropped from
	return p
}

// MsgUpdateParamsFactory proposes random params to governance.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: RandomParams(data.Rand().Rand)}
	}
}
