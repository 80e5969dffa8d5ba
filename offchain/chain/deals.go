package chain

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// Deal returns the deal that stores a bundle, which is its placement, or ErrNotFound where it never was or has ended.
func (c *Client) Deal(ctx context.Context, stream, seq uint64) (storage.Deal, error) {
	res, err := c.storage.Deal(ctx, &storage.QueryDealRequest{Stream: stream, Seq: seq})
	if err != nil {
		return storage.Deal{}, err
	}
	return res.Deal, nil
}

// StorageAccount returns what a stream pays its storage from, or ErrNotFound.
func (c *Client) StorageAccount(ctx context.Context, stream uint64) (storage.Account, error) {
	res, err := c.storage.Account(ctx, &storage.QueryAccountRequest{Stream: stream})
	if err != nil {
		return storage.Account{}, err
	}
	return res.Account, nil
}

// StorageNode returns what a provider holds, has to prove and has earned.
func (c *Client) StorageNode(ctx context.Context, provider uint64) (storage.QueryNodeResponse, error) {
	res, err := c.storage.Node(ctx, &storage.QueryNodeRequest{Provider: provider})
	return value(res, err)
}

// StorageParams returns the params of x/storage and the running period.
func (c *Client) StorageParams(ctx context.Context) (storage.QueryParamsResponse, error) {
	res, err := c.storage.Params(ctx, &storage.QueryParamsRequest{})
	return value(res, err)
}

// Challenges returns the challenges that wait for a provider's answer.
func (c *Client) Challenges(ctx context.Context, provider uint64) ([]storage.Challenge, error) {
	res, err := c.storage.Challenges(ctx, &storage.QueryChallengesRequest{Provider: provider})
	if err != nil {
		return nil, err
	}
	return res.Challenges, nil
}

// Endangered returns up to a page of deals with slots that nobody holds for sure.
func (c *Client) Endangered(ctx context.Context) ([]storage.Endangered, error) {
	res, err := c.storage.Endangered(ctx, &storage.QueryEndangeredRequest{Pagination: &query.PageRequest{Limit: pageLimit}})
	if err != nil {
		return nil, err
	}
	return res.Deals, nil
}

// ProviderByPeerKey returns the provider that has a peer key now, or ErrNotFound.
func (c *Client) ProviderByPeerKey(ctx context.Context, key []byte) (provider.Provider, error) {
	res, err := c.provider.ProviderByPeerKey(ctx, &provider.QueryProviderByPeerKeyRequest{PeerKey: key})
	if err != nil {
		return provider.Provider{}, err
	}
	return res.Provider, nil
}
