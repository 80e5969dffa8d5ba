package keeper

import (
	"context"
	"encoding/binary"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// maxPage caps every list.
const maxPage = 200

type queryServer struct{ k Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// capped is a page of at most maxPage; newest or best first unless reversed.
func capped(page *query.PageRequest) *query.PageRequest {
	var p query.PageRequest
	if page != nil {
		p = *page
	}
	if p.Limit == 0 || p.Limit > maxPage {
		p.Limit = maxPage
	}
	p.Reverse = !p.Reverse
	return &p
}

func (s queryServer) operator(address string) (sdk.AccAddress, error) {
	bz, err := s.k.addresses.StringToBytes(address)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return bz, nil
}

// Params implements types.QueryServer.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, err
}

// Score implements types.QueryServer.
func (s queryServer) Score(ctx context.Context, req *types.QueryScoreRequest) (*types.QueryScoreResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	row, _, err := s.k.settled(ctx, operator)
	return &types.QueryScoreResponse{Score: row.Score, Term: row.SettledTerm}, err
}

// Breakdown implements types.QueryServer.
func (s queryServer) Breakdown(ctx context.Context, req *types.QueryBreakdownRequest) (*types.QueryBreakdownResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	row, _, err := s.k.settled(ctx, operator)
	if err != nil {
		return nil, err
	}
	params, err := s.k.params.Get(ctx)
	if err != nil {
		return nil, err
	}
	w, live := params.Weights, params.Weights.Effective()
	return &types.QueryBreakdownResponse{Row: row, Target: row.Target(params), Dimensions: []types.Dimension{
		{Name: "blocks", Value: row.Blocks, Weight: w.Blocks, EffectiveWeight: live.Blocks, Source: "terms served in the committee"},
		{Name: "service", Value: row.ServiceValue(params), Weight: w.Service, EffectiveWeight: live.Service, Source: "paid storage that was proven"},
		{Name: "data", Weight: w.Data, EffectiveWeight: live.Data, Source: noSource[0]},
		{Name: "deposit", Value: row.DepositValue(params), Weight: w.Deposit, EffectiveWeight: live.Deposit, Source: "aged bonds of validator and provider"},
		{Name: "fees", Value: row.FeesValue(params), Weight: w.Fees, EffectiveWeight: live.Fees, Source: "burnt fees"},
	}}, nil
}

// noSource says what will feed the dimension that counts for nothing yet.
var noSource = []string{
	"data counts for nothing yet: settled sales will feed it",
}

// Explain implements types.QueryServer.
func (s queryServer) Explain(ctx context.Context, req *types.QueryExplainRequest) (*types.QueryExplainResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	rows, next, err := query.CollectionPaginate(ctx, s.k.changes, capped(req.Pagination),
		func(_ collections.Pair[[]byte, uint64], c types.Change) (types.Change, error) { return c, nil },
		query.WithCollectionPaginationPairPrefix[[]byte, uint64](operator))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryExplainResponse{Changes: rows, Notes: noSource, Pagination: next}, nil
}

// History implements types.QueryServer. A page's key is the number of the entry that the next one starts at.
func (s queryServer) History(ctx context.Context, req *types.QueryHistoryRequest) (*types.QueryHistoryResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	page := req.Pagination
	if page == nil {
		page = &query.PageRequest{}
	}
	if page.Offset > 0 || page.Reverse || page.CountTotal || len(page.Key) != 0 && len(page.Key) != 8 {
		return nil, status.Error(codes.InvalidArgument, "page by key, newest first")
	}
	newest := uint64(math.MaxUint64)
	if len(page.Key) == 8 {
		newest = binary.BigEndian.Uint64(page.Key)
	}
	points, next, err := s.k.history(ctx, operator, newest, int(capped(page).Limit)) //nolint:gosec // at most maxPage
	return &types.QueryHistoryResponse{Points: points, Pagination: &query.PageResponse{NextKey: next}}, err
}

// history is the last score of each term in which it changed, newest first, from an entry on; and the key of what comes next.
func (k Keeper) history(ctx context.Context, operator []byte, newest uint64, limit int) (points []types.Point, next []byte, err error) {
	ranger := collections.NewPrefixedPairRange[[]byte, uint64](operator).EndInclusive(newest).Descending()
	err = k.changes.Walk(ctx, ranger, func(_ collections.Pair[[]byte, uint64], c types.Change) (bool, error) {
		if len(points) > 0 && points[len(points)-1].Term == c.Term {
			return false, nil // a later entry of the term stands already
		}
		if len(points) == limit {
			next = binary.BigEndian.AppendUint64(nil, c.Number)
			return true, nil
		}
		points = append(points, types.Point{Term: c.Term, Height: c.Height, Score: c.After})
		return false, nil
	})
	return points, next, err
}

// Ranking implements types.QueryServer. Scores are as of the term they were last settled in.
func (s queryServer) Ranking(ctx context.Context, req *types.QueryRankingRequest) (*types.QueryRankingResponse, error) {
	switch req.Preset {
	case "", types.PresetDefault:
	case types.Preset2019:
		rows, err := s.k.best(ctx, 0, maxPage)
		return &types.QueryRankingResponse{Standings: types.Rank2019(rows)}, err
	default:
		return nil, status.Error(codes.InvalidArgument, types.ErrPreset.Wrapf("%q: there are %q and %q", req.Preset, types.PresetDefault, types.Preset2019).Error())
	}
	var page query.PageRequest
	if req.Pagination != nil {
		page = *req.Pagination
	}
	if len(page.Key) > 0 || page.Offset > types.MaxOffset {
		return nil, status.Errorf(codes.InvalidArgument, "page by offset, at most %d", types.MaxOffset)
	}
	limit := min(page.Limit, maxPage)
	if limit == 0 {
		limit = maxPage
	}
	rows, err := s.k.best(ctx, page.Offset, limit)
	if err != nil {
		return nil, err
	}
	res := &types.QueryRankingResponse{Pagination: &query.PageResponse{}}
	for _, row := range rows {
		res.Standings = append(res.Standings, types.Standing{Operator: row.Operator, Score: row.Score, Term: row.SettledTerm})
	}
	return res, nil
}

// best rows by score, after skipping some.
func (k Keeper) best(ctx context.Context, skip, limit uint64) ([]types.Row, error) {
	iterator, err := k.rows.Indexes.score.Iterate(ctx, new(collections.Range[collections.Pair[uint32, []byte]]).Descending())
	if err != nil {
		return nil, err
	}
	defer func() { _ = iterator.Close() }() // read only
	var rows []types.Row
	for n := uint64(0); iterator.Valid() && uint64(len(rows)) < limit; n++ {
		operator, err := iterator.PrimaryKey()
		if err != nil {
			return nil, err
		}
		if n >= skip {
			row, err := k.rows.Get(ctx, operator)
			if err != nil {
				return nil, err
			}
			rows = append(rows, row)
		}
		iterator.Next()
	}
	return rows, nil
}
