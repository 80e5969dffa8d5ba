package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/cpchain/cpchain/offchain/electionsim"
)

func writeTable(out io.Writer, rows []electionsim.Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "rule\tcandidates\tadversary\treputation\tseats\tstrategy\tseat share\t>=1/3 of terms (95 %)\ta year\t>2/3 of terms\tindependent\tbonds\tthird costs")
	for _, row := range rows {
		c, r := row.Config, row.Result
		low, high := r.ThirdInterval()
		_, most := r.TwoThirdsInterval()
		_, price := c.ThirdPrice()
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d %%\t%s\t%d\t%s\t%.2f %%\t%.3g %% (%.2g to %.2g)\t%.3g\t%s\t%.0f of %d\t%d\t%s\n",
			c.Rule, c.Candidates, c.AdversaryPercent, c.Standing, c.Seats, c.Strategy, 100*r.SeatShare(), 100*r.ThirdShare(), 100*low, 100*high,
			r.ThirdShare()*c.TermsPerYear(), decides(r, most), r.Effective, r.Terms, uint64(r.Bonds)*c.BondCPC, costs(c, price))
	}
	return w.Flush()
}

// decides says in which part of the terms the adversary could decide alone; where that was never seen, how often it may be at most.
func decides(r electionsim.Result, most float64) string {
	if r.TwoThirds == 0 {
		return fmt.Sprintf("0 (to %.2g %%)", 100*most)
	}
	return fmt.Sprintf("%.3g %%", 100*r.TwoThirdsShare())
}

// costs is a price in CPC. Of the rule of 2019 it is unknown: eight seats of twelve are all that could be had.
func costs(c electionsim.Config, price uint64) string {
	if c.Rule == electionsim.Of2019 {
		return "-"
	}
	return fmt.Sprint(price)
}

// simulatedRow is a row with what follows from it.
type simulatedRow struct {
	electionsim.Row
	ThirdPercent   float64    `json:"third_percent"`
	ThirdInterval  [2]float64 `json:"third_percent_interval"`
	ThirdPerYear   float64    `json:"third_per_year"`
	DecidesPercent float64    `json:"two_thirds_percent"`
	DecidesMost    float64    `json:"two_thirds_percent_at_most"`
	ExactPercent   float64    `json:"third_percent_of_one_draw,omitempty"` // by our rule, without a strategy
	ThirdCostsCPC  uint64     `json:"third_costs_cpc,omitempty"`
	YearlyCostsCPC uint64     `json:"one_term_a_year_costs_cpc,omitempty"`
}

func writeJSON(out io.Writer, rows []electionsim.Row) error {
	all := make([]simulatedRow, len(rows))
	for i, row := range rows {
		c, r := row.Config, row.Result
		low, high := r.ThirdInterval()
		_, most := r.TwoThirdsInterval()
		all[i] = simulatedRow{
			Row: row, ThirdPercent: 100 * r.ThirdShare(), ThirdInterval: [2]float64{100 * low, 100 * high},
			ThirdPerYear: r.ThirdShare() * c.TermsPerYear(), DecidesPercent: 100 * r.TwoThirdsShare(), DecidesMost: 100 * most,
		}
		if c.Rule == electionsim.Ours {
			_, all[i].ThirdCostsCPC = c.ThirdPrice()
			_, all[i].YearlyCostsCPC = c.YearlyPrice()
			all[i].ExactPercent = 100 * c.Exact()
		}
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

func (f *simulateFlags) writeSVG(out io.Writer, rows []electionsim.Row) error {
	chart, err := electionsim.Plot(rows, electionsim.Axis(f.plot))
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, chart.SVG())
	return err
}
