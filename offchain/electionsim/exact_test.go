package electionsim

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExactProbabilitiesAreThePublishedOnes(t *testing.T) {
	require.InEpsilon(t, 3.3e-2, Binomial(31, 11, 0.20), 0.03)
	require.InEpsilon(t, 1.4e-2, Binomial(50, 17, 0.20), 0.05)
	require.InEpsilon(t, 7.4e-4, Binomial(100, 34, 0.20), 0.02)
	require.InEpsilon(t, 1.2e-2, Hypergeometric(100, 20, 31, 11), 0.05)
	require.InEpsilon(t, 4.0e-4, Hypergeometric(100, 20, 50, 17), 0.05)
	require.InEpsilon(t, 3.8e-7, Hypergeometric(200, 40, 100, 34), 0.02)
	require.InDelta(t, 1, Binomial(31, 0, 0.20), 1e-12)
}

func TestOneDrawAtEqualWeightsIsHypergeometric(t *testing.T) {
	for _, pool := range []int{100, 200, 1_000} {
		for _, seats := range []int{31, 50, 99} {
			honest, bad, need := pool*8/10, pool*2/10, (seats+2)/3
			got := OneDraw([]Class{{honest / 2, 7}, {honest - honest/2, 7}}, Class{bad, 7}, seats, need)
			want := Hypergeometric(pool, bad, seats, need)
			if want < 1e-18 { // beyond what a sum of so many terms resolves, and impossible where it is 0
				require.Less(t, got, 1e-12)
				continue
			}
			require.InEpsilon(t, want, got, 1e-5, "%d of %d", seats, pool)
		}
	}
	require.Zero(t, OneDraw([]Class{{10, 1}}, Class{3, 1}, 9, 4), "three can't take four seats")
	require.InDelta(t, 1, OneDraw([]Class{{10, 1}}, Class{3, 1}, 9, 0), 0)
}

// Unequal weights, against the race itself.
func TestOneDrawIsWhatARaceGives(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	honest, bad := []Class{{10, 2}, {20, 1}}, Class{10, 3}
	const seats, need, trials = 15, 8, 20_000
	hits := 0
	for range trials {
		type arrival struct {
			time float64
			bad  bool
		}
		var race []arrival
		for _, class := range honest {
			for range class.Count {
				race = append(race, arrival{rng.ExpFloat64() / class.Weight, false})
			}
		}
		for range bad.Count {
			race = append(race, arrival{rng.ExpFloat64() / bad.Weight, true})
		}
		held := 0
		for _, a := range race {
			before := 0
			for _, b := range race {
				if b.time < a.time {
					before++
				}
			}
			if a.bad && before < seats {
				held++
			}
		}
		if held >= need {
			hits++
		}
	}
	require.InDelta(t, OneDraw(honest, bad, seats, need), float64(hits)/trials, 0.012)
}

func TestPricesAreTheLeastThatSuffice(t *testing.T) {
	c := mixedBase()
	c.Standing = Top
	honest, weight := c.classes()
	require.Equal(t, []Class{{16, 1_250}, {64, 1_100}, {80, 1_000}}, honest)
	require.EqualValues(t, 1_250, weight)

	bonds, cpc := c.ThirdPrice()
	require.EqualValues(t, uint64(bonds)*200_000, cpc)
	require.GreaterOrEqual(t, meanSeats(honest, Class{bonds, weight}, c.Seats), 50.0/3)
	require.Less(t, meanSeats(honest, Class{bonds - 1, weight}, c.Seats), 50.0/3)

	yearly, _ := c.YearlyPrice()
	require.Less(t, yearly, bonds, "a third now and then costs less than a third on average")
	c.Standing = Cheap
	cheap, _ := c.ThirdPrice()
	require.Greater(t, cheap, bonds, "with less reputation it takes more bonds")
	require.InDelta(t, 10, meanSeats([]Class{{90, 5}}, Class{10, 5}, 100), 1e-9, "where everybody sits")
}

func TestDependentTermsAreWorthFewerIndependentOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	series := func(carry float64) [][]int {
		runs := make([][]int, 20)
		for i := range runs {
			x := 0.0
			for range 1_000 {
				x = carry*x + math.Sqrt(1-carry*carry)*rng.NormFloat64()
				runs[i] = append(runs[i], int(1_000*x))
			}
		}
		return runs
	}
	require.InEpsilon(t, 20_000, effective(series(0)), 0.1)
	// an autoregression's integrated time is (1 + carry) / (1 - carry)
	require.InEpsilon(t, 20_000/9.0, effective(series(0.8)), 0.25)
	still := [][]int{{7, 7, 7}, {7, 7, 7}}
	require.InDelta(t, 2, effective(still), 0, "what never moves is one committee for each run")
	low, high := wilson(0, 100)
	require.Zero(t, low)
	require.InEpsilon(t, 0.037, high, 0.02)
	low, high = wilson(0.5, 100)
	require.InDelta(t, 0.404, low, 0.001)
	require.InDelta(t, 0.596, high, 0.001)
}
