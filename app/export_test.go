package app

import (
	"context"

	storetypes "cosmossdk.io/store/types"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/types/module"
)

// KnowMigration makes binaries know an upgrade that adds stores, until forget is called. ran tells whether it ran.
func KnowMigration(name string, added ...string) (ran *bool, forget func()) {
	ran = new(bool)
	migrations = []migration{{
		name:   name,
		stores: storetypes.StoreUpgrades{Added: added},
		migrate: func(*App) upgradetypes.UpgradeHandler {
			return func(_ context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
				*ran = true
				return from, nil
			}
		},
	}}
	return ran, func() { migrations = nil }
}
