package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// reasonTexts say reasons of leaving a seat in words.
var reasonTexts = map[types.Reason]string{
	types.REASON_NOT_BONDED: "its validator was jailed or is no longer bonded",
	types.REASON_TOMBSTONED: "it signed two blocks of one height",
	types.REASON_SELF_BOND:  "its own bond fell below the least",
	types.REASON_REPUTATION: "its reputation fell below the threshold",
	types.REASON_ABSENT:     "it did not sign too many blocks in a row",
	types.REASON_SILENT:     "it missed two draws in a row",
	types.REASON_LEFT:       "it unregistered",
}

func (s *seating) has(operator string) bool { return slices.Contains(s.seats, operator) }

// whyNotInSnapshot says why an operator does not draw in a term, as well as the present state can tell.
func (k Keeper) whyNotInSnapshot(ctx context.Context, operator sdk.AccAddress, term uint64) (string, error) {
	if term == 1 {
		return "the first term has no election", nil
	}
	c, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return "it is not registered as a candidate", nil
	}
	if err != nil {
		return "", err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return "", err
	}
	why, err := k.ineligible(ctx, params, operator, c, term)
	if why == "" && err == nil {
		why = fmt.Sprintf("it was not fit when the snapshot of term %d was taken, a term before; it is now", term)
	}
	return why, err
}

// why tells an operator's story, most important first.
func (k Keeper) why(ctx context.Context, operator sdk.AccAddress) (*types.QueryWhyResponse, error) {
	s, err := k.newSeating(ctx)
	if err != nil {
		return nil, err
	}
	text := k.text(operator)
	res := &types.QueryWhyResponse{Member: s.has(text)}
	tell := func(format string, args ...any) { res.Sentences = append(res.Sentences, fmt.Sprintf(format, args...)) }

	if res.Member {
		at := slices.Index(s.seats, text)
		seat, size := s.committee.Seats[at], len(s.seats)
		tell("It has seat %d since term %d; the seat is up for election at the end of every %d terms, next in term %d.",
			at, seat.SinceTerm, election.Cohorts(size), nextElection(s.term.Number, at/election.CohortSize(size), size))
	} else {
		tell("It has no seat.")
	}
	c, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		tell("It is not registered as a candidate.")
		return res, nil
	}
	if err != nil {
		return nil, err
	}
	if r := c.Removal; r != nil {
		tell("It lost a seat at height %d, in term %d, because %s; it may draw again from term %d on.", r.Height, r.Term, reasonTexts[r.Reason], r.ParoleUntil)
	}
	if err := k.whyRanked(ctx, s, text, tell); err != nil {
		return nil, err
	}
	for _, term := range []uint64{s.term.Number, s.term.Number + 1} {
		has, err := k.snapshots.Has(ctx, collections.Join(term, []byte(operator)))
		if err != nil {
			return nil, err
		}
		if !has {
			why, err := k.whyNotInSnapshot(ctx, operator, term)
			if err != nil {
				return nil, err
			}
			tell("It does not draw in term %d: %s.", term, why)
		}
	}
	return res, nil
}

// nextElection is the term at whose end a cohort is up.
func nextElection(term uint64, cohort, size int) uint64 {
	for cohortOf(term, size) != cohort {
		term++
	}
	return term
}

// whyRanked tells how the last draws went.
func (k Keeper) whyRanked(ctx context.Context, s *seating, operator string, tell func(string, ...any)) error {
	for _, term := range []uint64{s.term.Number, s.term.Number - 1} {
		snapshot, err := k.snapshots.Get(ctx, collections.Join(term, []byte(k.account(operator))))
		if errors.Is(err, collections.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		draw, err := k.draws.Get(ctx, collections.Join(term, []byte(k.account(operator))))
		if errors.Is(err, collections.ErrNotFound) {
			tell("In term %d it has not drawn, with weight %d.", term, snapshot.Weight)
			continue
		}
		if err != nil {
			return err
		}
		ranking, err := k.ranking(ctx, term)
		if err != nil {
			return err
		}
		level := election.Draw(draw.Output, snapshot.Weight).Level()
		if at := slices.Index(ranking, operator); at >= 0 {
			tell("In term %d it drew level %d with weight %d: rank %d of %d.", term, level, snapshot.Weight, at+1, len(ranking))
		} else {
			tell("In term %d it drew level %d with weight %d; the draws are not ranked yet.", term, level, snapshot.Weight)
		}
	}
	return nil
}
