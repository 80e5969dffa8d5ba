package app

import (
	"context"
	"encoding/binary"

	"cosmossdk.io/core/store"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// At the end of every block x/staking reads all validators that are bonded, to find who is no longer: milliseconds at a thousand
// candidates. Nothing can have changed there unless a validator, its place in the order of power, or the params were written. So the
// store keeps the height at which that last happened, and both x/staking's end of a block and x/committee's look there first.

// changedKey is where the height is kept: a prefix that x/staking does not use.
var changedKey = []byte{0xff}

// stakingStore is x/staking's part of the state, which remembers when validators changed.
type stakingStore struct{ store.KVStoreService }

// OpenKVStore implements store.KVStoreService.
func (s stakingStore) OpenKVStore(ctx context.Context) store.KVStore {
	return changes{s.KVStoreService.OpenKVStore(ctx), sdk.UnwrapSDKContext(ctx).BlockHeight()}
}

// changes is the store as of a block. The height lies in the same store as what changed, so that it is undone with it where a
// transaction fails.
type changes struct {
	store.KVStore
	height int64
}

// Set implements store.KVStore.
func (c changes) Set(key, value []byte) error {
	if err := c.note(key); err != nil {
		return err
	}
	return c.KVStore.Set(key, value)
}

// Delete implements store.KVStore.
func (c changes) Delete(key []byte) error {
	if err := c.note(key); err != nil {
		return err
	}
	return c.KVStore.Delete(key)
}

func (c changes) note(key []byte) error {
	if len(key) == 0 {
		return nil // the store says what is wrong with it
	}
	switch key[0] {
	case stakingtypes.ValidatorsKey[0], stakingtypes.ValidatorsByPowerIndexKey[0], stakingtypes.ParamsKey[0]:
		return c.KVStore.Set(changedKey, binary.BigEndian.AppendUint64(nil, uint64(c.height))) //nolint:gosec // no height is negative
	}
	return nil
}

// committeeStake is x/staking as x/committee sees it.
type committeeStake struct {
	*stakingkeeper.Keeper
	store stakingStore
}

// ChangedSince implements committeetypes.StakingKeeper.
func (s committeeStake) ChangedSince(ctx context.Context, height int64) (bool, error) {
	value, err := s.store.KVStoreService.OpenKVStore(ctx).Get(changedKey)
	return len(value) == 8 && binary.BigEndian.Uint64(value) >= uint64(max(0, height)), err
}

// due says whether anything that unbonds is ripe by now.
func due(ctx context.Context, k *stakingkeeper.Keeper) (bool, error) {
	header := sdk.UnwrapSDKContext(ctx).BlockHeader()
	validators, err := k.ValidatorQueueIterator(ctx, header.Time, header.Height)
	if err != nil {
		return false, err
	}
	defer validators.Close()
	delegations, err := k.UBDQueueIterator(ctx, header.Time)
	if err != nil {
		return false, err
	}
	defer delegations.Close()
	redelegations, err := k.RedelegationQueueIterator(ctx, header.Time)
	if err != nil {
		return false, err
	}
	defer redelegations.Close()
	return validators.Valid() || delegations.Valid() || redelegations.Valid(), nil
}
