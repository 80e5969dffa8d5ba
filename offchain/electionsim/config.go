package electionsim

import (
	"fmt"
	"strconv"

	"github.com/cpchain/cpchain/pkg/election"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// Group is a part of the honest candidates.
type Group struct {
	Percent    int    `json:"percent"`
	Reputation uint32 `json:"reputation"`
}

// Standing is the reputation of the adversary's candidates: Equal, Top, Cheap, or a number from 0 to 10000.
type Standing string

// Standings with a name.
const (
	Equal Standing = "equal" // the same mix as the honest
	Top   Standing = "top"   // 10000
	Cheap Standing = "cheap" // newcomers at the start score of x/reputation
)

// score of a standing, and whether it is one score for all.
func (s Standing) score() (score uint32, fixed bool, err error) {
	switch s {
	case Equal:
		return 0, false, nil
	case Top:
		return election.MaxReputation, true, nil
	case Cheap:
		return reputation.DefaultParams().Start, true, nil
	}
	n, err := strconv.ParseUint(string(s), 10, 32)
	if err != nil || n > election.MaxReputation {
		return 0, false, fmt.Errorf("reputation %q of the adversary: choose equal, top, cheap or a number from 0 to %d", s, election.MaxReputation)
	}
	return uint32(n), true, nil
}

// Config of a simulation.
type Config struct {
	Rule             Rule             `json:"rule"`
	Candidates       int              `json:"candidates"` // the adversary's among them
	Seats            int              `json:"seats"`
	Population       []Group          `json:"population"`        // of the honest; the percents sum to 100
	AdversaryPercent int              `json:"adversary_percent"` // of the candidates: each has the least bond, so of their bonds too
	Standing         Standing         `json:"adversary_reputation"`
	Strategy         Strategy         `json:"strategy"`
	Weights          election.Weights `json:"weights"`
	TermBlocks       int64            `json:"term_blocks"`
	BlockSeconds     int64            `json:"block_seconds"`
	BondCPC          uint64           `json:"bond_cpc"` // of each candidate: self_bond_min
	Runs             int              `json:"runs"`     // independent ones
	Terms            int              `json:"terms"`    // counted in each run
	Seed             uint64           `json:"seed"`
}

// Bounds of what is simulated: the supply, and sizes that end today.
const (
	mostCandidates = 10_000
	mostTerms      = 100_000_000
	mostBondCPC    = 1_000_000_000
)

// Validate refuses what can't be simulated.
func (c Config) Validate() error {
	if err := c.validatePopulation(); err != nil {
		return err
	}
	if _, _, err := c.Standing.score(); err != nil {
		return err
	}
	switch {
	case c.Seats < 4 || c.Candidates < c.Seats:
		return fmt.Errorf("%d candidates for %d seats: need four seats or more and as many candidates", c.Candidates, c.Seats)
	case c.Candidates > mostCandidates:
		return fmt.Errorf("%d candidates: at most %d", c.Candidates, mostCandidates)
	case c.Runs < 1 || c.Terms < 1 || c.Terms > mostTerms/c.Runs:
		return fmt.Errorf("%d runs of %d terms: need one run and one term or more, %d terms in all at most", c.Runs, c.Terms, mostTerms)
	case c.AdversaryPercent < 0 || c.AdversaryPercent > 100:
		return fmt.Errorf("an adversary of %d %%: choose 0 to 100", c.AdversaryPercent)
	case c.TermBlocks < 1 || c.BlockSeconds < 1:
		return fmt.Errorf("terms of %d blocks of %d s: both must be 1 or more", c.TermBlocks, c.BlockSeconds)
	case c.BondCPC < 1 || c.BondCPC > mostBondCPC:
		return fmt.Errorf("a bond of %d CPC: choose 1 to %d", c.BondCPC, mostBondCPC)
	}
	if err := c.validateRule(); err != nil {
		return err
	}
	return c.Weights.Validate()
}

func (c Config) validateRule() error {
	switch c.Rule {
	case Ours:
		return c.Strategy.validate()
	case Of2019:
		if c.Strategy != None && c.Strategy != Grind || c.Seats != seats2019 || c.Candidates < 2*fromBetterHalf {
			return fmt.Errorf("the rule of 2019 has %d seats, twelve candidates or more, and the strategies none and grind", seats2019)
		}
		return nil
	}
	return fmt.Errorf("rule %q: choose %s or %s", c.Rule, Ours, Of2019)
}

func (c Config) validatePopulation() error {
	sum := 0
	for _, g := range c.Population {
		if g.Percent < 0 || g.Percent > 100 || g.Reputation > election.MaxReputation {
			return fmt.Errorf("population %d%%@%d: percents are 0 to 100, reputations 0 to %d", g.Percent, g.Reputation, election.MaxReputation)
		}
		sum += g.Percent
	}
	if sum != 100 {
		return fmt.Errorf("the groups of the population make %d %%: make it 100", sum)
	}
	return nil
}

// adversaries is how many least bonds, and so at most how many candidates, are the adversary's.
func (c Config) adversaries() int { return c.Candidates * c.AdversaryPercent / 100 }

// unbondingTerms is how long a bond that leaves is locked: 21 days.
func (c Config) unbondingTerms() int { return int(21 * 24 * 3600 / (c.TermBlocks * c.BlockSeconds)) }

// TermsPerYear of 365 days.
func (c Config) TermsPerYear() float64 { return 365 * 24 * 3600 / float64(c.TermBlocks*c.BlockSeconds) }

// third is the least number of seats that stops the chain.
func (c Config) third() int { return (c.Seats + 2) / 3 }
