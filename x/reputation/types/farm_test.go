package types

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
)

// REP-FARM-5: a proposer that leaves randomness out where it does not suit it pays for as long as it does.
func TestFarmingBySkippingRandomness(t *testing.T) {
	p := DefaultParams()
	level := func(skipped uint64) uint32 {
		row, best := Row{Score: 6_600, Blocks: MaxScore, SettledTerm: 1}, uint32(0)
		for n := range 600 {
			row = row.Apply(p, Served(somebody, 100, 100, 4, skipped), row.SettledTerm).Settle(p, row.SettledTerm+1)
			if n >= 500 {
				best = max(best, row.Score)
			}
		}
		return best
	}
	honest := level(0)
	require.EqualValues(t, 5_000, honest)
	for skipped := uint64(1); skipped <= 4; skipped++ {
		require.LessOrEqual(t, uint64(level(skipped)), max(uint64(p.Start), uint64(honest)*(4-skipped)/4+1), "skips %d of 4", skipped)
	}
	once := Row{Score: 5_000, Blocks: MaxScore, SettledTerm: 1}.Apply(p, Served(somebody, 100, 100, 4, 1), 1)
	require.Less(t, once.Settle(p, 2).Score, uint32(5_000), "not even one is free")
}

// REP-FARM-6: what ages is money times time. Moved from account to account, it ages no more than where it stays.
func TestFarmingByMovingABond(t *testing.T) {
	p := DefaultParams()
	const capital, terms = uint64(64_000_000_000_000), 128
	for _, accounts := range []int{1, 2, 8, 64} {
		rows := make([]Row, accounts)
		for term := range terms {
			at := term % accounts
			for i := range rows {
				// a 64th is left behind, which one term of the whole capital has aged in full
				bond := capital / 64
				if i == at {
					bond = capital - uint64(accounts-1)*(capital/64)
				}
				rows[i] = rows[i].Apply(p, ProviderBond(somebody, math.NewIntFromUint64(bond)), uint64(term)).Settle(p, uint64(term)+1)
			}
		}
		aged, bonded := uint64(0), uint64(0)
		for _, r := range rows {
			aged, bonded = aged+r.Aged, bonded+r.Bonded()
		}
		require.Equal(t, capital, bonded)
		require.LessOrEqual(t, aged, capital*terms/uint64(p.AgingTerms)+uint64(accounts*terms), "%d accounts: a ucpc may be rounded up in a term", accounts)
		require.LessOrEqual(t, aged, capital)
		stayed := Row{ProviderBond: capital}.Settle(p, terms)
		require.LessOrEqual(t, aged, stayed.Aged+stayed.Aged/4, "%d accounts: staying slows down near the whole, no more", accounts)
	}
}

// REP-FARM-7: who burns the same sum in bursts has less of it, on average, than who burns it evenly: the dimension bends down.
func TestFarmingByBurstsOfFees(t *testing.T) {
	p := DefaultParams()
	mean := func(every uint64) (sum uint64) {
		row := Row{SettledTerm: 1}
		for term := uint64(1); term <= 4*1_280; term++ {
			if term%every == 0 {
				row = row.Apply(p, FeesBurnt(somebody, math.NewIntFromUint64(every*10_000_000)), term)
			}
			row = row.Settle(p, term+1)
			if term > 1_280 {
				sum += uint64(row.FeesValue(p))
			}
		}
		return sum / (3 * 1_280)
	}
	even := mean(1)
	require.Greater(t, even, uint64(5_000))
	for last, every := even, uint64(16); every <= 1_280; every *= 4 {
		got := mean(every)
		require.Less(t, got, last, "every %d terms", every)
		last = got
	}
	burst := Row{Score: 5_000, Blocks: 7_500, SettledTerm: 1}
	with := serve(burst.Apply(p, FeesBurnt(somebody, math.NewIntFromUint64(maxUcpc)), 1), p)
	require.LessOrEqual(t, with.Score-burst.Score, (MaxScore-burst.Score)/p.GrowthTerms+1, "all the money there is buys one term's growth in a term")
}

// REP-FARM-8: money reaches the score only through the target, and can't reach further than its weight.
func TestMoneyAloneReachesHalf(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: p.Start, SettledTerm: 1, ValidatorBond: maxUcpc, Aged: maxUcpc, Fees: maxUcpc}
	require.LessOrEqual(t, row.Target(p), uint32(MaxScore*2_000/8_000))
	row.Service = maxUcpc // who pays itself for storage pays for this too
	require.LessOrEqual(t, row.Target(p), uint32(MaxScore/2))
	row.Service = 0
	for share := uint32(0); share <= 2_000; share += 100 {
		p.Weights.Deposit, p.Weights.Fees = share, share
		p.Weights.Data = MaxScore - p.Weights.Blocks - p.Weights.Service - 2*share
		require.NoError(t, p.Validate())
		require.LessOrEqual(t, row.Target(p), uint32(MaxScore/2), "whatever governance may choose")
	}
}

// REP-FARM-9: who does the least that counts has no more than who does all, and who works for a moment only has much less: to sit for
// one block and leave costs the two terms in which a new candidate does not draw.
func TestFarmingByTheLeastWork(t *testing.T) {
	p := DefaultParams()
	after := func(work func(row Row, term int) Row) uint32 {
		row := Row{Score: p.Start, SettledTerm: 1}
		for term := range 600 {
			row = work(row, term).Settle(p, row.SettledTerm+1)
		}
		return row.Score
	}
	signs := func(of uint64) func(Row, int) Row {
		return func(row Row, _ int) Row {
			return row.Apply(p, Served(somebody, 1_000, of, 4, 0), row.SettledTerm)
		}
	}
	all := after(signs(1_000))
	require.LessOrEqual(t, after(signs(950)), all, "just enough")
	require.LessOrEqual(t, after(signs(949)), p.Start, "one block less than enough, always")
	moments := after(func(row Row, term int) Row {
		if term%3 > 0 {
			return row
		}
		return row.Apply(p, Served(somebody, 1, 1, 0, 0), row.SettledTerm)
	})
	require.Less(t, 5*moments, 3*all, "a block every third term")
}

// REP-FARM-10: storage paid to oneself counts by the part that is burnt, and costs for each point what burnt fees cost; a missing proof
// takes of it, and a little of it does not slow a fall.
func TestFarmingByStorageOfOnesOwn(t *testing.T) {
	p := DefaultParams()
	member := Row{Score: p.Start, Blocks: MaxScore}
	for _, burnt := range []int64{1_000_000, 100_000_000, 1_000_000_000} {
		stores := member.Apply(p, ServiceProven(somebody, math.NewInt(burnt)), 0)
		burns := member.Apply(p, FeesBurnt(somebody, math.NewInt(burnt/2)), 0)
		gain, same := stores.Target(p)-member.Target(p), burns.Target(p)-member.Target(p)
		require.LessOrEqual(t, gain, 2*same+2, "%d ucpc: a point has the price of a point", burnt)
	}
	keeps := Row{Score: 4_000, Service: 1, SettledTerm: 5}
	idle := Row{Score: 4_000, SettledTerm: 5}
	require.Equal(t, idle.Settle(p, 6).Score, keeps.Settle(p, 6).Score, "one ucpc of service slows no fall")
	proven := Row{Score: 2_000, Service: maxUcpc, SettledTerm: 5}
	require.Greater(t, proven.Settle(p, 6).Score, uint32(2_000), "who proves grows without a seat")
	missed := proven.Apply(p, ServiceMissed(somebody, "possession not proven"), 5)
	require.EqualValues(t, 1_800, missed.Score)
	require.Less(t, missed.Service, proven.Service)
}

// least is the smallest sum in CPC with which a perfect member's target rises by some points.
func least(p Params, points uint32, with func(ucpc uint64) Row) uint64 {
	low, high := uint64(0), uint64(maxUcpc)
	want := Row{Blocks: MaxScore}.Target(p) + points
	for low < high {
		if mid := (low + high) / 2; with(mid).Target(p) >= want {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return (low + 999_999) / 1_000_000
}

// REP-PRICE-1: the README's table of prices is computed from the default params.
func TestThePricesOfTheReadme(t *testing.T) {
	p := DefaultParams()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	bond := func(ucpc uint64) Row { return Row{Blocks: MaxScore, ValidatorBond: ucpc, Aged: ucpc} }
	fees := func(ucpc uint64) Row { return Row{Blocks: MaxScore, Fees: ucpc} }
	for _, points := range []uint32{1, 100, 500, 833} {
		locked, burnt := least(p, points, bond), least(p, points, fees)
		perTerm := (burnt*100 + uint64(p.FeesTerms) - 1) / uint64(p.FeesTerms) // hundredths of a CPC
		line := fmt.Sprintf("| %d | %d | %d | %d | %d.%02d |", points, locked, locked/uint64(points), burnt, perTerm/100, perTerm%100)
		require.Contains(t, strings.ReplaceAll(string(readme), ",", ""), line)
	}
}

func FuzzGenesisValidate(f *testing.F) {
	good := GenesisState{
		Params: DefaultParams(), Term: 3, Rows: []Row{{Operator: "x", Score: 5, SettledTerm: 2, Changes: 1}},
		Changes: []ChangeRecord{{Operator: "x", Change: Change{Number: 1, Term: 2, After: 5}}},
	}
	bz, err := good.Marshal()
	require.NoError(f, err)
	require.NoError(f, good.Validate())
	f.Add(bz)
	f.Fuzz(func(t *testing.T, bz []byte) {
		var g GenesisState
		if g.Unmarshal(bz) != nil || g.Validate() != nil {
			return
		}
		for _, r := range g.Rows { // what is accepted can be settled and stays within bounds
			if r = r.Settle(g.Params, r.SettledTerm+min(50, ^uint64(0)-r.SettledTerm)); !r.bounded() {
				t.Fatalf("%+v", r)
			}
		}
	})
}
