package keeper

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/committee/types"
)

// C-GEN-1
func TestAChainExportedInMidTermGoesOnAsIfNothingHadHappened(t *testing.T) {
	f := newFixture(t, smallParams(), 14, 2)
	f.toTerm(4)
	f.jail(f.member())
	f.away[f.member().name] = true
	f.toHeight(f.term().Open + 3) // draws are in, and not ranked
	exported, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	for name, n := range map[string]int{
		"candidates": len(exported.Candidates), "services": len(exported.Services), "former": len(exported.Former) + 1, "snapshots": len(exported.Snapshots),
		"draws": len(exported.Draws), "ranks": len(exported.Ranks), "randomness": len(exported.Randomness), "boundaries": len(exported.Boundaries),
		"stakes": len(exported.Stakes),
	} {
		require.Positive(t, n, name)
	}

	twin := *f
	newKeeper(t, &twin)
	twin.ctx = twin.ctx.WithBlockHeight(f.ctx.BlockHeight() + 1).WithBlockTime(f.ctx.BlockTime())
	twin.accounts = &book{map[string]bool{}}
	twin.k.accounts = twin.accounts
	require.NoError(t, twin.k.InitGenesis(twin.ctx, exported))
	require.Len(t, twin.accounts.known, len(exported.Candidates), "agents can sign")
	updates, err := twin.k.SeatGenesis(twin.ctx)
	require.NoError(t, err)
	require.Len(t, updates, len(f.seated()))
	again, err := twin.k.ExportGenesis(twin.ctx)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, exported), asJSON(t, again))

	twin.ctx = twin.ctx.WithBlockHeight(f.ctx.BlockHeight())
	twin.set = f.set.Copy()
	twin.reputation = &opinions{scores: f.reputation.scores}
	for range 60 {
		f.block()
		twin.block()
		require.Equal(t, f.seated(), twin.seated(), "height %d", f.ctx.BlockHeight())
	}
	one, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	two, err := twin.k.ExportGenesis(twin.ctx)
	require.NoError(t, err)
	require.Equal(t, asJSON(t, one), asJSON(t, two))
}

func asJSON(t *testing.T, g *types.GenesisState) string {
	t.Helper()
	raw, err := codec.ProtoMarshalJSON(g, nil)
	require.NoError(t, err)
	return string(raw)
}

// C-GEN-3
func TestBadGenesisIsRefused(t *testing.T) {
	f := newFixture(t, smallParams(), 14, 2)
	f.toTerm(4)
	f.toHeight(f.term().Open + 3)
	for i, spoil := range []func(*types.GenesisState){
		func(g *types.GenesisState) { g.Params.Seats = 0 },
		func(g *types.GenesisState) { g.Seed = make([]byte, 2_000) },
		func(g *types.GenesisState) { g.Candidates[1] = g.Candidates[0] },
		func(g *types.GenesisState) { g.Candidates[1].VrfKey = g.Candidates[0].VrfKey },
		func(g *types.GenesisState) { g.Candidates[0].VrfKey = nil },
		func(g *types.GenesisState) { g.Candidates[0].Address = "nowhere" },
		func(g *types.GenesisState) { g.Term = nil },
		func(g *types.GenesisState) { g.Term.Number = 0 },
		func(g *types.GenesisState) { g.Term.Close = g.Term.Last },
		func(g *types.GenesisState) { g.Term.Input = []byte("x") },
		func(g *types.GenesisState) { g.Committee.Seats[1] = g.Committee.Seats[0] },
		func(g *types.GenesisState) { g.Committee.Seats = nil },
		func(g *types.GenesisState) { g.Services[0].Operator = g.Candidates[0].Agent },
		func(g *types.GenesisState) { g.Services[0].Signed = 1000 },
		func(g *types.GenesisState) { g.Snapshots[1] = g.Snapshots[0] },
		func(g *types.GenesisState) { g.Snapshots[0].Snapshot.Weight = 0 },
		func(g *types.GenesisState) { g.Draws[0].Term = 99 },
		func(g *types.GenesisState) { g.Draws[0].Draw.Proof = nil },
		func(g *types.GenesisState) { g.Ranks[0].Rank = 1 },
		func(g *types.GenesisState) { g.Randomness = nil },
		func(g *types.GenesisState) { g.Randomness[0].Randomness.Value = nil },
		func(g *types.GenesisState) { g.Boundaries = append(g.Boundaries, g.Boundaries[0]) },
		func(g *types.GenesisState) { g.Stakes[0].ConsensusAddress = nil },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			g, err := f.k.ExportGenesis(f.ctx)
			require.NoError(t, err)
			require.NoError(t, g.Validate())
			spoil(g)
			require.Error(t, g.Validate())
		})
	}
	require.NoError(t, types.DefaultGenesis().Validate())
	_, err := json.Marshal(types.DefaultGenesis())
	require.NoError(t, err)
}

// C-GEN-4
func TestAGenesisThatBondsNobodyIsRefused(t *testing.T) {
	f := newFixture(t, smallParams(), 3, 0)
	empty := *f
	empty.bonds = &bonds{}
	newKeeper(t, &empty)
	require.NoError(t, empty.k.InitGenesis(empty.ctx, types.DefaultGenesis()))
	_, err := empty.k.SeatGenesis(empty.ctx)
	require.ErrorIs(t, err, types.ErrNoMembers)
}
