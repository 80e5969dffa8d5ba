// Package app is the CPChain application: Cosmos SDK modules and our own, wired by hand.
package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cast"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/core/store"
	"cosmossdk.io/log"
	storetypes "cosmossdk.io/store/types"
	evidencekeeper "cosmossdk.io/x/evidence/keeper"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	feegrantkeeper "cosmossdk.io/x/feegrant/keeper"
	"cosmossdk.io/x/tx/signing"
	upgradekeeper "cosmossdk.io/x/upgrade/keeper"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	paramskeeper "github.com/cosmos/cosmos-sdk/x/params/keeper"
	paramstypes "github.com/cosmos/cosmos-sdk/x/params/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	capabilitykeeper "github.com/cosmos/ibc-go/modules/capability/keeper"
	capabilitytypes "github.com/cosmos/ibc-go/modules/capability/types"
	"github.com/cosmos/ibc-go/v8/modules/apps/transfer"
	transferkeeper "github.com/cosmos/ibc-go/v8/modules/apps/transfer/keeper"
	transfertypes "github.com/cosmos/ibc-go/v8/modules/apps/transfer/types"
	clienttypes "github.com/cosmos/ibc-go/v8/modules/core/02-client/types"
	connectiontypes "github.com/cosmos/ibc-go/v8/modules/core/03-connection/types"
	porttypes "github.com/cosmos/ibc-go/v8/modules/core/05-port/types"
	ibcexported "github.com/cosmos/ibc-go/v8/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v8/modules/core/keeper"

	datarightskeeper "github.com/cpchain/cpchain/x/datarights/keeper"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	providerkeeper "github.com/cpchain/cpchain/x/provider/keeper"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
)

// maccPerms are the module accounts. Nobody but IBC transfer may mint, and that no ucpc: see noMint.
var maccPerms = map[string][]string{
	authtypes.FeeCollectorName:     nil,
	distrtypes.ModuleName:          nil,
	stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
	stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
	govtypes.ModuleName:            {authtypes.Burner},
	transfertypes.ModuleName:       {authtypes.Minter, authtypes.Burner},
	providertypes.ModuleName:       {authtypes.Burner},
	datarightstypes.ModuleName:     {authtypes.Burner},
}

// App is the application.
type App struct {
	*baseapp.BaseApp

	amino    *codec.LegacyAmino
	cdc      codec.Codec
	txConfig client.TxConfig
	registry codectypes.InterfaceRegistry
	keys     map[string]*storetypes.KVStoreKey
	// scoped capability keepers, for ibctesting
	scopedIBC, scopedTransfer capabilitykeeper.ScopedKeeper

	AccountKeeper    authkeeper.AccountKeeper
	BankKeeper       bankkeeper.BaseKeeper
	StakingKeeper    *stakingkeeper.Keeper
	SlashingKeeper   slashingkeeper.Keeper
	DistrKeeper      distrkeeper.Keeper
	GovKeeper        *govkeeper.Keeper
	EvidenceKeeper   *evidencekeeper.Keeper
	FeeGrantKeeper   feegrantkeeper.Keeper
	AuthzKeeper      authzkeeper.Keeper
	UpgradeKeeper    *upgradekeeper.Keeper
	ConsensusKeeper  consensuskeeper.Keeper
	ParamsKeeper     paramskeeper.Keeper
	CapabilityKeeper *capabilitykeeper.Keeper
	IBCKeeper        *ibckeeper.Keeper
	TransferKeeper   transferkeeper.Keeper
	ProviderKeeper   providerkeeper.Keeper
	DatarightsKeeper datarightskeeper.Keeper

	modules      *module.Manager
	basics       module.BasicManager
	configurator module.Configurator
}

// New wires the application over a database.
func New(logger log.Logger, db dbm.DB, trace io.Writer, loadLatest bool, opts servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp)) *App {
	SetConfig()
	registry := newRegistry()
	amino := codec.NewLegacyAmino()
	cdc := codec.NewProtoCodec(registry)
	txConfig := authtx.NewTxConfig(cdc, authtx.DefaultSignModes)
	std.RegisterLegacyAminoCodec(amino)
	std.RegisterInterfaces(registry)

	base := baseapp.NewBaseApp(Name, logger, db, txConfig.TxDecoder(), baseOptions...)
	base.SetCommitMultiStoreTracer(trace)
	base.SetInterfaceRegistry(registry)
	base.SetTxEncoder(txConfig.TxEncoder())

	app := &App{BaseApp: base, amino: amino, cdc: cdc, txConfig: txConfig, registry: registry}
	app.keys = storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey, distrtypes.StoreKey,
		govtypes.StoreKey, evidencetypes.StoreKey, feegrant.StoreKey, authzkeeper.StoreKey, upgradetypes.StoreKey,
		consensustypes.StoreKey, paramstypes.StoreKey, capabilitytypes.StoreKey, ibcexported.StoreKey, transfertypes.StoreKey,
		providertypes.StoreKey, datarightstypes.StoreKey,
	)
	transient := storetypes.NewTransientStoreKeys(paramstypes.TStoreKey)
	memory := storetypes.NewMemoryStoreKeys(capabilitytypes.MemStoreKey)
	if err := base.RegisterStreamingServices(opts, app.keys); err != nil {
		panic(err)
	}

	app.newBaseKeepers(logger, transient, memory)
	app.newUpgradeKeeper(opts)
	app.newIBCKeepers()
	app.newOwnKeepers()
	app.newModules()

	base.MountKVStores(app.keys)
	base.MountTransientStores(transient)
	base.MountMemoryStores(memory)
	base.SetInitChainer(app.InitChainer)
	base.SetPreBlocker(app.PreBlocker)
	base.SetBeginBlocker(app.BeginBlocker)
	base.SetEndBlocker(app.EndBlocker)
	base.SetAnteHandler(app.anteHandler())
	app.registerUpgrades()
	checkProto()
	if loadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			panic(fmt.Errorf("load the last version: %w", err))
		}
	}
	return app
}

func newRegistry() codectypes.InterfaceRegistry {
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          address.NewBech32Codec(AccountPrefix),
			ValidatorAddressCodec: address.NewBech32Codec(AccountPrefix + "valoper"),
		},
	})
	if err != nil {
		panic(err)
	}
	return registry
}

// checkProto refuses to start with messages whose signers are not annotated.
func checkProto() {
	files, err := proto.MergedRegistry()
	if err != nil {
		panic(err)
	}
	if err := msgservice.ValidateProtoAnnotations(files); err != nil {
		panic(err)
	}
}

// authority may change params: the governance module.
func authority() string { return authtypes.NewModuleAddress(govtypes.ModuleName).String() }

func (app *App) store(name string) *storetypes.KVStoreKey {
	key, ok := app.keys[name]
	if !ok {
		panic("no store key " + name)
	}
	return key
}

// newBaseKeepers makes the keepers of the SDK's modules, each after those it calls.
func (app *App) newBaseKeepers(logger log.Logger, transient map[string]*storetypes.TransientStoreKey, memory map[string]*storetypes.MemoryStoreKey) {
	kv := func(name string) store.KVStoreService { return runtime.NewKVStoreService(app.store(name)) }
	accounts := address.NewBech32Codec(AccountPrefix)
	validators := address.NewBech32Codec(AccountPrefix + "valoper")
	consensusAddresses := address.NewBech32Codec(AccountPrefix + "valcons")

	app.ParamsKeeper = paramskeeper.NewKeeper(app.cdc, app.amino, app.store(paramstypes.StoreKey), transient[paramstypes.TStoreKey])
	// ibc-go v8 still looks for the legacy params of chains that migrate
	keyTable := clienttypes.ParamKeyTable()
	keyTable.RegisterParamSet(&connectiontypes.Params{})
	app.ParamsKeeper.Subspace(ibcexported.ModuleName).WithKeyTable(keyTable)
	app.ParamsKeeper.Subspace(transfertypes.ModuleName).WithKeyTable(transfertypes.ParamKeyTable())

	app.ConsensusKeeper = consensuskeeper.NewKeeper(app.cdc, kv(consensustypes.StoreKey), authority(), runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)
	app.CapabilityKeeper = capabilitykeeper.NewKeeper(app.cdc, app.store(capabilitytypes.StoreKey), memory[capabilitytypes.MemStoreKey])
	app.scopedIBC = app.CapabilityKeeper.ScopeToModule(ibcexported.ModuleName)
	app.scopedTransfer = app.CapabilityKeeper.ScopeToModule(transfertypes.ModuleName)
	app.CapabilityKeeper.Seal()

	app.AccountKeeper = authkeeper.NewAccountKeeper(app.cdc, kv(authtypes.StoreKey), authtypes.ProtoBaseAccount, maccPerms, accounts, AccountPrefix, authority())
	app.BankKeeper = bankkeeper.NewBaseKeeper(app.cdc, kv(banktypes.StoreKey), app.AccountKeeper, BlockedAddresses(), authority(), logger).
		WithMintCoinsRestriction(noMint)
	app.StakingKeeper = stakingkeeper.NewKeeper(app.cdc, kv(stakingtypes.StoreKey), app.AccountKeeper, app.BankKeeper, authority(), validators, consensusAddresses)
	app.DistrKeeper = distrkeeper.NewKeeper(app.cdc, kv(distrtypes.StoreKey), app.AccountKeeper, app.BankKeeper, app.StakingKeeper, authtypes.FeeCollectorName, authority())
	app.SlashingKeeper = slashingkeeper.NewKeeper(app.cdc, app.amino, kv(slashingtypes.StoreKey), app.StakingKeeper, authority())
	app.StakingKeeper.SetHooks(stakingtypes.NewMultiStakingHooks(app.DistrKeeper.Hooks(), app.SlashingKeeper.Hooks()))
	app.EvidenceKeeper = evidencekeeper.NewKeeper(app.cdc, kv(evidencetypes.StoreKey), app.StakingKeeper, app.SlashingKeeper, accounts, runtime.ProvideCometInfoService())
	app.FeeGrantKeeper = feegrantkeeper.NewKeeper(app.cdc, kv(feegrant.StoreKey), app.AccountKeeper).SetBankKeeper(app.BankKeeper)
	app.AuthzKeeper = authzkeeper.NewKeeper(kv(authzkeeper.StoreKey), app.cdc, app.MsgServiceRouter(), app.AccountKeeper).SetBankKeeper(app.BankKeeper)
	app.GovKeeper = govkeeper.NewKeeper(app.cdc, kv(govtypes.StoreKey), app.AccountKeeper, app.BankKeeper, app.StakingKeeper, app.DistrKeeper,
		app.MsgServiceRouter(), govtypes.DefaultConfig(), authority())
}

// noMint keeps the supply of CPC at what genesis made (R7.1): no module can mint ucpc, IBC vouchers are free.
func noMint(_ context.Context, coins sdk.Coins) error {
	if coins.AmountOf(BaseDenom).IsPositive() {
		return fmt.Errorf("%s is never minted after genesis", BaseDenom)
	}
	return nil
}

func (app *App) newUpgradeKeeper(opts servertypes.AppOptions) {
	skip := map[int64]bool{}
	for _, h := range cast.ToIntSlice(opts.Get(server.FlagUnsafeSkipUpgrades)) {
		skip[int64(h)] = true
	}
	home := cast.ToString(opts.Get(flags.FlagHome))
	app.UpgradeKeeper = upgradekeeper.NewKeeper(skip, runtime.NewKVStoreService(app.store(upgradetypes.StoreKey)), app.cdc, home, app.BaseApp, authority())
}

func (app *App) newIBCKeepers() {
	app.IBCKeeper = ibckeeper.NewKeeper(app.cdc, app.store(ibcexported.StoreKey), app.subspace(ibcexported.ModuleName),
		app.StakingKeeper, app.UpgradeKeeper, app.scopedIBC, authority())
	app.TransferKeeper = transferkeeper.NewKeeper(app.cdc, app.store(transfertypes.StoreKey), app.subspace(transfertypes.ModuleName),
		app.IBCKeeper.ChannelKeeper, app.IBCKeeper.ChannelKeeper, app.IBCKeeper.PortKeeper,
		app.AccountKeeper, app.BankKeeper, app.scopedTransfer, authority())
	router := porttypes.NewRouter()
	router.AddRoute(transfertypes.ModuleName, transfer.NewIBCModule(app.TransferKeeper))
	app.IBCKeeper.SetRouter(router)
}

func (app *App) subspace(name string) paramstypes.Subspace {
	s, ok := app.ParamsKeeper.GetSubspace(name)
	if !ok {
		panic("no params subspace " + name)
	}
	return s
}

// newOwnKeepers makes the keepers of our modules; calls go down: datarights -> provider.
func (app *App) newOwnKeepers() {
	accounts := app.AccountKeeper.AddressCodec()
	app.ProviderKeeper = providerkeeper.NewKeeper(app.cdc, runtime.NewKVStoreService(app.store(providertypes.StoreKey)), accounts, authority(), app.BankKeeper)
	app.DatarightsKeeper = datarightskeeper.NewKeeper(app.cdc, runtime.NewKVStoreService(app.store(datarightstypes.StoreKey)), accounts, authority(), app.BankKeeper, app.ProviderKeeper)
}

// BlockedAddresses are module accounts that nobody can send to: what arrives there by hand is lost or breaks their books.
func BlockedAddresses() map[string]bool {
	blocked := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(maccPerms)) {
		blocked[authtypes.NewModuleAddress(name).String()] = name != govtypes.ModuleName
	}
	return blocked
}

// registerReflection serves what autocli and grpcurl ask.
func (app *App) registerReflection() {
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.modules.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	if err != nil {
		panic(err)
	}
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)
}
