package keeper

import (
	"bytes"
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Demand implements types.QueryServer.
func (s queryServer) Demand(ctx context.Context, req *types.QueryDemandRequest) (*types.QueryDemandResponse, error) {
	d, err := s.k.DemandRow(ctx, req.Id)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryDemandResponse{Demand: d}, nil
}

// Demands implements types.QueryServer.
func (s queryServer) Demands(ctx context.Context, req *types.QueryDemandsRequest) (*types.QueryDemandsResponse, error) {
	var walk walker
	named := 0
	if req.Grant != 0 {
		walk = s.walkDemandsOfGrant(req.Grant)
		named++
	}
	if req.Provider != 0 {
		walk = walkPairs(s.k.demandsOf.Walk, req.Provider)
		named++
	}
	if req.Stream != 0 {
		walk = walkPairs(s.k.demandsAt.Walk, req.Stream)
		named++
	}
	if named != 1 {
		return nil, status.Error(codes.InvalidArgument, "name a grant, a provider or a stream, and only one of them")
	}
	all := func(uint64) (bool, error) { return true, nil }
	list, page, err := paginate(ctx, req.Pagination, walk, all, func(id uint64) (types.Demand, error) { return s.k.DemandRow(ctx, id) })
	if err != nil {
		return nil, err
	}
	return &types.QueryDemandsResponse{Demands: list, Pagination: page}, nil
}

// walkDemandsOfGrant goes over a grant's demands by kind, leaf and provider.
func (s queryServer) walkDemandsOfGrant(grant uint64) walker {
	return func(ctx context.Context, from []byte, v visit) error {
		first, end := types.OnceOfGrant(grant)
		if from != nil && (len(from) != len(end)+8 || !bytes.HasPrefix(from, first[:8])) {
			return status.Error(codes.InvalidArgument, "page key is not one this query gave")
		}
		if from != nil {
			first = from
		}
		return s.k.demands.Indexes.once.Walk(ctx, new(collections.Range[[]byte]).StartInclusive(first).EndExclusive(end),
			func(once []byte, id uint64) (bool, error) { return v(once, id) })
	}
}

// Successor implements types.QueryServer.
func (s queryServer) Successor(ctx context.Context, req *types.QuerySuccessorRequest) (*types.QuerySuccessorResponse, error) {
	g, err := s.k.GrantRow(ctx, req.Grant)
	if err != nil {
		return nil, queryError(err)
	}
	i, ok := g.HeldBy(req.Provider)
	if !ok {
		return nil, status.Errorf(codes.InvalidArgument, "provider %d holds no parcel of grant %d", req.Provider, req.Grant)
	}
	next, err := s.k.successor(ctx, g, i)
	if err != nil {
		return nil, err
	}
	return &types.QuerySuccessorResponse{Provider: next}, nil
}
