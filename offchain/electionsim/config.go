package electionsim

import (
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/pkg/election"
)

// Strategy of the adversary.
type Strategy string

// The strategies that are simulated.
const (
	// None draws and proposes as everybody does.
	None Strategy = "none"
	// Withhold keeps back all draws in each term whose cohort holds more of the adversary than its weight would win, to miss the
	// quorum and so keep the cohort.
	Withhold Strategy = "withhold"
	// Skip withholds proposers' randomness at the end of a term where that gives the adversary more seats. It is assumed to know
	// everybody's draws, which nobody does: the figure is an upper bound.
	Skip Strategy = "skip"
)

// Group is a part of the honest candidates.
type Group struct {
	Percent    int
	Reputation uint32
}

// Config of a simulation.
type Config struct {
	Candidates, Seats, Terms int
	Seed                     uint64
	Population               []Group // of the honest; the percents sum to 100
	AdversaryPercent         int     // of the candidates
	AdversaryReputation      uint32
	Strategy                 Strategy
	Weights                  election.Weights
}

// Validate refuses what can't be simulated.
func (c Config) Validate() error {
	sum := 0
	for _, g := range c.Population {
		if g.Percent < 0 {
			return errors.New("a group of the population is below 0 %")
		}
		sum += g.Percent
	}
	switch {
	case c.Seats < 1 || c.Candidates < c.Seats:
		return fmt.Errorf("%d candidates for %d seats: need one seat or more and as many candidates", c.Candidates, c.Seats)
	case c.Terms < 1:
		return errors.New("simulate one term or more")
	case sum != 100:
		return fmt.Errorf("the groups of the population make %d %%: make it 100", sum)
	case c.AdversaryPercent < 0 || c.AdversaryPercent > 100:
		return fmt.Errorf("an adversary of %d %%: choose 0 to 100", c.AdversaryPercent)
	}
	switch c.Strategy {
	case None, Withhold, Skip:
		return c.Weights.Validate()
	}
	return fmt.Errorf("unknown strategy %q: choose none, withhold or skip", c.Strategy)
}
