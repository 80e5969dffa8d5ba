package keeper

import (
	"context"

	"github.com/cpchain/cpchain/x/datarights/types"
)

func (k Keeper) initDemands(ctx context.Context, g *types.GenesisState) error {
	if err := k.demandSeq.Set(ctx, g.NextDemand); err != nil {
		return err
	}
	for _, d := range g.Demands {
		if err := k.checkCanonical(d.Demander); err != nil {
			return err
		}
		if err := k.setDemand(ctx, d); err != nil {
			return err
		}
	}
	for _, r := range g.Pots {
		if err := k.pots.Set(ctx, r.Grant, r.Pot); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportDemands(ctx context.Context, g *types.GenesisState) error {
	var err error
	if g.NextDemand, err = k.demandSeq.Peek(ctx); err != nil {
		return err
	}
	err = k.demands.Walk(ctx, nil, func(_ uint64, d types.Demand) (bool, error) {
		g.Demands = append(g.Demands, d)
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.pots.Walk(ctx, nil, func(grant uint64, pot types.Pot) (bool, error) {
		g.Pots = append(g.Pots, types.PotRecord{Grant: grant, Pot: pot})
		return false, nil
	})
}
