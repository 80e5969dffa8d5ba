package electionsim

import (
	"cmp"
	"slices"

	"github.com/cpchain/cpchain/pkg/election"
)

// tally of a run.
type tally struct {
	held       []int // seats of the adversary at the end of each term
	occupied   int
	kept       int
	tails      int // terms whose last block was the adversary's to propose
	skips      int
	strikes    int
	keys       uint64 // tried
	peakBonds  int
	reputation float64     // sum over terms of the adversary's mean
	deciles    [10]float64 // seats held over all terms for each candidate of the decile
}

// count a term that has ended.
func (s *simulation) count() {
	s.tally.held = append(s.tally.held, s.held(s.seats))
	s.tally.occupied += s.seats.Occupied()
	s.tally.peakBonds = max(s.tally.peakBonds, s.bonds())
	s.tally.reputation += s.reputation()
	for _, operator := range s.seats {
		if one := s.at[operator]; one != nil {
			one.seatedTerms++
		}
	}
}

func (s *simulation) held(seats election.Seats) int {
	n := 0
	for _, operator := range seats {
		if one := s.at[operator]; one != nil && one.bad {
			n++
		}
	}
	return n
}

// cohortSeats are the seats of a cohort.
func (s *simulation) cohortSeats(cohort int) election.Seats {
	size := election.CohortSize(s.Seats)
	return s.seats[cohort*size : min(s.Seats, (cohort+1)*size)]
}

// reputation is the adversary's mean.
func (s *simulation) reputation() float64 {
	if len(s.bad) == 0 {
		return 0
	}
	sum := uint64(0)
	for _, one := range s.bad {
		sum += uint64(one.row.Score)
	}
	return float64(sum) / float64(len(s.bad))
}

// deciles of all candidates by the reputation they began with: seats held for each candidate.
func deciles(candidates []*candidate) (seats [10]float64) {
	var size [10]float64
	byStanding := slices.Clone(candidates)
	slices.SortStableFunc(byStanding, func(a, b *candidate) int { return cmp.Compare(b.standing, a.standing) })
	for i, one := range byStanding {
		decile := i * 10 / len(byStanding)
		seats[decile] += float64(one.seatedTerms)
		size[decile]++
	}
	for i := range seats {
		seats[i] /= max(1, size[i])
	}
	return seats
}
