package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/server"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/offchain/candidate"
)

// initCmd is the SDK's init with this chain's id and consensus params in the genesis file.
func initCmd(template *app.App) *cobra.Command {
	cmd := genutilcli.InitCmd(template.Basics(), app.DefaultHome)
	cmd.Short = "Make a node's home: keys, configuration and a new genesis"
	cmd.Long = cmd.Short + ". To join a network, put its genesis in place of config/genesis.json."
	cmd.Flags().Lookup(flags.FlagChainID).Usage = "chain id of the genesis; without, that of client.toml, else " + app.MainChainID
	if err := cmd.Flags().MarkHidden(genutilcli.FlagDefaultBondDenom); err != nil {
		panic(err) // the flag is the SDK's
	}
	cmd.Flags().String(flagProfile, profileMain, profileUsage)
	makeHome := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().Changed(genutilcli.FlagDefaultBondDenom) {
			return fmt.Errorf("--%s: the coin of this chain is %s", genutilcli.FlagDefaultBondDenom, app.BaseDenom)
		}
		if !cmd.Flags().Changed(flags.FlagChainID) && client.GetClientContextFromCmd(cmd).ChainID == "" {
			if err := cmd.Flags().Set(flags.FlagChainID, app.MainChainID); err != nil {
				return err
			}
		}
		if err := makeHome(cmd, args); err != nil {
			return err
		}
		cfg := server.GetServerContextFromCmd(cmd).Config
		if _, err := candidate.MakeKeys(cfg.RootDir); err != nil {
			return err
		}
		name, err := cmd.Flags().GetString(flagProfile)
		if err != nil {
			return err
		}
		p, err := profileOf(name)
		if err != nil {
			return err
		}
		return adaptGenesis(template.Codec(), cfg.GenesisFile(), p)
	}
	return cmd
}

// adaptGenesis gives a new genesis the consensus params, unbonding time and committee of a profile.
func adaptGenesis(cdc codec.JSONCodec, file string, p profile) error {
	genesis, err := genutiltypes.AppGenesisFromFile(file)
	if err != nil {
		return err
	}
	var state map[string]json.RawMessage
	if err := json.Unmarshal(genesis.AppState, &state); err != nil {
		return err
	}
	if err := p.apply(cdc, state); err != nil {
		return err
	}
	if genesis.Consensus.Params, err = consensusParams(cdc, state); err != nil {
		return err
	}
	if genesis.AppState, err = json.MarshalIndent(state, "", " "); err != nil {
		return err
	}
	return genesis.SaveAs(file)
}
