package keeper

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// maxPage caps every list.
const maxPage = 200

type queryServer struct{ k Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// queryError gives absence its gRPC code.
func queryError(err error) error {
	if errors.Is(err, types.ErrNotFound) || errors.Is(err, collections.ErrNotFound) {
		return status.Error(codes.NotFound, err.Error())
	}
	return err
}

func capped(page *query.PageRequest) *query.PageRequest {
	var p query.PageRequest
	if page != nil {
		p = *page
	}
	if p.Limit == 0 || p.Limit > maxPage {
		p.Limit = maxPage
	}
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
	return &types.QueryParamsResponse{Params: params}, queryError(err)
}

// Committee implements types.QueryServer.
func (s queryServer) Committee(ctx context.Context, _ *types.QueryCommitteeRequest) (*types.QueryCommitteeResponse, error) {
	term, err := s.k.term.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	committee, err := s.k.committee.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	levels, err := s.k.levels(ctx, term)
	if err != nil {
		return nil, err
	}
	res := &types.QueryCommitteeResponse{Term: term.Number}
	if res.BoundaryHeight, err = s.k.lastBoundary(ctx); err != nil {
		return nil, err
	}
	for i, seat := range committee.Seats {
		if seat.Operator == "" {
			continue
		}
		m := types.Member{
			Seat: count(i), Cohort: count(i / election.CohortSize(len(committee.Seats))), Operator: seat.Operator,
			ConsensusAddress: fmt.Sprintf("%X", []byte(consAddress(seat.ConsensusKey))), ConsensusKey: seat.ConsensusKey,
			VrfKey: seat.VrfKey, SinceTerm: seat.SinceTerm, Level: levels[seat.Operator],
		}
		if c, err := s.k.candidates.Get(ctx, s.k.account(seat.Operator)); err == nil { // absent: seated for want of candidates
			m.NodeId, m.Address = c.NodeId, c.Address
		}
		res.Members = append(res.Members, m)
	}
	return res, nil
}

// levels of the operators in the last ranks.
func (k Keeper) levels(ctx context.Context, term types.Term) (map[string]uint32, error) {
	levels := make(map[string]uint32)
	for _, number := range []uint64{term.Number - 1, term.Number} {
		err := k.ranks.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint32](number),
			func(_ collections.Pair[uint64, uint32], r types.Rank) (bool, error) {
				levels[r.Operator] = r.Level
				return false, nil
			})
		if err != nil {
			return nil, err
		}
	}
	return levels, nil
}

func (k Keeper) lastBoundary(ctx context.Context) (int64, error) {
	last := int64(0)
	return last, k.boundaries.Walk(ctx, new(collections.Range[uint64]).Descending(), func(height uint64, _ types.Boundary) (bool, error) {
		last = heightOf(height)
		return true, nil
	})
}

// Candidate implements types.QueryServer.
func (s queryServer) Candidate(ctx context.Context, req *types.QueryCandidateRequest) (*types.QueryCandidateResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	c, err := s.k.Candidate(ctx, operator)
	return &types.QueryCandidateResponse{Candidate: c}, queryError(err)
}

// CandidateByAgent implements types.QueryServer.
func (s queryServer) CandidateByAgent(ctx context.Context, req *types.QueryCandidateByAgentRequest) (*types.QueryCandidateResponse, error) {
	agent, err := s.operator(req.Agent)
	if err != nil {
		return nil, err
	}
	operator, err := s.k.candidates.Indexes.agent.MatchExact(ctx, agent)
	if err != nil {
		return nil, queryError(err)
	}
	c, err := s.k.Candidate(ctx, operator)
	return &types.QueryCandidateResponse{Candidate: c}, queryError(err)
}

// Candidates implements types.QueryServer.
func (s queryServer) Candidates(ctx context.Context, req *types.QueryCandidatesRequest) (*types.QueryCandidatesResponse, error) {
	rows, next, err := query.CollectionPaginate(ctx, s.k.candidates, capped(req.Pagination),
		func(_ []byte, c types.Candidate) (types.Candidate, error) { return c, nil })
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryCandidatesResponse{Candidates: rows, Pagination: next}, nil
}

// Term implements types.QueryServer.
func (s queryServer) Term(ctx context.Context, _ *types.QueryTermRequest) (*types.QueryTermResponse, error) {
	term, err := s.k.term.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	committee, err := s.k.committee.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryTermResponse{Term: term, Cohort: count(cohortOf(term.Number, len(committee.Seats)))}, nil
}

// Turn implements types.QueryServer.
func (s queryServer) Turn(ctx context.Context, req *types.QueryTurnRequest) (*types.QueryTurnResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	term, err := s.k.term.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	res := &types.QueryTurnResponse{Height: sdk.UnwrapSDKContext(ctx).BlockHeight(), Term: term}
	key := collections.Join(term.Number, []byte(operator))
	if res.Drawn, err = s.k.draws.Has(ctx, key); err != nil {
		return nil, err
	}
	snapshot, err := s.k.snapshots.Get(ctx, key)
	if err == nil {
		res.Snapshot = &snapshot
		return res, nil
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return nil, err
	}
	res.Reason, err = s.k.whyNotInSnapshot(ctx, operator, term.Number)
	return res, err
}

// Levels implements types.QueryServer.
func (s queryServer) Levels(ctx context.Context, req *types.QueryLevelsRequest) (*types.QueryLevelsResponse, error) {
	number, err := s.ranked(ctx, req.Term)
	if err != nil {
		return nil, err
	}
	rows, next, err := query.CollectionPaginate(ctx, s.k.ranks, capped(req.Pagination),
		func(_ collections.Pair[uint64, uint32], r types.Rank) (types.Rank, error) { return r, nil },
		query.WithCollectionPaginationPairPrefix[uint64, uint32](number))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryLevelsResponse{Term: number, Ranks: rows, Pagination: next}, nil
}

// ranked is the term asked for, or the last one whose draws are ranked.
func (s queryServer) ranked(ctx context.Context, asked uint64) (uint64, error) {
	if asked != 0 {
		return asked, nil
	}
	term, err := s.k.term.Get(ctx)
	if err != nil {
		return 0, queryError(err)
	}
	if sdk.UnwrapSDKContext(ctx).BlockHeight() >= term.Close {
		return term.Number, nil
	}
	return term.Number - 1, nil
}

// Reserve implements types.QueryServer.
func (s queryServer) Reserve(ctx context.Context, _ *types.QueryReserveRequest) (*types.QueryReserveResponse, error) {
	seating, err := s.k.newSeating(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	ranking, err := s.k.reserve(ctx, seating.term)
	if err != nil {
		return nil, err
	}
	res := &types.QueryReserveResponse{}
	for _, operator := range ranking {
		if len(res.Operators) < maxPage && !seating.has(operator) && s.k.mayEnter(ctx, seating, operator) {
			res.Operators = append(res.Operators, operator)
		}
	}
	return res, nil
}

// Draws implements types.QueryServer.
func (s queryServer) Draws(ctx context.Context, req *types.QueryDrawsRequest) (*types.QueryDrawsResponse, error) {
	number := req.Term
	if number == 0 {
		term, err := s.k.term.Get(ctx)
		if err != nil {
			return nil, queryError(err)
		}
		number = term.Number
	}
	rows, next, err := query.CollectionPaginate(ctx, s.k.snapshots, capped(req.Pagination),
		func(key collections.Pair[uint64, []byte], snapshot types.Snapshot) (types.Drawer, error) {
			d := types.Drawer{Operator: s.k.text(key.K2()), Snapshot: snapshot}
			draw, err := s.k.draws.Get(ctx, key)
			if errors.Is(err, collections.ErrNotFound) {
				return d, nil
			}
			d.Draw = &draw
			return d, err
		}, query.WithCollectionPaginationPairPrefix[uint64, []byte](number))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryDrawsResponse{Term: number, Drawers: rows, Pagination: next}, nil
}

// Boundaries implements types.QueryServer.
func (s queryServer) Boundaries(ctx context.Context, req *types.QueryBoundariesRequest) (*types.QueryBoundariesResponse, error) {
	page := capped(req.Pagination)
	page.Reverse = !page.Reverse
	rows, next, err := query.CollectionPaginate(ctx, s.k.boundaries, page,
		func(_ uint64, b types.Boundary) (types.Boundary, error) { return b, nil })
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryBoundariesResponse{Boundaries: rows, Pagination: next}, nil
}

// Randomness implements types.QueryServer.
func (s queryServer) Randomness(ctx context.Context, req *types.QueryRandomnessRequest) (*types.QueryRandomnessResponse, error) {
	height := req.Height
	if height == 0 {
		height = sdk.UnwrapSDKContext(ctx).BlockHeight()
	}
	if height < 0 {
		return nil, status.Error(codes.InvalidArgument, "height below 0")
	}
	r, err := s.k.randomness.Get(ctx, at(height))
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryRandomnessResponse{Height: height, Randomness: r}, nil
}

// Why implements types.QueryServer.
func (s queryServer) Why(ctx context.Context, req *types.QueryWhyRequest) (*types.QueryWhyResponse, error) {
	operator, err := s.operator(req.Operator)
	if err != nil {
		return nil, err
	}
	res, err := s.k.why(ctx, operator)
	return res, queryError(err)
}
