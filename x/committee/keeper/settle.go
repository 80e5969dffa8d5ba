package keeper

import (
	"bytes"
	"context"
	"errors"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtcrypto "github.com/cometbft/cometbft/proto/tendermint/crypto"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// settle stores what a block made of the committee and gives the updates for CometBFT.
func (k Keeper) settle(ctx context.Context, s *seating, end bool) ([]abci.ValidatorUpdate, error) {
	if !end && !s.changed && len(s.came)+len(s.left)+len(s.kept) == 0 {
		return nil, nil // the rows of all seats are not written in every block
	}
	before := s.committee.Seats
	after := make([]types.Seat, len(s.seats))
	for i, operator := range s.seats {
		seat, err := k.seat(ctx, s, operator, end)
		if err != nil {
			return nil, err
		}
		after[i] = seat
	}
	s.committee.Seats = after
	gone := func(operator string) bool {
		return !slices.ContainsFunc(after, func(seat types.Seat) bool { return seat.Operator == operator })
	}
	if err := k.report(ctx, s.services, func(operator string) bool { return end || gone(operator) }); err != nil {
		return nil, err
	}
	for _, seat := range before {
		stays := slices.ContainsFunc(after, func(now types.Seat) bool { return bytes.Equal(now.ConsensusKey, seat.ConsensusKey) })
		if seat.Operator == "" || stays {
			continue
		}
		address := consAddress(seat.ConsensusKey)
		former := types.Former{Operator: seat.Operator, VrfKey: seat.VrfKey, Until: s.height + vrfFreezeBlocks}
		if err := k.former.Set(ctx, address, former); err != nil {
			return nil, err
		}
		if err := k.recordStakeAt(ctx, address, former.Until, seat.Tokens); err != nil { // its last: it says until when the one before holds
			return nil, err
		}
	}
	if err := k.store(ctx, s, end); err != nil {
		return nil, err
	}
	updates := diff(before, after)
	if len(updates) == 0 {
		return nil, nil
	}
	return updates, k.recordBoundary(ctx, s)
}

func (k Keeper) store(ctx context.Context, s *seating, end bool) error {
	if err := k.committee.Set(ctx, s.committee); err != nil {
		return err
	}
	if err := k.services.Set(ctx, countMembers(s.services, s.committee.Seats, end)); err != nil {
		return err
	}
	return k.term.Set(ctx, s.term)
}

// seat is an operator's row: the one it had, or a new one. Who is kept though it is not fit may have another stake or key than it had.
func (k Keeper) seat(ctx context.Context, s *seating, operator string, end bool) (types.Seat, error) {
	if operator == "" {
		return types.Seat{Tokens: math.ZeroInt()}, nil
	}
	held := slices.IndexFunc(s.committee.Seats, func(seat types.Seat) bool { return seat.Operator == operator })
	if held >= 0 && !slices.Contains(s.kept, operator) && (!end || len(s.committee.Seats[held].VrfKey) > 0) {
		return s.committee.Seats[held], nil
	}
	account := k.account(operator)
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(account))
	if held >= 0 && errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return s.committee.Seats[held], nil
	}
	if err != nil {
		return types.Seat{}, err
	}
	key, err := consensusKey(validator)
	if err != nil {
		return types.Seat{}, err
	}
	seat := types.Seat{
		Operator: operator, ConsensusKey: key, SinceTerm: s.term.Number, Tokens: validator.GetTokens(),
		Power: election.SeatPower(key, s.term.Input),
	}
	if end {
		seat.SinceTerm++
	}
	if candidate, err := k.candidates.Get(ctx, account); err == nil { // absent: seated for want of candidates
		seat.VrfKey = candidate.VrfKey
	}
	if held >= 0 && bytes.Equal(key, s.committee.Seats[held].ConsensusKey) { // it may be a candidate now, that was none
		old := s.committee.Seats[held]
		seat.SinceTerm, seat.Power = old.SinceTerm, old.Power
		if seat.Tokens.Equal(old.Tokens) {
			return seat, nil
		}
	}
	return seat, k.recordStake(ctx, consAddress(key), seat.Tokens)
}

// diff is what leads from one committee to the next, in the order of keys. CometBFT refuses a removal of what is not there and an
// entry that stands twice, and the chain stops: both are impossible here, since keys are unique in either list.
func diff(before, after []types.Seat) []abci.ValidatorUpdate {
	var updates []abci.ValidatorUpdate
	change := func(from, to []types.Seat, power func(types.Seat) int64) {
		for _, seat := range to {
			known := slices.ContainsFunc(from, func(s types.Seat) bool { return bytes.Equal(s.ConsensusKey, seat.ConsensusKey) })
			if seat.Operator != "" && !known {
				updates = append(updates, update(seat.ConsensusKey, power(seat)))
			}
		}
	}
	change(after, before, func(types.Seat) int64 { return 0 })
	change(before, after, func(s types.Seat) int64 { return s.Power })
	slices.SortFunc(updates, func(a, b abci.ValidatorUpdate) int {
		return bytes.Compare(a.PubKey.GetEd25519(), b.PubKey.GetEd25519())
	})
	return updates
}

func update(key []byte, power int64) abci.ValidatorUpdate {
	return abci.ValidatorUpdate{PubKey: cmtcrypto.PublicKey{Sum: &cmtcrypto.PublicKey_Ed25519{Ed25519: key}}, Power: power}
}

// recordBoundary keeps the height of a change, for those who follow the chain by its headers.
func (k Keeper) recordBoundary(ctx context.Context, s *seating) error {
	size := uint32(0)
	for _, seat := range s.committee.Seats {
		if seat.Operator != "" {
			size++
		}
	}
	boundary := types.Boundary{Height: s.height, Term: s.term.Number, Came: s.came, Left: s.left, Size_: size}
	if err := k.boundaries.Set(ctx, at(s.height), boundary); err != nil {
		return err
	}
	return emit(ctx, &types.EventCommitteeChanged{
		Term: s.term.Number, BoundaryHeight: s.height, Came: s.came, Left: s.left, Size_: size,
	})
}
