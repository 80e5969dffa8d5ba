package main

import (
	"fmt"
	"math"
	"slices"
	"syscall"
	"time"
)

// sample is the figures of one run, by name.
type sample map[string]float64

// subject is one of the things compared.
type subject func() (sample, error)

// inTurn runs the subjects one after the other, all of them runs times, after a round that warms up, and gives each one's medians.
func inTurn(runs int, subjects ...subject) ([]sample, error) {
	taken := make([][]sample, len(subjects))
	for round := range runs + 1 {
		for i, s := range subjects {
			got, err := s()
			if err != nil {
				return nil, fmt.Errorf("run %d: %w", round, err)
			}
			if round > 0 {
				taken[i] = append(taken[i], got)
			}
		}
	}
	medians := make([]sample, len(subjects))
	for i, list := range taken {
		medians[i] = mediansOf(list)
	}
	return medians, nil
}

func mediansOf(list []sample) sample {
	out := sample{}
	for name := range list[0] {
		values := make([]float64, len(list))
		for i, s := range list {
			values[i] = s[name]
		}
		out[name] = median(values)
	}
	return out
}

// median of at least one value; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// medianInterval holds the median of what the values are drawn from with 95 % confidence: it goes by order statistics and assumes
// nothing of their distribution. Fewer than six values give all of them.
func medianInterval(values []float64) (low, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	outside := math.Pow(0.5, float64(n)) // chance that fewer than cut+1 of n values lie below the median
	term, cut := outside, 0
	for k := 1; k < n/2; k++ {
		term *= float64(n-k+1) / float64(k)
		if outside+term > 0.025 {
			break
		}
		outside += term
		cut = k
	}
	return sorted[cut], sorted[n-1-cut]
}

// Names of the figures of repeated work.
const (
	perSecond = "per second"
	perCPU    = "per CPU-second"
)

// leastRun is how long work is repeated for one figure.
const leastRun = 300 * time.Millisecond

// repeated does work, which is so much of something, until it can be timed, and gives how much was done in a second of the wall
// clock and of processor time.
func repeated(amount float64, work func() error) subject {
	return func() (sample, error) {
		begun, before, done := time.Now(), cpuTime(syscall.RUSAGE_SELF), 0.0
		for time.Since(begun) < leastRun {
			if err := work(); err != nil {
				return nil, err
			}
			done += amount
		}
		wall, cpu := time.Since(begun), cpuTime(syscall.RUSAGE_SELF)-before
		return sample{perSecond: done / wall.Seconds(), perCPU: done / cpu.Seconds()}, nil
	}
}
