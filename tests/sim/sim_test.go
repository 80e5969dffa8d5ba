package sim

import (
	"math/rand"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app/apptest"
)

// randomize gives our modules random params, and makes the SDK's hasty enough for a run to see things end.
func randomize(t testing.TB, r *rand.Rand, genesis *apptest.Genesis) {
	t.Helper()
	template := apptest.Template()
	cdc := template.Codec()
	state := module.SimulationState{Rand: r, Cdc: cdc, GenState: genesis.State, AppParams: nil}
	for _, name := range template.Modules().OrderInitGenesis {
		if m, ok := template.Modules().Modules[name].(module.AppModuleSimulation); ok && ours(m) {
			m.GenerateGenesisState(&state)
		}
	}
	staking := stakingtypes.GetGenesisStateFromAppState(cdc, genesis.State)
	staking.Params.UnbondingTime = time.Duration(1+r.Intn(72)) * time.Hour
	genesis.Set(stakingtypes.ModuleName, cdc.MustMarshalJSON(staking))
	var slashing slashingtypes.GenesisState
	cdc.MustUnmarshalJSON(genesis.State[slashingtypes.ModuleName], &slashing)
	slashing.Params.SignedBlocksWindow = int64(10 + r.Intn(40))
	genesis.Set(slashingtypes.ModuleName, cdc.MustMarshalJSON(&slashing))
	var gov govv1.GenesisState
	cdc.MustUnmarshalJSON(genesis.State[govtypes.ModuleName], &gov)
	voting, expedited := 12*time.Hour, 6*time.Hour
	gov.Params.VotingPeriod, gov.Params.ExpeditedVotingPeriod, gov.Params.MaxDepositPeriod = &voting, &expedited, &voting
	genesis.Set(govtypes.ModuleName, cdc.MustMarshalJSON(&gov))
}

// ours tells whether a module is this project's own, and no wrapper of the SDK's.
func ours(m module.AppModuleSimulation) bool {
	return strings.HasPrefix(reflect.TypeOf(m).PkgPath(), "github.com/cpchain/cpchain/x/")
}

// settings are the seeds and the number of blocks: three seeds and short runs, or what make sim says.
func settings(t testing.TB) (seeds []int64, blocks int) {
	t.Helper()
	blocks = 300
	if text := os.Getenv("SIM_BLOCKS"); text != "" {
		var err error
		blocks, err = strconv.Atoi(text)
		require.NoError(t, err, "SIM_BLOCKS")
	}
	list := os.Getenv("SIM_SEEDS")
	if list == "" {
		list = "3,4,5" // together they send every message of ours
	}
	for _, text := range strings.Split(list, ",") {
		seed, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err, "SIM_SEEDS: numbers with commas between them")
		seeds = append(seeds, seed)
	}
	return seeds, blocks
}

// TestRandomTransactions is the short run of make test; make sim sets the seeds and makes it long.
func TestRandomTransactions(t *testing.T) {
	seeds, blocks := settings(t)
	sent, events := map[string]int{}, map[string]int{}
	for _, seed := range seeds {
		s := start(t, seed)
		began := time.Now()
		done, messages := s.blocks(blocks), 0
		s.goOnFromExport(blocks / 10)
		for name, n := range s.sent {
			sent[name] += n
			messages += n
		}
		for name, n := range s.events {
			events[name] += n
		}
		t.Logf("seed %d: %d messages in %d blocks, and on from the export, in %.1f s", seed, messages, done, time.Since(began).Seconds())
	}
	t.Log(sent, events)
	for _, w := range factoriesOf(apptest.Template()) {
		require.True(t, sent[sdk.MsgTypeURL(w.factory.MsgType())] > 0 || !own(w.factory), "%T was never sent", w.factory.MsgType())
	}
	for _, happens := range []string{"cpchain.datarights.v1.EventGrantSettled", "cpchain.provider.v1.EventBondReturned", "proposal_passed", "slash"} {
		require.Positive(t, events[happens], happens)
	}
	for _, never := range []string{"cpchain.datarights.v1.EventSettlementFailed", "cpchain.provider.v1.EventBondReturnFailed", "proposal_failed"} {
		require.Zero(t, events[never], never)
	}
}

func TestASeedAlwaysGivesTheSameState(t *testing.T) {
	seeds, blocks := settings(t)
	first, second := start(t, seeds[0]), start(t, seeds[0])
	for range min(blocks, 100) {
		first.blocks(1)
		second.blocks(1)
		require.Equal(t, first.chain.LastCommitID().Hash, second.chain.LastCommitID().Hash, "seed %d, height %d", seeds[0], first.last.Height)
	}
}
