package electionsim

import (
	"errors"
	"sync"
)

// Row is a simulation and what came of it.
type Row struct {
	Config Config
	Result Result
	Err    error
}

// Table runs simulations, workers at a time, and gives their rows in the order of the configs.
func Table(configs []Config, workers int) ([]Row, error) {
	rows := make([]Row, len(configs))
	next := make(chan int)
	var group sync.WaitGroup
	for range max(1, workers) {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := range next {
				rows[i].Config = configs[i]
				rows[i].Result, rows[i].Err = Run(configs[i])
			}
		}()
	}
	for i := range configs {
		next <- i
	}
	close(next)
	group.Wait()
	errs := make([]error, len(rows))
	for i, row := range rows {
		errs[i] = row.Err
	}
	return rows, errors.Join(errs...)
}
