package electionsim

import (
	"fmt"
	"slices"

	"github.com/cpchain/cpchain/pkg/election"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// paroleTerms and absentBlocks of x/committee's main profile.
	paroleTerms  = 24
	absentBlocks = 100
	// patience is for how many terms its reputation must not have risen by a hundredth before the adversary strikes.
	patience = 32
	// grindTries is how many keys it tries for each registration.
	grindTries = 64
)

// keepsBack says whether the adversary keeps all its draws of the term to itself.
func (s *simulation) keepsBack() bool {
	if s.Strategy == Silent {
		return s.term%2 == 0
	}
	if s.Strategy != Withhold {
		return false
	}
	return s.promise(s.crowd(0), s.input(0)) < float64(s.held(s.cohortSeats(s.cohort(0))))
}

// campaign of a strategy that strikes: it waits until its reputation has reached what it can reach.
type campaign struct {
	best   float64
	since  int
	locked []uint64 // terms in which the bonds of who left come free
}

// striking says whether all members of the adversary stop signing in this term.
func (c *campaign) striking(s *simulation) bool {
	if !s.Strategy.strikes() {
		return false
	}
	mean := s.reputation()
	if c.since++; mean > c.best*1.01 {
		c.best, c.since = mean, 0
	}
	if c.since < patience {
		return false
	}
	c.best, c.since = 0, 0
	return true
}

// strike: members stop signing at the term's first block and lose their seats after absent_blocks (C-SEA-2).
func (s *simulation) strike() {
	s.tally.strikes++
	var struck []*candidate
	for _, operator := range s.seats {
		if one := s.at[operator]; one != nil && one.bad {
			one.report(reputation.Served([]byte(operator), absentBlocks, 0, 0, 0))
			struck = append(struck, one)
		}
	}
	s.remove("did not sign", func(one *candidate) bool { return slices.Contains(struck, one) })
	if s.Strategy != Whitewash {
		return
	}
	for _, one := range struck {
		s.reregister(one)
		s.campaign.locked = append(s.campaign.locked, s.term+uint64(s.unbondingTerms()))
	}
}

// reregister makes a newcomer of a candidate: a new operator with a new bond, which draws from the second term after this one on.
func (s *simulation) reregister(one *candidate) {
	delete(s.at, one.operator)
	one.generation++
	one.operator = fmt.Sprintf("%s.%d", one.operator[:6], one.generation)
	s.at[one.operator] = one
	one.row = reputation.Row{Operator: one.operator, Score: one.params.Start, SettledTerm: s.term}
	one.weight, one.next, one.from, one.drew, one.missed = 0, 0, s.term+2, 0, 0
}

// bonds the adversary has paid for: those of its candidates, and those that are locked until unbonding ends.
func (s *simulation) bonds() int {
	s.campaign.locked = slices.DeleteFunc(s.campaign.locked, func(until uint64) bool { return until <= s.term })
	return s.adversaries() + len(s.campaign.locked)
}

// grind registers for each candidate without a seat (C-CAN-7) the best of many keys at the latest input that is known, the next
// term's. But the snapshot of that term has been taken: the key draws in the one after it.
func (s *simulation) grind() {
	input := s.input(1)
	for _, one := range s.bad {
		if slices.Contains(s.seats, one.operator) {
			continue
		}
		best := election.Score{}
		for range grindTries {
			s.tally.keys++
			trial := *one
			trial.key = s.tally.keys
			if score := election.Draw(trial.output(input), 1); score.Compare(best) > 0 {
				best, one.registered = score, trial.key
			}
		}
	}
}
