package main

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubjectsTakeTurnsAndMediansAreTold(t *testing.T) {
	var order string
	count := 0.0
	medians, err := inTurn(3,
		func() (sample, error) { order += "A"; count++; return sample{"n": count * count}, nil },
		func() (sample, error) { order += "B"; return sample{"n": 7}, nil })
	require.NoError(t, err)
	require.Equal(t, "ABABABAB", order, "one round warms up")
	require.Equal(t, []sample{{"n": 9}, {"n": 7}}, medians, "of 4, 9, 16: the first round does not count")
}

func TestMedian(t *testing.T) {
	require.InDelta(t, 3, median([]float64{9, 1, 3}), 0)
	require.InDelta(t, 2, median([]float64{9, 1, 3, 1}), 0)
	require.InDelta(t, 5, median([]float64{5}), 0)
}

// The ranks are those of the table of the binomial distribution: 2 and 9 of 10, 3 and 10 of 12, 6 and 15 of 20.
func TestMedianInterval(t *testing.T) {
	for n, cut := range map[int]int{3: 0, 6: 0, 9: 1, 10: 1, 12: 2, 20: 5, 24: 6} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i)
		}
		low, high := medianInterval(values)
		require.InDelta(t, values[cut], low, 0, "of %d", n)
		require.InDelta(t, values[n-1-cut], high, 0, "of %d", n)
	}
}

func TestAFailedRunIsTold(t *testing.T) {
	broken := errors.New("broken")
	_, err := inTurn(1, func() (sample, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
	_, err = repeated(1, func() error { return broken })()
	require.ErrorIs(t, err, broken)
}
