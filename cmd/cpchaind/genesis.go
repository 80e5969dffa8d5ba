package main

import (
	"encoding/json"
	"path/filepath"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/cpchain/cpchain/app"
)

// addMetadata writes what wallets show of CPC into a home's genesis file.
func addMetadata(template *app.App, home string) error {
	path := filepath.Join(home, "config", "genesis.json")
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return err
	}
	var state app.GenesisState
	if err := json.Unmarshal(genesis.AppState, &state); err != nil {
		return err
	}
	if genesis.AppState, err = json.MarshalIndent(app.WithMetadata(template.Codec(), state), "", "  "); err != nil {
		return err
	}
	return genesis.SaveAs(path)
}
