package keeper

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

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

func (s queryServer) stream(ctx context.Context, id uint64) (types.QueryStreamResponse, error) {
	row, err := s.k.Stream(ctx, id)
	if err != nil {
		return types.QueryStreamResponse{}, queryError(err)
	}
	head, err := s.k.Head(ctx, id)
	return types.QueryStreamResponse{Stream: row, Head: head}, queryError(err)
}

// Stream implements types.QueryServer.
func (s queryServer) Stream(ctx context.Context, req *types.QueryStreamRequest) (*types.QueryStreamResponse, error) {
	res, err := s.stream(ctx, req.Id)
	if err != nil {
		return nil, err
	}
	return &res, nil
}

// StreamByName implements types.QueryServer.
func (s queryServer) StreamByName(ctx context.Context, req *types.QueryStreamByNameRequest) (*types.QueryStreamResponse, error) {
	owner, err := s.k.addresses.StringToBytes(req.Owner)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	id, err := s.k.streams.Indexes.name.MatchExact(ctx, collections.Join(owner, req.Name))
	if errors.Is(err, collections.ErrNotFound) {
		err = types.ErrNotFound.Wrapf("%s has no stream %q", req.Owner, req.Name)
	}
	if err != nil {
		return nil, queryError(err)
	}
	return s.Stream(ctx, &types.QueryStreamRequest{Id: id})
}

// Anchor implements types.QueryServer.
func (s queryServer) Anchor(ctx context.Context, req *types.QueryAnchorRequest) (*types.QueryAnchorResponse, error) {
	row, err := s.k.anchors.Get(ctx, collections.Join(req.Stream, req.Seq))
	if err != nil {
		return nil, queryError(err)
	}
	return s.anchor(ctx, row)
}

func (s queryServer) anchor(ctx context.Context, row types.AnchorRow) (*types.QueryAnchorResponse, error) {
	deal, err := s.k.storage.Deal(ctx, row.Anchor.Stream, row.Anchor.Seq)
	if err != nil && !errors.Is(err, storage.ErrNotFound) { // one that has ended has no placement
		return nil, queryError(err)
	}
	hash, err := s.anchorHash(ctx, row.Anchor)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryAnchorResponse{Row: row, Placement: types.Placement{Providers: deal.Providers()}, Hash: hash}, nil
}

// anchorHash is what the next anchor, or the head, names.
func (s queryServer) anchorHash(ctx context.Context, a types.Anchor) ([]byte, error) {
	next, err := s.k.anchors.Get(ctx, collections.Join(a.Stream, a.Seq+1))
	if err == nil {
		return next.Anchor.Prev, nil
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return nil, err
	}
	head, err := s.k.Head(ctx, a.Stream)
	return head.LastHash, err
}

// AnchorOf implements types.QueryServer.
func (s queryServer) AnchorOf(ctx context.Context, req *types.QueryAnchorOfRequest) (*types.QueryAnchorResponse, error) {
	row, err := s.k.AnchorOf(ctx, req.Stream, req.Interval)
	if err != nil {
		return nil, queryError(err)
	}
	return s.anchor(ctx, row)
}

// Anchors implements types.QueryServer.
func (s queryServer) Anchors(ctx context.Context, req *types.QueryAnchorsRequest) (*types.QueryAnchorsResponse, error) {
	walk := func(ctx context.Context, from []byte, v visit) error {
		seq, err := placeID(from)
		if err != nil {
			return err
		}
		return s.k.anchors.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](req.Stream).StartInclusive(seq),
			func(key collections.Pair[uint64, uint64], _ types.AnchorRow) (bool, error) {
				return v(idPlace(key.K2()), key.K2())
			})
	}
	all := func(uint64) (bool, error) { return true, nil }
	list, page, err := paginate(ctx, req.Pagination, walk, all, func(seq uint64) (types.QueryAnchorResponse, error) {
		res, err := s.Anchor(ctx, &types.QueryAnchorRequest{Stream: req.Stream, Seq: seq})
		if err != nil {
			return types.QueryAnchorResponse{}, err
		}
		return *res, nil
	})
	if err != nil {
		return nil, err
	}
	return &types.QueryAnchorsResponse{Anchors: list, Pagination: page}, nil
}

// Reader implements types.QueryServer.
func (s queryServer) Reader(ctx context.Context, req *types.QueryReaderRequest) (*types.QueryReaderResponse, error) {
	row, err := s.k.Reader(ctx, req.Id)
	if err != nil {
		return nil, queryError(err)
	}
	version := req.Version
	if version == 0 {
		version = row.Version
	}
	keys, err := s.k.ReaderKeys(ctx, req.Id, version)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryReaderResponse{Reader: row, Version: version, Keys: keys}, nil
}

// Readers implements types.QueryServer.
func (s queryServer) Readers(ctx context.Context, req *types.QueryReadersRequest) (*types.QueryReadersResponse, error) {
	owner, err := s.k.addresses.StringToBytes(req.Owner)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	all := func(uint64) (bool, error) { return true, nil }
	list, page, err := paginate(ctx, req.Pagination, walkNames(s.k.readers.Indexes.name, owner), all, func(id uint64) (types.QueryReaderResponse, error) {
		res, err := s.Reader(ctx, &types.QueryReaderRequest{Id: id})
		if err != nil {
			return types.QueryReaderResponse{}, err
		}
		return *res, nil
	})
	if err != nil {
		return nil, err
	}
	return &types.QueryReadersResponse{Readers: list, Pagination: page}, nil
}

// Grant implements types.QueryServer.
func (s queryServer) Grant(ctx context.Context, req *types.QueryGrantRequest) (*types.QueryGrantResponse, error) {
	g, err := s.k.GrantRow(ctx, req.Id)
	if err != nil {
		return nil, queryError(err)
	}
	return &types.QueryGrantResponse{Grant: g}, nil
}

// Allows implements types.QueryServer.
func (s queryServer) Allows(ctx context.Context, req *types.QueryAllowsRequest) (*types.QueryAllowsResponse, error) {
	g, err := s.k.GrantRow(ctx, req.Grant)
	if err != nil {
		return nil, queryError(err)
	}
	stream, err := s.k.Stream(ctx, g.Stream)
	if err != nil {
		return nil, queryError(err)
	}
	ok, reason := types.Allows(g, stream.KeyEpochAt(req.Interval), req.Interval, sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
	return &types.QueryAllowsResponse{Allowed: ok, Reason: string(reason)}, nil
}
