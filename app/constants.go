package app

import (
	"os"
	"path/filepath"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// Names and numbers of the chain.
const (
	// Name of the application and its daemon.
	Name = "cpchaind"
	// AccountPrefix is the bech32 prefix of accounts.
	AccountPrefix = "cpc"
	// BaseDenom is the smallest unit of CPC, a millionth.
	BaseDenom = "ucpc"
	// DisplayDenom is what people say.
	DisplayDenom = "CPC"
	// Decimals between the two.
	Decimals = 6
	// MaxSupply is one billion CPC in base units (R7.1).
	MaxSupply = 1_000_000_000_000_000
	// MainChainID is the main network; the side chain of an industry is cpc-<industry>-1.
	MainChainID = "cpchain-1"
	// MinGasPrices is what a node asks for unless its operator says otherwise.
	MinGasPrices = "0.001" + BaseDenom
)

// DefaultHome of the daemon.
var DefaultHome = defaultHome()

func defaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "." + Name
	}
	return filepath.Join(home, "."+Name)
}

// The SDK caches the text of addresses: prefixes must be set before the first is written, so importing this package sets them.
func init() { SetConfig() }

// SetConfig makes the SDK use the chain's prefixes and denom. It may be called any number of times.
func SetConfig() {
	cfg := sdk.GetConfig()
	if cfg.GetBech32AccountAddrPrefix() != AccountPrefix {
		cfg.SetBech32PrefixForAccount(AccountPrefix, AccountPrefix+"pub")
		cfg.SetBech32PrefixForValidator(AccountPrefix+"valoper", AccountPrefix+"valoperpub")
		cfg.SetBech32PrefixForConsensusNode(AccountPrefix+"valcons", AccountPrefix+"valconspub")
	}
	sdk.DefaultBondDenom = BaseDenom
	// Voting power is the seat's, not the stake's (x/committee). x/staking orders and slashes by "power": in units of one ucpc nothing
	// is rounded away.
	sdk.DefaultPowerReduction = math.OneInt()
}

// Metadata of CPC for wallets.
func Metadata() banktypes.Metadata {
	return banktypes.Metadata{
		Description: "the token of CPChain", Base: BaseDenom, Display: DisplayDenom, Name: DisplayDenom, Symbol: DisplayDenom,
		DenomUnits: []*banktypes.DenomUnit{{Denom: BaseDenom}, {Denom: DisplayDenom, Exponent: Decimals}},
	}
}
