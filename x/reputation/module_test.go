package reputation_test

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/reputation"
	"github.com/cpchain/cpchain/x/reputation/keeper"
	"github.com/cpchain/cpchain/x/reputation/types"
)

func newModule() (reputation.AppModule, codec.Codec) {
	registry := codectypes.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	return reputation.NewAppModule(cdc, keeper.Keeper{}), cdc
}

func TestEveryRPCHasACommandWithTextAndFields(t *testing.T) {
	m, _ := newModule()
	options := m.AutoCLIOptions()
	for _, service := range []*autocliv1.ServiceCommandDescriptor{options.Query, options.Tx} {
		d, err := proto.HybridResolver.FindDescriptorByName(protoreflect.FullName(service.Service))
		require.NoError(t, err)
		methods := d.(protoreflect.ServiceDescriptor).Methods()
		require.Equal(t, methods.Len(), len(service.RpcCommandOptions), "of %s", service.Service)
		for _, command := range service.RpcCommandOptions {
			method := methods.ByName(protoreflect.Name(command.RpcMethod))
			require.NotNil(t, method, command.RpcMethod)
			if command.Skip {
				require.Equal(t, "UpdateParams", command.RpcMethod, "only governance's message has no command")
				continue
			}
			require.NotEmpty(t, command.Short, command.RpcMethod)
			require.Contains(t, command.Example, " reputation "+strings.Fields(command.Use)[0], command.RpcMethod)
			for _, arg := range command.PositionalArgs {
				require.NotNil(t, method.Input().Fields().ByName(protoreflect.Name(arg.ProtoField)), "%s of %s", arg.ProtoField, command.RpcMethod)
			}
		}
	}
}

func TestGenesisIsCheckedAsJSON(t *testing.T) {
	m, cdc := newModule()
	require.NoError(t, m.ValidateGenesis(cdc, nil, m.DefaultGenesis(cdc)))
	require.ErrorContains(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{"term": "x"}`)), "genesis of reputation")
	require.ErrorIs(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{}`)), types.ErrParams)
}

func TestSimulatedGenesisIsValid(t *testing.T) {
	m, cdc := newModule()
	for seed := range int64(50) {
		state := module.SimulationState{Rand: rand.New(rand.NewSource(seed)), Cdc: cdc, GenState: map[string]json.RawMessage{}}
		m.GenerateGenesisState(&state)
		require.NoError(t, m.ValidateGenesis(cdc, nil, state.GenState[types.ModuleName]))
	}
}
