package app

import (
	"encoding/json"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// GenesisState is each module's part of a genesis file.
type GenesisState = map[string]json.RawMessage

const (
	// UnbondingTime is how long a bond can still be slashed after its owner asked for it back. IBC clients must trust a
	// header for less than this; evidence counts for as long.
	UnbondingTime = 21 * 24 * time.Hour
	// maxBlockGas is about two seconds of execution on two cores.
	maxBlockGas = 300_000_000
	// maxBlockBytes bounds a block; there is no data in it, only hashes and rights (R1.3).
	maxBlockBytes = 4 << 20
	// depositUcpc, 1,000 CPC, brings a proposal to the vote; expeditedDepositUcpc to the short vote.
	depositUcpc          = 1_000_000_000
	expeditedDepositUcpc = 5 * depositUcpc
)

// DefaultGenesis is a new chain's state: no coins, no validators, all amounts in ucpc.
func (app *App) DefaultGenesis() GenesisState { return app.basics.DefaultGenesis(app.cdc) }

// ConsensusParams are CometBFT's with a gas limit, and evidence that counts as long as bonds can be slashed.
func ConsensusParams(unbonding time.Duration) *cmttypes.ConsensusParams {
	p := cmttypes.DefaultConsensusParams()
	p.Block.MaxBytes = maxBlockBytes
	p.Block.MaxGas = maxBlockGas
	p.Evidence.MaxAgeDuration = unbonding
	p.Evidence.MaxAgeNumBlocks = int64(unbonding / time.Second) // evidence must be older in both to be refused
	return p
}

// InitChainer starts the chain from its genesis file, and refuses more coins than there can ever be.
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
		return nil, fmt.Errorf("genesis makes %s%s, more than the %d there can ever be: lower its balances", supply, BaseDenom, int64(MaxSupply))
	}
	return res, nil
}

// newBasics are the modules without their keepers, with this chain's defaults in place of the SDK's.
func (app *App) newBasics() module.BasicManager {
	return module.NewBasicManagerFromManager(app.modules, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genesisMessages),
		banktypes.ModuleName:    bankBasics{app.modules.Modules[banktypes.ModuleName].(bank.AppModule).AppModuleBasic},
		stakingtypes.ModuleName: stakingBasics{app.modules.Modules[stakingtypes.ModuleName].(stakingModule).AppModuleBasic},
		govtypes.ModuleName:     govBasics{app.modules.Modules[govtypes.ModuleName].(gov.AppModule).AppModuleBasic},
	})
}

// bankBasics adds what wallets show of CPC.
type bankBasics struct{ bank.AppModuleBasic }

// DefaultGenesis implements module.HasGenesisBasics.
func (bankBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := banktypes.DefaultGenesisState()
	genesis.DenomMetadata = []banktypes.Metadata{Metadata()}
	return cdc.MustMarshalJSON(genesis)
}

// stakingBasics bonds ucpc.
type stakingBasics struct{ staking.AppModuleBasic }

// DefaultGenesis implements module.HasGenesisBasics.
func (stakingBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := stakingtypes.DefaultGenesisState()
	genesis.Params.BondDenom = BaseDenom
	genesis.Params.UnbondingTime = UnbondingTime
	return cdc.MustMarshalJSON(genesis)
}

// govBasics asks for deposits in ucpc.
type govBasics struct{ gov.AppModuleBasic }

// DefaultGenesis implements module.HasGenesisBasics.
func (govBasics) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	genesis := govv1.DefaultGenesisState()
	genesis.Params.MinDeposit = sdk.NewCoins(sdk.NewInt64Coin(BaseDenom, depositUcpc))
	genesis.Params.ExpeditedMinDeposit = sdk.NewCoins(sdk.NewInt64Coin(BaseDenom, expeditedDepositUcpc))
	return cdc.MustMarshalJSON(genesis)
}
