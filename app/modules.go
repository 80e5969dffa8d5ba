package app

import (
	"context"
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/x/evidence"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	feegrantmodule "cosmossdk.io/x/feegrant/module"
	"cosmossdk.io/x/upgrade"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/auth/vesting"
	vestingtypes "github.com/cosmos/cosmos-sdk/x/auth/vesting/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cosmos/ibc-go/modules/capability"
	capabilitytypes "github.com/cosmos/ibc-go/modules/capability/types"
	"github.com/cosmos/ibc-go/v8/modules/apps/transfer"
	transfertypes "github.com/cosmos/ibc-go/v8/modules/apps/transfer/types"
	ibc "github.com/cosmos/ibc-go/v8/modules/core"
	ibcexported "github.com/cosmos/ibc-go/v8/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v8/modules/light-clients/07-tendermint"

	"github.com/cpchain/cpchain/x/committee"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
	"github.com/cpchain/cpchain/x/datarights"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	"github.com/cpchain/cpchain/x/provider"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
	"github.com/cpchain/cpchain/x/reputation"
	reputationtypes "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage"
	storagetypes "github.com/cpchain/cpchain/x/storage/types"
)

// ModuleAccounts are the modules that hold coins, and what they may do with them. None may mint ucpc, whatever its
// permissions: see noMint.
func ModuleAccounts() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName:     nil,
		distrtypes.ModuleName:          nil,
		stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		govtypes.ModuleName:            {authtypes.Burner},                   // burns the deposits of vetoed proposals
		transfertypes.ModuleName:       {authtypes.Minter, authtypes.Burner}, // vouchers of other chains' coins
		providertypes.ModuleName:       {authtypes.Burner},                   // holds bonds, burns what is slashed
		storagetypes.ModuleName:        {authtypes.Burner},                   // holds what deals pay, burns their burnt part
		datarightstypes.ModuleName:     {authtypes.Burner},                   // holds acceptance fees, burns row fees
	}
}

// BlockedAddresses are the module accounts. Nobody can send to them: what arrives there by hand is lost or breaks their books.
func BlockedAddresses() map[string]bool {
	blocked := make(map[string]bool)
	for name := range ModuleAccounts() { // in any order: into a map again
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	return blocked
}

// noMint keeps the supply of CPC at what genesis made (R7.1): no module can mint ucpc, IBC vouchers are free.
func noMint(_ context.Context, coins sdk.Coins) error {
	if coins.AmountOf(BaseDenom).IsPositive() {
		return fmt.Errorf("%s is never minted after genesis", BaseDenom)
	}
	return nil
}

// setModules plugs the keepers into modules, sets the orders in which they run, and registers what they serve.
func (app *App) setModules() {
	cdc, registry := app.cdc, app.registry
	app.modules = module.NewManager(
		genutilModule{app: app},
		auth.NewAppModule(cdc, app.AccountKeeper, authsims.RandomGenesisAccounts, nil),
		vesting.NewAppModule(app.AccountKeeper, app.BankKeeper),
		bank.NewAppModule(cdc, app.BankKeeper, app.AccountKeeper, nil),
		capability.NewAppModule(cdc, *app.CapabilityKeeper, false),
		stakingModule{staking.NewAppModule(cdc, app.StakingKeeper, app.AccountKeeper, app.BankKeeper, nil), committeeStake{app.StakingKeeper, app.stakingStore()}},
		slashing.NewAppModule(cdc, app.SlashingKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil, registry),
		distributionModule{
			distribution.NewAppModule(cdc, app.DistrKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil), app.DistrKeeper, app.StakingKeeper,
		},
		gov.NewAppModule(cdc, app.GovKeeper, app.AccountKeeper, app.BankKeeper, nil),
		evidence.NewAppModule(*app.EvidenceKeeper),
		feegrantmodule.NewAppModule(cdc, app.AccountKeeper, app.BankKeeper, app.FeeGrantKeeper, registry),
		authzmodule.NewAppModule(cdc, app.AuthzKeeper, app.AccountKeeper, app.BankKeeper, registry),
		upgrade.NewAppModule(app.UpgradeKeeper, app.AccountKeeper.AddressCodec()),
		consensus.NewAppModule(cdc, app.ConsensusKeeper),
		ibc.NewAppModule(app.IBCKeeper),
		ibctm.NewAppModule(),
		transfer.NewAppModule(app.TransferKeeper),
		reputation.NewAppModule(cdc, app.ReputationKeeper),
		committee.NewAppModule(cdc, app.CommitteeKeeper),
		provider.NewAppModule(cdc, app.ProviderKeeper),
		storage.NewAppModule(cdc, app.StorageKeeper),
		datarights.NewAppModule(cdc, app.DatarightsKeeper),
	)
	app.basics = app.newBasics()
	app.basics.RegisterLegacyAminoCodec(app.amino)
	app.basics.RegisterInterfaces(registry)

	app.modules.SetOrderPreBlockers(preBlockers()...)
	app.modules.SetOrderBeginBlockers(beginBlockers()...)
	app.modules.SetOrderEndBlockers(endBlockers()...)
	app.modules.SetOrderInitGenesis(genesisOrder()...)
	app.modules.SetOrderExportGenesis(genesisOrder()...)

	app.configurator = module.NewConfigurator(cdc, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.modules.RegisterServices(app.configurator); err != nil {
		panic(err) // only a broken build gets here
	}
	app.registerReflection()
}

// registerReflection serves what autocli and grpcurl ask.
func (app *App) registerReflection() {
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	if err != nil {
		panic(err) // only a broken build gets here
	}
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)
}

func preBlockers() []string {
	return []string{
		upgradetypes.ModuleName, // first: migrates the state that all others read
		authtypes.ModuleName,    // drops expired nonces of unordered transactions
	}
}

func beginBlockers() []string {
	return []string{
		capabilitytypes.ModuleName, // first: fills its memory store after a restart, before IBC looks for capabilities
		committeetypes.ModuleName,  // counts who signed the last block, at any point
		providertypes.ModuleName,   // early: records the draw boundary of this block before any transaction draws by it
		distrtypes.ModuleName,      // before slashing: pays the last block's fees by the shares that signed it
		slashingtypes.ModuleName,   // before evidence: counts absence while all of the last set are still there
		evidencetypes.ModuleName,   // before staking: a double signer is tombstoned before this block's set is recorded
		stakingtypes.ModuleName,    // before IBC: keeps the header that IBC checks counterparties' clients against
		ibcexported.ModuleName,     // moves the localhost client to this height
		authz.ModuleName,           // deletes expired permissions, at any point
	}
}

func endBlockers() []string {
	return []string{
		govtypes.ModuleName,        // before staking: a passed proposal may change who validates in this very block
		stakingtypes.ModuleName,    // bonds and unbonds
		committeetypes.ModuleName,  // after staking: nobody sits that this block unbonded; returns the validator updates
		datarightstypes.ModuleName, // before provider: takes ended grants off the providers' books
		providertypes.ModuleName,   // pays out bonds
		storagetypes.ModuleName,    // after providers: rounds, strikes and deals that end
		feegrant.ModuleName,        // deletes expired allowances, at any point
	}
}

func genesisOrder() []string {
	return []string{
		capabilitytypes.ModuleName, // first: capabilities exist before any module claims one
		authtypes.ModuleName,       // before all that have module accounts
		banktypes.ModuleName,       // before all that compare their books with balances
		distrtypes.ModuleName,      // before staking, whose hooks write into it
		stakingtypes.ModuleName,
		slashingtypes.ModuleName, // after staking: reads its validators
		govtypes.ModuleName,
		ibcexported.ModuleName,
		reputationtypes.ModuleName, // before all that report to it
		committeetypes.ModuleName,  // after staking and slashing: whom its committee names must be bonded and known there
		providertypes.ModuleName,   // before datarights: rights refer to providers
		storagetypes.ModuleName,    // after providers, whose loads it checks
		datarightstypes.ModuleName, // before genutil: genesis transactions may call it
		genutiltypes.ModuleName,    // runs the genesis transactions on all of the above, then seats the first committee
		evidencetypes.ModuleName,
		authz.ModuleName,
		transfertypes.ModuleName, // after IBC: binds its port
		feegrant.ModuleName,
		upgradetypes.ModuleName,
		vestingtypes.ModuleName,
		consensustypes.ModuleName,
	}
}
