package chain

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Holders lists the providers that are active in storage and that the holders' draws by boundary d weigh, each with the capacity it
// is weighed by.
func (c *Client) Holders(ctx context.Context, d int64) ([]provider.Provider, error) {
	var all []provider.Provider
	err := pages(func(page *query.PageRequest) (*query.PageResponse, error) {
		res, err := c.provider.Providers(ctx, &provider.QueryProvidersRequest{Active: true, Pagination: page})
		if err != nil {
			return nil, err
		}
		for _, p := range res.Providers {
			row, weight := p.Provider, p.Standing.CapacityAt(d)
			if row.HolderWeight() == 0 || weight == 0 {
				continue
			}
			row.CapacityBytes = weight
			all = append(all, row)
		}
		return res.Pagination, nil
	})
	return all, err
}

// Pool returns whom the proxy draws by boundary d rank, or ErrNotFound.
func (c *Client) Pool(ctx context.Context, d int64) (provider.Pool, error) {
	res, err := c.provider.Pool(ctx, &provider.QueryPoolRequest{Height: d})
	if err != nil {
		return provider.Pool{}, err
	}
	return res.Pool, nil
}
