package keeper

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/reputation/types"
)

type fixture struct {
	t   *testing.T
	ctx sdk.Context
	k   Keeper
	q   types.QueryServer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	f := &fixture{t: t, ctx: testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")).WithBlockHeight(7)}
	f.k = NewKeeper(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), runtime.NewKVStoreService(key), address.NewBech32Codec("cosmos"), "gov")
	f.q = NewQueryServer(f.k)
	require.NoError(t, f.k.InitGenesis(f.ctx, types.DefaultGenesis()))
	t.Cleanup(func() { require.NoError(t, f.k.CheckInvariants(f.ctx)) })
	return f
}

func who(i int) sdk.AccAddress { return sdk.AccAddress(fmt.Sprintf("operator-%011d", i)) }

func (f *fixture) report(e types.Evidence) {
	f.t.Helper()
	require.NoError(f.t, f.k.Report(f.ctx, e))
}

func (f *fixture) score(i int) uint32 {
	score, err := f.k.Score(f.ctx, who(i))
	require.NoError(f.t, err)
	return score
}

func (f *fixture) explain(i int) []types.Change {
	res, err := f.q.Explain(f.ctx, &types.QueryExplainRequest{Operator: who(i).String()})
	require.NoError(f.t, err)
	return res.Changes
}

// REP-LOG-1
func TestEveryChangeIsExplained(t *testing.T) {
	f := newFixture(t)
	require.EqualValues(t, 1_000, f.score(1), "unknown")
	require.NoError(t, f.k.BeginTerm(f.ctx, 1))
	f.report(types.Served(who(1), 20, 20, 4, 1))
	require.NoError(t, f.k.BeginTerm(f.ctx, 5))
	grown := f.score(1)
	f.report(types.Jailed(who(1)))
	changes := f.explain(1)
	require.Len(t, changes, 3, "newest first")
	require.Equal(t, types.KIND_JAILED, changes[0].Kind)
	require.Equal(t, types.KIND_SETTLED, changes[1].Kind)
	require.Equal(t, types.KIND_SERVED, changes[2].Kind)
	require.EqualValues(t, 1_000, changes[2].Before)
	require.EqualValues(t, 950, changes[2].After)
	require.Equal(t, "signed 20 of 20 blocks, proposed 4, 1 of them without randomness", changes[2].Text)
	require.EqualValues(t, 7, changes[2].Height)
	require.Equal(t, changes[2].After, changes[1].Before)
	require.Equal(t, grown, changes[1].After)
	require.Equal(t, grown, changes[0].Before)
	require.Equal(t, f.score(1), changes[0].After)

	history, err := f.q.History(f.ctx, &types.QueryHistoryRequest{Operator: who(1).String(), Pagination: &query.PageRequest{Limit: 2}})
	require.NoError(t, err)
	require.Len(t, history.Points, 2)
	require.Equal(t, f.score(1), history.Points[0].Score)
}

// REP-LOG-2
func TestTheLogIsBounded(t *testing.T) {
	f := newFixture(t)
	p := types.DefaultParams()
	p.ChangesKept = 5
	_, err := NewMsgServer(f.k).UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "gov", Params: p})
	require.NoError(t, err)
	for range 20 {
		f.report(types.SortitionMissed(who(1), 1))
	}
	changes := f.explain(1)
	require.LessOrEqual(t, len(changes), 6)
	require.EqualValues(t, 10, changes[0].Number, "the tenth took the last point: what changes nothing is not logged")
	p.Start = 9_999
	_, err = NewMsgServer(f.k).UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "gov", Params: p})
	require.ErrorIs(t, err, types.ErrParams)
	_, err = NewMsgServer(f.k).UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "x", Params: types.DefaultParams()})
	require.ErrorIs(t, err, types.ErrAuthority)
}

// REP-ROW-1
func TestWhoOnlyPaysHasNoRow(t *testing.T) {
	f := newFixture(t)
	f.report(types.FeesBurnt(who(1), math.NewInt(1_000)))
	require.Empty(t, f.explain(1))
	f.report(types.ProviderBond(who(1), math.NewInt(1_000)))
	f.report(types.FeesBurnt(who(1), math.NewInt(1_000)))
	require.Len(t, f.explain(1), 2)
	require.ErrorIs(t, f.k.Report(f.ctx, types.Evidence{}), types.ErrEvidence)
}

// REP-QUERY-1
func TestBreakdownShowsWhatCountsAndWhatDoesNotYet(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.k.BeginTerm(f.ctx, 1))
	f.report(types.ValidatorBond(who(1), math.NewInt(500_000_000_000)))
	f.report(types.Served(who(1), 20, 20, 0, 0))
	require.NoError(t, f.k.BeginTerm(f.ctx, 2_000))
	res, err := f.q.Breakdown(f.ctx, &types.QueryBreakdownRequest{Operator: who(1).String()})
	require.NoError(t, err)
	sum := uint32(0)
	for _, d := range res.Dimensions {
		sum += d.Weight
		if d.Name == "data" {
			require.Zero(t, d.EffectiveWeight)
			require.Contains(t, d.Source, "counts for nothing yet")
		} else {
			require.Equal(t, d.Weight, d.EffectiveWeight)
		}
		if d.Name == "deposit" {
			require.EqualValues(t, 5_000, d.Value)
		}
	}
	require.EqualValues(t, types.MaxScore, sum)
	require.Equal(t, res.Row.Target(types.DefaultParams()), res.Target)
	_, err = f.q.Breakdown(f.ctx, &types.QueryBreakdownRequest{Operator: "x"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

// REP-QUERY-2
func TestRanking(t *testing.T) {
	f := newFixture(t)
	for i := range 10 {
		for range i {
			f.report(types.SortitionMissed(who(i), 1))
		}
		f.report(types.ProviderBond(who(i), math.NewInt(int64(i)+1)))
	}
	ranking := func(req *types.QueryRankingRequest) []types.Standing {
		res, err := f.q.Ranking(f.ctx, req)
		require.NoError(t, err)
		return res.Standings
	}
	all := ranking(&types.QueryRankingRequest{})
	require.Len(t, all, 10)
	for i, s := range all {
		require.Equal(t, who(i).String(), s.Operator)
		require.EqualValues(t, 1_000-100*i, s.Score)
	}
	require.Equal(t, all[4:7], ranking(&types.QueryRankingRequest{Pagination: &query.PageRequest{Offset: 4, Limit: 3}}))
	old := ranking(&types.QueryRankingRequest{Preset: types.Preset2019})
	require.Equal(t, who(9).String(), old[0].Operator, "the rule of 2019 likes whoever has most")
	_, err := f.q.Ranking(f.ctx, &types.QueryRankingRequest{Preset: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

// REP-GEN-1
func TestExportAndImportGiveTheSameState(t *testing.T) {
	f := newFixture(t)
	for term := range uint64(6) {
		require.NoError(t, f.k.BeginTerm(f.ctx, term))
		for i := range 5 {
			f.report(types.Served(who(i), 20, 15+uint64(i), 4, uint64(i%2)))
			f.report(types.ValidatorBond(who(i), math.NewInt(int64(term+1)*1_000_000)))
			f.report(types.FeesBurnt(who(i), math.NewInt(77)))
		}
	}
	exported, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.NotEmpty(t, exported.Changes)
	g := newFixture(t)
	require.NoError(t, g.k.InitGenesis(g.ctx, exported))
	again, err := g.k.ExportGenesis(g.ctx)
	require.NoError(t, err)
	require.Equal(t, exported, again)
	require.Equal(t, f.score(3), g.score(3))

	for i, spoil := range []func(*types.GenesisState){
		func(g *types.GenesisState) { g.Rows[1] = g.Rows[0] },
		func(g *types.GenesisState) { g.Rows[0].Score = 10_001 },
		func(g *types.GenesisState) { g.Rows[0].Aged = g.Rows[0].Bonded() + 1 },
		func(g *types.GenesisState) { g.Rows[0].SettledTerm = g.Term + 1 },
		func(g *types.GenesisState) { g.Changes[0].Operator = "x" },
		func(g *types.GenesisState) { g.Changes[1].Change.Number = g.Changes[0].Change.Number },
		func(g *types.GenesisState) { g.Params.ChangesKept = 1 },
		func(g *types.GenesisState) { g.Params.Start = 9_999 },
	} {
		bad, err := f.k.ExportGenesis(f.ctx)
		require.NoError(t, err)
		spoil(bad)
		require.Error(t, bad.Validate(), "%d", i)
	}
}

func TestItIsKnownWhenAScoreWasLowered(t *testing.T) {
	f := newFixture(t)
	at := func(height int64) { f.ctx = f.ctx.WithBlockHeight(height) }
	since := func(height int64) bool {
		lowered, err := f.k.LoweredSince(f.ctx, height)
		require.NoError(t, err)
		return lowered
	}
	require.False(t, since(0), "nothing reported")
	at(5)
	f.report(types.Jailed(who(1)))
	require.True(t, since(5))
	require.False(t, since(6))
	at(9)
	f.report(types.ValidatorBond(who(1), math.NewInt(5)))
	require.False(t, since(6), "a bond lowers nothing")
}
