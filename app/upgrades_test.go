package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
)

func TestAnUpgradeAddsItsStoresAndRunsItsMigration(t *testing.T) {
	c := apptest.New(t, 1, 1)
	require.NoError(t, c.UpgradeKeeper.ScheduleUpgrade(c.Context(), upgradetypes.Plan{Name: "v2", Height: 4}))
	c.Blocks(2)
	_, err := c.FinalizeBlock(c.Propose())
	require.ErrorContains(t, err, `UPGRADE "v2" NEEDED at height: 4`, "the old binary stops at the planned height")

	// The new binary has one more store.
	extra := func(base *baseapp.BaseApp) { base.MountStores(storetypes.NewKVStoreKey("extra")) }
	require.Panics(t, func() { c.Reopen(extra) }, "a store that no upgrade adds is refused")
	ran, forget := app.KnowMigration("v2", "extra")
	t.Cleanup(forget)
	c.Reopen(extra)
	c.Block()
	require.True(t, *ran)
	c.Reopen(extra)
	c.Blocks(2)
	require.EqualValues(t, 6, c.LastBlockHeight())
}

func TestABinaryThatKnowsTheUpgradeTooEarlyStops(t *testing.T) {
	c := apptest.New(t, 1, 1)
	require.NoError(t, c.UpgradeKeeper.ScheduleUpgrade(c.Context(), upgradetypes.Plan{Name: "v2", Height: 4}))
	_, forget := app.KnowMigration("v2")
	t.Cleanup(forget)
	c.Reopen()
	require.NoError(t, c.UpgradeKeeper.ScheduleUpgrade(c.Context(), upgradetypes.Plan{Name: "v2", Height: 4}))
	_, err := c.FinalizeBlock(c.Propose())
	require.ErrorContains(t, err, "BINARY UPDATED BEFORE TRIGGER")
}
