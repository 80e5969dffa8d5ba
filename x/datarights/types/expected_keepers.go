package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// BankKeeper moves acceptance and demand fees, and burns row fees and cuts.
type BankKeeper interface {
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, module string, amt sdk.Coins) error
	SendCoinsFromModuleToAccount(ctx context.Context, module string, recipient sdk.AccAddress, amt sdk.Coins) error
	BurnCoins(ctx context.Context, module string, amt sdk.Coins) error
	GetAllBalances(ctx context.Context, addr sdk.AccAddress) sdk.Coins
}

// ProviderKeeper is the registry of operators. What grants depend on them is written by this module alone.
type ProviderKeeper interface {
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
	ProviderByOperator(ctx context.Context, operator sdk.AccAddress) (provider.Provider, error)
	PeerKey(ctx context.Context, id uint64, version uint32) ([]byte, error)
	Load(ctx context.Context, id uint64) (provider.Load, error)
	AddGrant(ctx context.Context, id uint64, lockedUntil int64) error
	RemoveGrant(ctx context.Context, id uint64) error
	Slash(ctx context.Context, id uint64, reason string) (sdk.Coin, error)
	SlashPart(ctx context.Context, id uint64, bps uint32, module string, shareBps uint32, reason string) (slashed, share sdk.Coin, err error)
	CheckBoundary(ctx context.Context, d int64) error
	BoundarySeed(ctx context.Context, d int64) ([]byte, error)
	Candidates(ctx context.Context, d int64) ([]provider.Provider, error)
	CheckHolders(ctx context.Context, d int64, stream string, seq uint64, providers []uint64) error
	RankProxies(ctx context.Context, d int64, stream string, excluded ...uint64) ([]uint64, error)
}

// StorageKeeper stores bundles: their placement, and what is paid for it.
type StorageKeeper interface {
	Account(ctx context.Context, stream uint64) (storage.Account, error)
	OpenAccount(ctx context.Context, stream uint64, owner string) error
	Open(ctx context.Context, o storage.Opening) error
	Deal(ctx context.Context, stream, seq uint64) (storage.Deal, error)
	EmptySlot(ctx context.Context, slot storage.SlotRef, reason string) error
	CloseStream(ctx context.Context, stream, endSeq uint64) error
}

// ReputationKeeper hears of wrong re-encryptions, of demands nobody answered, and of fees that were burnt.
type ReputationKeeper interface {
	Report(ctx context.Context, e reputation.Evidence) error
}
