package chain

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/query"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Demand returns a demand's row, or ErrNotFound.
func (c *Client) Demand(ctx context.Context, id uint64) (datarights.Demand, error) {
	res, err := c.datarights.Demand(ctx, &datarights.QueryDemandRequest{Id: id})
	if err != nil {
		return datarights.Demand{}, err
	}
	return res.Demand, nil
}

// Demands returns all demands of the grant, provider or stream the request names.
func (c *Client) Demands(ctx context.Context, req *datarights.QueryDemandsRequest) ([]datarights.Demand, error) {
	var all []datarights.Demand
	err := pages(func(page *query.PageRequest) (*query.PageResponse, error) {
		paged := *req
		paged.Pagination = page
		res, err := c.datarights.Demands(ctx, &paged)
		if err != nil {
			return nil, err
		}
		all = append(all, res.Demands...)
		return res.Pagination, nil
	})
	return all, err
}

// Successor returns the provider whose turn it is to take the parcel that a provider holds of a grant.
func (c *Client) Successor(ctx context.Context, grant, provider uint64) (uint64, error) {
	res, err := c.datarights.Successor(ctx, &datarights.QuerySuccessorRequest{Grant: grant, Provider: provider})
	if err != nil {
		return 0, err
	}
	return res.Provider, nil
}
