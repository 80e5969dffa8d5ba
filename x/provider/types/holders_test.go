package types_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

// boundary weighs the rows by their capacities.
func boundary(seed []byte, rows []types.Provider) types.Boundary {
	b := types.Boundary{Height: 100, Seed: seed}
	var weights []uint64
	for _, row := range rows {
		if row.CapacityBytes > 0 {
			weights = append(weights, row.CapacityBytes)
		}
	}
	b.Weigh(weights)
	return b
}

// holding are n operators of equal capacity.
func holding(n int) []types.Provider { return candidates(slices.Repeat([]int64{7}, n)...) }

func TestHoldersAreTwiceAsManyAsNeededOnAverage(t *testing.T) {
	const draws, n = 500, 8
	rows := holding(100)
	rows[0].CapacityBytes *= 3
	sum, heavy := 0, 0
	for seq := range uint64(draws) {
		holders := types.EligibleHolders(boundary(seed(1), rows), "cpchain-1/1", seq, n, rows)
		sum += len(holders)
		if slices.ContainsFunc(holders, func(p types.Provider) bool { return p.Id == 1 }) {
			heavy++
		}
	}
	require.InDelta(t, 2*n*draws, sum, 600) // expectation 8000, standard deviation 82
	require.InDelta(t, 2*n*3*draws/102, heavy, 70)
}

func TestADrawSeldomLetsTooFewHold(t *testing.T) {
	const draws, n = 2000, 8
	rows, failed := holding(1000), 0
	b := boundary(seed(1), rows)
	for seq := range uint64(draws) {
		if len(types.EligibleHolders(b, "cpchain-1/1", seq, n, rows)) < n {
			failed++
		}
	}
	require.InDelta(t, 0.01*draws, failed, 20) // Poisson with mean 16: P(X < 8) = 1.0 %, standard deviation 4.5
}

func TestAWhaleTakesOnePlaceAndLeavesTheOthersTheRest(t *testing.T) {
	const draws, n = 500, 4
	rows := holding(60)
	rows[0].CapacityBytes *= 1_000_000
	rows[1].CapacityBytes *= 1_000
	sum := 0
	for seq := range uint64(draws) {
		holders := types.EligibleHolders(boundary(seed(1), rows), "cpchain-1/1", seq, n, rows)
		sum += len(holders)
		for _, whale := range []uint64{1, 2} {
			require.True(t, slices.ContainsFunc(holders, func(p types.Provider) bool { return p.Id == whale }), "sure to be eligible")
		}
	}
	require.InDelta(t, 2*n*draws, sum, 330) // expectation 4000, standard deviation 52
}

func TestAllMayHoldInASmallNetwork(t *testing.T) {
	for m := 1; m <= 8; m++ {
		rows := holding(m)
		require.Len(t, types.EligibleHolders(boundary(seed(m), rows), "cpchain-1/1", 1, 4, rows), m)
	}
	require.Empty(t, types.EligibleHolders(boundary(seed(1), nil), "cpchain-1/1", 1, 4, nil))
}

func TestWhoHasNoWeightHoldsNothing(t *testing.T) {
	rows := holding(3)
	b := boundary(seed(1), rows)
	require.True(t, b.Eligible("cpchain-1/1", 0, 3, rows[0].Operator, rows[0].CapacityBytes))
	require.False(t, b.Eligible("cpchain-1/1", 0, 3, rows[0].Operator, 0))
}

func TestHoldersOfTheLargestCodeAreDrawnFromTheLargestNetworks(t *testing.T) {
	rows := holding(1000)
	for i := range rows { // more heavy ones than a draw can have sure places
		rows[i].CapacityBytes = uint64(1 + i%200*i%200*i%200)
	}
	b := boundary(seed(3), rows)
	require.Len(t, b.Largest, types.MaxLargest)
	sum := 0
	for seq := range uint64(100) {
		sum += len(types.EligibleHolders(b, "cpchain-1/1", seq, types.MaxHolders, rows))
	}
	require.InDelta(t, 2*types.MaxHolders*100, sum, 800) // standard deviation below 113
}

func TestAStandingKnowsWhatRecentBoundariesSaw(t *testing.T) {
	var s types.Standing
	s = s.Changed(5, 10, nil)
	s = s.Changed(7, 20, nil)
	require.Equal(t, []types.Weight{{Height: 7, CapacityBytes: 20}}, s.Changes, "no boundary has seen the first")
	s = s.Changed(10, 30, []int64{10}) // in the boundary's own block: it does not see it
	s = s.Changed(12, 0, []int64{10})
	s = s.Changed(20, 40, []int64{20, 10})
	for d, want := range map[int64]uint64{7: 0, 8: 20, 10: 20, 11: 20, 13: 0, 20: 0, 21: 40, 99: 40} {
		require.Equal(t, want, s.CapacityAt(d), "boundary %d", d)
	}
	require.EqualValues(t, 40, s.Now())
	for i := range int64(100) { // a provider that changes all the time keeps a short row
		h := 30 + i*10
		for j := range int64(9) {
			s = s.Changed(h+j, uint64(i*10+j), []int64{h, h - 10, h - 20})
			require.LessOrEqual(t, len(s.Changes), 4)
		}
		require.EqualValues(t, i*10+8, s.Now())
	}
}

func TestAStandingGoesOnWhereTheChainStartsAgain(t *testing.T) {
	s := types.Standing{Changes: []types.Weight{{Height: 5, CapacityBytes: 1}, {Height: 50, CapacityBytes: 2}, {Height: 60, CapacityBytes: 3}}}
	require.Equal(t, s, s.Until(60))
	require.Equal(t, []types.Weight{{Height: 0, CapacityBytes: 3}}, s.Until(0).Changes)
	require.Equal(t, []types.Weight{{Height: 5, CapacityBytes: 1}, {Height: 19, CapacityBytes: 3}}, s.Until(20).Changes)
}

// Everything a writer varies cheaply is in the anchor; of that only stream and seq are hashed, and neither is his to choose: the seq
// is the head's next, and a stream costs its fee and a history of anchors.
func TestNothingAWriterVariesCheaplyMovesTheDraw(t *testing.T) {
	rows := holding(50)
	b := boundary(seed(9), rows)
	want := types.EligibleHolders(b, "cpchain-1/7", 3, 8, rows)
	slices.Reverse(rows)
	for i := range rows { // what providers announce beside their capacity is no part of it either
		rows[i].Moniker, rows[i].Addresses = fmt.Sprint("node ", i), []string{fmt.Sprint(i)}
	}
	got := types.EligibleHolders(b, "cpchain-1/7", 3, 8, rows)
	require.Len(t, got, len(want))
	for i := range got {
		require.Equal(t, want[i].Id, got[i].Id)
	}
	require.NotEqual(t, want, types.EligibleHolders(b, "cpchain-1/7", 4, 8, holding(50)))
	require.NotEqual(t, want, types.EligibleHolders(b, "cpchain-1/8", 3, 8, holding(50)))
}

func BenchmarkEligibleOfThousands(b *testing.B) {
	rows := holding(5000)
	at := boundary(seed(1), rows)
	for b.Loop() {
		at.Eligible("cpchain-1/1", 1, 16, rows[0].Operator, rows[0].CapacityBytes)
	}
}
