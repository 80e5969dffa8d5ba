package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// StakingKeeper knows who is bonded.
type StakingKeeper interface {
	GetValidator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error)
	GetBondedValidatorsByPower(ctx context.Context) ([]stakingtypes.Validator, error)
	GetDelegation(ctx context.Context, delegator sdk.AccAddress, operator sdk.ValAddress) (stakingtypes.Delegation, error)
	// ChangedSince says whether any validator was written at a height or after it. Who does not know says yes.
	ChangedSince(ctx context.Context, height int64) (bool, error)
}

// SlashingKeeper knows who may vote. A member without signing info stops the chain, so that one is made in genesis, and nobody is
// seated without one.
type SlashingKeeper interface {
	GetValidatorSigningInfo(ctx context.Context, cons sdk.ConsAddress) (slashingtypes.ValidatorSigningInfo, error)
	SetValidatorSigningInfo(ctx context.Context, cons sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) error
	HasValidatorSigningInfo(ctx context.Context, cons sdk.ConsAddress) bool
	IsTombstoned(ctx context.Context, cons sdk.ConsAddress) bool
}

// AccountKeeper makes the agents' accounts.
type AccountKeeper interface {
	GetAccount(ctx context.Context, address sdk.AccAddress) sdk.AccountI
	NewAccountWithAddress(ctx context.Context, address sdk.AccAddress) sdk.AccountI
	SetAccount(ctx context.Context, account sdk.AccountI)
}

// ReputationKeeper weighs candidates and hears what the committee saw of them.
type ReputationKeeper interface {
	// Score is 0 to 10000.
	Score(ctx context.Context, operator sdk.AccAddress) (uint32, error)
	// LoweredSince says whether evidence lowered anybody's score at a height or after it.
	LoweredSince(ctx context.Context, height int64) (bool, error)
	BeginTerm(ctx context.Context, term uint64) error
	Report(ctx context.Context, e reputation.Evidence) error
}
