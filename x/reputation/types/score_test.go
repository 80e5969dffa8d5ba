package types

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

var somebody = sdk.AccAddress("somebody------------")

func randomRow(rng *rand.Rand) Row {
	r := Row{
		Operator: "x", Score: rng.Uint32N(MaxScore + 1), Blocks: rng.Uint32N(MaxScore + 1),
		ValidatorBond: rng.Uint64N(maxUcpc) >> rng.UintN(50), ProviderBond: rng.Uint64N(maxUcpc) >> rng.UintN(50),
		Fees: rng.Uint64N(maxUcpc) >> rng.UintN(50), Service: rng.Uint64N(maxUcpc) >> rng.UintN(50), SettledTerm: rng.Uint64N(50),
	}
	r.Aged = rng.Uint64N(r.Bonded() + 1)
	r.ServedTerm = r.SettledTerm - rng.Uint64N(2)*min(1, r.SettledTerm)
	return r
}

func randomParams(rng *rand.Rand) Params {
	p := DefaultParams()
	p.Start, p.GrowthTerms, p.DriftTerms = rng.Uint32N(MaxScore/2+1), 1+rng.Uint32N(maxTerms), 1+rng.Uint32N(maxTerms)
	p.AgingTerms, p.FeesTerms, p.ServiceTerms = 1+rng.Uint32N(maxTerms), 1+rng.Uint32N(maxTerms), 1+rng.Uint32N(maxTerms)
	p.HalfBondUcpc, p.HalfFeesUcpc, p.HalfServiceUcpc = 1+rng.Uint64N(maxUcpc), 1+rng.Uint64N(maxUcpc), 1+rng.Uint64N(maxUcpc)
	return p
}

// REP-SET-1: a score does not hang on when somebody looks at it.
func TestSettlingInStepsIsSettlingAtOnce(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		p, row := randomParams(rng), randomRow(rng)
		end := row.SettledTerm + rng.Uint64N(300)
		stepped := row
		for stepped.SettledTerm < end {
			stepped = stepped.Settle(p, min(end, stepped.SettledTerm+1+rng.Uint64N(5)))
		}
		require.Equal(t, row.Settle(p, end), stepped, "seed %d", seed)
		require.Equal(t, stepped, stepped.Settle(p, end), "once is enough")
		require.Equal(t, stepped, stepped.Settle(p, 0), "and never goes back")
	}
}

// REP-SET-2: what is left out after so many terms is nothing.
func TestEveryIdleRowIsAtRestBeforeSettlingStopsCounting(t *testing.T) {
	for _, score := range []uint32{0, MaxScore} {
		for _, aged := range []uint64{0, maxUcpc} {
			p := DefaultParams()
			p.GrowthTerms, p.DriftTerms, p.AgingTerms, p.FeesTerms, p.ServiceTerms = maxTerms, maxTerms, maxTerms, maxTerms, maxTerms
			row := Row{Score: score, ValidatorBond: maxUcpc, Aged: aged, Fees: maxUcpc, Service: maxUcpc}
			n := 0
			for row.SettledTerm == 0 || !row.atRest(p) {
				row = row.settleOne(p)
				n++
			}
			require.Less(t, n, settleTerms)
			t.Logf("at rest after %d terms", n)
		}
	}
}

// REP-SET-3
func TestScoresStayWithinBoundsWhateverHappens(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 2))
		p, row := randomParams(rng), randomRow(rng)
		for range 100 {
			expected, proposals := rng.Uint64N(1_000), rng.Uint64N(100)
			e := []Evidence{
				Served(somebody, expected, rng.Uint64N(expected+1), proposals, rng.Uint64N(proposals+1)),
				SortitionMissed(somebody, 1), SeatLost(somebody, "why"), Jailed(somebody), DoubleSigned(somebody),
				FragmentWrong(somebody, 1), DemandLapsed(somebody, 1),
				ValidatorBond(somebody, math.NewIntFromUint64(rng.Uint64())), ProviderBond(somebody, math.NewIntFromUint64(rng.Uint64())),
				FeesBurnt(somebody, math.NewIntFromUint64(rng.Uint64())),
				ServiceProven(somebody, math.NewIntFromUint64(rng.Uint64())), ServiceMissed(somebody, "why"),
			}[rng.IntN(12)]
			require.NoError(t, e.Validate())
			row = row.Apply(p, e, row.SettledTerm).Settle(p, row.SettledTerm+rng.Uint64N(3))
			row.Operator = "x"
			g := GenesisState{Params: DefaultParams(), Term: row.SettledTerm, Rows: []Row{row}}
			require.NoError(t, g.Validate(), "seed %d after %s", seed, e.Text)
		}
	}
}

// serve is one perfect term.
func serve(r Row, p Params) Row {
	return r.Apply(p, Served(somebody, 100, 100, 4, 0), r.SettledTerm).Settle(p, r.SettledTerm+1)
}

// REP-DIM-1, REP-GROW-1
func TestServiceGrowsAScoreSlowlyTowardWhatItsDimensionsMake(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: p.Start}
	first := serve(row, p)
	require.LessOrEqual(t, first.Score-row.Score, uint32(MaxScore-row.Score)/p.GrowthTerms+1)
	terms := 0
	for row.Score < 4_800 {
		before := row
		row = serve(row, p)
		require.GreaterOrEqual(t, row.Score, before.Score)
		terms++
	}
	require.Greater(t, terms, 35, "no trust in an instant")
	for range 1_000 {
		row = serve(row, p)
	}
	require.Equal(t, row.Target(p), row.Score)
	require.EqualValues(t, 5_000, row.Score, "blocks weigh 4000 of the 8000 that have a source")
}

// REP-DIM-2: a term with less than 95 % signed lowers the score by three times what is missing, at once.
func TestABadTermCostsMoreThanAGoodOneGains(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: 5_000, Blocks: 8_000}
	require.EqualValues(t, 5_000, row.Apply(p, Served(somebody, 100, 95, 0, 0), 0).Score)
	bad := row.Apply(p, Served(somebody, 100, 85, 0, 0), 0)
	require.EqualValues(t, 3_500, bad.Score)
	require.EqualValues(t, 5_600, bad.Blocks)
	require.Zero(t, row.Apply(p, Served(somebody, 100, 0, 0, 0), 0).Score)
}

// REP-LOSS-1
func TestLosses(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: 8_000, Blocks: 8_000}
	for _, c := range []struct {
		e    Evidence
		want uint32
	}{
		{SortitionMissed(somebody, 3), 7_900},
		{SeatLost(somebody, "absent"), 6_000},
		{Jailed(somebody), 4_000},
		{FragmentWrong(somebody, 1), 4_000},
		{DemandLapsed(somebody, 1), 7_200},
		{DoubleSigned(somebody), 0},
		{Served(somebody, 100, 100, 4, 4), 7_800},
		{Served(somebody, 100, 100, 4, 1), 7_950},
	} {
		require.Equal(t, c.want, row.Apply(p, c.e, 0).Score, c.e.Text)
	}
	require.Zero(t, Row{Score: 50}.Apply(p, SortitionMissed(somebody, 3), 0).Score)
}

// REP-DRIFT-1
func TestIdleScoresDriftToTheStart(t *testing.T) {
	p := DefaultParams()
	for _, score := range []uint32{0, 400, 9_000} {
		row := Row{Score: score, SettledTerm: 5}
		require.Equal(t, p.Start, row.Settle(p, 400).Score)
	}
	require.EqualValues(t, 9_000-250, Row{Score: 9_000, SettledTerm: 5}.Settle(p, 6).Score)
}

// REP-GROW-1
func TestNobodyServesBeforeTheFirstTerm(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: p.Start, ValidatorBond: maxUcpc, Aged: maxUcpc, Fees: maxUcpc}
	require.Equal(t, p.Start, row.Settle(p, 1).Score, "a genesis row that has served nothing")
}

// REP-FARM-1: a bond that is there for one term buys next to nothing; moved to another account it starts ageing again.
func TestFarmingByBonds(t *testing.T) {
	p := DefaultParams()
	million := math.NewInt(1_000_000_000_000)
	row := Row{Score: p.Start, SettledTerm: 1}.Apply(p, ValidatorBond(somebody, million), 1).Settle(p, 2)
	require.Less(t, row.DepositValue(p), uint32(400), "one term of a million CPC")
	gone := row.Apply(p, ValidatorBond(somebody, math.ZeroInt()), 2)
	require.Zero(t, gone.DepositValue(p))
	require.Zero(t, gone.Apply(p, ProviderBond(somebody, million), 2).DepositValue(p), "moved, it starts again")

	old := row.Settle(p, 2_000)
	require.EqualValues(t, 6_666, old.DepositValue(p), "a million of half a million")
	require.EqualValues(t, p.Start, old.Score, "money alone moves no score: only who serves grows")
}

// REP-FARM-2: fees burnt at once fade.
func TestFarmingByFees(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: p.Start, SettledTerm: 1}.Apply(p, FeesBurnt(somebody, math.NewInt(1_000_000_000)), 1)
	require.EqualValues(t, 5_000, row.FeesValue(p))
	require.Less(t, row.Settle(p, 90).FeesValue(p), uint32(3_400), "half after 89 terms")
	require.Zero(t, row.Settle(p, 5_000).Fees)
}

// REP-FARM-3: good for long, then a strike: one strike costs what took long to build.
func TestFarmingOnAndOff(t *testing.T) {
	p := DefaultParams()
	row := Row{Score: p.Start}
	for range 300 {
		row = serve(row, p)
	}
	struck := row.Apply(p, FragmentWrong(somebody, 1), row.SettledTerm)
	terms := 0
	for struck.Score < row.Score-5 {
		struck = serve(struck, p)
		terms++
	}
	require.Greater(t, terms, 30)
}

// REP-FARM-4: a new name starts at the start, below what any lasting member has, and with its own bond. Who strikes and comes again
// under a new name weighs, on average, less than half of who stays.
func TestFarmingByANewName(t *testing.T) {
	p := DefaultParams()
	mean := func(every int) uint32 {
		row, sum := Row{Score: p.Start, SettledTerm: 1}, uint32(0)
		for term := range 400 {
			if term%every == every-1 {
				row = Row{Score: p.Start, SettledTerm: row.SettledTerm}
			}
			row = serve(row, p)
			sum += row.Score
		}
		return sum / 400
	}
	stays := mean(1_000)
	for _, every := range []int{2, 5, 10, 20} {
		require.Less(t, 2*mean(every), stays, "a new name every %d terms", every)
	}
}

// REP-DIM-5: nobody else's registration moves my score, as it does where ranks count.
func TestScoresAreAbsoluteAndRanksAreNot(t *testing.T) {
	me := Row{Operator: "me", Score: 3_000, ValidatorBond: 1_000, Aged: 1_000, Blocks: 9_000}
	p := DefaultParams()
	before, target := Rank2019([]Row{me}), me.Target(p)
	rows := []Row{me}
	for i := range 40 {
		rows = append(rows, Row{Operator: fmt.Sprint(i), ValidatorBond: 2_000, Blocks: 9_500})
	}
	require.Equal(t, target, me.Target(p))
	for _, s := range Rank2019(rows) {
		if s.Operator == "me" {
			require.Less(t, s.Score, before[0].Score)
		}
	}
}

func TestParams(t *testing.T) {
	require.NoError(t, DefaultParams().Validate())
	for i, spoil := range []func(*Params){
		func(p *Params) { p.Weights.Blocks++ },
		func(p *Params) { p.Weights = Weights{Blocks: 3_000, Service: 1_000, Deposit: 3_000, Fees: 3_000} },
		func(p *Params) { p.Weights = Weights{Service: 10_000} },
		func(p *Params) { p.Weights = Weights{Blocks: 1, Service: 3_999, Deposit: 3_000, Fees: 3_000} },
		func(p *Params) { p.Weights.Data = 20_000 },
		func(p *Params) { p.Start = 5_001 },
		func(p *Params) { p.GrowthTerms = 0 },
		func(p *Params) { p.FeesTerms = maxTerms + 1 },
		func(p *Params) { p.HalfBondUcpc = 0 },
		func(p *Params) { p.HalfFeesUcpc = maxUcpc + 1 },
		func(p *Params) { p.FragmentBps = 10_001 },
		func(p *Params) { p.ChangesKept = 0 },
	} {
		p := DefaultParams()
		spoil(&p)
		require.ErrorIs(t, p.Validate(), ErrParams, "%d", i)
	}
}

func TestEvidenceThatCantBeIsRefused(t *testing.T) {
	for _, e := range []Evidence{
		{},
		{Operator: somebody},
		{Operator: somebody, Kind: KIND_SETTLED},
		{Operator: somebody, Kind: 99},
		Served(nil, 1, 1, 0, 0), Served(somebody, 1, 2, 0, 0), Served(somebody, 1, 1, 0, 1),
	} {
		require.ErrorIs(t, e.Validate(), ErrEvidence, "%+v", e)
	}
	require.Zero(t, clamp(math.Int{}))
	require.Zero(t, clamp(math.NewInt(-1)))
	require.EqualValues(t, maxUcpc, clamp(math.NewIntFromUint64(1<<63)))
}

func FuzzSettle(f *testing.F) {
	f.Add(uint64(1), uint32(5_000), uint64(10), uint64(1_000))
	f.Fuzz(func(t *testing.T, seed uint64, score uint32, bond, terms uint64) {
		p := randomParams(rand.New(rand.NewPCG(seed, 3)))
		bond = min(bond, maxUcpc)
		row := Row{Score: min(score, MaxScore), ValidatorBond: bond, Aged: bond / 2, Fees: bond}
		settled := row.Settle(p, min(terms, 5_000))
		require.LessOrEqual(t, settled.Score, uint32(MaxScore))
		require.LessOrEqual(t, settled.Aged, settled.Bonded())
	})
}
