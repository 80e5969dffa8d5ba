package keeper

import (
	"context"
	"slices"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// seating is the committee while a block changes it.
type seating struct {
	height    int64
	params    types.Params
	term      types.Term
	services  types.Services
	committee types.Committee // as of the last block
	seats     election.Seats
	changed   bool // what somebody has bonded
	came      []types.Change
	left      []types.Change
	kept      []string // members that were not fit, and stay for want of others
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
	k.keepSomebody(s, bonded)
	return nil
}

// keepSomebody seats again members that were just removed, where nobody else could be: without a member there is no next block.
// Where nobody is bonded at all, all of them stay until somebody is, also those whose validator is gone.
func (k Keeper) keepSomebody(s *seating, bonded []string) {
	anybody := func(string) bool { return true }
	s.kept = s.seats.Fill(bonded, anybody, 0, int(s.params.MinSeats))
	if len(s.kept) == 0 {
		var members []string
		for _, seat := range s.committee.Seats {
			if seat.Operator != "" {
				members = append(members, seat.Operator)
			}
		}
		s.kept = s.seats.Fill(members, anybody, len(s.seats), 0)
	}
	s.left = slices.DeleteFunc(s.left, func(c types.Change) bool { return slices.Contains(s.kept, c.Operator) })
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
