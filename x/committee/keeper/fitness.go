package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// removeUnfit empties the seats of members that may not go on, tells reputation, and starts their parole.
func (k Keeper) removeUnfit(ctx context.Context, s *seating) error {
	everything, err := k.mustCheck(ctx, s)
	if err != nil {
		return err
	}
	reasons := make(map[string]types.Reason, len(s.seats)) // looked up only
	for i := range s.committee.Seats {
		seat := &s.committee.Seats[i]
		if seat.Operator == "" {
			continue
		}
		reason := types.REASON_UNSPECIFIED
		if everything {
			if reason, err = k.lapsed(ctx, s, seat); err != nil {
				return err
			}
		}
		if reason == types.REASON_UNSPECIFIED && absent(s.services, seat.Operator) > s.params.AbsentBlocks {
			reason = types.REASON_ABSENT
		}
		if reason != types.REASON_UNSPECIFIED {
			reasons[seat.Operator] = reason
		}
	}
	for _, operator := range s.seats.Vacate(func(operator string) bool { return reasons[operator] == types.REASON_UNSPECIFIED }) {
		s.drop([]string{operator}, reasons[operator])
		if err := k.remember(ctx, s, operator, reasons[operator]); err != nil {
			return err
		}
	}
	return nil
}

// mustCheck says whether members have to be looked up in x/staking, x/reputation and among the candidates. Nothing can have changed
// there unless a validator was written, a score lowered, a candidate left, draws were missed, or the params changed. What the last
// block's end may have left undone is looked at once more.
func (k Keeper) mustCheck(ctx context.Context, s *seating) (bool, error) {
	since := s.height - 1
	if since <= s.term.First || since == s.term.Close {
		return true, nil
	}
	noted, err := k.recheck.Get(ctx)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return false, err
	}
	if err == nil && noted >= at(since) {
		return true, nil
	}
	if lowered, err := k.reputation.LoweredSince(ctx, since); err != nil || lowered {
		return lowered, err
	}
	return k.staking.ChangedSince(ctx, since)
}

// recheckMembers has the end of this block look at everything members must be.
func (k Keeper) recheckMembers(ctx context.Context) error {
	return k.recheck.Set(ctx, at(sdk.UnwrapSDKContext(ctx).BlockHeight()))
}

// lapsed says whether a member may not keep its seat for what other modules know of it, and records a changed stake of one that may.
// Of who sits for want of candidates nothing is asked but a bonded validator.
func (k Keeper) lapsed(ctx context.Context, s *seating, seat *types.Seat) (types.Reason, error) {
	operator := k.account(seat.Operator)
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return types.REASON_NOT_BONDED, nil
	}
	if err != nil {
		return types.REASON_UNSPECIFIED, err
	}
	if k.slashing.IsTombstoned(ctx, consAddress(seat.ConsensusKey)) {
		return types.REASON_TOMBSTONED, nil
	}
	if key, err := consensusKey(validator); err != nil || string(key) != string(seat.ConsensusKey) {
		return types.REASON_NOT_BONDED, nil //nolint:nilerr // the validator of this key is gone
	}
	if validator.IsJailed() || !validator.IsBonded() {
		return types.REASON_NOT_BONDED, nil
	}
	if len(seat.VrfKey) > 0 {
		candidate, err := k.candidates.Get(ctx, operator)
		if errors.Is(err, collections.ErrNotFound) {
			return types.REASON_LEFT, nil
		}
		if err != nil {
			return types.REASON_UNSPECIFIED, err
		}
		if candidate.Missed >= silentDraws {
			return types.REASON_SILENT, nil
		}
		own, err := k.selfBond(ctx, operator, validator)
		if err != nil {
			return types.REASON_UNSPECIFIED, err
		}
		if own.LT(s.params.SelfBondMinUcpc) {
			return types.REASON_SELF_BOND, nil
		}
		if score, err := k.reputation.Score(ctx, operator); err != nil || score < s.params.ReputationMin {
			return types.REASON_REPUTATION, err
		}
	}
	if tokens := validator.GetTokens(); !tokens.Equal(seat.Tokens) {
		seat.Tokens, s.changed = tokens, true
		return types.REASON_UNSPECIFIED, k.recordStake(ctx, consAddress(seat.ConsensusKey), tokens)
	}
	return types.REASON_UNSPECIFIED, nil
}

// remember keeps why a member lost its seat, and tells reputation.
func (k Keeper) remember(ctx context.Context, s *seating, text string, reason types.Reason) error {
	operator := k.account(text)
	if err := k.blame(ctx, operator, reason); err != nil {
		return err
	}
	c, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.Missed = 0
	c.Removal = &types.Removal{Term: s.term.Number, Height: s.height, Reason: reason, ParoleUntil: s.term.Number + 1 + s.params.ParoleTerms}
	return k.candidates.Set(ctx, operator, c)
}

// blame tells reputation why a seat was lost. Who leaves by itself, or had too little reputation already, loses nothing more.
func (k Keeper) blame(ctx context.Context, operator sdk.AccAddress, reason types.Reason) error {
	switch reason {
	case types.REASON_TOMBSTONED:
		return k.reputation.Report(ctx, reputation.DoubleSigned(operator))
	case types.REASON_NOT_BONDED:
		return k.reputation.Report(ctx, reputation.Jailed(operator))
	case types.REASON_ABSENT, types.REASON_SILENT, types.REASON_SELF_BOND:
		return k.reputation.Report(ctx, reputation.SeatLost(operator, reasonTexts[reason]))
	default:
		return nil
	}
}

// fitness says who may take a seat now. It remembers its answers: an election asks of some more than once.
func (k Keeper) fitness(ctx context.Context, s *seating) func(operator string) bool {
	known := make(map[string]bool) // looked up only
	return func(operator string) bool {
		fit, asked := known[operator]
		if !asked {
			fit = k.mayEnter(ctx, s, operator)
			known[operator] = fit
		}
		return fit
	}
}

// mayEnter says whether a candidate is fit for a seat at this moment. What can't be read is not fit: a seat less is better than no
// next block.
func (k Keeper) mayEnter(ctx context.Context, s *seating, text string) bool {
	if slices.ContainsFunc(s.left, func(c types.Change) bool { return c.Operator == text && c.Reason != types.REASON_ELECTED }) {
		return false
	}
	operator := k.account(text)
	c, err := k.candidates.Get(ctx, operator)
	if err != nil || c.Removal != nil && s.term.Number+1 < c.Removal.ParoleUntil {
		return false
	}
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if err != nil || !k.seatable(ctx, validator) {
		return false
	}
	key, err := consensusKey(validator)
	if err != nil || string(key) != string(c.ConsensusKey) { // the validator was removed and made anew
		return false
	}
	own, err := k.selfBond(ctx, operator, validator)
	if err != nil || own.LT(s.params.SelfBondMinUcpc) {
		return false
	}
	score, err := k.reputation.Score(ctx, operator)
	return err == nil && score >= s.params.ReputationMin
}

// seatable says whether a validator can vote without stopping the chain: bonded, not jailed, known to x/slashing.
func (k Keeper) seatable(ctx context.Context, v stakingtypes.Validator) bool {
	key, err := consensusKey(v)
	if err != nil || !v.IsBonded() || v.IsJailed() {
		return false
	}
	address := consAddress(key)
	return k.slashing.HasValidatorSigningInfo(ctx, address) && !k.slashing.IsTombstoned(ctx, address)
}
