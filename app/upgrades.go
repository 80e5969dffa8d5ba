package app

import (
	"fmt"

	storetypes "cosmossdk.io/store/types"
	upgradetypes "cosmossdk.io/x/upgrade/types"
)

// storeUpgrades lists, by upgrade name, the stores an upgrade adds or removes. None yet: no network runs an older version.
var storeUpgrades = map[string]storetypes.StoreUpgrades{}

// registerUpgrades prepares the stores if this start is the one after an upgrade height.
func (app *App) registerUpgrades() {
	info, err := app.UpgradeKeeper.ReadUpgradeInfoFromDisk()
	if err != nil {
		panic(fmt.Errorf("upgrade-info.json in the node's home: %w", err))
	}
	stores, ok := storeUpgrades[info.Name]
	if !ok || app.UpgradeKeeper.IsSkipHeight(info.Height) {
		return
	}
	app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(info.Height, &stores))
}
