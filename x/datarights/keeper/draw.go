package keeper

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// checkProxies refuses operators who can't or mustn't hold shares of this grant, and all that are not the draw's first ranks.
func (k Keeper) checkProxies(ctx context.Context, s types.Stream, r types.Reader, msg *types.MsgGrant) error {
	if err := k.provider.CheckBoundary(ctx, msg.Boundary); err != nil {
		return err
	}
	ranks := msg.Ranks()
	for _, id := range ranks {
		row, err := k.provider.Provider(ctx, id)
		if err != nil {
			return types.Because(types.ErrProxy, err)
		}
		if !row.Offers(false, true) {
			return types.ErrProxy.Wrapf("provider %d is not active as a proxy", id)
		}
		operator, err := k.account(row.Operator)
		if err != nil {
			return err
		}
		if k.isAccount(s.Owner, operator) || k.isAccount(r.Owner, operator) {
			return types.ErrProxyConflict.Wrapf("provider %d", id)
		}
	}
	return k.checkRanks(ctx, s, r, msg.Boundary, ranks)
}

// checkRanks draws as the owner should have drawn: of the ranks before the last one named only those may be left out that could not
// be asked now.
func (k Keeper) checkRanks(ctx context.Context, s types.Stream, r types.Reader, boundary int64, named []uint64) error {
	excluded, err := k.providersOf(ctx, s.Owner, r.Owner)
	if err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	ranks, err := k.provider.RankProxies(ctx, boundary, types.StreamID(sdkCtx.ChainID(), s.Id), excluded...)
	if err != nil {
		return err
	}
	sdkCtx.GasMeter().ConsumeGas(gasPerRank*uint64(len(ranks)), "ranks of proxies")
	for i, id := range ranks {
		if len(named) == 0 {
			return nil
		}
		if id == named[0] {
			named = named[1:]
			continue
		}
		row, err := k.provider.Provider(ctx, id)
		if err != nil {
			return err
		}
		if row.Offers(false, true) {
			return types.ErrNotRanked.Wrapf("provider %d, on rank %d by boundary %d, comes before provider %d", id, i+1, boundary, named[0])
		}
	}
	if len(named) > 0 {
		return types.ErrNotRanked.Wrapf("provider %d has no rank by boundary %d, or one before another that is named", named[0], boundary)
	}
	return nil
}

// providersOf lists the providers that accounts operate.
func (k Keeper) providersOf(ctx context.Context, accounts ...string) ([]uint64, error) {
	var ids []uint64
	for _, text := range accounts {
		account, err := k.account(text)
		if err != nil {
			return nil, err
		}
		row, err := k.provider.ProviderByOperator(ctx, account)
		if errors.Is(err, provider.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, row.Id)
	}
	return ids, nil
}
