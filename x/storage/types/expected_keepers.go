package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// BankKeeper moves and burns what deals pay.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amt sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amt sdk.Coins) error
	GetAllBalances(ctx context.Context, addr sdk.AccAddress) sdk.Coins
}

// ProviderKeeper is the registry of operators. What shards they hold is written by this module alone.
type ProviderKeeper interface {
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
	ProviderByOperator(ctx context.Context, operator sdk.AccAddress) (provider.Provider, error)
	Load(ctx context.Context, id uint64) (provider.Load, error)
	AddShards(ctx context.Context, providers []uint64, shardBytes uint64) error
	RemoveShard(ctx context.Context, id, shardBytes uint64) error
	// SlashPart takes bps of a bond: shareBps of that go to the module, the rest is burnt.
	SlashPart(ctx context.Context, id uint64, bps uint32, module string, shareBps uint32, reason string) (slashed, share sdk.Coin, err error)
	Expel(ctx context.Context, id uint64) error
	CheckBoundary(ctx context.Context, d int64) error
	BoundarySeed(ctx context.Context, d int64) ([]byte, error)
}

// Randomness gives 32 bytes as of this block that nobody who profits from the picks could choose.
type Randomness interface {
	Seed(ctx context.Context) ([]byte, error)
}

// ReputationKeeper hears of proofs, of missing ones, and of what was burnt.
type ReputationKeeper interface {
	Report(ctx context.Context, e reputation.Evidence) error
}
