package app

import (
	"fmt"

	storetypes "cosmossdk.io/store/types"
	upgradetypes "cosmossdk.io/x/upgrade/types"
)

// migration is what a binary does at the height for which a proposal of that name planned it.
type migration struct {
	// name as in the proposal.
	name string
	// stores that the new binary adds, renames or deletes, done while the state is loaded.
	stores storetypes.StoreUpgrades
	// migrate changes the state in the new binary's first block.
	migrate func(*App) upgradetypes.UpgradeHandler
}

// migrations that this binary knows, oldest first. None yet: no network runs an older version.
var migrations []migration

// setUpgrades registers the migrations, and changes the set of stores if the chain stopped for one of them.
func (app *App) setUpgrades(known []migration) {
	plan, err := app.UpgradeKeeper.ReadUpgradeInfoFromDisk()
	if err != nil {
		panic(fmt.Errorf("upgrade-info.json in the node's home: %w", err))
	}
	for _, u := range known {
		app.UpgradeKeeper.SetUpgradeHandler(u.name, u.migrate(app))
		if u.name == plan.Name && !app.UpgradeKeeper.IsSkipHeight(plan.Height) {
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(plan.Height, &u.stores))
		}
	}
}
