package keeper

import (
	"bytes"
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// CheckInvariants checks what must hold after every block; the README's section "Invariants" has it in words.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	for _, check := range []func(context.Context) error{
		k.checkBalance, k.checkRows, k.checkIndexes, k.checkPeerKeys, k.checkLoads, k.checkQueue, k.checkWeights, k.checkBoundaries,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkBalance: the bonds of all rows are what the module's account holds.
func (k Keeper) checkBalance(ctx context.Context) error {
	sum := sdk.NewInt64Coin(types.BondDenom, 0)
	err := k.providers.Walk(ctx, nil, func(id uint64, p types.Provider) (bool, error) {
		if err := p.Bond.Validate(); err != nil {
			return true, fmt.Errorf("bond of provider %d: %w", id, err)
		}
		if p.Bond.Denom != types.BondDenom {
			return true, fmt.Errorf("bond of provider %d is %s", id, p.Bond)
		}
		sum = sum.Add(p.Bond)
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

// checkRows: ids are below the sequence, a provider that has not left is in both indexes, its peer key is its newest.
func (k Keeper) checkRows(ctx context.Context) error {
	next, err := k.sequence.Peek(ctx)
	if err != nil {
		return err
	}
	return k.providers.Walk(ctx, nil, func(id uint64, p types.Provider) (bool, error) {
		if id >= next || id != p.Id {
			return true, fmt.Errorf("provider %d stands at id %d, the next id is %d", p.Id, id, next)
		}
		newest, err := k.PeerKey(ctx, id, p.PeerKeyVersion)
		if err != nil {
			return true, fmt.Errorf("peer key of provider %d: %w", id, err)
		}
		if !bytes.Equal(newest, p.PeerKey) {
			return true, fmt.Errorf("peer key of provider %d is not its version %d", id, p.PeerKeyVersion)
		}
		if p.Status == types.STATUS_LEFT {
			return false, nil
		}
		operator, err := k.addresses.StringToBytes(p.Operator)
		if err != nil {
			return true, fmt.Errorf("operator of provider %d: %w", id, err)
		}
		if err := checkFound(ctx, k.providers.Indexes.operator, operator, id); err != nil {
			return true, fmt.Errorf("operator index of provider %d: %w", id, err)
		}
		if err := checkFound(ctx, k.providers.Indexes.peerKey, p.PeerKey, id); err != nil {
			return true, fmt.Errorf("peer key index of provider %d: %w", id, err)
		}
		return false, nil
	})
}

// checkFound: an index finds the provider under its key.
func checkFound(ctx context.Context, index presentIndex, key []byte, id uint64) error {
	found, err := index.MatchExact(ctx, key)
	if err == nil && found != id {
		return fmt.Errorf("gives %d", found)
	}
	return err
}

// checkIndexes: every index entry has its row, of a provider that has not left.
func (k Keeper) checkIndexes(ctx context.Context) error {
	for _, index := range []presentIndex{k.providers.Indexes.operator, k.providers.Indexes.peerKey} {
		err := index.Walk(ctx, nil, func(key []byte, id uint64) (bool, error) {
			p, err := k.Provider(ctx, id)
			if err != nil {
				return true, fmt.Errorf("index entry %X: %w", key, err)
			}
			if p.Status == types.STATUS_LEFT {
				return true, fmt.Errorf("index entry %X of provider %d, which has left, should not be", key, id)
			}
			operator, err := k.addresses.StringToBytes(p.Operator)
			if err != nil {
				return true, fmt.Errorf("operator of provider %d: %w", id, err)
			}
			if !bytes.Equal(key, p.PeerKey) && !bytes.Equal(key, operator) {
				return true, fmt.Errorf("index entry %X of provider %d is not its operator's nor its key's", key, id)
			}
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkPeerKeys: every stored key has its row, and no version is above the row's.
func (k Keeper) checkPeerKeys(ctx context.Context) error {
	return k.peerKeys.Walk(ctx, nil, func(key collections.Pair[uint64, uint32], bz []byte) (bool, error) {
		p, err := k.Provider(ctx, key.K1())
		if err != nil {
			return true, fmt.Errorf("peer key %X: %w", bz, err)
		}
		if key.K2() == 0 || key.K2() > p.PeerKeyVersion || len(bz) != types.KeyBytes {
			return true, fmt.Errorf("peer key %X, version %d of provider %d, is no version of it", bz, key.K2(), key.K1())
		}
		return false, nil
	})
}

// checkLoads: every load has its row, is within the capacity, and is empty once the provider has left.
func (k Keeper) checkLoads(ctx context.Context) error {
	return k.loads.Walk(ctx, nil, func(id uint64, l types.Load) (bool, error) {
		p, err := k.Provider(ctx, id)
		if err != nil {
			return true, fmt.Errorf("load: %w", err)
		}
		if l.ShardBytes > p.CapacityBytes || l.Shards == 0 && l.ShardBytes > 0 {
			return true, fmt.Errorf("provider %d of %d bytes carries %d shards of %d bytes", id, p.CapacityBytes, l.Shards, l.ShardBytes)
		}
		if p.Status == types.STATUS_LEFT && l.Shards+l.Grants > 0 {
			return true, fmt.Errorf("provider %d has left with %d shards and %d grants", id, l.Shards, l.Grants)
		}
		return false, nil
	})
}

// checkQueue: the payout queue has exactly the providers that left and have a bond, each at its time.
func (k Keeper) checkQueue(ctx context.Context) error {
	queued := 0
	err := k.unbonding.Walk(ctx, nil, func(key collections.Pair[int64, uint64]) (bool, error) {
		queued++
		p, err := k.Provider(ctx, key.K2())
		if err != nil {
			return true, fmt.Errorf("payout at %d: %w", key.K1(), err)
		}
		if p.Status != types.STATUS_LEFT || !p.Bond.IsPositive() || p.UnbondTime != key.K1() {
			return true, fmt.Errorf("payout at %d of provider %d (%s, bond %s) should not be", key.K1(), key.K2(), p.Status, p.Bond)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.providers.Walk(ctx, nil, func(id uint64, p types.Provider) (bool, error) {
		if p.Status == types.STATUS_LEFT && p.Bond.IsPositive() {
			queued--
		}
		if queued < 0 {
			return true, fmt.Errorf("the bond of provider %d, or of one before it, is not in the payout queue", id)
		}
		return false, nil
	})
}
