package electionsim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/election"
)

func base() Config {
	return Config{
		Candidates: 100, Seats: 31, Terms: 600, Seed: 1, AdversaryPercent: 20, Strategy: None,
		Population: []Group{{100, 5000}}, AdversaryReputation: 5000, Weights: election.Weights{Min: 500, Max: 1500},
	}
}

func TestExactProbabilitiesAreThePublishedOnes(t *testing.T) {
	require.InEpsilon(t, 3.3e-2, Binomial(31, 11, 0.20), 0.03)
	require.InEpsilon(t, 1.4e-2, Binomial(50, 17, 0.20), 0.05)
	require.InEpsilon(t, 1.2e-2, Hypergeometric(100, 20, 31, 11), 0.05)
	require.InEpsilon(t, 4.0e-4, Hypergeometric(100, 20, 50, 17), 0.05)
}

func TestEqualWeightsHoldTheirShareOfTheSeats(t *testing.T) {
	c := base()
	r, err := Run(c)
	require.NoError(t, err)
	require.InDelta(t, 0.20, r.SeatShare(), 0.01)
	require.Less(t, r.ThirdShare(), 0.06)
	require.Zero(t, r.TwoThirds)
	again, err := Run(c)
	require.NoError(t, err)
	require.Equal(t, r, again, "a seed gives one result")
}

func TestReputationGainsNoMoreThanTheRatioOfWeights(t *testing.T) {
	top, cheap := base(), base()
	top.AdversaryReputation, cheap.AdversaryReputation = 10_000, 0
	high, err := Run(top)
	require.NoError(t, err)
	low, err := Run(cheap)
	require.NoError(t, err)
	require.Greater(t, high.SeatShare(), 0.23)
	require.Less(t, high.SeatShare(), 0.2727+0.01, "20 % at weight 1500 against 80 % at 1000, without replacement")
	require.Less(t, low.SeatShare(), 0.16)
}

func TestWithholdingDrawsGainsNothing(t *testing.T) {
	honest, err := Run(base())
	require.NoError(t, err)
	c := base()
	c.Strategy = Withhold
	r, err := Run(c)
	require.NoError(t, err)
	require.Less(t, r.SeatShare(), honest.SeatShare())
}

func TestSkippingRandomnessGainsLittle(t *testing.T) {
	honest, err := Run(base())
	require.NoError(t, err)
	c := base()
	c.Strategy = Skip
	r, err := Run(c)
	require.NoError(t, err)
	require.Less(t, r.SeatShare(), honest.SeatShare()+0.04)
}

func TestAConfigThatCannotBeSimulatedIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"fewer candidates than seats":   func(c *Config) { c.Candidates = 30 },
		"no terms":                      func(c *Config) { c.Terms = 0 },
		"a population of 90 %":          func(c *Config) { c.Population[0].Percent = 90 },
		"an unknown strategy":           func(c *Config) { c.Strategy = "pray" },
		"weights that give no chance":   func(c *Config) { c.Weights.Min = 0 },
		"an adversary of more than all": func(c *Config) { c.AdversaryPercent = 101 },
	} {
		t.Run(name, func(t *testing.T) {
			c := base()
			change(&c)
			_, err := Run(c)
			require.Error(t, err)
		})
	}
}

func TestATableKeepsTheOrderOfItsConfigsWhateverTheWorkers(t *testing.T) {
	small, large := base(), base()
	small.Seats, large.Seats = 30, 50
	one, err := Table([]Config{small, large}, 1)
	require.NoError(t, err)
	two, err := Table([]Config{small, large}, 2)
	require.NoError(t, err)
	require.Equal(t, one, two)
	require.Equal(t, 50*600, two[1].Result.SeatTerms)
}

// At equal weights every set of operators is as likely to sit as any other, whichever cohort is elected when: the long run is
// exactly hypergeometric.
func TestTheLongRunIsTheExactDistribution(t *testing.T) {
	c := base()
	c.Terms, c.Weights = 15_000, election.Weights{Min: 1, Max: 1}
	r, err := Run(c)
	require.NoError(t, err)
	require.InDelta(t, Hypergeometric(100, 20, 31, 11), r.ThirdShare(), 0.005)
}
