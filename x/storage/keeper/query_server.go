package keeper

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/storage/types"
)

// maxPage caps a page.
const maxPage = 200

type queryServer struct{ k Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// answer is a response, or the error with the status a client can act on.
func answer[T any](res *T, err error) (*T, error) {
	switch {
	case err == nil:
		return res, nil
	case errors.Is(err, types.ErrNotFound), errors.Is(err, collections.ErrNotFound):
		return nil, status.Error(codes.NotFound, err.Error())
	default:
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
}

// page caps a page request.
func page(p *query.PageRequest) *query.PageRequest {
	if p == nil {
		p = &query.PageRequest{}
	}
	if p.Limit == 0 || p.Limit > maxPage {
		p.Limit = maxPage
	}
	p.CountTotal = false
	return p
}

// Params implements types.QueryServer.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	p, err := s.k.params.Get(ctx)
	if err != nil {
		return answer[types.QueryParamsResponse](nil, err)
	}
	now := period(ctx, p)
	return &types.QueryParamsResponse{Params: p, Period: now, Ends: int64((now+1)*p.PeriodBlocks) - 1}, nil //nolint:gosec // a height
}

// Account implements types.QueryServer.
func (s queryServer) Account(ctx context.Context, req *types.QueryAccountRequest) (*types.QueryAccountResponse, error) {
	a, err := s.k.Account(ctx, req.Stream)
	return answer(&types.QueryAccountResponse{Account: a}, err)
}

// Deal implements types.QueryServer.
func (s queryServer) Deal(ctx context.Context, req *types.QueryDealRequest) (*types.QueryDealResponse, error) {
	d, err := s.k.Deal(ctx, req.Stream, req.Seq)
	return answer(&types.QueryDealResponse{Deal: d}, err)
}

// Deals implements types.QueryServer.
func (s queryServer) Deals(ctx context.Context, req *types.QueryDealsRequest) (*types.QueryDealsResponse, error) {
	rows, next, err := query.CollectionPaginate(ctx, s.k.deals, page(req.Pagination), func(key idPair, d types.Deal) (types.DealRecord, error) {
		return types.DealRecord{Stream: key.K1(), Seq: key.K2(), Deal: d}, nil
	}, query.WithCollectionPaginationPairPrefix[uint64, uint64](req.Stream))
	return answer(&types.QueryDealsResponse{Deals: rows, Pagination: next}, err)
}

// Node implements types.QueryServer.
func (s queryServer) Node(ctx context.Context, req *types.QueryNodeRequest) (*types.QueryNodeResponse, error) {
	n, err := s.k.Node(ctx, req.Provider)
	if err != nil {
		return answer[types.QueryNodeResponse](nil, err)
	}
	r, err := s.k.rounds.Get(ctx, req.Provider)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return answer[types.QueryNodeResponse](nil, err)
	}
	res := &types.QueryNodeResponse{Node: n, Round: r}
	if !n.Scheduled {
		return res, nil
	}
	params, err := s.k.params.Get(ctx)
	res.NextDraw = drawHeight(params, req.Provider, n.Settled+1)
	return answer(res, err)
}

// Shards implements types.QueryServer.
func (s queryServer) Shards(ctx context.Context, req *types.QueryShardsRequest) (*types.QueryShardsResponse, error) {
	rows, next, err := query.CollectionPaginate(ctx, s.k.shards, page(req.Pagination), func(_ place, ref types.SlotRef) (types.Pick, error) {
		return types.Pick{Stream: ref.Stream, Seq: ref.Seq, Slot: ref.Slot}, nil
	}, ofProvider(req.Provider))
	return answer(&types.QueryShardsResponse{Shards: rows, Pagination: next}, err)
}

// ofProvider walks the places of one provider; the SDK has this for pairs only.
func ofProvider(id uint64) func(*query.CollectionsPaginateOptions[place]) {
	prefix := collections.TriplePrefix[uint64, uint32, uint64](id)
	return func(o *query.CollectionsPaginateOptions[place]) { o.Prefix = &prefix }
}

// Endangered implements types.QueryServer.
func (s queryServer) Endangered(ctx context.Context, req *types.QueryEndangeredRequest) (*types.QueryEndangeredResponse, error) {
	params, err := s.k.params.Get(ctx)
	if err != nil {
		return answer[types.QueryEndangeredResponse](nil, err)
	}
	rows, next, err := query.CollectionFilteredPaginate(ctx, s.k.deals, page(req.Pagination),
		func(key idPair, d types.Deal) (bool, error) {
			e, err := s.endangered(ctx, params, key, d)
			return len(e.Open) > 0 && (e.Repair || req.All), err
		},
		func(key idPair, d types.Deal) (types.Endangered, error) { return s.endangered(ctx, params, key, d) })
	return answer(&types.QueryEndangeredResponse{Deals: rows, Pagination: next}, err)
}

func (s queryServer) endangered(ctx context.Context, params types.Params, key idPair, d types.Deal) (types.Endangered, error) {
	e := types.Endangered{Stream: key.K1(), Seq: key.K2(), DataShards: d.DataShards}
	gone := false
	for i, slot := range d.Slots {
		open := slot.Provider == 0
		if !open {
			var err error
			if _, open, err = s.k.gone(ctx, slot.Provider); err != nil {
				return e, err
			}
			gone = gone || open
		}
		if open {
			e.Open = append(e.Open, uint32(i))
			continue
		}
		e.Held++
	}
	e.Repair = gone || d.Repairing || types.RepairDue(len(d.Slots), int(d.DataShards), int(e.Held), params.SlackBps)
	return e, nil
}

// Challenge implements types.QueryServer.
func (s queryServer) Challenge(ctx context.Context, req *types.QueryChallengeRequest) (*types.QueryChallengeResponse, error) {
	c, err := s.k.challenges.Get(ctx, req.Id)
	return answer(&types.QueryChallengeResponse{Challenge: c}, err)
}

// Challenges implements types.QueryServer. There are at most as many as may wait for a provider.
func (s queryServer) Challenges(ctx context.Context, req *types.QueryChallengesRequest) (*types.QueryChallengesResponse, error) {
	res := &types.QueryChallengesResponse{}
	err := s.k.challengesProvider.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](req.Provider), func(key idPair) (bool, error) {
		c, err := s.k.challenges.Get(ctx, key.K2())
		res.Challenges = append(res.Challenges, c)
		return err != nil, err
	})
	return answer(res, err)
}

// Estimate implements types.QueryServer.
func (s queryServer) Estimate(ctx context.Context, req *types.QueryEstimateRequest) (*types.QueryEstimateResponse, error) {
	params, err := s.k.params.Get(ctx)
	if err != nil {
		return answer[types.QueryEstimateResponse](nil, err)
	}
	pay, err := params.Pay(req.ShardBytes, req.PriceUcpc)
	if err != nil {
		return answer[types.QueryEstimateResponse](nil, err)
	}
	term := uint64(req.Term)
	if term == 0 {
		term = uint64(params.DefaultTerm)
	}
	paid, burnt, err := params.Cost(pay, int(req.Shards), term)
	return answer(&types.QueryEstimateResponse{Pay: paid, Burnt: burnt}, err)
}
