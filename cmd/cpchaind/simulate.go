package main

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/electionsim"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// simulateFlags are the axes of the table and what all its rows share.
type simulateFlags struct {
	base        electionsim.Config
	candidates  []int
	seats       []int
	adversary   []int
	reputations []string
	strategies  []string
	population  string
	rule2019    bool
	workers     int
	output      string
	plot        string
}

func committeeCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "committee", Short: "Ask how hard the committee is to capture"}
	cmd.AddCommand(simulateCmd())
	return cmd
}

const simulateLong = `Run seeded elections against an adversary, with the code the chain elects by, and count its seats.

A row is one combination of --candidates, --seats, --adversary, --adversary-reputation and --strategies. Each row is simulated in so
many independent runs (--runs) of so many terms (--terms); the same seed gives the same rows whatever the workers.

Reputations of the adversary: equal (the mix of --population), top (10000), cheap (newcomers at the start score), or a number. The
adversary has that share of the candidates, each with the least bond, so it has that share of their bonds in every row.

Strategies, or all:
  none         draws, signs and proposes as everybody does
  withhold     keeps its draws back where its own draws promise fewer seats than it holds in the cohort
  skip         shapes the next term's input by its proposals at a term's end: leaves randomness out, or lets rounds pass
  on-off       serves well until its reputation rises no more, then all its members stop signing, and again
  whitewash    the same, but who has struck leaves and comes back as a newcomer with a new bond
  few          has the same stake in a quarter of the candidates, four bonds each
  sybil-split  has split that stake: a newcomer for each bond
  silent       draws in every other term only, against the quorum
  grind        registers the best of 64 keys in every term

Columns: the adversary's share of the seats; the part of terms in which it has a third of the seats or more (it could stop the chain),
with its 95 % interval, and such terms a year; the same for more than two thirds (it could decide alone); independent: how many
independent terms the row is worth, since most seats carry over from term to term; bonds: the most it had locked, in CPC; third
costs: the bonds with which it would hold a third of the seats on average, beside the same honest candidates.

Defaults are those of the main profile. --rule-2019 adds the rule of the network of 2019 (4 + 8 proposers, seeded by a block's hash).`

func simulateCmd() *cobra.Command {
	var f simulateFlags
	params := committeetypes.MainParams()
	f.base.Rule = electionsim.Ours
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run seeded elections against an adversary and count its seats",
		Long:  simulateLong,
		Example: `cpchaind committee simulate
cpchaind committee simulate --candidates 200,1000 --adversary-reputation top --strategies all --rule-2019
cpchaind committee simulate --adversary 10,20,30 --strategies none,skip --output svg --plot adversary > capture.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&f.candidates, "candidates", []int{200}, "candidates, the adversary's among them")
	flags.IntSliceVar(&f.seats, "seats", []int{30, 50, 66, int(params.Seats)}, "seats of the committee")
	flags.IntSliceVar(&f.adversary, "adversary", []int{20}, "percent of the candidates that are the adversary's")
	flags.StringSliceVar(&f.reputations, "adversary-reputation", []string{"equal", "top", "cheap"}, "equal, top, cheap, or 0 to 10000")
	flags.StringSliceVar(&f.strategies, "strategies", []string{"none", "withhold", "skip"}, "strategies of the adversary, or all")
	flags.StringVar(&f.population, "population", "10%@10000,40%@4000,50%@0", "the honest: percent@reputation")
	flags.Uint32Var(&f.base.Weights.Min, "weight-min", params.WeightMin, "weight at reputation 0")
	flags.Uint32Var(&f.base.Weights.Max, "weight-max", params.WeightMax, "weight at reputation 10000")
	flags.Uint64Var(&f.base.BondCPC, "self-bond-min", params.SelfBondMinUcpc.Uint64()/1_000_000, "CPC that each candidate bonds")
	flags.Int64Var(&f.base.TermBlocks, "term-blocks", params.TermBlocks, "blocks of a term")
	flags.Int64Var(&f.base.BlockSeconds, "block-seconds", 3, "seconds of a block, for figures a year")
	flags.IntVar(&f.base.Runs, "runs", 10, "independent runs for each row")
	flags.IntVar(&f.base.Terms, "terms", 200, "terms counted in each run")
	flags.Uint64Var(&f.base.Seed, "seed", 1, "all draws follow from it")
	flags.BoolVar(&f.rule2019, "rule-2019", false, "add rows by the rule of the network of 2019")
	flags.IntVar(&f.workers, "workers", runtime.NumCPU(), "runs simulated at a time")
	flags.StringVar(&f.output, "output", "table", "table, json or svg")
	flags.StringVar(&f.plot, "plot", "seats", "what runs along the x axis of an svg: seats, adversary, candidates, deciles (of reputation)")
	return cmd
}

func (f *simulateFlags) run(out io.Writer) error {
	write, known := map[string]func(io.Writer, []electionsim.Row) error{
		"table": writeTable, "json": writeJSON, "svg": f.writeSVG,
	}[f.output]
	if !known {
		return fmt.Errorf("--output %q: choose table, json or svg", f.output)
	}
	if f.workers < 1 {
		return fmt.Errorf("--workers %d: choose 1 or more", f.workers)
	}
	population, err := parsePopulation(f.population)
	if err != nil {
		return err
	}
	f.base.Population = population
	if len(f.strategies) == 1 && f.strategies[0] == "all" {
		f.strategies = nil
		for _, strategy := range electionsim.Strategies() {
			f.strategies = append(f.strategies, string(strategy))
		}
	}
	configs := f.configs()
	if len(configs) == 0 {
		return fmt.Errorf("nothing to simulate: each of --candidates, --seats, --adversary, --adversary-reputation and --strategies needs a value")
	}
	rows, err := electionsim.Table(configs, f.workers)
	if err != nil {
		return err
	}
	return write(out, rows)
}

// configs of all rows.
func (f *simulateFlags) configs() []electionsim.Config {
	var configs []electionsim.Config
	for _, candidates := range f.candidates {
		for _, adversary := range f.adversary {
			for _, reputation := range f.reputations {
				c := f.base
				c.Candidates, c.AdversaryPercent, c.Standing = candidates, adversary, electionsim.Standing(reputation)
				for _, seats := range f.seats {
					for _, strategy := range f.strategies {
						c.Seats, c.Strategy = seats, electionsim.Strategy(strategy)
						configs = append(configs, c)
					}
				}
				if !f.rule2019 {
					continue
				}
				for _, strategy := range []electionsim.Strategy{electionsim.None, electionsim.Grind} {
					c.Strategy = strategy
					configs = append(configs, electionsim.For2019(c))
				}
			}
		}
	}
	return configs
}

// parsePopulation reads "10%@10000,90%@0".
func parsePopulation(text string) ([]electionsim.Group, error) {
	var groups []electionsim.Group
	for _, part := range strings.Split(text, ",") {
		percent, reputation, ok := strings.Cut(part, "%@")
		p, errPercent := strconv.Atoi(percent)
		r, errReputation := strconv.ParseUint(reputation, 10, 32)
		if !ok || errPercent != nil || errReputation != nil {
			return nil, fmt.Errorf("--population %q: write percent%%@reputation, as in 10%%@10000", part)
		}
		groups = append(groups, electionsim.Group{Percent: p, Reputation: uint32(r)})
	}
	return groups, nil
}
