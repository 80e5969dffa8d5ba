package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/cpchain/cpchain/app"
)

// genesisBuilder gathers what a local network starts with.
type genesisBuilder struct {
	template     *app.App
	accounts     authtypes.GenesisAccounts
	balances     []banktypes.Balance
	transactions []sdk.Tx
}

func (network *localNet) newGenesis(template *app.App) *genesisBuilder {
	return &genesisBuilder{template: template}
}

func (b *genesisBuilder) fund(address sdk.AccAddress, coins sdk.Coins) {
	b.accounts = append(b.accounts, authtypes.NewBaseAccount(address, nil, uint64(len(b.accounts)), 0))
	b.balances = append(b.balances, banktypes.Balance{Address: address.String(), Coins: coins})
}

// document builds the genesis file of a profile, with the changes asked for by --set, and validates every module's part.
func (b *genesisBuilder) document(chainID string, p profile, changes []genesisChange) (*genutiltypes.AppGenesis, error) {
	state, err := b.state()
	if err != nil {
		return nil, err
	}
	if err := p.apply(b.template.Codec(), state); err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := c.apply(state); err != nil {
			return nil, err
		}
	}
	if err := b.template.Basics().ValidateGenesis(b.template.Codec(), b.template.TxConfig(), state); err != nil {
		return nil, fmt.Errorf("genesis state: %w", err)
	}
	raw, err := json.MarshalIndent(state, "", " ")
	if err != nil {
		return nil, err
	}
	doc := genutiltypes.NewAppGenesisWithVersion(chainID, raw)
	doc.GenesisTime = time.Now().UTC()
	doc.InitialHeight = 1
	if doc.Consensus.Params, err = consensusParams(b.template.Codec(), state); err != nil {
		return nil, err
	}
	return doc, doc.ValidateAndComplete()
}

func (b *genesisBuilder) state() (app.GenesisState, error) {
	cdc := b.template.Codec()
	state := b.template.DefaultGenesis()

	accounts, err := authtypes.PackAccounts(b.accounts)
	if err != nil {
		return nil, err
	}
	auth := authtypes.GetGenesisStateFromAppState(cdc, state)
	auth.Accounts = accounts
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(&auth)

	bank := banktypes.GetGenesisStateFromAppState(cdc, state)
	bank.Balances = banktypes.SanitizeGenesisBalances(b.balances)
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(bank)

	return genutil.SetGenTxsInAppGenesisState(cdc, b.template.TxConfig().TxJSONEncoder(), state, b.transactions)
}

// genesisChange is one --set: a path of object keys into the genesis state, the module's name first, and the new value.
type genesisChange struct {
	path  []string
	value json.RawMessage
}

// parseChange reads PATH=VALUE. A value that is not JSON is taken as a string, so that 30s needs no quotes.
func parseChange(text string) (genesisChange, error) {
	path, value, found := strings.Cut(text, "=")
	keys := strings.Split(path, ".")
	if !found {
		return genesisChange{}, fmt.Errorf("--set %q: write it like gov.params.voting_period=30s", text)
	}
	raw := json.RawMessage(value)
	if !json.Valid(raw) {
		quoted, err := json.Marshal(value)
		if err != nil {
			return genesisChange{}, err
		}
		raw = quoted
	}
	return genesisChange{path: keys, value: raw}, nil
}

// apply replaces the value at the path; every key of it must exist, so that a typing error is not taken for a setting.
func (c genesisChange) apply(state map[string]json.RawMessage) error {
	changed, err := replace(state, c.path, c.value)
	if err != nil {
		return fmt.Errorf("--set %s: %w", strings.Join(c.path, "."), err)
	}
	state[c.path[0]] = changed[c.path[0]]
	return nil
}

func replace(object map[string]json.RawMessage, path []string, value json.RawMessage) (map[string]json.RawMessage, error) {
	old, found := object[path[0]]
	if !found {
		return nil, fmt.Errorf("the genesis state has no %q there", path[0])
	}
	if len(path) == 1 {
		object[path[0]] = value
		return object, nil
	}
	var inner map[string]json.RawMessage
	if err := json.Unmarshal(old, &inner); err != nil {
		return nil, fmt.Errorf("%q is not an object", path[0])
	}
	inner, err := replace(inner, path[1:], value)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(inner)
	if err != nil {
		return nil, err
	}
	object[path[0]] = raw
	return object, nil
}
