package simulation_test

import (
	"bytes"
	"context"
	"math/rand"
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

	"github.com/cpchain/cpchain/x/provider/keeper"
	"github.com/cpchain/cpchain/x/provider/simulation"
	"github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// ledger is a bank that keeps balances; burnt coins are gone.
type ledger map[string]sdk.Coins

func (l ledger) move(from, to sdk.AccAddress, amt sdk.Coins) error {
	left, negative := l[from.String()].SafeSub(amt...)
	if negative {
		return types.ErrBond
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

// run sends random messages and slashes over blocks; it returns the exported state and how often each message was delivered.
func run(t *testing.T, seed int64, blocks int) ([]byte, map[string]int) {
	r := rand.New(rand.NewSource(seed))
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(t, key, storetypes.NewTransientStoreKey("t")).Ctx.WithChainID("sim-1")
	accounts := simtypes.RandomAccounts(r, 12)
	bank := ledger{}
	for _, a := range accounts {
		bank[a.Address.String()] = sdk.NewCoins(sdk.NewInt64Coin(types.BondDenom, 1_000_000))
	}
	codecOfAddresses := address.NewBech32Codec("cosmos")
	gov := authtypes.NewModuleAddress("gov").String()
	k := keeper.NewKeeper(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), runtime.NewKVStoreService(key), codecOfAddresses, gov, bank, headerSeed{}, unheard{})
	genesis := types.DefaultGenesis()
	genesis.Params = simulation.RandomParams(r)
	require.NoError(t, k.InitGenesis(ctx, genesis))
	server := keeper.NewMsgServer(k)
	factories := []simsx.SimMsgFactoryX{
		simulation.MsgRegisterFactory(k), simulation.MsgRegisterFactory(k), simulation.MsgUpdateFactory(k), simulation.MsgBondFactory(k),
		simulation.MsgSetPausedFactory(k), simulation.MsgLeaveFactory(k), simulation.MsgUpdateParamsFactory(),
	}
	delivered := map[string]int{}
	for height := int64(1); height <= int64(blocks); height++ {
		ctx = ctx.WithBlockHeight(height).WithBlockTime(time.Unix(1_000_000+height*3600, 0)).WithHeaderHash(bytes.Repeat([]byte{byte(height)}, 32))
		require.NoError(t, k.BeginBlock(ctx))
		for range 5 {
			factory := factories[r.Intn(len(factories))]
			reporter := simsx.NewBasicSimulationReporter().WithScope(factory.MsgType())
			data := simsx.NewChainDataSource(ctx, r, modules{}, bank, codecOfAddresses, accounts...)
			_, msg := factory.Create()(ctx, data, reporter)
			if reporter.IsSkipped() {
				continue
			}
			require.NoError(t, deliver(ctx, server, msg), "%s: every message of a factory is accepted", proto.MessageName(msg))
			delivered[proto.MessageName(msg)]++
		}
		if id := r.Uint64() % 40; height%7 == 0 {
			if _, err := k.Provider(ctx, id); err == nil {
				_, err = k.Slash(ctx, id, "simulated")
				require.NoError(t, err)
			}
		}
		require.NoError(t, k.EndBlock(ctx))
		require.NoError(t, k.CheckInvariants(ctx), "height %d", height)
	}
	g, err := k.ExportGenesis(ctx)
	require.NoError(t, err)
	require.NoError(t, g.Validate())
	bz, err := g.Marshal()
	require.NoError(t, err)
	return bz, delivered
}

func deliver(ctx context.Context, s types.MsgServer, msg sdk.Msg) (err error) {
	switch m := msg.(type) {
	case *types.MsgRegister:
		_, err = s.Register(ctx, m)
	case *types.MsgUpdate:
		_, err = s.Update(ctx, m)
	case *types.MsgBond:
		_, err = s.Bond(ctx, m)
	case *types.MsgSetPaused:
		_, err = s.SetPaused(ctx, m)
	case *types.MsgLeave:
		_, err = s.Leave(ctx, m)
	case *types.MsgUpdateParams:
		_, err = s.UpdateParams(ctx, m)
	}
	return err
}

func TestRandomMessagesKeepTheInvariants(t *testing.T) {
	total := map[string]int{}
	for seed := range int64(4) {
		_, delivered := run(t, seed, 150)
		for name, n := range delivered {
			total[name] += n
		}
	}
	require.Len(t, total, 6, "every message was delivered: %v", total)
}

func TestTheSameSeedGivesTheSameState(t *testing.T) {
	a, _ := run(t, 42, 60)
	b, _ := run(t, 42, 60)
	require.Equal(t, a, b)
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
