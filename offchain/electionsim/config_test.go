package electionsim

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAConfigThatCannotBeSimulatedIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"fewer candidates than seats":     func(c *Config) { c.Candidates = 29 },
		"more candidates than ever":       func(c *Config) { c.Candidates = 10_001 },
		"seats of which one is a third":   func(c *Config) { c.Seats = 3 },
		"no terms":                        func(c *Config) { c.Terms = 0 },
		"no runs":                         func(c *Config) { c.Runs = 0 },
		"terms without end":               func(c *Config) { c.Runs, c.Terms = 1_000_000, 1_000_000 },
		"a population of 90 %":            func(c *Config) { c.Population[0].Percent = 90 },
		"no population":                   func(c *Config) { c.Population = nil },
		"a group of less than nobody":     func(c *Config) { c.Population = []Group{{-10, 0}, {110, 0}} },
		"a reputation beyond the highest": func(c *Config) { c.Population[0].Reputation = 10_001 },
		"an unknown strategy":             func(c *Config) { c.Strategy = "pray" },
		"an unknown standing":             func(c *Config) { c.Standing = "holy" },
		"a standing beyond the highest":   func(c *Config) { c.Standing = "10001" },
		"an unknown rule":                 func(c *Config) { c.Rule = "2020" },
		"skipping under the rule of 2019": func(c *Config) { *c = For2019(with(*c, Skip)) },
		"weights that give no chance":     func(c *Config) { c.Weights.Min = 0 },
		"an adversary of more than all":   func(c *Config) { c.AdversaryPercent = 101 },
		"no bond":                         func(c *Config) { c.BondCPC = 0 },
		"terms of no block":               func(c *Config) { c.TermBlocks = 0 },
		"blocks of no time":               func(c *Config) { c.BlockSeconds = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := base()
			change(&c)
			_, err := Run(c)
			require.Error(t, err)
		})
	}
}

func TestFiguresOfAYearFollowFromTheTerm(t *testing.T) {
	c := base()
	require.InDelta(t, 8_760, c.TermsPerYear(), 0)
	require.Equal(t, 504, c.unbondingTerms())
	require.Equal(t, 10, c.third())
	c.Seats = 31
	require.Equal(t, 11, c.third())
}

// The rule of 2019: an adversary at the top has the better half's seats, and grinding the seed adds to them; two thirds it can't have.
func TestTheRuleOf2019IsEasierToCapture(t *testing.T) {
	c := For2019(mixedBase())
	c.Terms = 60
	top, ground := run(t, c), run(t, with(c, Grind))
	require.Greater(t, top.ThirdShare(), 0.2)
	require.Greater(t, ground.ThirdShare(), top.ThirdShare()+0.1)
	require.Zero(t, ground.TwoThirds, "eight of twelve seats are all that can be elected")
	c.Standing = Equal
	require.InDelta(t, 0.2*8/12, run(t, c).SeatShare(), 0.04)
	require.Less(t, run(t, mixedBase()).ThirdShare(), top.ThirdShare()/5)
}

func TestSeatsFollowReputationByDecile(t *testing.T) {
	c := mixedBase()
	c.AdversaryPercent, c.Standing, c.Runs, c.Terms = 0, Equal, 4, 1_000
	r := run(t, c)
	sum := 0.0
	for _, chance := range r.Deciles {
		require.Greater(t, chance, 0.2, "the weakest sit in a fifth of the terms at least (R4.2)")
		sum += chance
	}
	require.InDelta(t, 10*50.0/200, sum, 0.01)
	require.Greater(t, r.Deciles[0], 1.1*r.Deciles[9])
}

func rows(t *testing.T) []Row {
	t.Helper()
	var configs []Config
	for _, standing := range []Standing{Equal, Top} {
		for _, seats := range []int{30, 50} {
			for _, s := range []Strategy{None, Withhold} {
				c := with(mixedBase(), s)
				c.Seats, c.Standing, c.Runs, c.Terms = seats, standing, 2, 40
				configs = append(configs, c)
			}
		}
	}
	table, err := Table(configs, 2)
	require.NoError(t, err)
	return table
}

func TestAPlotHasAPanelForEachReputationAndALineForEachStrategy(t *testing.T) {
	table := rows(t)
	chart, err := Plot(table, BySeats)
	require.NoError(t, err)
	require.Equal(t, []string{"30", "50"}, chart.Categories)
	require.Len(t, chart.Panels, 2)
	require.Equal(t, "adversary: top", chart.Panels[1].Title)
	require.Len(t, chart.Panels[1].Series, 3, "two strategies, and what is computed")
	require.InDelta(t, 100*table[6].Result.ThirdShare(), chart.Panels[1].Series[0].Points[1].Value, 1e-9)

	chart.Title = "a < b & \"c\""
	svg := chart.SVG()
	require.Contains(t, svg, "a &lt; b")
	words := map[string]bool{}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err, "it is well-formed")
		if data, is := token.(xml.CharData); is {
			words[string(data)] = true
		}
	}
	for _, label := range []string{"seats", "of terms", "none", "withhold", "adversary: equal", "30", "50", "0.01 %", "100 %"} {
		require.True(t, words[label], "%q is to be read in it", label)
	}
	require.NotContains(t, svg, "NaN")
}

func TestAPlotThatWouldMixRowsIsRefused(t *testing.T) {
	table := rows(t)
	_, err := Plot(table, ByAdversary)
	require.ErrorContains(t, err, "one value of seats")
	_, err = Plot(table, "moon")
	require.ErrorContains(t, err, "choose")
	_, err = Plot(nil, BySeats)
	require.Error(t, err)
	deciles, err := Plot(table[:2], ByDecile)
	require.NoError(t, err)
	require.Len(t, deciles.Categories, 10)
	require.Contains(t, deciles.SVG(), "Chance")
}
