package storage

import (
	"context"

	"github.com/cpchain/cpchain/offchain/chain"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// Deal is the fake chain's placement as a deal.
func (c *fakeChain) Deal(_ context.Context, stream, seq uint64) (d deals.Deal, err error) {
	err = c.get(func() error {
		if found, ok := c.deals[[2]uint64{stream, seq}]; ok {
			d = found
			return nil
		}
		row, ok := c.anchors[[2]uint64{stream, seq}]
		if !ok {
			return chain.ErrNotFound
		}
		for _, id := range row.Placement.Providers {
			d.Slots = append(d.Slots, deals.Slot{Provider: id})
		}
		return nil
	})
	return d, err
}

func (c *fakeChain) StorageNode(_ context.Context, id uint64) (n deals.QueryNodeResponse, err error) {
	err = c.get(func() error { n = c.owed[id]; return nil })
	return n, err
}

func (c *fakeChain) StorageParams(context.Context) (deals.QueryParamsResponse, error) {
	return deals.QueryParamsResponse{Params: deals.DefaultParams()}, nil
}

func (c *fakeChain) Challenges(_ context.Context, id uint64) (list []deals.Challenge, err error) {
	err = c.get(func() error { list = c.challenges[id]; return nil })
	return list, err
}

func (c *fakeChain) Endangered(context.Context) (list []deals.Endangered, err error) {
	err = c.get(func() error { list = c.endangered; return nil })
	return list, err
}

func (c *fakeChain) Boundaries(context.Context) ([]provider.Boundary, error) {
	return []provider.Boundary{{Height: 90, Seed: make([]byte, 32)}}, nil
}

func (c *fakeChain) ProviderByPeerKey(_ context.Context, key []byte) (p provider.Provider, err error) {
	err = c.get(func() error {
		for _, row := range c.providers {
			if string(row.PeerKey) == string(key) {
				p = row
				return nil
			}
		}
		return chain.ErrNotFound
	})
	return p, err
}
