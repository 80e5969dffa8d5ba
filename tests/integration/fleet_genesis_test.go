package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app/apptest"
	committee "github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// fleetUnbonding lets a validator whose bonds are all gone be deleted after 60 blocks of a Chain.
	fleetUnbonding = 5 * time.Minute
	// fleetVoting is how long a proposal of governance takes.
	fleetVoting = 40 * time.Second
)

// fleetParams has seats for few, so that candidates come and go.
func fleetParams() committee.Params {
	p := committee.LocalParams()
	p.SelfBondMinUcpc = math.NewInt(apptest.Stake / 4)
	p.ReputationMin = 300
	p.AbsentBlocks = 12
	return p
}

// fleetGenesis has so many bonded validators, all candidates but for the last few, and params under which things end soon.
func fleetGenesis(t testing.TB, validators, late int, params committee.Params) (*apptest.Genesis, []*candidate) {
	t.Helper()
	template := apptest.Template()
	genesis, err := apptest.NewGenesis(template, 2*validators+2, validators) // operators, their agents, and two more
	require.NoError(t, err)
	cdc := template.Codec()
	state := committee.DefaultGenesis()
	state.Params, state.Seed = params, []byte("fleet")
	people := make([]*candidate, validators)
	for i := range people {
		people[i] = newCandidate(genesis.Accounts[i], i)
		people[i].agent = genesis.Accounts[validators+i].Key
	}
	for i, who := range people[:validators-late] {
		key := who.vrf.Public()
		state.Candidates = append(state.Candidates, committee.Candidate{
			Operator: who.operator(), ConsensusKey: who.consensus.PubKey().Bytes(), VrfKey: key[:],
			NodeId: fmt.Sprintf("%040x", i), Agent: who.agentAddress().String(),
		})
	}
	genesis.Set(committee.ModuleName, cdc.MustMarshalJSON(state))
	scores := reputation.DefaultGenesis()
	scores.Params.DriftTerms = 4
	genesis.Set(reputation.ModuleName, cdc.MustMarshalJSON(scores))
	staking := stakingtypes.GetGenesisStateFromAppState(cdc, genesis.State)
	staking.Params.UnbondingTime = fleetUnbonding
	genesis.Set(stakingtypes.ModuleName, cdc.MustMarshalJSON(staking))
	var slashing slashingtypes.GenesisState
	cdc.MustUnmarshalJSON(genesis.State[slashingtypes.ModuleName], &slashing)
	slashing.Params.SignedBlocksWindow, slashing.Params.DowntimeJailDuration = 20, time.Minute
	genesis.Set(slashingtypes.ModuleName, cdc.MustMarshalJSON(&slashing))
	var gov govv1.GenesisState
	cdc.MustUnmarshalJSON(genesis.State[govtypes.ModuleName], &gov)
	voting, expedited := fleetVoting, fleetVoting/2
	gov.Params.VotingPeriod, gov.Params.ExpeditedVotingPeriod, gov.Params.MaxDepositPeriod = &voting, &expedited, &voting
	genesis.Set(govtypes.ModuleName, cdc.MustMarshalJSON(&gov))
	return genesis, people
}
