package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// termsKept is how many terms' snapshots, draws and ranks stay: the running one's, the last one's, whose ranks are the reserve,
	// and the next one's snapshot.
	termsKept = 2
	// silentDraws in a row cost a member its seat.
	silentDraws = 2
)

// RunningTerm is the term of this block.
func (k Keeper) RunningTerm(ctx context.Context) (types.Term, error) { return k.term.Get(ctx) }

// startTerm begins a term at a height, and takes the snapshot of the one after it.
func (k Keeper) startTerm(ctx context.Context, number uint64, first int64) error {
	c := sdk.UnwrapSDKContext(ctx)
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	term := types.Term{
		Number: number, First: first, Last: first + params.TermBlocks - 1,
		Open: first + params.DrawOpenBlocks, Close: first + params.DrawCloseBlocks,
	}
	if number > 1 { // who made the genesis knew the randomness of its time
		r, err := k.newestRandomness(ctx)
		if err != nil {
			return err
		}
		term.Input = election.TermInput(c.ChainID(), number, r)
	}
	if err := k.term.Set(ctx, term); err != nil {
		return err
	}
	if err := k.reputation.BeginTerm(ctx, number); err != nil {
		return err
	}
	taken, err := k.takeSnapshot(ctx, number+1)
	if err != nil {
		return err
	}
	if err := k.pruneTerms(ctx, number); err != nil {
		return err
	}
	return emit(ctx, &types.EventTermStarted{Term: number, First: term.First, Last: term.Last, Input: term.Input, Snapshot: taken})
}

// rank orders the draws of the running term, and reports those that did not draw.
func (k Keeper) rank(ctx context.Context, term types.Term) error {
	var tickets []election.Ticket
	var silent [][]byte
	err := k.snapshots.Walk(ctx, collections.NewPrefixedPairRange[uint64, []byte](term.Number),
		func(key collections.Pair[uint64, []byte], s types.Snapshot) (bool, error) {
			draw, err := k.draws.Get(ctx, key)
			if errors.Is(err, collections.ErrNotFound) {
				silent = append(silent, key.K2())
				return false, nil
			}
			tickets = append(tickets, election.Ticket{Operator: k.text(key.K2()), Output: draw.Output, Weight: s.Weight})
			return false, err
		})
	if err != nil {
		return err
	}
	for i, r := range election.Rank(tickets) {
		score := r.Score.Bytes()
		row := types.Rank{Operator: r.Operator, Level: r.Score.Level(), Score: score[:]}
		if err := k.ranks.Set(ctx, collections.Join(term.Number, uint32(i)), row); err != nil {
			return err
		}
	}
	if len(term.Input) == 0 {
		return nil // nobody could draw
	}
	for _, operator := range silent {
		if err := k.missedDraw(ctx, operator, term.Number); err != nil {
			return err
		}
	}
	return emit(ctx, &types.EventRanked{Term: term.Number, Drew: count(len(tickets)), Missed: count(len(silent))})
}

func (k Keeper) missedDraw(ctx context.Context, operator []byte, term uint64) error {
	c, err := k.candidates.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		return nil // it has unregistered
	}
	if err != nil {
		return err
	}
	c.Missed++
	if err := k.candidates.Set(ctx, operator, c); err != nil {
		return err
	}
	return k.reputation.Report(ctx, reputation.SortitionMissed(operator, term))
}

// elect rotates the cohort that is up at the end of a term, unless too few drew: its seats are kept then, once.
func (k Keeper) elect(ctx context.Context, term types.Term, state *seating) error {
	if len(term.Input) == 0 {
		return nil
	}
	ranking, err := k.ranking(ctx, term.Number)
	if err != nil {
		return err
	}
	size := len(state.seats)
	cohort := cohortOf(term.Number, size)
	active, err := k.active(ctx, term.Number)
	if err != nil {
		return err
	}
	extended := &state.committee.Extended
	for len(*extended) < election.Cohorts(size) {
		*extended = append(*extended, 0)
	}
	*extended = (*extended)[:election.Cohorts(size)]
	if !election.Quorum(len(ranking), size, active) && (*extended)[cohort] == 0 {
		(*extended)[cohort] = term.Number
		return emit(ctx, &types.EventQuorumMissed{Term: term.Number, Drew: count(len(ranking)), Cohort: count(cohort)})
	}
	(*extended)[cohort] = 0
	enter, members := k.fitness(ctx, state), slices.Clone(state.seats)
	stay := func(operator string) bool { return slices.Contains(members, operator) } // removeUnfit has left them their seats
	came, left := state.seats.Rotate(cohort, ranking, func(operator string) bool { return stay(operator) || enter(operator) }, state.budget())
	state.add(came, types.REASON_ELECTED)
	state.drop(left, types.REASON_ELECTED)
	return nil
}

// cohortOf is the cohort up for election at the end of a term.
func cohortOf(term uint64, size int) int {
	return int(term % uint64(count(election.Cohorts(size)))) //nolint:gosec // below the number of cohorts
}

// ranking lists the operators that drew in a term, best first.
func (k Keeper) ranking(ctx context.Context, term uint64) ([]string, error) {
	var operators []string
	err := k.ranks.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint32](term),
		func(_ collections.Pair[uint64, uint32], r types.Rank) (bool, error) {
			operators = append(operators, r.Operator)
			return false, nil
		})
	return operators, err
}

// active counts the candidates that drew in this term or the one before.
func (k Keeper) active(ctx context.Context, term uint64) (int, error) {
	n := 0
	err := k.candidates.Walk(ctx, nil, func(_ []byte, c types.Candidate) (bool, error) {
		if c.LastDrawn > 0 && c.LastDrawn+1 >= term {
			n++
		}
		return false, nil
	})
	return n, err
}

// pruneTerms deletes what terms long past left behind.
func (k Keeper) pruneTerms(ctx context.Context, number uint64) error {
	if number <= termsKept {
		return nil
	}
	before := number - termsKept // deletes this term and all before it
	return errors.Join(          // not a refusal: a store that can't be written ends the block
		k.snapshots.Clear(ctx, collections.NewPrefixUntilPairRange[uint64, []byte](before)),
		k.draws.Clear(ctx, collections.NewPrefixUntilPairRange[uint64, []byte](before)),
		k.ranks.Clear(ctx, collections.NewPrefixUntilPairRange[uint64, uint32](before)))
}
