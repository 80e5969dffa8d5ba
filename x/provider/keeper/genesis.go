package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// InitGenesis writes a genesis that types.GenesisState.Validate accepts, and refuses one whose books don't add up or whose bonds
// the bank does not hold.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.sequence.Set(ctx, g.NextId); err != nil {
		return err
	}
	for _, p := range g.Providers {
		if err := k.providers.Set(ctx, p.Id, p); err != nil {
			return err
		}
		if err := k.queuePayout(ctx, p); err != nil {
			return err
		}
	}
	for _, key := range g.PeerKeys {
		if err := k.peerKeys.Set(ctx, collections.Join(key.Id, key.Version), key.PeerKey); err != nil {
			return err
		}
	}
	for _, l := range g.Loads {
		if err := k.loads.Set(ctx, l.Id, l.Load); err != nil {
			return err
		}
	}
	if err := k.initStandings(ctx, g); err != nil {
		return err
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	for _, b := range g.Boundaries {
		if b.Height > height {
			continue // the chain starts again at a lower height: a seed of a height to come would be known beforehand
		}
		//nolint:gosec // Validate takes positive heights only
		if err := k.boundaries.Set(ctx, uint64(b.Height), b); err != nil {
			return err
		}
	}
	for _, p := range g.Pools {
		if p.Height > height {
			continue
		}
		//nolint:gosec // Validate takes positive heights only
		if err := k.pools.Set(ctx, uint64(p.Height), p.Pool); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

// initStandings brings back the weights that boundaries saw; the index has noted those of now. On a chain that starts again at a
// lower height all were before its first boundary.
func (k Keeper) initStandings(ctx context.Context, g *types.GenesisState) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	known := make(map[uint64]types.Standing, len(g.Standings))
	for _, s := range g.Standings {
		known[s.Id] = s.Standing.Until(height)
	}
	for _, p := range g.Providers {
		s, ok := known[p.Id]
		if !ok {
			s = types.Standing{}.Changed(max(height-1, 0), p.HolderWeight(), nil)
		}
		if err := k.providers.Indexes.standing.standings.Set(ctx, p.Id, s); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis reads all state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.NextId, err = k.sequence.Peek(ctx); err != nil {
		return nil, err
	}
	return g, errors.Join( // not a refusal: a store that can't be read ends the export
		k.providers.Walk(ctx, nil, func(_ uint64, p types.Provider) (bool, error) {
			g.Providers = append(g.Providers, p)
			return false, nil
		}),
		k.peerKeys.Walk(ctx, nil, func(key collections.Pair[uint64, uint32], bz []byte) (bool, error) {
			g.PeerKeys = append(g.PeerKeys, types.PeerKeyRecord{Id: key.K1(), Version: key.K2(), PeerKey: bz})
			return false, nil
		}),
		k.loads.Walk(ctx, nil, func(id uint64, l types.Load) (bool, error) {
			g.Loads = append(g.Loads, types.LoadRecord{Id: id, Load: l})
			return false, nil
		}),
		k.boundaries.Walk(ctx, nil, func(_ uint64, b types.Boundary) (bool, error) {
			g.Boundaries = append(g.Boundaries, b)
			return false, nil
		}),
		k.pools.Walk(ctx, nil, func(height uint64, p types.Pool) (bool, error) {
			//nolint:gosec // a block's height
			g.Pools = append(g.Pools, types.PoolRecord{Height: int64(height), Pool: p})
			return false, nil
		}),
		k.providers.Indexes.standing.standings.Walk(ctx, nil, func(id uint64, s types.Standing) (bool, error) {
			g.Standings = append(g.Standings, types.StandingRecord{Id: id, Standing: s})
			return false, nil
		}))
}
