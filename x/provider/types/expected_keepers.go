package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// BankKeeper moves and burns bonds.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amt sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, from, to string, amt sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amt sdk.Coins) error
	GetAllBalances(ctx context.Context, addr sdk.AccAddress) sdk.Coins
}

// Randomness gives the seed of a draw boundary: 32 bytes that nobody who profits from the draw could choose.
type Randomness interface {
	Seed(ctx context.Context) ([]byte, error)
}

// ReputationKeeper hears what a provider has bonded.
type ReputationKeeper interface {
	Report(ctx context.Context, e reputation.Evidence) error
}
