package simulation_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/simulation"
	"github.com/cpchain/cpchain/x/datarights/types"
	providerkeeper "github.com/cpchain/cpchain/x/provider/keeper"
	providersimulation "github.com/cpchain/cpchain/x/provider/simulation"
	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	storagekeeper "github.com/cpchain/cpchain/x/storage/keeper"
	storagesimulation "github.com/cpchain/cpchain/x/storage/simulation"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// ledger is a bank that keeps balances; burnt coins are gone.
type ledger map[string]sdk.Coins

func (l ledger) move(from, to sdk.AccAddress, amt sdk.Coins) error {
	left, negative := l[from.String()].SafeSub(amt...)
	if negative {
		return errors.New("insufficient funds")
	}
	l[from.String()] = left
	if to != nil {
		l[to.String()] = l[to.String()].Add(amt...)
	}
	return nil
}

func (l ledger) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, module string, amt sdk.Coins) error {
	return l.move(from, authtypes.NewModuleAddress(module), amt)
}

func (l ledger) SendCoinsFromModuleToAccount(_ context.Context, module string, to sdk.AccAddress, amt sdk.Coins) error {
	return l.move(authtypes.NewModuleAddress(module), to, amt)
}

func (l ledger) SendCoinsFromModuleToModule(_ context.Context, from, to string, amt sdk.Coins) error {
	return l.move(authtypes.NewModuleAddress(from), authtypes.NewModuleAddress(to), amt)
}

func (l ledger) BurnCoins(_ context.Context, module string, amt sdk.Coins) error {
	return l.move(authtypes.NewModuleAddress(module), nil, amt)
}

func (l ledger) GetAllBalances(_ context.Context, addr sdk.AccAddress) sdk.Coins {
	return l[addr.String()]
}

func (l ledger) SpendableCoins(_ context.Context, addr sdk.AccAddress) sdk.Coins {
	return l[addr.String()]
}
func (ledger) IsSendEnabledDenom(context.Context, string) bool { return true }

type modules struct{}

func (modules) GetModuleAddress(name string) sdk.AccAddress { return authtypes.NewModuleAddress(name) }

// chain is this module on the real x/provider, with a ledger for a bank.
type chain struct {
	t         *testing.T
	r         *rand.Rand
	ctx       sdk.Context
	bank      ledger
	accounts  []simtypes.Account
	addresses address.Bech32Codec
	rights    keeper.Keeper
	providers providerkeeper.Keeper
	storage   storagekeeper.Keeper
	delivered map[string]int
}

func newChain(t *testing.T, seed int64) *chain {
	c := &chain{t: t, r: rand.New(rand.NewSource(seed)), bank: ledger{}, addresses: address.Bech32Codec{Bech32Prefix: "cosmos"}, delivered: map[string]int{}}
	keys := map[string]*storetypes.KVStoreKey{
		types.StoreKey: storetypes.NewKVStoreKey(types.StoreKey), provider.StoreKey: storetypes.NewKVStoreKey(provider.StoreKey),
		storage.StoreKey: storetypes.NewKVStoreKey(storage.StoreKey),
	}
	c.ctx = testutil.DefaultContextWithKeys(keys, nil, nil).WithChainID("sim-1")
	c.accounts = simtypes.RandomAccounts(c.r, 12)
	for _, a := range c.accounts {
		c.bank[a.Address.String()] = sdk.NewCoins(sdk.NewInt64Coin(types.FeeDenom, 10_000_000))
	}
	gov := authtypes.NewModuleAddress("gov").String()
	cdc := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	c.providers = providerkeeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[provider.StoreKey]), c.addresses, gov, c.bank, headerSeed{}, unheard{})
	c.storage = storagekeeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[storage.StoreKey]), c.addresses, gov, c.bank, c.providers, headerSeed{}, unheard{})
	c.rights = keeper.NewKeeper(cdc, runtime.NewKVStoreService(keys[types.StoreKey]), c.addresses, gov, c.bank, c.providers, c.storage, unheard{})
	registry, rights := provider.DefaultGenesis(), types.DefaultGenesis()
	registry.Params, rights.Params = providersimulation.RandomParams(c.r), simulation.RandomParams(c.r)
	require.NoError(t, c.providers.InitGenesis(c.ctx, registry))
	deals := storage.DefaultGenesis()
	deals.Params = storagesimulation.RandomParams(c.r)
	require.NoError(t, c.storage.InitGenesis(c.ctx, deals))
	require.NoError(t, c.rights.InitGenesis(c.ctx, rights))
	return c
}

func (c *chain) factories() []simsx.SimMsgFactoryX {
	k, p := c.rights, c.providers
	return []simsx.SimMsgFactoryX{
		providersimulation.MsgRegisterFactory(p), providersimulation.MsgRegisterFactory(p), providersimulation.MsgSetPausedFactory(p), providersimulation.MsgLeaveFactory(p),
		simulation.MsgCreateStreamFactory(k), simulation.MsgUpdateStreamFactory(k), simulation.MsgSetWriterFactory(k), simulation.MsgBumpWriterFactory(k),
		simulation.MsgDeleteStreamFactory(k), simulation.MsgRekeyFactory(k), simulation.MsgAnchorFactory(k), simulation.MsgAnchorFactory(k), simulation.MsgAnchorFactory(k),
		simulation.MsgDisclaimFactory(k), simulation.MsgShowReceiptFactory(k), simulation.MsgRegrantFactory(k), simulation.MsgRegisterReaderFactory(k), simulation.MsgRotateReaderFactory(k), simulation.MsgGrantFactory(k), simulation.MsgGrantFactory(k),
		simulation.MsgAcceptGrantFactory(k), simulation.MsgAcceptGrantFactory(k), simulation.MsgRefuseGrantFactory(k), simulation.MsgRevokeGrantFactory(k),
		simulation.MsgDisputeFragmentFactory(k), simulation.MsgUpdateParamsFactory(),
		simulation.MsgDemandFragmentFactory(k), simulation.MsgDemandFragmentFactory(k), simulation.MsgAnswerDemandFactory(k), simulation.MsgRefuteDemandFactory(k),
		simulation.MsgDemandCapsuleFactory(k), simulation.MsgDemandCapsuleFactory(k), simulation.MsgAnswerCapsuleFactory(k),
		simulation.MsgHandOverFactory(k), simulation.MsgHandOverFactory(k), simulation.MsgTakeOverFactory(k), simulation.MsgDeclineHandOverFactory(k),
	}
}

// run sends random messages over blocks. Whatever a factory makes must be accepted, or refused as the factory expects.
func (c *chain) run(blocks int) {
	factories := c.factories()
	for height := int64(1); height <= int64(blocks); height++ {
		c.ctx = c.ctx.WithBlockHeight(height).WithBlockTime(time.Unix(1_700_000_000+height*3600, 0)).
			WithHeaderHash(bytes.Repeat([]byte{byte(height)}, 32)).WithEventManager(sdk.NewEventManager())
		require.NoError(c.t, c.providers.BeginBlock(c.ctx))
		for range 12 {
			c.send(factories[c.r.Intn(len(factories))])
		}
		require.NoError(c.t, c.rights.EndBlock(c.ctx))
		require.NoError(c.t, c.providers.EndBlock(c.ctx))
		require.NoError(c.t, c.storage.EndBlock(c.ctx))
		require.NoError(c.t, c.storage.CheckInvariants(c.ctx), "height %d", height)
		require.NoError(c.t, c.rights.CheckInvariants(c.ctx), "height %d", height)
		for _, e := range c.ctx.EventManager().Events() {
			require.False(c.t, strings.HasSuffix(e.Type, "EventSettlementFailed"), "%v", e)
			require.False(c.t, strings.HasSuffix(e.Type, "EventDemandFailed"), "%v", e)
			for name, kind := range map[string]string{"settled": "EventGrantSettled", "disclaims ended": "EventDisclaimEnded", "demands ended": "EventDemandEnded", "handed over": "EventHandedOver"} {
				if strings.HasSuffix(e.Type, kind) {
					c.delivered[name]++
				}
			}
		}
	}
}

func (c *chain) send(factory simsx.SimMsgFactoryX) {
	reporter := simsx.NewBasicSimulationReporter().WithScope(factory.MsgType())
	data := simsx.NewChainDataSource(c.ctx, c.r, modules{}, c.bank, c.addresses, c.accounts...)
	_, msg := factory.Create()(c.ctx, data, reporter)
	if reporter.IsSkipped() {
		return
	}
	cached, write := c.ctx.CacheContext()
	err := c.deliver(cached, msg)
	require.NoError(c.t, factory.DeliveryResultHandler()(err), proto.MessageName(msg))
	if err == nil {
		write()
	}
	c.delivered[proto.MessageName(msg)]++
}

func (c *chain) deliver(ctx context.Context, msg sdk.Msg) (err error) {
	s, p := keeper.NewMsgServer(c.rights), providerkeeper.NewMsgServer(c.providers)
	switch m := msg.(type) {
	case *provider.MsgRegister:
		_, err = p.Register(ctx, m)
	case *provider.MsgSetPaused:
		_, err = p.SetPaused(ctx, m)
	case *provider.MsgLeave:
		_, err = p.Leave(ctx, m)
	case *types.MsgCreateStream:
		_, err = s.CreateStream(ctx, m)
	case *types.MsgUpdateStream:
		_, err = s.UpdateStream(ctx, m)
	case *types.MsgSetWriter:
		_, err = s.SetWriter(ctx, m)
	case *types.MsgBumpWriter:
		_, err = s.BumpWriter(ctx, m)
	case *types.MsgDeleteStream:
		_, err = s.DeleteStream(ctx, m)
	case *types.MsgRekey:
		_, err = s.Rekey(ctx, m)
	case *types.MsgAnchor:
		_, err = s.Anchor(ctx, m)
	case *types.MsgRegisterReader:
		_, err = s.RegisterReader(ctx, m)
	case *types.MsgRotateReader:
		_, err = s.RotateReader(ctx, m)
	case *types.MsgGrant:
		_, err = s.Grant(ctx, m)
	case *types.MsgDisclaim:
		_, err = s.Disclaim(ctx, m)
	case *types.MsgShowReceipt:
		_, err = s.ShowReceipt(ctx, m)
	case *types.MsgRegrant:
		_, err = s.Regrant(ctx, m)
	case *types.MsgAcceptGrant:
		_, err = s.AcceptGrant(ctx, m)
	case *types.MsgRefuseGrant:
		_, err = s.RefuseGrant(ctx, m)
	case *types.MsgRevokeGrant:
		_, err = s.RevokeGrant(ctx, m)
	case *types.MsgDisputeFragment:
		_, err = s.DisputeFragment(ctx, m)
	case *types.MsgDemandFragment:
		_, err = s.DemandFragment(ctx, m)
	case *types.MsgAnswerDemand:
		_, err = s.AnswerDemand(ctx, m)
	case *types.MsgRefuteDemand:
		_, err = s.RefuteDemand(ctx, m)
	case *types.MsgDemandCapsule:
		_, err = s.DemandCapsule(ctx, m)
	case *types.MsgAnswerCapsule:
		_, err = s.AnswerCapsule(ctx, m)
	case *types.MsgHandOver:
		_, err = s.HandOver(ctx, m)
	case *types.MsgTakeOver:
		_, err = s.TakeOver(ctx, m)
	case *types.MsgDeclineHandOver:
		_, err = s.DeclineHandOver(ctx, m)
	case *types.MsgUpdateParams:
		_, err = s.UpdateParams(ctx, m)
	default:
		err = errors.New("no such message")
	}
	return err
}

func (c *chain) export() []byte {
	g, err := c.rights.ExportGenesis(c.ctx)
	require.NoError(c.t, err)
	require.NoError(c.t, g.Validate())
	bz, err := g.Marshal()
	require.NoError(c.t, err)
	return bz
}

func TestRandomMessagesKeepTheInvariants(t *testing.T) {
	total := map[string]int{}
	for seed := range int64(3) {
		c := newChain(t, seed)
		c.run(120)
		for name, n := range c.delivered {
			total[name] += n
		}
	}
	t.Log(total)
	require.Len(t, total, 3+26+4, "every message was delivered, grants were settled, disclaims and demands ended and parcels handed over: %v", total)
}

func TestTheSameSeedGivesTheSameState(t *testing.T) {
	a, b := newChain(t, 42), newChain(t, 42)
	a.run(60)
	b.run(60)
	require.Equal(t, a.export(), b.export())
}

func TestRandomParamsAreValid(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 1000 {
		require.NoError(t, simulation.RandomParams(r).Validate())
	}
}

// headerSeed takes a boundary's seed from the hash of the block's header.
type headerSeed struct{}

func (headerSeed) Seed(ctx context.Context) ([]byte, error) {
	return sdk.UnwrapSDKContext(ctx).HeaderHash(), nil
}

// unheard is a reputation that nobody asks for.
type unheard struct{}

func (unheard) Report(_ context.Context, e reputation.Evidence) error { return e.Validate() }
