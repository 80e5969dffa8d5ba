package app

import (
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

func stakeOf(t *testing.T) (committeeStake, sdk.Context) {
	t.Helper()
	key := storetypes.NewKVStoreKey(stakingtypes.StoreKey)
	ctx := testutil.DefaultContext(key, storetypes.NewTransientStoreKey("transient"))
	return committeeStake{store: stakingStore{runtime.NewKVStoreService(key)}}, ctx
}

func TestTheStoreRemembersWhenValidatorsChanged(t *testing.T) {
	for name, c := range map[string]struct {
		key     []byte
		delete  bool
		changes bool
	}{
		"a validator":                 {key: stakingtypes.ValidatorsKey, changes: true},
		"a validator deleted":         {key: stakingtypes.ValidatorsKey, delete: true, changes: true},
		"a place in the order":        {key: stakingtypes.ValidatorsByPowerIndexKey, changes: true},
		"a place in the order, taken": {key: stakingtypes.ValidatorsByPowerIndexKey, delete: true, changes: true},
		"the params":                  {key: stakingtypes.ParamsKey, changes: true},
		"a delegation":                {key: stakingtypes.DelegationKey},
		"a header":                    {key: stakingtypes.HistoricalInfoKey},
	} {
		t.Run(name, func(t *testing.T) {
			stake, ctx := stakeOf(t)
			changed := func(since int64) bool {
				yes, err := stake.ChangedSince(ctx, since)
				require.NoError(t, err)
				return yes
			}
			require.False(t, changed(0), "an empty store")
			store := stake.store.OpenKVStore(ctx.WithBlockHeight(7))
			key := append(c.key, 1, 2, 3)
			if c.delete {
				require.NoError(t, store.Delete(key))
			} else {
				require.NoError(t, store.Set(key, []byte{1}))
			}
			require.Equal(t, c.changes, changed(7))
			require.False(t, changed(8))
		})
	}
}

func TestAChangeThatIsUndoneIsForgotten(t *testing.T) {
	stake, ctx := stakeOf(t)
	cached, write := ctx.CacheContext()
	require.NoError(t, stake.store.OpenKVStore(cached.WithBlockHeight(7)).Set(stakingtypes.ValidatorsKey, []byte{1}))
	changed, err := stake.ChangedSince(ctx, 7)
	require.NoError(t, err)
	require.False(t, changed, "a failed transaction")
	write()
	changed, err = stake.ChangedSince(ctx, 7)
	require.NoError(t, err)
	require.True(t, changed)
}
