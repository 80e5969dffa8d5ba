package chain

import (
	"context"
	"slices"

	"cosmossdk.io/x/feegrant"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// pageLimit is what the modules cap a page at.
const pageLimit = 200

// Stream returns a stream's row and head, or ErrNotFound.
func (c *Client) Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error) {
	res, err := c.datarights.Stream(ctx, &datarights.QueryStreamRequest{Id: id})
	if err != nil {
		return datarights.Stream{}, datarights.Head{}, err
	}
	return res.Stream, res.Head, nil
}

// StreamByName returns the stream an owner gave a name, or ErrNotFound.
func (c *Client) StreamByName(ctx context.Context, owner, name string) (datarights.Stream, datarights.Head, error) {
	res, err := c.datarights.StreamByName(ctx, &datarights.QueryStreamByNameRequest{Owner: owner, Name: name})
	if err != nil {
		return datarights.Stream{}, datarights.Head{}, err
	}
	return res.Stream, res.Head, nil
}

// Streams returns one page of a search.
func (c *Client) Streams(ctx context.Context, req *datarights.QueryStreamsRequest) (*datarights.QueryStreamsResponse, error) {
	return c.datarights.Streams(ctx, req)
}

// Anchor returns the anchor with a sequence number, or ErrNotFound.
func (c *Client) Anchor(ctx context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error) {
	res, err := c.datarights.Anchor(ctx, &datarights.QueryAnchorRequest{Stream: stream, Seq: seq})
	return value(res, err)
}

// AnchorOf returns the anchor that covers an interval, or ErrNotFound.
func (c *Client) AnchorOf(ctx context.Context, stream uint64, interval uint32) (datarights.QueryAnchorResponse, error) {
	res, err := c.datarights.AnchorOf(ctx, &datarights.QueryAnchorOfRequest{Stream: stream, Interval: interval})
	return value(res, err)
}

// Reader returns a reader with its keys of a version (0: the current one), or ErrNotFound.
func (c *Client) Reader(ctx context.Context, id uint64, version uint32) (datarights.QueryReaderResponse, error) {
	res, err := c.datarights.Reader(ctx, &datarights.QueryReaderRequest{Id: id, Version: version})
	return value(res, err)
}

// Readers returns all readers of an account.
func (c *Client) Readers(ctx context.Context, owner string) ([]datarights.QueryReaderResponse, error) {
	var all []datarights.QueryReaderResponse
	err := pages(func(page *query.PageRequest) (*query.PageResponse, error) {
		res, err := c.datarights.Readers(ctx, &datarights.QueryReadersRequest{Owner: owner, Pagination: page})
		if err != nil {
			return nil, err
		}
		all = append(all, res.Readers...)
		return res.Pagination, nil
	})
	return all, err
}

// Grant returns a grant's row, or ErrNotFound.
func (c *Client) Grant(ctx context.Context, id uint64) (datarights.Grant, error) {
	res, err := c.datarights.Grant(ctx, &datarights.QueryGrantRequest{Id: id})
	if err != nil {
		return datarights.Grant{}, err
	}
	return res.Grant, nil
}

// Grants returns all grants of the stream, reader or provider the request names.
func (c *Client) Grants(ctx context.Context, req *datarights.QueryGrantsRequest) ([]datarights.Grant, error) {
	var all []datarights.Grant
	err := pages(func(page *query.PageRequest) (*query.PageResponse, error) {
		paged := *req
		paged.Pagination = page
		res, err := c.datarights.Grants(ctx, &paged)
		if err != nil {
			return nil, err
		}
		all = append(all, res.Grants...)
		return res.Pagination, nil
	})
	return all, err
}

// DatarightsParams returns the params of x/datarights.
func (c *Client) DatarightsParams(ctx context.Context) (datarights.Params, error) {
	res, err := c.datarights.Params(ctx, &datarights.QueryParamsRequest{})
	if err != nil {
		return datarights.Params{}, err
	}
	return res.Params, nil
}

// Provider returns a provider's row, or ErrNotFound.
func (c *Client) Provider(ctx context.Context, id uint64) (provider.Provider, error) {
	res, err := c.provider.Provider(ctx, &provider.QueryProviderRequest{Id: id})
	if err != nil {
		return provider.Provider{}, err
	}
	return res.Provider, nil
}

// ProviderByOperator returns the provider of an account, or ErrNotFound.
func (c *Client) ProviderByOperator(ctx context.Context, operator string) (provider.Provider, error) {
	res, err := c.provider.ProviderByOperator(ctx, &provider.QueryProviderByOperatorRequest{Operator: operator})
	if err != nil {
		return provider.Provider{}, err
	}
	return res.Provider, nil
}

// PeerKey returns the peer key (32 bytes) a provider had at a version, or ErrNotFound.
func (c *Client) PeerKey(ctx context.Context, id uint64, version uint32) ([]byte, error) {
	res, err := c.provider.PeerKey(ctx, &provider.QueryPeerKeyRequest{Id: id, Version: version})
	if err != nil {
		return nil, err
	}
	return res.PeerKey, nil
}

// Boundaries returns the draw boundaries in state, newest first.
func (c *Client) Boundaries(ctx context.Context) ([]provider.Boundary, error) {
	res, err := c.provider.Boundaries(ctx, &provider.QueryBoundariesRequest{})
	if err != nil {
		return nil, err
	}
	return res.Boundaries, nil
}

// ProviderParams returns the params of x/provider.
func (c *Client) ProviderParams(ctx context.Context) (provider.Params, error) {
	res, err := c.provider.Params(ctx, &provider.QueryParamsRequest{})
	if err != nil {
		return provider.Params{}, err
	}
	return res.Params, nil
}

// Balance returns what an account holds of a denom.
func (c *Client) Balance(ctx context.Context, addr, denom string) (sdk.Coin, error) {
	res, err := c.bank.Balance(ctx, &banktypes.QueryBalanceRequest{Address: addr, Denom: denom})
	if err != nil {
		return sdk.Coin{}, err
	}
	return *res.Balance, nil
}

// HasFeeGrant tells whether granter pays fees of grantee. It lists, since the feegrant module reports the absence of a
// single allowance as an internal error.
func (c *Client) HasFeeGrant(ctx context.Context, granter, grantee string) (bool, error) {
	has := false
	err := pages(func(page *query.PageRequest) (*query.PageResponse, error) {
		res, err := c.feegrant.Allowances(ctx, &feegrant.QueryAllowancesRequest{Grantee: grantee, Pagination: page})
		if err != nil {
			return nil, err
		}
		has = has || slices.ContainsFunc(res.Allowances, func(g *feegrant.Grant) bool { return g.Granter == granter })
		return res.Pagination, nil
	})
	return has, err
}

// value copies a response out of its pointer; the zero value comes with an error.
func value[T any](res *T, err error) (T, error) {
	if err != nil {
		var zero T
		return zero, err
	}
	return *res, nil
}

// pages calls next for one page after the other until the chain says there is no more.
func pages(next func(*query.PageRequest) (*query.PageResponse, error)) error {
	page := &query.PageRequest{Limit: pageLimit}
	for {
		res, err := next(page)
		if err != nil {
			return err
		}
		if res == nil || len(res.NextKey) == 0 {
			return nil
		}
		page = &query.PageRequest{Limit: pageLimit, Key: res.NextKey}
	}
}
