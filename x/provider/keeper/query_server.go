package keeper

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/provider/types"
)

// maxPage caps every list.
const maxPage = 200

type queryServer struct{ k Keeper }

var _ types.QueryServer = queryServer{}

// NewQueryServer serves the module's queries.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k: k} }

// queryError gives absence its gRPC code, which clients turn into their own not-found.
func queryError(err error) error {
	if errors.Is(err, types.ErrNotFound) || errors.Is(err, collections.ErrNotFound) {
		return status.Error(codes.NotFound, err.Error())
	}
	return err
}

// Params implements types.QueryServer.
func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.k.params.Get(ctx)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryParamsResponse{Params: params}, nil
}

func (s queryServer) withLoad(ctx context.Context, p types.Provider, err error) (*types.QueryProviderResponse, error) {
	if err != nil {
		return nil, queryError(err)
	}
	res, err := s.whole(ctx, p)
	return &res, err
}

// whole is a row with all that is kept apart from it.
func (s queryServer) whole(ctx context.Context, p types.Provider) (res types.QueryProviderResponse, err error) {
	res.Provider = p
	if res.Load, err = s.k.Load(ctx, p.Id); err != nil {
		return res, err
	}
	res.Standing, err = s.k.providers.Indexes.standing.of(ctx, p.Id)
	return res, err
}

// Provider implements types.QueryServer.
func (s queryServer) Provider(ctx context.Context, req *types.QueryProviderRequest) (*types.QueryProviderResponse, error) {
	p, err := s.k.Provider(ctx, req.Id)
	return s.withLoad(ctx, p, err)
}

// ProviderByOperator implements types.QueryServer.
func (s queryServer) ProviderByOperator(ctx context.Context, req *types.QueryProviderByOperatorRequest) (*types.QueryProviderResponse, error) {
	operator, err := s.k.addresses.StringToBytes(req.Operator)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	p, err := s.k.ProviderByOperator(ctx, operator)
	return s.withLoad(ctx, p, err)
}

// ProviderByPeerKey implements types.QueryServer.
func (s queryServer) ProviderByPeerKey(ctx context.Context, req *types.QueryProviderByPeerKeyRequest) (*types.QueryProviderResponse, error) {
	if len(req.PeerKey) != types.KeyBytes {
		return nil, status.Errorf(codes.InvalidArgument, "peer key of %d bytes, not %d", len(req.PeerKey), types.KeyBytes)
	}
	p, err := s.k.providerByPeerKey(ctx, req.PeerKey)
	return s.withLoad(ctx, p, err)
}

// Providers implements types.QueryServer.
func (s queryServer) Providers(ctx context.Context, req *types.QueryProvidersRequest) (*types.QueryProvidersResponse, error) {
	var page query.PageRequest
	if req.Pagination != nil {
		page = *req.Pagination
	}
	if page.Limit == 0 || page.Limit > maxPage {
		page.Limit = maxPage
	}
	rows, next, err := query.CollectionFilteredPaginate(ctx, s.k.providers, &page,
		func(_ uint64, p types.Provider) (bool, error) {
			return !req.Active || p.Status == types.STATUS_ACTIVE, nil
		},
		func(_ uint64, p types.Provider) (types.QueryProviderResponse, error) { return s.whole(ctx, p) })
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &types.QueryProvidersResponse{Providers: rows, Pagination: next}, nil
}

// PeerKey implements types.QueryServer.
func (s queryServer) PeerKey(ctx context.Context, req *types.QueryPeerKeyRequest) (*types.QueryPeerKeyResponse, error) {
	key, err := s.k.PeerKey(ctx, req.Id, req.Version)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryPeerKeyResponse{PeerKey: key}, nil
}

// Boundaries implements types.QueryServer.
func (s queryServer) Boundaries(ctx context.Context, _ *types.QueryBoundariesRequest) (*types.QueryBoundariesResponse, error) {
	list, err := s.k.newestBoundaries(ctx, maxPage)
	if err != nil {
		return nil, err
	}
	return &types.QueryBoundariesResponse{Boundaries: list}, nil
}

// Pool implements types.QueryServer.
func (s queryServer) Pool(ctx context.Context, req *types.QueryPoolRequest) (*types.QueryPoolResponse, error) {
	pool, err := s.k.Pool(ctx, req.Height)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryPoolResponse{Pool: pool}, nil
}
