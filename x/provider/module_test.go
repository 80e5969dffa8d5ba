package provider_test

import (
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/cpchain/cpchain/x/provider"
	"github.com/cpchain/cpchain/x/provider/keeper"
	"github.com/cpchain/cpchain/x/provider/types"
)

func newModule() (provider.AppModule, codec.Codec) {
	registry := codectypes.NewInterfaceRegistry()
	types.RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	return provider.NewAppModule(cdc, keeper.Keeper{}), cdc
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
			require.Contains(t, command.Example, " provider "+strings.Fields(command.Use)[0], command.RpcMethod)
			for _, arg := range command.PositionalArgs {
				require.NotNil(t, method.Input().Fields().ByName(protoreflect.Name(arg.ProtoField)), "%s of %s", arg.ProtoField, command.RpcMethod)
			}
		}
	}
}

func TestGenesisIsCheckedAsJSON(t *testing.T) {
	m, cdc := newModule()
	require.NoError(t, m.ValidateGenesis(cdc, nil, m.DefaultGenesis(cdc)))
	require.ErrorContains(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{"next_id": "x"}`)), "genesis of provider")
	require.ErrorIs(t, m.ValidateGenesis(cdc, nil, json.RawMessage(`{}`)), types.ErrParams)
}

func TestSimulatedGenesisIsValid(t *testing.T) {
	m, cdc := newModule()
	state := module.SimulationState{Rand: rand.New(rand.NewSource(7)), Cdc: cdc, GenState: map[string]json.RawMessage{}}
	m.GenerateGenesisState(&state)
	require.NoError(t, m.ValidateGenesis(cdc, nil, state.GenState[types.ModuleName]))
}

// The README names every message, event, param and error there is, and none that is not; each rule names a test that is there.
func TestTheReadmeIsComplete(t *testing.T) {
	bz, err := os.ReadFile("README.md")
	require.NoError(t, err)
	readme := string(bz)
	named := func(pattern string) map[string]bool {
		set := map[string]bool{}
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(readme, -1) {
			set[match[1]] = true
		}
		return set
	}
	messages := map[string]bool{}
	for _, name := range []string{"Register", "Update", "Bond", "SetPaused", "Leave", "UpdateParams"} {
		messages["Msg"+name] = true
	}
	require.Equal(t, messages, named(`### (Msg\w+)`))

	events := map[string]bool{}
	d, err := proto.HybridResolver.FindFileByPath("cpchain/provider/v1/events.proto")
	require.NoError(t, err)
	for i := range d.Messages().Len() {
		events[string(d.Messages().Get(i).Name())] = true
	}
	require.Equal(t, events, named("(?m)^\\| `(Event\\w+)` \\|"))

	params := map[string]bool{}
	d, err = proto.HybridResolver.FindFileByPath("cpchain/provider/v1/provider.proto")
	require.NoError(t, err)
	fields := d.Messages().ByName("Params").Fields()
	for i := range fields.Len() {
		params[string(fields.Get(i).Name())] = true
	}
	require.Equal(t, params, named("(?m)^\\| `([a-z_]+)` \\|"))

	source, err := os.ReadFile("types/errors.go")
	require.NoError(t, err)
	refusals := map[string]bool{}
	for _, match := range regexp.MustCompile(`(Err\w+)\s+= errorsmod.Register\(ModuleName, (\d+),`).FindAllStringSubmatch(string(source), -1) {
		refusals[match[2]+" | `"+match[1]] = true
	}
	require.Equal(t, refusals, named("(?m)^\\| (\\d+ \\| `Err\\w+)` \\|"))

	tests := testNames(t)
	for _, rule := range regexp.MustCompile(`(?m)^- \*\*(P-\w+-\d+)\*\*(?:.*\n(?:  .*\n)*)`).FindAllStringSubmatch(readme, -1) {
		require.Contains(t, rule[0], "`Test", "rule %s names no test", rule[1])
	}
	for test := range named("`(Test\\w+)`") {
		require.True(t, tests[test], "the README names %s, which is not there", test)
	}
}

// testNames are the module's tests.
func testNames(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			bz, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(bz), -1) {
				names[match[1]] = true
			}
		}
	}
	return names
}
