package datarights_test

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

// The README names every message, event, param and error there is, and none that is not; each rule names a test that is there,
// and each rule a test names is one of the README's.
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
	methods := service(t, "cpchain.datarights.v1.Msg").Methods()
	for i := range methods.Len() {
		messages[string(methods.Get(i).Input().Name())] = true
	}
	require.Equal(t, messages, named(`### (Msg\w+)`))

	events := map[string]bool{}
	d, err := proto.HybridResolver.FindFileByPath("cpchain/datarights/v1/events.proto")
	require.NoError(t, err)
	for i := range d.Messages().Len() {
		events[string(d.Messages().Get(i).Name())] = true
	}
	require.Equal(t, events, named("(?m)^\\| `(Event\\w+)` \\|"))

	params := map[string]bool{}
	d, err = proto.HybridResolver.FindFileByPath("cpchain/datarights/v1/grant.proto")
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
	checkRules(t, readme, named)
}

func checkRules(t *testing.T, readme string, named func(string) map[string]bool) {
	tests, cited := sources(t)
	rules := named(`(?m)^- \*\*(D-\w+-\d+)\*\*`)
	for _, rule := range regexp.MustCompile(`(?m)^- \*\*(D-\w+-\d+)\*\*(?:.*\n(?:  .*\n)*)`).FindAllStringSubmatch(readme, -1) {
		require.Contains(t, rule[0], "`Test", "rule %s names no test", rule[1])
	}
	for test := range named("`(Test\\w+)`") {
		require.True(t, tests[test], "the README names %s, which is not there", test)
	}
	for rule := range cited {
		require.True(t, rules[rule], "a test is about %s, which the README has not", rule)
	}
	for rule := range named(`(?m)^\| \d+ \| .*(D-\w+-\d+) \|$`) {
		require.True(t, rules[rule], "an error is of %s, which the README has not", rule)
	}
}

// sources are the names of the module's tests, and the rules they are about.
func sources(t *testing.T) (tests, cited map[string]bool) {
	tests, cited = map[string]bool{}, map[string]bool{}
	for _, pattern := range []string{"*_test.go", "*/*_test.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			bz, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(string(bz), -1) {
				tests[match[1]] = true
			}
			for _, match := range regexp.MustCompile(`\bD-[A-Z]{3}-\d+`).FindAllString(string(bz), -1) {
				cited[match] = true
			}
		}
	}
	return tests, cited
}
