package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestQueriesPageAndTellAbsence(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	second, _ := f.register(2)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: second.String(), Paused: true})
	require.NoError(t, err)
	q := NewQueryServer(f.k)
	all, err := q.Providers(f.ctx, &types.QueryProvidersRequest{})
	require.NoError(t, err)
	require.Len(t, all.Providers, 2)
	active, err := q.Providers(f.ctx, &types.QueryProvidersRequest{Active: true})
	require.NoError(t, err)
	require.Len(t, active.Providers, 1)
	byOp, err := q.ProviderByOperator(f.ctx, &types.QueryProviderByOperatorRequest{Operator: op.String()})
	require.NoError(t, err)
	require.Equal(t, id, byOp.Provider.Id)
	byKey, err := q.ProviderByPeerKey(f.ctx, &types.QueryProviderByPeerKeyRequest{PeerKey: byOp.Provider.PeerKey})
	require.NoError(t, err)
	require.Equal(t, id, byKey.Provider.Id)
	_, err = q.Provider(f.ctx, &types.QueryProviderRequest{Id: 9})
	require.ErrorContains(t, err, "NotFound")
	_, err = q.PeerKey(f.ctx, &types.QueryPeerKeyRequest{Id: id, Version: 9})
	require.ErrorContains(t, err, "NotFound")
}

func TestQueriesRefuseBadInput(t *testing.T) {
	f := newFixture(t)
	q := NewQueryServer(f.k)
	_, err := q.ProviderByPeerKey(f.ctx, &types.QueryProviderByPeerKeyRequest{PeerKey: []byte{1}})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = q.ProviderByPeerKey(f.ctx, &types.QueryProviderByPeerKeyRequest{PeerKey: make([]byte, 32)})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = q.ProviderByOperator(f.ctx, &types.QueryProviderByOperatorRequest{Operator: "nobody"})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	_, err = q.ProviderByOperator(f.ctx, &types.QueryProviderByOperatorRequest{Operator: f.operator(3).String()})
	require.Equal(t, codes.NotFound, status.Code(err))
	_, err = q.Providers(f.ctx, &types.QueryProvidersRequest{Pagination: &query.PageRequest{Key: []byte{1}, Offset: 1}})
	require.Equal(t, codes.InvalidArgument, status.Code(err))
}

func TestPagesAreCappedAndLinked(t *testing.T) {
	f := newFixture(t)
	for n := range byte(5) {
		f.register(n + 1)
	}
	q := NewQueryServer(f.k)
	var ids []uint64
	page := &query.PageRequest{Limit: 2}
	for {
		res, err := q.Providers(f.ctx, &types.QueryProvidersRequest{Pagination: page})
		require.NoError(t, err)
		require.LessOrEqual(t, len(res.Providers), 2)
		for _, p := range res.Providers {
			ids = append(ids, p.Provider.Id)
		}
		if len(res.Pagination.NextKey) == 0 {
			break
		}
		page = &query.PageRequest{Limit: 2, Key: res.Pagination.NextKey}
	}
	require.Equal(t, []uint64{1, 2, 3, 4, 5}, ids)
	huge := &query.PageRequest{Limit: 1 << 40}
	_, err := q.Providers(f.ctx, &types.QueryProvidersRequest{Pagination: huge})
	require.NoError(t, err)
	require.EqualValues(t, 1<<40, huge.Limit, "the caller's request is left alone")
}

func TestParamsAndBoundariesAreTold(t *testing.T) {
	f := newFixture(t)
	f.block(11)
	f.block(100)
	q := NewQueryServer(f.k)
	params, err := q.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, types.DefaultParams(), params.Params)
	list, err := q.Boundaries(f.ctx, &types.QueryBoundariesRequest{})
	require.NoError(t, err)
	require.Len(t, list.Boundaries, 2)
	require.EqualValues(t, 100, list.Boundaries[0].Height, "newest first")
}
