package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// REP-LOG-3: what went wrong can't be flushed out of the log by evidence that costs nothing to make.
func TestTheLogCantBeFlushed(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.k.BeginTerm(f.ctx, 1))
	f.report(types.FragmentWrong(who(1), 12))
	for i := range 500 {
		f.report(types.ProviderBond(who(1), math.NewInt(int64(i)+1)))
		f.report(types.FeesBurnt(who(1), math.NewInt(2)))
		f.report(types.ValidatorBond(who(1), math.NewInt(int64(i)+1)))
	}
	changes := f.explain(1)
	require.Len(t, changes, 4)
	require.Equal(t, types.KIND_FRAGMENT_WRONG, changes[3].Kind)
	require.Equal(t, "grant/12", changes[3].Ref)
	require.EqualValues(t, 500, changes[2].Amount, "the provider's bond as it is now")
	require.EqualValues(t, 1_000, changes[1].Amount, "all fees of the term")
	require.Equal(t, "burnt 1000 ucpc in fees", changes[1].Text)
	require.NoError(t, f.k.BeginTerm(f.ctx, 2))
	f.report(types.FeesBurnt(who(1), math.NewInt(2)))
	require.EqualValues(t, 2, f.explain(1)[0].Amount, "a new term, a new entry")
}

// REP-SET-4: neither queries nor evidence that says nothing new move what a score will be.
func TestLookingChangesNothing(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.k.BeginTerm(f.ctx, 1))
	for i := range 2 {
		f.report(types.ValidatorBond(who(i), math.NewInt(700_000_000_000)))
		f.report(types.FeesBurnt(who(i), math.NewInt(5_000_000_000)))
		f.report(types.Served(who(i), 20, 20, 4, 0))
	}
	for term := uint64(2); term < 60; term++ {
		require.NoError(t, f.k.BeginTerm(f.ctx, term))
		f.score(1)
		f.report(types.ValidatorBond(who(1), math.NewInt(700_000_000_000))) // settles the row and stores it
	}
	a, _, err := f.k.settled(f.ctx, who(0))
	require.NoError(t, err)
	b, _, err := f.k.settled(f.ctx, who(1))
	require.NoError(t, err)
	b.Operator, b.Changes = a.Operator, a.Changes
	require.Equal(t, a, b)
}

// REP-QUERY-3
func TestHistoryHasOnePointOfATerm(t *testing.T) {
	f := newFixture(t)
	var want []uint32
	for term := uint64(1); term <= 7; term++ {
		require.NoError(t, f.k.BeginTerm(f.ctx, term))
		f.report(types.SortitionMissed(who(1), term))
		f.report(types.SeatLost(who(1), "absent"))
		want = append([]uint32{f.score(1)}, want...)
	}
	var got []uint32
	page := &query.PageRequest{Limit: 3}
	for {
		res, err := f.q.History(f.ctx, &types.QueryHistoryRequest{Operator: who(1).String(), Pagination: page})
		require.NoError(t, err)
		require.LessOrEqual(t, len(res.Points), 3)
		for _, p := range res.Points {
			require.EqualValues(t, 7-len(got), p.Term)
			got = append(got, p.Score)
		}
		if page.Key = res.Pagination.NextKey; page.Key == nil {
			break
		}
	}
	require.Equal(t, want, got)
	for _, bad := range []*query.PageRequest{{Offset: 1}, {Reverse: true}, {Key: []byte("x")}} {
		_, err := f.q.History(f.ctx, &types.QueryHistoryRequest{Operator: who(1).String(), Pagination: bad})
		require.Equal(t, codes.InvalidArgument, status.Code(err))
	}
}

func TestInvariantsSeeEachBreach(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *fixture) error
		says  string
	}{
		"a score above the whole": {func(f *fixture) error { return f.change(func(r *types.Row) { r.Score = types.MaxScore + 1 }) }, "out of bounds"},
		"more aged than bonded":   {func(f *fixture) error { return f.change(func(r *types.Row) { r.Aged = r.Bonded() + 1 }) }, "out of bounds"},
		"a log that ends early":   {func(f *fixture) error { return f.change(func(r *types.Row) { r.Changes++ }) }, "ends at"},
		"an entry without a row": {func(f *fixture) error {
			return f.k.changes.Set(f.ctx, collections.Join([]byte(who(2)), uint64(1)), types.Change{Number: 1})
		}, "has no row"},
		"a row that is not in the index": {func(f *fixture) error {
			row, err := f.k.rows.Get(f.ctx, who(1))
			require.NoError(t, err)
			return f.k.rows.Indexes.score.Unreference(f.ctx, who(1), func() (types.Row, error) { return row, nil })
		}, "1 rows and 0 in the index"},
		"an index entry of another score": {func(f *fixture) error {
			return f.k.rows.Indexes.score.Reference(f.ctx, who(1), types.Row{Score: 7}, func() (types.Row, error) {
				return types.Row{}, collections.ErrNotFound
			})
		}, "stands at 7"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.report(types.ValidatorBond(who(1), math.NewInt(5)))
			require.NoError(t, f.k.CheckInvariants(f.ctx))
			whole := f.ctx
			f.ctx, _ = f.ctx.CacheContext()
			require.NoError(t, c.spoil(f))
			require.ErrorContains(t, f.k.CheckInvariants(f.ctx), c.says)
			f.ctx = whole
		})
	}
}

// change spoils the row of the first operator.
func (f *fixture) change(spoil func(*types.Row)) error {
	row, err := f.k.rows.Get(f.ctx, who(1))
	require.NoError(f.t, err)
	spoil(&row)
	return f.k.rows.Set(f.ctx, who(1), row)
}
