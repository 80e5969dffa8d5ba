package timechain

import (
	"sync"
	"sync/atomic"
)

// each calls do(worker, i) for every i below n, on up to workers goroutines that have ended when it returns. It gives the error
// of the lowest i, so that what a caller sees does not depend on timing.
func each(workers, n int, do func(worker, i int) error) error {
	workers = max(1, min(workers, n))
	if workers == 1 {
		for i := range n {
			if err := do(0, i); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = do(w, i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
