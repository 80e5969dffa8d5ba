package keeper

import (
	"context"
	"encoding/binary"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Streams implements types.QueryServer. The narrowest index the request names is walked, the other filters run over it.
func (s queryServer) Streams(ctx context.Context, req *types.QueryStreamsRequest) (*types.QueryStreamsResponse, error) {
	owner, err := s.searched(req)
	if err != nil {
		return nil, err
	}
	f := streamFilter{ctx: ctx, s: s, req: req}
	walk := walker(func(ctx context.Context, from []byte, v visit) error {
		id, err := placeID(from)
		if err != nil {
			return err
		}
		return s.k.streams.Walk(ctx, new(collections.Range[uint64]).StartInclusive(id),
			func(id uint64, _ types.Stream) (bool, error) { return v(idPlace(id), id) })
	})
	switch {
	case owner != nil:
		walk = walkNames(s.k.streams.Indexes.name, owner)
	case req.Tag != "":
		walk = walkPairs(s.k.tags.Walk, req.Tag)
	case req.Kind != "":
		walk = walkMulti(s.k.streams.Indexes.kind, req.Kind)
	case req.FromMs != 0:
		walk = s.walkSince(req.FromMs)
	}
	list, next, err := paginate(ctx, req.Pagination, walk, f.match, func(id uint64) (types.QueryStreamResponse, error) { return s.stream(ctx, id) })
	if err != nil {
		return nil, err
	}
	return &types.QueryStreamsResponse{Streams: list, Pagination: next}, nil
}

// searched checks the request's filters and decodes the owner's address, if one is named.
func (s queryServer) searched(req *types.QueryStreamsRequest) (owner []byte, err error) {
	for _, tag := range []string{req.Tag, req.Kind} {
		if tag == "" {
			continue
		}
		if err := types.ValidTag(tag); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
	}
	if req.FromMs < 0 || req.ToMs < 0 || req.ToMs != 0 && req.ToMs <= req.FromMs {
		return nil, status.Errorf(codes.InvalidArgument, "no time lies from %d to before %d ms", req.FromMs, req.ToMs)
	}
	if req.Owner == "" {
		return nil, nil
	}
	if owner, err = s.k.addresses.StringToBytes(req.Owner); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return owner, nil
}

// walkSince goes over the streams whose last record is at or after a time, oldest last record first.
func (s queryServer) walkSince(fromMs int64) walker {
	return func(ctx context.Context, from []byte, v visit) error {
		start := collections.Join(fromMs, uint64(0))
		if from != nil {
			if len(from) != 16 {
				return status.Error(codes.InvalidArgument, "page key is not one this query gave")
			}
			//nolint:gosec // only a place to begin at: a made-up key finds nothing
			start = collections.Join(int64(binary.BigEndian.Uint64(from)), binary.BigEndian.Uint64(from[8:]))
		}
		r := new(collections.Range[collections.Pair[int64, uint64]]).StartInclusive(start)
		return s.k.heads.Indexes.last.Walk(ctx, r, func(last int64, id uint64) (bool, error) {
			return v(append(idPlace(uint64(last)), idPlace(id)...), id) //nolint:gosec // turned back when the page is read
		})
	}
}

// streamFilter applies every filter of a request to one stream.
type streamFilter struct {
	ctx context.Context
	s   queryServer
	req *types.QueryStreamsRequest
}

func (f streamFilter) match(id uint64) (bool, error) {
	res, err := f.s.stream(f.ctx, id)
	if err != nil {
		return false, err
	}
	row, head := res.Stream, res.Head
	switch {
	case row.Private && f.req.Owner == "",
		f.req.Kind != "" && row.Kind != f.req.Kind,
		f.req.Tag != "" && !slices.Contains(row.Tags, f.req.Tag),
		f.req.FromMs != 0 && (head.Records == 0 || head.LastMs < f.req.FromMs),
		f.req.ToMs != 0 && (head.Records == 0 || head.FirstMs >= f.req.ToMs):
		return false, nil
	}
	return true, nil
}

// Grants implements types.QueryServer.
func (s queryServer) Grants(ctx context.Context, req *types.QueryGrantsRequest) (*types.QueryGrantsResponse, error) {
	named := 0
	for _, id := range []uint64{req.Stream, req.Reader, req.Provider} {
		if id != 0 {
			named++
		}
	}
	if named != 1 {
		return nil, status.Error(codes.InvalidArgument, "name one of stream, reader and provider")
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	match := func(id uint64) (bool, error) {
		g, err := s.k.GrantRow(ctx, id)
		return err == nil && (!req.Open || now < g.End()), err
	}
	walk := walkPairs(s.k.grantProxies.Walk, req.Provider)
	switch {
	case req.Stream != 0:
		walk = walkMulti(s.k.grants.Indexes.stream, req.Stream)
	case req.Reader != 0:
		walk = walkMulti(s.k.grants.Indexes.reader, req.Reader)
	}
	list, next, err := paginate(ctx, req.Pagination, walk, match, func(id uint64) (types.Grant, error) { return s.k.GrantRow(ctx, id) })
	if err != nil {
		return nil, err
	}
	return &types.QueryGrantsResponse{Grants: list, Pagination: next}, nil
}
