package datarights_test

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

	"github.com/cpchain/cpchain/x/datarights"
	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
)

func newModule() (datarights.AppModule, codec.Codec) {
	registry := codectypes.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	return datarights.NewAppModule(cdc, keeper.Keeper{}), cdc
}

func service(t *testing.T, name string) protoreflect.ServiceDescriptor {
	d, err := proto.HybridResolver.FindDescriptorByName(protoreflect.FullName(name))
	require.NoError(t, err)
	return d.(protoreflect.ServiceDescriptor)
}

func TestEveryRPCHasACommandWithTextAndFields(t *testing.T) {
	m, _ := newModule()
	options := m.AutoCLIOptions()
	for _, commands := range []*autocliv1.ServiceCommandDescriptor{options.Query, options.Tx} {
		methods := service(t, commands.Service).Methods()
		require.Equal(t, methods.Len(), len(commands.RpcCommandOptions), "of %s", commands.Service)
		for _, command := range commands.RpcCommandOptions {
			method := methods.ByName(protoreflect.Name(command.RpcMethod))
			require.NotNil(t, method, command.RpcMethod)
			if command.Skip {
				require.Equal(t, "UpdateParams", command.RpcMethod, "only governance's has no command")
				continue
			}
			require.NotEmpty(t, command.Short, command.RpcMethod)
			require.Contains(t, command.Example, " datarights "+strings.Fields(command.Use)[0], command.RpcMethod)
			fields := method.Input().Fields()
			for _, arg := range command.PositionalArgs {
				require.NotNil(t, fields.ByName(protoreflect.Name(arg.ProtoField)), "%s of %s", arg.ProtoField, command.RpcMethod)
			}
			for flag := range command.FlagOptions {
				require.NotNil(t, fields.ByName(protoreflect.Name(flag)), "%s of %s", flag, command.RpcMethod)
			}
		}
	}
}

func TestGenesisIsCheckedAsJSON(t *testing.T) {
	m, cdc := newModule()
	require.NoError(t, m.ValidateGenesis(cdc, nil, m.DefaultGenesis(cdc)))
	require.ErrorContains(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{"next_stream": "x"}`)), "genesis of datarights")
	require.ErrorIs(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{}`)), types.ErrParams)
}

func TestSimulatedGenesisIsValid(t *testing.T) {
	m, cdc := newModule()
	state := module.SimulationState{Rand: rand.New(rand.NewSource(7)), Cdc: cdc, GenState: map[string]json.RawMessage{}}
	m.GenerateGenesisState(&state)
	require.NoError(t, m.ValidateGenesis(cdc, nil, state.GenState[types.ModuleName]))
}
