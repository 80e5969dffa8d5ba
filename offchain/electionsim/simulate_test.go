package electionsim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/election"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// base is a fifth of 100 candidates of one reputation for 30 seats.
func base() Config {
	return Config{
		Rule: Ours, Candidates: 100, Seats: 30, Runs: 4, Terms: 250, Seed: 1, AdversaryPercent: 20, Strategy: None,
		Population: []Group{{100, 5000}}, Standing: Equal, Weights: election.Weights{Min: 1_000, Max: 1_250},
		TermBlocks: 1_200, BlockSeconds: 3, BondCPC: 200_000,
	}
}

// mixed is the population of the table, of which a fifth is at top reputation.
func mixedBase() Config {
	c := base()
	c.Candidates, c.Seats, c.Standing = 200, 50, Top
	c.Population = []Group{{10, 10_000}, {40, 4_000}, {50, 0}}
	return c
}

func run(t *testing.T, c Config) Result {
	t.Helper()
	r, err := Run(c)
	require.NoError(t, err)
	return r
}

func with(c Config, s Strategy) Config {
	c.Strategy = s
	return c
}

func TestEqualWeightsHoldTheirShareOfTheSeats(t *testing.T) {
	r := run(t, base())
	require.InDelta(t, 0.20, r.SeatShare(), 0.015)
	require.Zero(t, r.TwoThirds)
	require.Equal(t, 30*1_000, r.Seats)
	require.Equal(t, 20, r.Bonds)
}

// At equal weights every set of operators is as likely to sit as any other, whichever cohort is elected when: the long run is
// exactly hypergeometric, and the interval has it.
func TestTheLongRunIsTheExactDistribution(t *testing.T) {
	c := base()
	c.Runs, c.Terms = 10, 2_000
	r := run(t, c)
	exact := Hypergeometric(100, 20, 30, 10)
	low, high := r.ThirdInterval()
	require.Less(t, low, exact)
	require.Greater(t, high, exact)
	require.InDelta(t, exact, r.ThirdShare(), 0.006)
	require.InEpsilon(t, exact, c.Exact(), 1e-6, "drawing all at once at equal weights is hypergeometric too")
}

func TestReputationGainsNoMoreThanTheRatioOfWeights(t *testing.T) {
	c := base()
	c.Weights = election.Weights{Min: 500, Max: 1_500}
	c.Standing = Top
	high := run(t, c)
	c.Standing = "0"
	low := run(t, c)
	require.Greater(t, high.SeatShare(), 0.23)
	require.Less(t, high.SeatShare(), 0.2727+0.01, "20 % at weight 1500 against 80 % at 1000, without replacement")
	require.Less(t, low.SeatShare(), 0.16)
	require.Zero(t, low.Reputation)
}

func TestASeedGivesOneResultWhateverTheWorkers(t *testing.T) {
	var configs []Config
	for _, s := range Strategies() {
		c := with(mixedBase(), s)
		c.Runs, c.Terms = 3, 60
		configs = append(configs, c)
	}
	one, err := Table(configs, 1)
	require.NoError(t, err)
	four, err := Table(configs, 4)
	require.NoError(t, err)
	require.Equal(t, one, four)
	other := configs[0]
	other.Seed = 2
	require.NotEqual(t, one[0].Result, run(t, other), "another seed gives another")
}

func TestWithholdingDrawsGainsNothing(t *testing.T) {
	c := mixedBase()
	honest, r := run(t, c), run(t, with(c, Withhold))
	require.Less(t, r.SeatShare(), honest.SeatShare()-0.02)
	require.Less(t, r.Reputation, honest.Reputation, "each draw that does not come costs")
	require.Zero(t, r.Kept, "a fifth that is missing does not miss the quorum")
}

// Withheld draws enter nothing: among the others nothing changes, and nobody's rank rises but by those that are missing.
func TestAWithheldDrawMovesNobodyElses(t *testing.T) {
	s := newSimulation(mixedBase(), 0)
	all := s.tickets(0)
	var honest []election.Ticket
	for _, ticket := range all {
		if !s.at[ticket.Operator].bad {
			honest = append(honest, ticket)
		}
	}
	require.Len(t, honest, 160)
	var kept []string
	for _, operator := range election.Operators(election.Rank(all)) {
		if !s.at[operator].bad {
			kept = append(kept, operator)
		}
	}
	require.Equal(t, kept, election.Operators(election.Rank(honest)))
	before := s.input(1)
	s.Strategy = Silent
	s.term = 2
	s.draw()
	s.term = 0
	require.Equal(t, before, s.input(1), "nor does it move the next term's input")
}

func TestSkippingRandomnessGainsSomeSeatsAndCostsReputation(t *testing.T) {
	c := mixedBase()
	c.Terms = 500
	honest, r := run(t, c), run(t, with(c, Skip))
	require.Greater(t, r.SeatShare(), honest.SeatShare(), "each slot at a term's end is a choice")
	require.Less(t, r.SeatShare(), honest.SeatShare()+0.03)
	require.Positive(t, r.Skips)
	require.Less(t, r.Reputation, honest.Reputation)
	require.InDelta(t, r.SeatShare(), float64(r.Tails)/float64(r.Terms), 0.05, "its neighbouring addresses don't bring it to the end more often")
}

func TestServingWellUntilStrikingCostsMoreThanItGathered(t *testing.T) {
	c := mixedBase()
	c.Terms = 500
	honest, r := run(t, c), run(t, with(c, OnOff))
	require.Positive(t, r.Strikes)
	require.Less(t, r.SeatShare(), honest.SeatShare())
	require.Less(t, r.Reputation, 5_000.0, "the rules let nobody stay at the top")
	require.Less(t, float64(r.Strikes)/float64(r.Terms), 1.0/patience)
}

func TestWhitewashingDoesNotPay(t *testing.T) {
	c := mixedBase()
	c.Terms = 700
	honest, r := run(t, c), run(t, with(c, Whitewash))
	perBond := func(r Result) float64 { return r.SeatShare() / float64(r.Bonds) }
	require.Less(t, r.SeatShare(), honest.SeatShare())
	require.Greater(t, r.Bonds, honest.Bonds, "bonds of who left stay locked for 21 days")
	require.Less(t, perBond(r), 0.75*perBond(honest), "a bond brings fewer seats than to one that stays")
}

func TestSplittingAStakeBringsWhatTheBondsAreWorth(t *testing.T) {
	c := mixedBase()
	whole, split, few := run(t, c), run(t, with(c, SybilSplit)), run(t, with(c, Few))
	require.Less(t, split.SeatShare(), whole.SeatShare(), "as newcomers they weigh less than those that have stayed")
	require.InDelta(t, 4, split.SeatShare()/few.SeatShare(), 1.2, "seats follow the number of least bonds: that is the price")
	require.Equal(t, whole.Bonds, split.Bonds)
	require.Equal(t, whole.Bonds, few.Bonds)
}

func TestSilentSybilsCannotFreezeTheSeats(t *testing.T) {
	c := mixedBase()
	fifth := run(t, with(c, Silent))
	require.Zero(t, fifth.Kept)
	require.Less(t, fifth.SeatShare(), run(t, c).SeatShare())

	// Nine tenths can miss the quorum, and with six cohorts whenever some of them are up. Still no cohort is kept twice in a row.
	c.AdversaryPercent, c.Seats, c.Runs, c.Terms = 90, 24, 1, 200
	s := newSimulation(with(c, Silent), 0)
	cohorts := election.Cohorts(c.Seats)
	keptTwice := make([]bool, cohorts)
	var kept int
	for s.term = 1; s.term <= 200; s.term++ {
		before := s.tally.kept
		s.oneTerm()
		cohort := s.cohort(0)
		now := s.tally.kept > before
		require.False(t, now && keptTwice[cohort], "term %d", s.term)
		keptTwice[cohort] = now
		kept += s.tally.kept - before
	}
	require.Positive(t, kept, "the quorum is missed, as the attack wants")
	require.LessOrEqual(t, kept, 100)
}

func TestGrindingKeysGainsNothing(t *testing.T) {
	c := mixedBase()
	honest, r := run(t, c), run(t, with(c, Grind))
	require.InDelta(t, honest.SeatShare(), r.SeatShare(), 0.015)

	// The key it picks is the best of 64 at the input it knows, and one like any other at the one it meets.
	s := newSimulation(with(c, Grind), 0)
	var known, met, keys int
	rank := func(input []byte, one *candidate, key uint64) int {
		trial, better := *one, 0
		trial.key = key
		own := election.Draw(trial.output(input), 1)
		for other := range uint64(grindTries) {
			trial.key = 1<<32 + other
			if election.Draw(trial.output(input), 1).Compare(own) > 0 {
				better++
			}
		}
		return better
	}
	for s.term = 1; s.term <= 60; s.term++ {
		s.oneTerm()
		one := s.bad[len(s.bad)-1]
		if one.nextKey != one.key { // registered in the term that has ended, with its input(1) known
			keys++
			known += rank(s.input(1), one, one.nextKey)
			met += rank(election.TermInput(chainID, s.term+2, s.random.Mix([]byte("what comes"))), one, one.nextKey)
		}
	}
	require.Greater(t, keys, 20)
	require.Less(t, known/keys, 5, "about first of 64")
	require.InDelta(t, grindTries/2, met/keys, 10, "in the middle")
}

func TestLossesAreThoseOfXReputation(t *testing.T) {
	c := mixedBase()
	a := c.newAdversary(0, election.MaxReputation)
	for term := uint64(1); term <= 300; term++ {
		a.report(reputation.Served([]byte("a"), 1_200, 1_200, 8, 0))
		a.settle(term+1, false)
	}
	require.EqualValues(t, election.MaxReputation, a.row.Score, "held at its standing")
	a.report(reputation.SortitionMissed([]byte("a"), 300))
	require.EqualValues(t, election.MaxReputation-reputation.DefaultParams().MissedPoints, a.row.Score)
	a.settle(302, false)
	require.Less(t, a.row.Score, uint32(election.MaxReputation), "it comes back by the rules only, over terms")

	struck := with(c, OnOff).newAdversary(0, election.MaxReputation)
	struck.settle(200, true)
	require.Less(t, struck.row.Score, uint32(1_100), "idle, it drifts to the start: nothing holds it")
	struck.report(reputation.Served([]byte("a"), absentBlocks, 0, 0, 0))
	require.Zero(t, struck.row.Score)
	require.Zero(t, struck.snapshot(c, 300), "below the threshold it does not draw")
}
