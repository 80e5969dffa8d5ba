package election

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func tickets(rng *rand.Rand, weights []uint64) []Ticket {
	all := make([]Ticket, len(weights))
	for i, w := range weights {
		output := make([]byte, 64)
		for j := 0; j < 64; j += 8 {
			binary.BigEndian.PutUint64(output[j:], rng.Uint64())
		}
		all[i] = Ticket{Operator: fmt.Sprintf("op%03d", i), Output: output, Weight: w}
	}
	return all
}

func TestRankDoesNotDependOnTheOrderOfTickets(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	all := tickets(rng, []uint64{500, 1500, 1000, 0, 500, 700})
	all[4].Output = all[0].Output // equal scores: the operator decides
	want := Operators(Rank(all))
	require.Equal(t, "op003", want[5], "weight 0 comes last")
	require.Less(t, slices.Index(want, "op000"), slices.Index(want, "op004"))
	for range 100 {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		require.Equal(t, want, Operators(Rank(all)))
	}
}

// Efraimidis and Spirakis: the first place falls to i with probability w_i/W, and the second is drawn like that from the rest.
// 20,000 seeded draws of 1:2:3 stay within four standard deviations of both.
func TestLotteryIsProportionalToWeight(t *testing.T) {
	const draws = 20_000
	rng := rand.New(rand.NewPCG(2, 3))
	var first, second [3]float64
	for range draws {
		ranked := Rank(tickets(rng, []uint64{1, 2, 3}))
		first[ranked[0].Weight-1]++
		second[ranked[1].Weight-1]++
	}
	for i, p := range [3]float64{1. / 6, 2. / 6, 3. / 6} {
		require.InDelta(t, p, first[i]/draws, 0.0142, "first place of weight %d", i+1)
	}
	for i, p := range [3]float64{2./6*1/4 + 3./6*1/3, 1./6*2/5 + 3./6*2/3, 1./6*3/5 + 2./6*3/4} {
		require.InDelta(t, p, second[i]/draws, 0.0142, "second place of weight %d", i+1)
	}
}

func BenchmarkRank10000(b *testing.B) {
	weights := make([]uint64, 10_000)
	for i := range weights {
		weights[i] = 500 + uint64(i)/10
	}
	all := tickets(rand.New(rand.NewPCG(4, 5)), weights)
	for b.Loop() {
		Rank(all)
	}
}
