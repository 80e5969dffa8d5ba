package types

import (
	"cmp"
	"slices"
)

// Presets of the ranking.
const (
	// PresetDefault is this chain's score.
	PresetDefault = "default"
	// Preset2019 is the rule of the network of 2019.
	Preset2019 = "cpchain-2019"
)

// ranked2019 is how many were ranked.
const ranked2019 = 100

// Rank2019 scores operators by the rule of the network of 2019, for comparison only: 50 % account balance, 15 % transactions, 10 % proxying,
// 15 % data contribution, 10 % blocks, each by the RANK among the best hundred, never below 1,000. Bonds stand for balances and burnt fees
// for transactions; proxying and data contribution were never counted there either. A rank is worth less for every newcomer with more:
// somebody else's registration moves my score, and half of it is wealth.
func Rank2019(rows []Row) []Standing {
	sum := make(map[string]uint32, len(rows)) // looked up only
	for _, dimension := range []struct {
		weight uint32
		of     func(Row) uint64
	}{
		{50, Row.Bonded},
		{15, func(r Row) uint64 { return r.Fees }},
		{10, func(r Row) uint64 { return uint64(r.Blocks) }},
	} {
		sorted := slices.Clone(rows)
		slices.SortStableFunc(sorted, func(a, b Row) int { return cmp.Compare(dimension.of(b), dimension.of(a)) })
		place := 0
		for i, r := range sorted {
			if i > 0 && dimension.of(r) != dimension.of(sorted[i-1]) {
				place = i // ties share the better place, as they did
			}
			if place < ranked2019 {
				sum[r.Operator] += dimension.weight * uint32(ranked2019-place)
			}
		}
	}
	standings := make([]Standing, len(rows))
	for i, r := range rows {
		standings[i] = Standing{Operator: r.Operator, Score: max(1_000, sum[r.Operator]), Term: r.SettledTerm}
	}
	slices.SortStableFunc(standings, func(a, b Standing) int { return cmp.Compare(b.Score, a.Score) })
	return standings
}
