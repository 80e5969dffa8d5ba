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

func TestAFailedRunIsTold(t *testing.T) {
	broken := errors.New("broken")
	_, err := inTurn(1, func() (sample, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
	_, err = repeated(1, func() error { return broken })()
	require.ErrorIs(t, err, broken)
}
