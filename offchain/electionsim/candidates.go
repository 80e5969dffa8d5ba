package electionsim

import (
	"fmt"

	"cosmossdk.io/math"

	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	// bondsOfFew is how many least bonds each candidate has under the strategy few.
	bondsOfFew = 4
	// reputationMin below which nobody draws or sits: reputation_min of x/committee.
	reputationMin = 500
	ucpcPerCPC    = 1_000_000
)

// candidate is a place in the lottery. Under the strategies whitewash and grind its operator or key changes.
type candidate struct {
	operator    string
	bad         bool
	generation  int    // of its operator
	key         uint64 // of this term's snapshot
	nextKey     uint64 // of the next term's
	registered  uint64 // which the snapshot after that will have
	standing    uint32
	row         reputation.Row // of the adversary's; the honest keep their standing
	params      reputation.Params
	weight      uint64 // of this term's snapshot, 0 where it is not in it
	next        uint64 // of the next term's
	from        uint64 // the first term whose snapshot it may be in: after registration, a new key, or parole
	drew        uint64 // the last term it drew in
	missed      int    // draws in a row
	seatedTerms int
}

// candidatesOf makes the adversary's candidates, then the honest.
func candidatesOf(c Config) []*candidate {
	bonds := c.adversaries()
	honest, bad := c.Candidates-bonds, bonds
	if c.Strategy == Few {
		bad = (bonds + bondsOfFew - 1) / bondsOfFew
	}
	candidates := make([]*candidate, 0, honest+bad)
	for i := range bad {
		standing, fixed, _ := c.Standing.score() // validated
		if !fixed {
			standing = mixed(c.Population, i, bad)
		}
		switch c.Strategy {
		case Few:
			standing = min(reputation.MaxScore, standing+gainOfBond(c.BondCPC))
		case SybilSplit:
			standing = min(standing, reputation.DefaultParams().Start)
		case None, Withhold, Skip, OnOff, Whitewash, Silent, Grind:
		}
		candidates = append(candidates, c.newAdversary(i, standing))
	}
	for i := range honest {
		standing := mixed(c.Population, i, honest)
		weight := c.Weights.Of(standing)
		candidates = append(candidates, &candidate{operator: fmt.Sprintf("h%05d", i), standing: standing, weight: weight, next: weight})
	}
	return candidates
}

// mixed is the reputation of number i of n under a population.
func mixed(population []Group, i, n int) uint32 {
	upTo := 0
	for _, g := range population {
		if upTo += g.Percent; i*100 < upTo*n {
			return g.Reputation
		}
	}
	return population[len(population)-1].Reputation
}

// newAdversary makes a candidate whose reputation is held at its standing, as if everything but its strategy kept it there: what the
// strategy costs is deducted by the rules of x/reputation and comes back by them. Of those that strike nothing is held.
func (c Config) newAdversary(number int, standing uint32) *candidate {
	a := &candidate{operator: fmt.Sprintf("a%05d", number), bad: true, standing: standing, params: reputation.DefaultParams()}
	if !c.Strategy.strikes() {
		a.params.Start = standing
	}
	a.row = reputation.Row{Operator: a.operator, Score: standing, SettledTerm: 1}
	a.weight = c.Weights.Of(standing)
	a.next = a.weight
	return a
}

// gainOfBond is what four bonds instead of one add to the target of a reputation, in full.
func gainOfBond(cpc uint64) uint32 {
	p := reputation.DefaultParams()
	target := func(bonds uint64) uint32 {
		all := bonds * cpc * ucpcPerCPC
		return reputation.Row{Blocks: reputation.MaxScore, ValidatorBond: all, Aged: all}.Target(p)
	}
	return target(bondsOfFew) - target(1)
}

// report books evidence on an adversary's row.
func (a *candidate) report(e reputation.Evidence) {
	a.row = a.row.Apply(a.params, e, a.row.SettledTerm)
}

// settle steps a row to a term. A standing is never exceeded: else strategies at one standing could not be compared.
func (a *candidate) settle(term uint64, strikes bool) {
	a.row = a.row.Settle(a.params, term)
	if !strikes {
		a.row.Score = min(a.row.Score, a.standing)
	}
}

// snapshot gives the weight of a term's snapshot, 0 where the candidate is not in it.
func (a *candidate) snapshot(c Config, term uint64) uint64 {
	switch {
	case !a.bad:
		return a.weight
	case a.from > term || a.row.Score < min(a.standing, reputationMin):
		return 0
	}
	return c.Weights.Of(a.row.Score)
}

// bondOf is the evidence of the least bond, in the amounts of x/reputation.
func (c Config) bondOf() math.Int { return math.NewIntFromUint64(c.BondCPC).MulRaw(ucpcPerCPC) }
