package keeper

import (
	"context"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// CheckInvariants checks what must hold after every block; see the module's README.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	sum := sdk.NewInt64Coin(types.BondDenom, 0)
	active := map[string]uint64{}
	err := k.providers.Walk(ctx, nil, func(id uint64, p types.Provider) (bool, error) {
		sum = sum.Add(p.Bond)
		if p.Status != types.STATUS_LEFT {
			if other, twice := active[p.Operator]; twice {
				return true, fmt.Errorf("operator %s has providers %d and %d", p.Operator, other, id)
			}
			active[p.Operator] = id
		}
		byKey, err := k.providers.Indexes.peerKey.MatchExact(ctx, p.PeerKey)
		if err != nil || byKey != id {
			return true, fmt.Errorf("peer key index of provider %d gives %d: %w", id, byKey, err)
		}
		current, err := k.PeerKey(ctx, id, p.PeerKeyVersion)
		if err != nil || string(current) != string(p.PeerKey) {
			return true, fmt.Errorf("peer key of provider %d is not its newest version: %w", id, err)
		}
		load, err := k.Load(ctx, id)
		if err != nil || load.ShardBytes > p.CapacityBytes || p.Status == types.STATUS_LEFT && load.Grants+load.Shards > 0 {
			return true, fmt.Errorf("provider %d (%s) carries %d shards of %d bytes and %d grants: %w", id, p.Status, load.Shards, load.ShardBytes, load.Grants, err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	held := k.bank.GetAllBalances(ctx, authtypes.NewModuleAddress(types.ModuleName))
	if !held.AmountOf(types.BondDenom).Equal(sum.Amount) {
		return fmt.Errorf("bonds sum to %s, the module holds %s", sum, held)
	}
	return nil
}
