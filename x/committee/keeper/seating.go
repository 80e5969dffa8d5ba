package keeper

import (
	"context"
	"errors"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// seating is the committee while a block changes it.
type seating struct {
	height    int64
	params    types.Params
	term      types.Term
	services  types.Services
	committee types.Committee // as of the last block
	seats     election.Seats
	came      []types.Change
	left      []types.Change
}

// budget is how many may still enter in this term.
func (s *seating) budget() int {
	return max(0, election.Additions(len(s.seats))-int(s.term.Additions))
}

func (s *seating) add(operators []string, reason types.Reason) {
	for _, operator := range operators {
		s.term.Additions++
		s.came = append(s.came, types.Change{Operator: operator, Reason: reason})
	}
}

func (s *seating) drop(operators []string, reason types.Reason) {
	for _, operator := range operators {
		s.left = append(s.left, types.Change{Operator: operator, Reason: reason})
	}
}

// resize follows a changed number of seats, by no more than a cohort for each term where there are to be fewer.
func (s *seating) resize() {
	for len(s.seats) < int(s.params.Seats) {
		s.seats = append(s.seats, "")
	}
	size := max(int(s.params.Seats), len(s.seats)-election.CohortSize(len(s.seats)))
	for _, operator := range s.seats[size:] {
		if operator != "" {
			s.drop([]string{operator}, types.REASON_ELECTED)
		}
	}
	s.seats = s.seats[:size]
}

func (k Keeper) newSeating(ctx context.Context) (*seating, error) {
	s := &seating{height: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	var err error
	if s.params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if s.term, err = k.term.Get(ctx); err != nil {
		return nil, err
	}
	if s.services, err = k.services.Get(ctx); err != nil {
		return nil, err
	}
	if s.committee, err = k.committee.Get(ctx); err != nil {
		return nil, err
	}
	for _, seat := range s.committee.Seats {
		s.seats = append(s.seats, seat.Operator)
	}
	return s, nil
}

// EndBlock removes members that are not fit, ranks and elects when it is time to, fills vacant seats, and returns what changed to
// CometBFT, which follows two blocks later. It is the only source of validator updates of the chain.
func (k Keeper) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	s, err := k.newSeating(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.removeUnfit(ctx, s); err != nil {
		return nil, err
	}
	if s.height == s.term.Close {
		if err := k.rank(ctx, s.term); err != nil {
			return nil, err
		}
	}
	end := s.height == s.term.Last
	if end {
		s.resize()
		if err := k.elect(ctx, s.term, s); err != nil {
			return nil, err
		}
	}
	if err := k.fill(ctx, s); err != nil {
		return nil, err
	}
	updates, err := k.settle(ctx, s, end)
	if err != nil {
		return nil, err
	}
	if end {
		if err := k.startTerm(ctx, s.term.Number+1, s.height+1); err != nil {
			return nil, err
		}
	}
	return updates, k.pruneHistory(ctx, s.height)
}

// removeUnfit empties the seats of members that may not go on, tells reputation, and starts their parole.
func (k Keeper) removeUnfit(ctx context.Context, s *seating) error {
	reasons := make(map[string]types.Reason, len(s.seats)) // looked up only
	for i := range s.committee.Seats {
		seat := &s.committee.Seats[i]
		if seat.Operator == "" {
			continue
		}
		reason, tokens, err := k.unfit(ctx, s, *seat)
		if err != nil {
			return err
		}
		if reason != types.REASON_UNSPECIFIED {
			reasons[seat.Operator] = reason
			continue
		}
		if !tokens.Equal(seat.Tokens) {
			seat.Tokens = tokens
			if err := k.recordStake(ctx, consAddress(seat.ConsensusKey), tokens); err != nil {
				return err
			}
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

// unfit says why a member may not keep its seat, REASON_UNSPECIFIED where it may, and what it has bonded.
func (k Keeper) unfit(ctx context.Context, s *seating, seat types.Seat) (types.Reason, math.Int, error) {
	operator := k.account(seat.Operator)
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) {
		return types.REASON_NOT_BONDED, math.Int{}, nil
	}
	if err != nil {
		return types.REASON_UNSPECIFIED, math.Int{}, err
	}
	if k.slashing.IsTombstoned(ctx, consAddress(seat.ConsensusKey)) {
		return types.REASON_TOMBSTONED, math.Int{}, nil
	}
	if key, err := consensusKey(validator); err != nil || string(key) != string(seat.ConsensusKey) {
		return types.REASON_NOT_BONDED, math.Int{}, nil //nolint:nilerr // the validator of this key is gone
	}
	if validator.IsJailed() || !validator.IsBonded() {
		return types.REASON_NOT_BONDED, math.Int{}, nil
	}
	if absent(s.services, seat.Operator) > s.params.AbsentBlocks {
		return types.REASON_ABSENT, math.Int{}, nil
	}
	tokens := validator.GetTokens()
	if len(seat.VrfKey) == 0 {
		return types.REASON_UNSPECIFIED, tokens, nil // seated for want of candidates: nothing else is asked of it
	}
	candidate, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return types.REASON_LEFT, math.Int{}, nil
	}
	if err != nil {
		return types.REASON_UNSPECIFIED, math.Int{}, err
	}
	if candidate.Missed >= silentDraws {
		return types.REASON_SILENT, math.Int{}, nil
	}
	score, err := k.reputation.Score(ctx, operator)
	if err != nil {
		return types.REASON_UNSPECIFIED, math.Int{}, err
	}
	if score < s.params.ReputationMin {
		return types.REASON_REPUTATION, math.Int{}, nil
	}
	if tokens.Equal(seat.Tokens) {
		return types.REASON_UNSPECIFIED, tokens, nil // its own bond can't have changed
	}
	own, err := k.selfBond(ctx, operator, validator)
	if err == nil && own.LT(s.params.SelfBondMinUcpc) {
		return types.REASON_SELF_BOND, math.Int{}, nil
	}
	return types.REASON_UNSPECIFIED, tokens, err
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

// fill gives vacant seats to the reserve, and where fewer than min_seats are taken to any candidate, then to any bonded validator.
func (k Keeper) fill(ctx context.Context, s *seating) error {
	if s.seats.Occupied() == len(s.seats) {
		return nil
	}
	reserve, err := k.reserve(ctx, s.term)
	if err != nil {
		return err
	}
	fit, floor := k.fitness(ctx, s), int(s.params.MinSeats)
	s.add(s.seats.Fill(reserve, fit, s.budget(), floor), types.REASON_FILLED)
	if s.seats.Occupied() >= floor {
		return nil
	}
	bonded, err := k.bonded(ctx)
	if err != nil {
		return err
	}
	s.add(s.seats.Fill(bonded, fit, 0, floor), types.REASON_FILLED)
	anybody := func(operator string) bool {
		return !slices.ContainsFunc(s.left, func(c types.Change) bool { return c.Operator == operator })
	}
	s.add(s.seats.Fill(bonded, anybody, 0, floor), types.REASON_FILLED)
	if s.seats.Occupied() > 0 {
		return nil
	}
	k.keepSomebody(ctx, s, bonded)
	return nil
}

// keepSomebody seats again members that were just removed, where nobody else could be: without a member there is no next block.
// Where nobody is bonded at all, those stay whose validator still exists, so that their votes can be booked.
func (k Keeper) keepSomebody(ctx context.Context, s *seating, bonded []string) {
	back := s.seats.Fill(bonded, func(string) bool { return true }, 0, int(s.params.MinSeats))
	if len(back) == 0 {
		for i, seat := range s.committee.Seats {
			if seat.Operator == "" {
				continue
			}
			if _, err := k.staking.GetValidator(ctx, sdk.ValAddress(k.account(seat.Operator))); err == nil {
				s.seats[i] = seat.Operator
				back = append(back, seat.Operator)
			}
		}
	}
	s.left = slices.DeleteFunc(s.left, func(c types.Change) bool { return slices.Contains(back, c.Operator) })
}

// bonded lists the operators of validators that could vote, most tokens first.
func (k Keeper) bonded(ctx context.Context) ([]string, error) {
	validators, err := k.staking.GetBondedValidatorsByPower(ctx)
	if err != nil {
		return nil, err
	}
	var operators []string
	for _, v := range validators {
		if !k.seatable(ctx, v) {
			continue
		}
		operator, err := sdk.ValAddressFromBech32(v.GetOperator())
		if err != nil {
			return nil, err
		}
		operators = append(operators, k.text(operator))
	}
	return operators, nil
}

// reserve lists who stands by: the ranks of the last election, best first. Members are among them; they hold seats already.
func (k Keeper) reserve(ctx context.Context, term types.Term) ([]string, error) {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if height >= term.Close && len(term.Input) > 0 {
		return k.ranking(ctx, term.Number)
	}
	return k.ranking(ctx, term.Number-1)
}
