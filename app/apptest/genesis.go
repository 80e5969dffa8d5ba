// Package apptest runs the application in process, block by block, for tests.
package apptest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
)

const (
	// ChainID of chains made by NewGenesis.
	ChainID = "cpchain-test-1"
	// Balance of each account in ucpc.
	Balance = 1_000_000_000_000
	// Stake of each validator in ucpc; the accounts of the same number have delegated it.
	Stake = 1_000_000_000
)

// Account is a funded account whose key is known.
type Account struct {
	Key     cryptotypes.PrivKey
	Address sdk.AccAddress
}

// Genesis is a chain's beginning. Two calls of NewGenesis with the same numbers give the same bytes.
type Genesis struct {
	Time       time.Time
	State      app.GenesisState
	Accounts   []Account
	Validators []cmttypes.Address
}

// NewGenesis makes a chain with funded accounts and bonded validators; there must be at least as many accounts as validators.
func NewGenesis(template *app.App, accounts, validators int) (*Genesis, error) {
	g := &Genesis{Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), State: template.DefaultGenesis()}
	cdc := template.Codec()
	var packed authtypes.GenesisAccounts
	bank := banktypes.GetGenesisStateFromAppState(cdc, g.State)
	for i := range accounts {
		key := secp256k1.GenPrivKeyFromSecret([]byte(fmt.Sprintf("account %d", i)))
		account := Account{Key: key, Address: sdk.AccAddress(key.PubKey().Address())}
		g.Accounts = append(g.Accounts, account)
		packed = append(packed, authtypes.NewBaseAccount(account.Address, nil, uint64(i), 0))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: account.Address.String(), Coins: coins(Balance)})
	}
	anys, err := authtypes.PackAccounts(packed)
	if err != nil {
		return nil, err
	}
	auth := authtypes.GetGenesisStateFromAppState(cdc, g.State)
	auth.Accounts = anys
	g.State[authtypes.ModuleName] = cdc.MustMarshalJSON(&auth)
	bank.Balances = append(bank.Balances, banktypes.Balance{
		Address: authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String(), Coins: coins(Stake * int64(validators)),
	})
	g.State[banktypes.ModuleName] = cdc.MustMarshalJSON(bank)
	return g, g.bond(template, validators)
}

// ConsensusKey of a validator.
func ConsensusKey(i int) ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprintf("validator %d", i)))
}

func coins(ucpc int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, ucpc)) }

// bond writes validators that are bonded from the start, each by the account of the same number.
func (g *Genesis) bond(template *app.App, validators int) error {
	cdc := template.Codec()
	staking := stakingtypes.GetGenesisStateFromAppState(cdc, g.State)
	var slashing slashingtypes.GenesisState
	cdc.MustUnmarshalJSON(g.State[slashingtypes.ModuleName], &slashing)
	for i := range validators {
		key := ConsensusKey(i).PubKey()
		consensusKey, err := cryptocodec.FromCmtPubKeyInterface(key)
		if err != nil {
			return err
		}
		packed, err := codectypes.NewAnyWithValue(consensusKey)
		if err != nil {
			return err
		}
		operator := sdk.ValAddress(g.Accounts[i].Address)
		staking.Validators = append(staking.Validators, stakingtypes.Validator{
			OperatorAddress: operator.String(), ConsensusPubkey: packed, Status: stakingtypes.Bonded, Tokens: math.NewInt(Stake),
			DelegatorShares: math.LegacyNewDec(Stake), Description: stakingtypes.Description{Moniker: fmt.Sprintf("validator %d", i)},
			Commission:        stakingtypes.NewCommission(math.LegacyZeroDec(), math.LegacyOneDec(), math.LegacyOneDec()),
			MinSelfDelegation: math.OneInt(), UnbondingTime: time.Unix(0, 0).UTC(),
		})
		staking.Delegations = append(staking.Delegations,
			stakingtypes.NewDelegation(g.Accounts[i].Address.String(), operator.String(), math.LegacyNewDec(Stake)))
		address := sdk.ConsAddress(key.Address())
		slashing.SigningInfos = append(slashing.SigningInfos, slashingtypes.SigningInfo{
			Address:              address.String(),
			ValidatorSigningInfo: slashingtypes.NewValidatorSigningInfo(address, 0, 0, time.Unix(0, 0).UTC(), false, 0),
		})
		g.Validators = append(g.Validators, key.Address())
	}
	g.State[stakingtypes.ModuleName] = cdc.MustMarshalJSON(staking)
	g.State[slashingtypes.ModuleName] = cdc.MustMarshalJSON(&slashing)
	return nil
}

// Set replaces one module's part of the state.
func (g *Genesis) Set(module string, state json.RawMessage) { g.State[module] = state }
