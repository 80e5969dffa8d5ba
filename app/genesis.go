package app

import (
	"encoding/json"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// GenesisState is each module's part of a genesis file.
type GenesisState = map[string]json.RawMessage

// DefaultGenesis is every module's default, with the metadata of CPC.
func (app *App) DefaultGenesis() GenesisState {
	return WithMetadata(app.cdc, app.basics.DefaultGenesis(app.cdc))
}

// WithMetadata adds what wallets show to bank's genesis.
func WithMetadata(cdc codec.JSONCodec, g GenesisState) GenesisState {
	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(g[banktypes.ModuleName], &bank)
	bank.DenomMetadata = []banktypes.Metadata{Metadata()}
	g[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
	return g
}

// InitChainer starts the chain from its genesis file.
func (app *App) InitChainer(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state GenesisState
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("app_state of the genesis file: %w", err)
	}
	if err := app.UpgradeKeeper.SetModuleVersionMap(ctx, app.modules.GetVersionMap()); err != nil {
		return nil, err
	}
	res, err := app.modules.InitGenesis(ctx, app.cdc, state)
	if err != nil {
		return nil, err
	}
	if supply := app.BankKeeper.GetSupply(ctx, BaseDenom).Amount; supply.GT(math.NewInt(MaxSupply)) {
		return nil, fmt.Errorf("genesis makes %s%s, more than the %d there can ever be", supply, BaseDenom, int64(MaxSupply))
	}
	return res, nil
}
