// Package app is the CPChain application: Cosmos SDK modules and our own, wired by hand in the order keys, keepers, modules.
package app

import (
	"fmt"
	"io"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cast"

	"cosmossdk.io/core/store"
	"cosmossdk.io/log"
	storetypes "cosmossdk.io/store/types"
	evidencekeeper "cosmossdk.io/x/evidence/keeper"
	evidencetypes "cosmossdk.io/x/evidence/types"
	"cosmossdk.io/x/feegrant"
	feegrantkeeper "cosmossdk.io/x/feegrant/keeper"
	txsigning "cosmossdk.io/x/tx/signing"
	upgradekeeper "cosmossdk.io/x/upgrade/keeper"
	upgradetypes "cosmossdk.io/x/upgrade/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/version"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	"github.com/cosmos/cosmos-sdk/x/auth/posthandler"
	"github.com/cosmos/cosmos-sdk/x/auth/tx"
	txconfig "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
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
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	capabilitykeeper "github.com/cosmos/ibc-go/modules/capability/keeper"
	capabilitytypes "github.com/cosmos/ibc-go/modules/capability/types"
	"github.com/cosmos/ibc-go/v8/modules/apps/transfer"
	transferkeeper "github.com/cosmos/ibc-go/v8/modules/apps/transfer/keeper"
	transfertypes "github.com/cosmos/ibc-go/v8/modules/apps/transfer/types"
	porttypes "github.com/cosmos/ibc-go/v8/modules/core/05-port/types"
	ibcexported "github.com/cosmos/ibc-go/v8/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v8/modules/core/keeper"

	"github.com/cpchain/cpchain/pkg/vrf"
	committeekeeper "github.com/cpchain/cpchain/x/committee/keeper"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
	datarightskeeper "github.com/cpchain/cpchain/x/datarights/keeper"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	providerkeeper "github.com/cpchain/cpchain/x/provider/keeper"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
	reputationkeeper "github.com/cpchain/cpchain/x/reputation/keeper"
	reputationtypes "github.com/cpchain/cpchain/x/reputation/types"
	storagekeeper "github.com/cpchain/cpchain/x/storage/keeper"
	storagetypes "github.com/cpchain/cpchain/x/storage/types"
)

var _ servertypes.Application = (*App)(nil)

// App is the application. Keepers are exported for tests and tools; modules get only the neighbours they name.
type App struct {
	*baseapp.BaseApp

	amino    *codec.LegacyAmino
	cdc      codec.Codec
	txConfig client.TxConfig
	registry codectypes.InterfaceRegistry

	keys    map[string]*storetypes.KVStoreKey
	memKeys map[string]*storetypes.MemoryStoreKey

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
	CapabilityKeeper *capabilitykeeper.Keeper
	IBCKeeper        *ibckeeper.Keeper
	TransferKeeper   transferkeeper.Keeper
	ReputationKeeper reputationkeeper.Keeper
	CommitteeKeeper  committeekeeper.Keeper
	ProviderKeeper   providerkeeper.Keeper
	StorageKeeper    storagekeeper.Keeper
	DatarightsKeeper datarightskeeper.Keeper

	// ScopedIBCKeeper owns the capabilities of IBC's own ports and channels.
	ScopedIBCKeeper capabilitykeeper.ScopedKeeper

	proposals *proposals

	modules      *module.Manager
	basics       module.BasicManager
	configurator module.Configurator
}

// New wires the application over a database. With loadLatest it is ready to run; without, the caller loads a height.
func New(logger log.Logger, db dbm.DB, trace io.Writer, loadLatest bool, opts servertypes.AppOptions,
	baseOptions ...func(*baseapp.BaseApp),
) *App {
	app := newEncoding()
	app.BaseApp = baseapp.NewBaseApp(Name, logger, db, app.txConfig.TxDecoder(), baseOptions...)
	app.SetCommitMultiStoreTracer(trace)
	app.SetVersion(version.Version)
	app.SetInterfaceRegistry(app.registry)
	app.SetTxEncoder(app.txConfig.TxEncoder())

	app.setKeys()
	if err := app.RegisterStreamingServices(opts, app.keys); err != nil {
		panic(fmt.Errorf("streaming services of app.toml: %w", err))
	}
	app.setAccountKeepers()
	app.setStakingKeepers()
	app.setUpgradeKeeper(opts)
	app.setIBCKeepers()
	app.setGovKeeper()
	app.setOwnKeepers()

	app.setModules()
	app.setUpgrades(migrations)
	app.setHandlers()

	if loadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			panic(fmt.Errorf("load the last block's state: %w", err))
		}
	}
	return app
}

// newEncoding is an application that only knows the SDK's basic types; setModules adds every module's.
func newEncoding() *App {
	registry, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: txsigning.Options{
			AddressCodec:          address.NewBech32Codec(AccountPrefix),
			ValidatorAddressCodec: address.NewBech32Codec(AccountPrefix + "valoper"),
		},
	})
	if err != nil {
		panic(err) // only a broken build gets here
	}
	amino, cdc := codec.NewLegacyAmino(), codec.NewProtoCodec(registry)
	std.RegisterLegacyAminoCodec(amino)
	std.RegisterInterfaces(registry)
	return &App{amino: amino, cdc: cdc, registry: registry, txConfig: tx.NewTxConfig(cdc, tx.DefaultSignModes)}
}

// setKeys names and mounts the stores: one per module, and one in memory for IBC's capabilities.
func (app *App) setKeys() {
	app.keys = storetypes.NewKVStoreKeys(
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey, distrtypes.StoreKey,
		govtypes.StoreKey, evidencetypes.StoreKey, feegrant.StoreKey, authzkeeper.StoreKey, upgradetypes.StoreKey,
		consensustypes.StoreKey, capabilitytypes.StoreKey, ibcexported.StoreKey, transfertypes.StoreKey,
		reputationtypes.StoreKey, committeetypes.StoreKey, providertypes.StoreKey, storagetypes.StoreKey, datarightstypes.StoreKey,
	)
	app.memKeys = storetypes.NewMemoryStoreKeys(capabilitytypes.MemStoreKey)
	app.MountKVStores(app.keys)
	app.MountMemoryStores(app.memKeys)
}

// store is a module's own part of the state.
func (app *App) store(name string) store.KVStoreService {
	key, found := app.keys[name]
	if !found {
		panic("no store key " + name)
	}
	return runtime.NewKVStoreService(key)
}

// Authority is who may change params: the governance account.
func Authority() string { return authtypes.NewModuleAddress(govtypes.ModuleName).String() }

// setAccountKeepers makes what all others stand on: consensus params, accounts, coins, permissions to act and to pay.
func (app *App) setAccountKeepers() {
	app.ConsensusKeeper = consensuskeeper.NewKeeper(app.cdc, app.store(consensustypes.StoreKey), Authority(), runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)

	app.AccountKeeper = authkeeper.NewAccountKeeper(app.cdc, app.store(authtypes.StoreKey), authtypes.ProtoBaseAccount,
		ModuleAccounts(), address.NewBech32Codec(AccountPrefix), AccountPrefix, Authority())
	app.BankKeeper = bankkeeper.NewBaseKeeper(app.cdc, app.store(banktypes.StoreKey), app.AccountKeeper, BlockedAddresses(),
		Authority(), app.Logger()).WithMintCoinsRestriction(noMint)
	app.AuthzKeeper = authzkeeper.NewKeeper(app.store(authzkeeper.StoreKey), app.cdc, app.MsgServiceRouter(), app.AccountKeeper).
		SetBankKeeper(app.BankKeeper)
	app.FeeGrantKeeper = feegrantkeeper.NewKeeper(app.cdc, app.store(feegrant.StoreKey), app.AccountKeeper).
		SetBankKeeper(app.BankKeeper)

	// Ledger devices sign text that names coins in their display unit, which bank knows.
	textual, err := tx.NewTxConfigWithOptions(app.cdc, tx.ConfigOptions{
		EnabledSignModes:           append(tx.DefaultSignModes, signing.SignMode_SIGN_MODE_TEXTUAL),
		TextualCoinMetadataQueryFn: txconfig.NewBankKeeperCoinMetadataQueryFn(app.BankKeeper),
	})
	if err != nil {
		panic(err) // only a broken build gets here
	}
	app.txConfig = textual
}

// setStakingKeepers makes the bonded validators, their rewards and their punishment.
func (app *App) setStakingKeepers() {
	app.StakingKeeper = stakingkeeper.NewKeeper(app.cdc, app.stakingStore(), app.AccountKeeper, app.BankKeeper,
		Authority(), address.NewBech32Codec(AccountPrefix+"valoper"), address.NewBech32Codec(AccountPrefix+"valcons"))
	app.DistrKeeper = distrkeeper.NewKeeper(app.cdc, app.store(distrtypes.StoreKey), app.AccountKeeper, app.BankKeeper,
		app.StakingKeeper, authtypes.FeeCollectorName, Authority())
	app.SlashingKeeper = slashingkeeper.NewKeeper(app.cdc, app.amino, app.store(slashingtypes.StoreKey),
		slashingStake{app.StakingKeeper, app.tokensAt}, Authority())
	// Distribution first: it settles a delegator's rewards before slashing changes what they are computed from.
	app.StakingKeeper.SetHooks(stakingtypes.NewMultiStakingHooks(app.DistrKeeper.Hooks(), app.SlashingKeeper.Hooks()))
	app.EvidenceKeeper = evidencekeeper.NewKeeper(app.cdc, app.store(evidencetypes.StoreKey), evidenceStake{app.StakingKeeper},
		app.SlashingKeeper, app.AccountKeeper.AddressCodec(), runtime.ProvideCometInfoService())
}

func (app *App) stakingStore() stakingStore { return stakingStore{app.store(stakingtypes.StoreKey)} }

// setUpgradeKeeper makes the keeper that stops the chain at a planned height for the next binary.
func (app *App) setUpgradeKeeper(opts servertypes.AppOptions) {
	skip := make(map[int64]bool)
	for _, h := range cast.ToIntSlice(opts.Get(server.FlagUnsafeSkipUpgrades)) {
		skip[int64(h)] = true
	}
	home := cast.ToString(opts.Get(flags.FlagHome))
	app.UpgradeKeeper = upgradekeeper.NewKeeper(skip, app.store(upgradetypes.StoreKey), app.cdc, home, app.BaseApp, Authority())
}

// setIBCKeepers makes IBC and the coin transfer over it. The legacy param subspaces are nil and x/params is not needed: ibc-go
// reads them only when it migrates a chain from a version before v8, and this chain starts after it.
func (app *App) setIBCKeepers() {
	app.CapabilityKeeper = capabilitykeeper.NewKeeper(app.cdc, app.keys[capabilitytypes.StoreKey], app.memKeys[capabilitytypes.MemStoreKey])
	app.ScopedIBCKeeper = app.CapabilityKeeper.ScopeToModule(ibcexported.ModuleName)
	scopedTransfer := app.CapabilityKeeper.ScopeToModule(transfertypes.ModuleName)
	app.CapabilityKeeper.Seal()

	app.IBCKeeper = ibckeeper.NewKeeper(app.cdc, app.keys[ibcexported.StoreKey], nil, app.StakingKeeper, app.UpgradeKeeper,
		app.ScopedIBCKeeper, Authority())
	channels := app.IBCKeeper.ChannelKeeper
	app.TransferKeeper = transferkeeper.NewKeeper(app.cdc, app.keys[transfertypes.StoreKey], nil, channels, channels,
		app.IBCKeeper.PortKeeper, app.AccountKeeper, app.BankKeeper, scopedTransfer, Authority())

	router := porttypes.NewRouter()
	router.AddRoute(transfertypes.ModuleName, transfer.NewIBCModule(app.TransferKeeper))
	app.IBCKeeper.SetRouter(router)
}

// setGovKeeper makes proposals and votes; a passed proposal's messages run through the same router as transactions.
func (app *App) setGovKeeper() {
	app.GovKeeper = govkeeper.NewKeeper(app.cdc, app.store(govtypes.StoreKey), app.AccountKeeper, app.BankKeeper,
		app.StakingKeeper, app.DistrKeeper, app.MsgServiceRouter(), govtypes.DefaultConfig(), Authority())
	// Text is the only legacy content that is accepted; all else is a message.
	app.GovKeeper.SetLegacyRouter(govv1beta1.NewRouter().AddRoute(govtypes.RouterKey, govv1beta1.ProposalHandler))
}

// setOwnKeepers makes the keepers of our modules; calls go down: datarights -> storage -> provider -> committee -> reputation.
func (app *App) setOwnKeepers() {
	accounts := app.AccountKeeper.AddressCodec()
	app.ReputationKeeper = reputationkeeper.NewKeeper(app.cdc, app.store(reputationtypes.StoreKey), accounts, Authority())
	app.CommitteeKeeper = committeekeeper.NewKeeper(app.cdc, app.store(committeetypes.StoreKey), accounts, Authority(),
		committeeStake{app.StakingKeeper, app.stakingStore()}, app.SlashingKeeper, app.ReputationKeeper, app.AccountKeeper)
	app.ProviderKeeper = providerkeeper.NewKeeper(app.cdc, app.store(providertypes.StoreKey), accounts, Authority(), app.BankKeeper,
		app.CommitteeKeeper, app.ReputationKeeper)
	app.StorageKeeper = storagekeeper.NewKeeper(app.cdc, app.store(storagetypes.StoreKey), accounts, Authority(), app.BankKeeper,
		app.ProviderKeeper, app.CommitteeKeeper, app.ReputationKeeper)
	app.DatarightsKeeper = datarightskeeper.NewKeeper(app.cdc, app.store(datarightstypes.StoreKey), accounts, Authority(),
		app.BankKeeper, app.ProviderKeeper, app.StorageKeeper, app.ReputationKeeper)
}

// setHandlers plugs the application into the ABCI. Vote extensions are off: candidates can't extend votes.
func (app *App) setHandlers() {
	app.SetInitChainer(app.InitChainer)
	app.proposals = newProposals(app, app.CommitteeKeeper)
	app.SetPrepareProposal(app.proposals.Prepare)
	app.SetProcessProposal(app.proposals.Process)
	app.SetPreBlocker(func(ctx sdk.Context, req *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		res, err := app.modules.PreBlock(ctx)
		if err != nil {
			return nil, err
		}
		return res, app.proposals.PreBlock(ctx, req)
	})
	app.SetBeginBlocker(app.modules.BeginBlock)
	app.SetEndBlocker(app.modules.EndBlock)
	app.SetAnteHandler(app.anteHandler())
	post, err := posthandler.NewPostHandler(posthandler.HandlerOptions{})
	if err != nil {
		panic(err) // only a broken build gets here
	}
	app.SetPostHandler(post)
	checkProto()
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

// SetVRFKey gives the node the key with which it proves randomness in the blocks it proposes. Without one it proposes all the same,
// and loses reputation.
func (app *App) SetVRFKey(key vrf.PrivateKey) { app.proposals.key = &key }

// Codec encodes state and messages.
func (app *App) Codec() codec.Codec { return app.cdc }

// TxConfig encodes and signs transactions.
func (app *App) TxConfig() client.TxConfig { return app.txConfig }

// Registry knows all messages.
func (app *App) Registry() codectypes.InterfaceRegistry { return app.registry }

// Amino is the legacy codec, for hardware wallets.
func (app *App) Amino() *codec.LegacyAmino { return app.amino }

// Modules are the wired modules.
func (app *App) Modules() *module.Manager { return app.modules }

// Basics are the modules without their keepers: default genesis, its validation, REST routes.
func (app *App) Basics() module.BasicManager { return app.basics }
