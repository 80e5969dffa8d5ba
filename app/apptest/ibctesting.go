package apptest

import (
	"context"
	"encoding/json"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	capabilitykeeper "github.com/cosmos/ibc-go/modules/capability/keeper"
	ibckeeper "github.com/cosmos/ibc-go/v8/modules/core/keeper"
	ibctesting "github.com/cosmos/ibc-go/v8/testing"
	ibctestingtypes "github.com/cosmos/ibc-go/v8/testing/types"

	"github.com/cpchain/cpchain/app"
)

// ibcBalance replaces what ibctesting gives each sender, which is more than the whole supply may be.
const ibcBalance = 10_000_000_000_000

// SetupTestingApp is for ibctesting.DefaultTestingAppInit, so that its chains run our application.
func SetupTestingApp() (ibctesting.TestingApp, map[string]json.RawMessage) {
	template := Template()
	if err := template.LoadLatestVersion(); err != nil {
		panic(err) // the database is empty
	}
	return TestingApp{App: template}, template.DefaultGenesis()
}

// TestingApp is the application with the accessors that ibctesting wants.
type TestingApp struct{ *app.App }

var _ ibctesting.TestingApp = TestingApp{}

// GetBaseApp implements ibctesting.TestingApp.
func (a TestingApp) GetBaseApp() *baseapp.BaseApp { return a.BaseApp }

// GetStakingKeeper implements ibctesting.TestingApp.
func (a TestingApp) GetStakingKeeper() ibctestingtypes.StakingKeeper {
	return bondedHistory{a.StakingKeeper}
}

// bondedHistory adds the validators to a past header, from which ibctesting makes what a relayer gets from CometBFT. The
// application keeps headers only; ibctesting's validators never change.
type bondedHistory struct{ *stakingkeeper.Keeper }

// GetHistoricalInfo implements ibctestingtypes.StakingKeeper.
func (b bondedHistory) GetHistoricalInfo(ctx context.Context, height int64) (stakingtypes.HistoricalInfo, error) {
	info, err := b.Keeper.GetHistoricalInfo(ctx, height)
	if err != nil {
		return info, err
	}
	info.Valset, err = b.GetLastValidators(ctx)
	return info, err
}

// GetIBCKeeper implements ibctesting.TestingApp.
func (a TestingApp) GetIBCKeeper() *ibckeeper.Keeper { return a.IBCKeeper }

// GetScopedIBCKeeper implements ibctesting.TestingApp.
func (a TestingApp) GetScopedIBCKeeper() capabilitykeeper.ScopedKeeper { return a.ScopedIBCKeeper }

// GetTxConfig implements ibctesting.TestingApp.
func (a TestingApp) GetTxConfig() client.TxConfig { return a.TxConfig() }

// AppCodec implements ibctesting.TestingApp.
func (a TestingApp) AppCodec() codec.Codec { return a.Codec() }

// InitChain lowers the senders' balances to what the supply allows, then starts the chain.
func (a TestingApp) InitChain(req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state app.GenesisState
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, err
	}
	var bank banktypes.GenesisState
	if err := a.Codec().UnmarshalJSON(state[banktypes.ModuleName], &bank); err != nil {
		return nil, err
	}
	limit := math.NewInt(ibcBalance)
	for i, balance := range bank.Balances {
		amount := math.MinInt(balance.Coins.AmountOf(app.BaseDenom), limit)
		bank.Balances[i].Coins = sdk.NewCoins(sdk.NewCoin(app.BaseDenom, amount))
	}
	state[banktypes.ModuleName] = a.Codec().MustMarshalJSON(&bank)
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	req.AppStateBytes = raw
	return a.App.InitChain(req)
}
