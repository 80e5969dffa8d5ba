package election

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func everybody(string) bool { return true }

func but(names ...string) func(string) bool {
	return func(operator string) bool { return !slices.Contains(names, operator) }
}

func TestSizes(t *testing.T) {
	for _, c := range []struct{ seats, cohort, cohorts, additions int }{
		{1, 1, 1, 2}, {4, 1, 4, 2}, {5, 1, 5, 2}, {7, 1, 7, 2}, {10, 2, 5, 3}, {14, 2, 7, 4}, {30, 6, 5, 9}, {50, 10, 5, 15},
	} {
		require.Equal(t, c.cohort, CohortSize(c.seats), "%d seats", c.seats)
		require.Equal(t, c.cohorts, Cohorts(c.seats), "%d seats", c.seats)
		require.Equal(t, c.additions, Additions(c.seats), "%d seats", c.seats)
	}
}

func TestRotate(t *testing.T) {
	for _, c := range []struct {
		name       string
		seats      Seats
		cohort     int
		ranking    []string
		fit        func(string) bool
		budget     int
		want       Seats
		came, left []string
	}{
		{
			"the highest ranked that sits nowhere else takes the seat",
			Seats{"a", "b", "c", "d", "e"},
			1,
			[]string{"a", "x", "b"},
			everybody, 2,
			Seats{"a", "x", "c", "d", "e"},
			[]string{"x"},
			[]string{"b"},
		}, {
			"an incumbent that wins keeps its seat",
			Seats{"a", "b", "c", "d", "e"},
			1,
			[]string{"b", "x"},
			everybody, 2,
			Seats{"a", "b", "c", "d", "e"},
			nil, nil,
		}, {
			"the unfit never win",
			Seats{"a", "b", "c", "d", "e"},
			1,
			[]string{"x", "y"},
			but("x"), 2,
			Seats{"a", "y", "c", "d", "e"},
			[]string{"y"},
			[]string{"b"},
		}, {
			"without budget the incumbent stays",
			Seats{"a", "b", "c", "d", "e"},
			1,
			[]string{"x", "y"},
			everybody, 0,
			Seats{"a", "b", "c", "d", "e"},
			nil, nil,
		}, {
			"without candidates the incumbent stays",
			Seats{"a", "b", "c", "d", "e"},
			4,
			nil, everybody, 2,
			Seats{"a", "b", "c", "d", "e"},
			nil, nil,
		}, {
			"an unfit incumbent leaves even without a successor",
			Seats{"a", "b", "c", "d", "e"},
			4,
			nil, but("e"), 2,
			Seats{"a", "b", "c", "d", ""},
			nil,
			[]string{"e"},
		}, {
			"a vacant seat of the cohort is filled",
			Seats{"a", "", "c", "d", "e"},
			1,
			[]string{"x"},
			everybody, 1,
			Seats{"a", "x", "c", "d", "e"},
			[]string{"x"},
			nil,
		}, {
			"of two incumbents the lower ranked leaves for the newcomer",
			Seats{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
			2,
			[]string{"f", "x", "e"},
			everybody, 3,
			Seats{"a", "b", "c", "d", "x", "f", "g", "h", "i", "j"},
			[]string{"x"},
			[]string{"e"},
		}, {
			"a spent budget goes to the highest newcomers",
			Seats{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
			0,
			[]string{"x", "y", "b"},
			everybody, 1,
			Seats{"x", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
			[]string{"x"},
			[]string{"a"},
		}, {
			"one operator never gets two seats",
			Seats{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
			0,
			[]string{"x", "x", "y"},
			everybody, 3,
			Seats{"x", "y", "c", "d", "e", "f", "g", "h", "i", "j"},
			[]string{"x", "y"},
			[]string{"a", "b"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			came, left := c.seats.Rotate(c.cohort, c.ranking, c.fit, c.budget)
			require.Equal(t, c.want, c.seats)
			require.Equal(t, c.came, came)
			require.Equal(t, c.left, left)
		})
	}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		name          string
		seats         Seats
		reserve       []string
		fit           func(string) bool
		budget, floor int
		want          Seats
		seated        []string
	}{
		{
			"vacancies go to the reserve in its order",
			Seats{"a", "", "c", ""},
			[]string{"a", "x", "y", "z"},
			everybody, 9, 0,
			Seats{"a", "x", "c", "y"},
			[]string{"x", "y"},
		}, {
			"the unfit are passed over", Seats{"a", ""}, []string{"x", "y"}, but("x"), 9, 0, Seats{"a", "y"}, []string{"y"},
		}, {
			"no more than the budget", Seats{"a", "", ""}, []string{"x", "y"}, everybody, 1, 0, Seats{"a", "x", ""}, []string{"x"},
		}, {
			"under the floor the budget does not count",
			Seats{"", "", ""},
			[]string{"x", "y", "z"},
			everybody, 0, 2,
			Seats{"x", "y", ""},
			[]string{"x", "y"},
		}, {
			"an empty reserve leaves the vacancy", Seats{"a", ""}, nil, everybody, 9, 2, Seats{"a", ""}, nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			seated := c.seats.Fill(c.reserve, c.fit, c.budget, c.floor)
			require.Equal(t, c.want, c.seats)
			require.Equal(t, c.seated, seated)
		})
	}
}

func TestVacate(t *testing.T) {
	seats := Seats{"a", "", "c", "d"}
	require.Equal(t, []string{"a", "d"}, seats.Vacate(but("a", "d")))
	require.Equal(t, Seats{"", "", "c", ""}, seats)
	require.Equal(t, 1, seats.Occupied())
}

func TestQuorum(t *testing.T) {
	for _, c := range []struct {
		drew, seats, active int
		want                bool
	}{
		{5, 5, 100, true}, {4, 5, 100, false}, {4, 5, 6, true}, {3, 5, 6, false}, {0, 5, 0, true}, {67, 80, 100, true}, {66, 80, 100, false},
	} {
		require.Equal(t, c.want, Quorum(c.drew, c.seats, c.active), "%+v", c)
	}
}

// Whatever happens, no operator sits twice, no unfit one stays where the seat is touched, cohorts beside the one up for
// election keep their members, newcomers stay within the budget, and came and left say exactly what changed.
func TestRandomRotationsKeepTheRules(t *testing.T) {
	for seed := range uint64(2_000) {
		rng := rand.New(rand.NewPCG(seed, 9))
		size := 1 + rng.IntN(30)
		seats := make(Seats, size)
		for i := range seats {
			if rng.IntN(5) > 0 {
				seats[i] = fmt.Sprintf("c%02d", i)
			}
		}
		var ranking, unfit []string
		for i := range 40 {
			name := fmt.Sprintf("c%02d", i)
			if rng.IntN(3) > 0 {
				ranking = append(ranking, name)
			}
			if rng.IntN(6) == 0 {
				unfit = append(unfit, name)
			}
		}
		rng.Shuffle(len(ranking), func(i, j int) { ranking[i], ranking[j] = ranking[j], ranking[i] })
		before, index, budget := slices.Clone(seats), rng.IntN(Cohorts(size)), rng.IntN(6)
		came, left := seats.Rotate(index, ranking, but(unfit...), budget)

		from, to := cohort(size, index)
		require.Equal(t, before[:from], seats[:from], "seed %d", seed)
		require.Equal(t, before[to:], seats[to:], "seed %d", seed)
		require.LessOrEqual(t, len(came), budget, "seed %d", seed)
		var gained, lost []string
		for i := from; i < to; i++ {
			require.NotContains(t, unfit, seats[i], "seed %d", seed)
			if seats[i] != "" && !slices.Contains(before, seats[i]) {
				gained = append(gained, seats[i])
			}
			if before[i] != "" && !slices.Contains(seats, before[i]) {
				lost = append(lost, before[i])
			}
		}
		require.Equal(t, gained, came, "seed %d", seed)
		require.Equal(t, lost, left, "seed %d", seed)
		sorted := slices.DeleteFunc(slices.Clone(seats), func(s string) bool { return s == "" })
		slices.Sort(sorted)
		require.Len(t, slices.Compact(sorted), seats.Occupied(), "seed %d: somebody sits twice", seed)
	}
}

// Cohorts cover all seats once, for every size.
func TestCohortsPartitionTheSeats(t *testing.T) {
	for size := 1; size <= 120; size++ {
		next := 0
		for index := range Cohorts(size) {
			from, to := cohort(size, index)
			require.Equal(t, next, from)
			require.Greater(t, to, from)
			next = to
		}
		require.Equal(t, size, next)
	}
}
