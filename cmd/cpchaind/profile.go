package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/cosmos-sdk/codec"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
	reputationtypes "github.com/cpchain/cpchain/x/reputation/types"
	storagetypes "github.com/cpchain/cpchain/x/storage/types"
)

// Profiles of a network.
const (
	flagProfile  = "profile"
	profileLocal = "local"
	profileTest  = "test"
	profileMain  = "main"
	profileUsage = "size of the network: local (5 seats, terms of 20 blocks), test (30 seats, 900 blocks), main (see query committee params)"
)

// profile is what a network's size decides.
type profile struct {
	committee committeetypes.Params
	// unbonding time of x/staking.
	unbonding time.Duration
	// drift is in how many idle terms a reputation comes back to the start; 0 leaves the default.
	drift uint32
	// storage of x/storage.
	storage storagetypes.Params
}

// profileOf a name given on the command line.
func profileOf(name string) (profile, error) {
	switch name {
	case profileLocal:
		return profile{committee: committeetypes.LocalParams(), unbonding: time.Hour, drift: 4, storage: localStorage()}, nil
	case profileTest:
		return profile{committee: committeetypes.TestParams(), unbonding: 3 * 24 * time.Hour, storage: storagetypes.DefaultParams()}, nil
	case profileMain:
		return profile{committee: committeetypes.MainParams(), unbonding: app.UnbondingTime, storage: storagetypes.DefaultParams()}, nil
	}
	return profile{}, fmt.Errorf("--%s %q: give %s, %s or %s", flagProfile, name, profileLocal, profileTest, profileMain)
}

// localStorage has periods of minutes, so that whoever tries a network out sees proofs and pay.
func localStorage() storagetypes.Params {
	p := storagetypes.DefaultParams()
	p.PeriodBlocks, p.ProofBlocks, p.StaggerBlocks = 600, 300, 2
	return p
}

// apply puts the profile into a genesis state, with a seed that nobody chose.
func (p profile) apply(cdc codec.JSONCodec, state app.GenesisState) error {
	committee := committeetypes.DefaultGenesis()
	committee.Params = p.committee
	committee.Seed = make([]byte, 32)
	if _, err := rand.Read(committee.Seed); err != nil {
		return err
	}
	raw, err := codec.ProtoMarshalJSON(committee, nil)
	if err != nil {
		return err
	}
	state[committeetypes.ModuleName] = json.RawMessage(raw)

	if p.drift > 0 {
		reputation := reputationtypes.DefaultGenesis()
		reputation.Params.DriftTerms = p.drift
		if state[reputationtypes.ModuleName], err = cdc.MarshalJSON(reputation); err != nil {
			return err
		}
	}
	storage := storagetypes.DefaultGenesis()
	storage.Params = p.storage
	if state[storagetypes.ModuleName], err = cdc.MarshalJSON(storage); err != nil {
		return err
	}
	staking, err := stakingGenesis(cdc, state)
	if err != nil {
		return err
	}
	staking.Params.UnbondingTime = p.unbonding
	state[stakingtypes.ModuleName], err = cdc.MarshalJSON(&staking)
	return err
}

// consensusParams of a genesis state: evidence counts for as long as what is bonded can be slashed.
func consensusParams(cdc codec.JSONCodec, state app.GenesisState) (*cmttypes.ConsensusParams, error) {
	staking, err := stakingGenesis(cdc, state)
	return app.ConsensusParams(staking.Params.UnbondingTime), err
}

func stakingGenesis(cdc codec.JSONCodec, state app.GenesisState) (genesis stakingtypes.GenesisState, err error) {
	if err := cdc.UnmarshalJSON(state[stakingtypes.ModuleName], &genesis); err != nil {
		return genesis, fmt.Errorf("genesis of x/staking: %w", err)
	}
	return genesis, nil
}
