package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/electionsim"
	"github.com/cpchain/cpchain/pkg/election"
)

// simulateFlags are the axes of the table and what all its rows share.
type simulateFlags struct {
	base        electionsim.Config
	seats       []int
	reputations []uint
	strategies  []string
	population  string
	selfBond    uint64
	workers     int
	output      string
}

func committeeCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "committee", Short: "Ask how hard the committee is to capture"}
	cmd.AddCommand(simulateCmd())
	return cmd
}

func simulateCmd() *cobra.Command {
	var f simulateFlags
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Run seeded elections against an adversary and count its seats",
		Example: "cpchaind committee simulate --candidates 200 --seats 30,50 --terms 2000 " +
			"--adversary-reputation 0,5000,10000 --strategies none,skip",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.base.Candidates, "candidates", 200, "candidates, the adversary's among them")
	flags.IntVar(&f.base.Terms, "terms", 2000, "terms to simulate for each row")
	flags.Uint64Var(&f.base.Seed, "seed", 1, "all draws follow from it")
	flags.IntVar(&f.base.AdversaryPercent, "adversary", 20, "percent of the candidates that are the adversary's")
	flags.Uint32Var(&f.base.Weights.Min, "weight-min", 500, "weight at reputation 0")
	flags.Uint32Var(&f.base.Weights.Max, "weight-max", 1500, "weight at reputation 10000")
	flags.IntSliceVar(&f.seats, "seats", []int{30, 50, 66}, "seats, one row for each")
	flags.UintSliceVar(&f.reputations, "adversary-reputation", []uint{0, 5000, 10000}, "reputations of the adversary, one row for each")
	flags.StringSliceVar(&f.strategies, "strategies", []string{"none", "withhold", "skip"}, "strategies, one row for each")
	flags.StringVar(&f.population, "population", "10%@10000,40%@4000,50%@0", "the honest: percent@reputation")
	flags.Uint64Var(&f.selfBond, "self-bond-min", 100_000, "CPC that each candidate bonds")
	flags.IntVar(&f.workers, "workers", 2, "rows simulated at a time")
	flags.StringVar(&f.output, "output", "table", "table or json")
	return cmd
}

func (f *simulateFlags) run(cmd *cobra.Command) error {
	if f.output != "table" && f.output != "json" {
		return fmt.Errorf("output %q: choose table or json", f.output)
	}
	population, err := parsePopulation(f.population)
	if err != nil {
		return err
	}
	f.base.Population = population
	rows, err := electionsim.Table(f.configs(), f.workers)
	if err != nil {
		return err
	}
	if f.output == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(rows)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "seats\treputation\tstrategy\tseat share %\t>=1/3 %\t>2/3 %\tkept %\tbonded CPC")
	for _, row := range rows {
		c, r := row.Config, row.Result
		part := func(n int) float64 { return 100 * float64(n) / float64(r.Terms) }
		_, _ = fmt.Fprintf(w, "%d\t%d\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%d\n", c.Seats, c.AdversaryReputation, c.Strategy, 100*r.SeatShare(),
			part(r.Third), part(r.TwoThirds), part(r.Kept), uint64(c.Candidates*c.AdversaryPercent/100)*f.selfBond)
	}
	return w.Flush()
}

// configs of all rows: seats by reputations by strategies.
func (f *simulateFlags) configs() []electionsim.Config {
	var configs []electionsim.Config
	for _, seats := range f.seats {
		for _, reputation := range f.reputations {
			for _, strategy := range f.strategies {
				c := f.base
				c.Seats, c.Strategy = seats, electionsim.Strategy(strategy)
				c.AdversaryReputation = uint32(min(reputation, election.MaxReputation))
				configs = append(configs, c)
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
			return nil, fmt.Errorf("population %q: write percent%%@reputation, as in 10%%@10000", part)
		}
		groups = append(groups, electionsim.Group{Percent: p, Reputation: uint32(r)})
	}
	return groups, nil
}
