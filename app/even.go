package app

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

type evenReputation struct{}

func (evenReputation) Score(context.Context, sdk.AccAddress) (uint32, error) { return 1000, nil }
func (evenReputation) BeginTerm(context.Context, uint64) error               { return nil }
func (evenReputation) TermServed(context.Context, sdk.AccAddress, committeetypes.Served) error {
	return nil
}
func (evenReputation) SortitionMissed(context.Context, sdk.AccAddress, uint64) error { return nil }
func (evenReputation) SeatLost(context.Context, sdk.AccAddress, committeetypes.Reason) error {
	return nil
}
func (evenReputation) Deposit(context.Context, sdk.AccAddress, math.Int) error { return nil }
