package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/cosmos/cosmos-sdk/codec"

	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// Profiles of a network.
const (
	flagProfile  = "profile"
	profileLocal = "local"
	profileTest  = "test"
	profileMain  = "main"
	profileUsage = "size of the network: local (5 seats, terms of 20 blocks), test (30 seats, 900 blocks), main (50 seats, 1200 blocks)"
)

// committeeGenesis is x/committee's part of a new genesis, as JSON: a profile's params, and a seed nobody chose.
func committeeGenesis(profile string) (string, error) {
	genesis := committeetypes.DefaultGenesis()
	switch profile {
	case profileLocal:
		genesis.Params = committeetypes.LocalParams()
	case profileTest:
		genesis.Params = committeetypes.TestParams()
	case profileMain:
		genesis.Params = committeetypes.MainParams()
	default:
		return "", fmt.Errorf("--%s %q: give %s, %s or %s", flagProfile, profile, profileLocal, profileTest, profileMain)
	}
	genesis.Seed = make([]byte, 32)
	if _, err := rand.Read(genesis.Seed); err != nil {
		return "", err
	}
	raw, err := codec.ProtoMarshalJSON(genesis, nil)
	return string(raw), err
}

// setCommittee puts it into a genesis state.
func setCommittee(state map[string]json.RawMessage, profile string) error {
	part, err := committeeGenesis(profile)
	if err != nil {
		return err
	}
	state[committeetypes.ModuleName] = json.RawMessage(part)
	return nil
}
