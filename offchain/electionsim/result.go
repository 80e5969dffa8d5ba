package electionsim

import (
	"errors"
	"sync"
)

// Result of all runs of a config. A third counts where the adversary has at least a third of the seats, two thirds where more than two.
type Result struct {
	Terms      int         `json:"terms"`
	Effective  float64     `json:"effective_terms"` // how many independent ones they are worth
	Third      int         `json:"third"`
	TwoThirds  int         `json:"two_thirds"`
	Seats      int         `json:"seats"`           // held over all terms
	Adversary  int         `json:"adversary_seats"` // of them
	Kept       int         `json:"kept"`            // cohorts kept for want of a quorum
	Skips      int         `json:"skips"`
	Tails      int         `json:"tails"` // terms whose last block was the adversary's
	Strikes    int         `json:"strikes"`
	Bonds      int         `json:"bonds"`      // the most it had locked at a time
	Reputation float64     `json:"reputation"` // the adversary's mean
	Deciles    [10]float64 `json:"deciles"`    // chance of a seat in a term, by reputation, highest first
}

// ThirdShare is the part of terms in which the adversary could stop the chain.
func (r Result) ThirdShare() float64 { return float64(r.Third) / float64(r.Terms) }

// TwoThirdsShare is the part of terms in which the adversary could decide alone.
func (r Result) TwoThirdsShare() float64 { return float64(r.TwoThirds) / float64(r.Terms) }

// ThirdInterval is the 95 % interval of ThirdShare.
func (r Result) ThirdInterval() (low, high float64) { return wilson(r.ThirdShare(), r.Effective) }

// TwoThirdsInterval is the 95 % interval of TwoThirdsShare.
func (r Result) TwoThirdsInterval() (low, high float64) {
	return wilson(r.TwoThirdsShare(), r.Effective)
}

// SeatShare is the adversary's part of the seats.
func (r Result) SeatShare() float64 { return float64(r.Adversary) / float64(max(1, r.Seats)) }

// Row is a simulation and what came of it.
type Row struct {
	Config Config `json:"config"`
	Result Result `json:"result"`
}

// Table runs simulations, so many runs at a time, and gives their rows in the order of the configs. The workers change nothing.
func Table(configs []Config, workers int) ([]Row, error) {
	runs := make([][]tally, len(configs))
	var errs []error
	for i, c := range configs {
		errs = append(errs, c.Validate())
		runs[i] = make([]tally, max(0, c.Runs))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	type job struct{ row, run int }
	jobs := make(chan job)
	var group sync.WaitGroup
	for range max(1, workers) {
		group.Go(func() {
			for j := range jobs {
				runs[j.row][j.run] = configs[j.row].runOne(j.run)
			}
		})
	}
	for row, c := range configs {
		for run := range c.Runs {
			jobs <- job{row, run}
		}
	}
	close(jobs)
	group.Wait()
	rows := make([]Row, len(configs))
	for i, c := range configs {
		rows[i] = Row{c, sum(c, runs[i])}
	}
	return rows, nil
}

func (c Config) runOne(run int) tally {
	if c.Rule == Of2019 {
		return c.run2019(run)
	}
	return newSimulation(c, run).run()
}

// Run is a table of one row.
func Run(c Config) (Result, error) {
	rows, err := Table([]Config{c}, 1)
	if err != nil {
		return Result{}, err
	}
	return rows[0].Result, nil
}

// sum adds up runs, in their order.
func sum(c Config, runs []tally) Result {
	r := Result{Terms: c.Runs * c.Terms}
	held := make([][]int, len(runs))
	for i, t := range runs {
		held[i] = t.held
		for _, n := range t.held {
			r.Adversary += n
			if 3*n >= c.Seats {
				r.Third++
			}
			if 3*n > 2*c.Seats {
				r.TwoThirds++
			}
		}
		r.Seats += t.occupied
		r.Kept += t.kept
		r.Skips += t.skips
		r.Tails += t.tails
		r.Strikes += t.strikes
		r.Bonds = max(r.Bonds, t.peakBonds)
		r.Reputation += t.reputation / float64(r.Terms)
		for decile, seats := range t.deciles {
			r.Deciles[decile] += seats / float64(r.Terms)
		}
	}
	r.Effective = effective(held)
	return r
}
