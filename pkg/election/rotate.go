package election

import "slices"

// Seats of a committee: the operator on each, "" where it is vacant. An operator holds at most one.
type Seats []string

// CohortSize is how many seats are up for election each term: a fifth, at least one.
func CohortSize(size int) int { return max(1, size/5) }

// Cohorts is how many cohorts the seats fall into; the last may be smaller.
func Cohorts(size int) int {
	c := CohortSize(size)
	return (size + c - 1) / c
}

// cohort gives the first seat of a cohort and the one after its last.
func cohort(size, index int) (from, to int) {
	c := CohortSize(size)
	return index * c, min(size, (index+1)*c)
}

// Additions is how many operators may enter in one term, elected and emergency together: 30 % of the seats, but always one
// more than are up for election, so that a small committee can replace a member that fails.
func Additions(size int) int { return max(CohortSize(size)+1, size*3/10) }

// Occupied counts the seats that are not vacant.
func (s Seats) Occupied() int {
	n := 0
	for _, operator := range s {
		if operator != "" {
			n++
		}
	}
	return n
}

// Vacate empties the seats of operators that are not fit, and names those it emptied, in seat order. s is changed.
func (s Seats) Vacate(fit func(operator string) bool) []string {
	var left []string
	for i, operator := range s {
		if operator != "" && !fit(operator) {
			left, s[i] = append(left, operator), ""
		}
	}
	return left
}

// Fill puts operators that hold no seat and are fit on vacant seats, in the order given, at most budget of them; while fewer
// than floor seats are taken the budget does not count. It names those it seated. s is changed.
func (s Seats) Fill(operators []string, fit func(operator string) bool, budget, floor int) []string {
	var seated []string
	next := 0
	for i := range s {
		if s[i] != "" {
			continue
		}
		if len(seated) >= budget && s.Occupied() >= floor {
			return seated
		}
		for next < len(operators) && (slices.Contains(s, operators[next]) || !fit(operators[next])) {
			next++
		}
		if next == len(operators) {
			return seated
		}
		s[i] = operators[next]
		seated = append(seated, s[i])
	}
	return seated
}

// Rotate elects the seats of one cohort anew: the highest ranked that are fit and sit in no other cohort win. Incumbents that
// win keep their seat and cost nothing; at most budget newcomers enter, and where they or the candidates run out, incumbents
// stay that are fit. It names who came and who left, in seat order. s is changed.
func (s Seats) Rotate(index int, ranking []string, fit func(operator string) bool, budget int) (came, left []string) {
	from, to := cohort(len(s), index)
	incumbents := slices.Clone(s[from:to])
	for i := from; i < to; i++ {
		s[i] = ""
	}
	winners := s.winners(ranking, incumbents, fit, to-from, budget)
	for i, incumbent := range incumbents { // winners of before keep their seats
		if at := slices.Index(winners, incumbent); incumbent != "" && at >= 0 {
			s[from+i] = incumbent
			winners = slices.Delete(winners, at, at+1)
		}
	}
	for i := from; i < to && len(winners) > 0; i++ {
		if s[i] == "" {
			s[i], winners = winners[0], winners[1:]
			came = append(came, s[i])
		}
	}
	for _, incumbent := range incumbents {
		if incumbent != "" && !slices.Contains(s, incumbent) {
			left = append(left, incumbent)
		}
	}
	return came, left
}

// winners of a cohort whose seats are empty: first by rank, within the budget of newcomers, then the incumbents that are fit.
func (s Seats) winners(ranking, incumbents []string, fit func(string) bool, places, budget int) []string {
	var winners []string
	for _, operator := range ranking {
		if len(winners) == places {
			return winners
		}
		if slices.Contains(s, operator) || slices.Contains(winners, operator) || !fit(operator) {
			continue
		}
		if !slices.Contains(incumbents, operator) {
			if budget == 0 {
				continue
			}
			budget--
		}
		winners = append(winners, operator)
	}
	for _, operator := range incumbents {
		if len(winners) == places {
			return winners
		}
		if operator != "" && !slices.Contains(winners, operator) && fit(operator) {
			winners = append(winners, operator)
		}
	}
	return winners
}

// Quorum says whether enough drew for the result to be used: as many as there are seats, or two thirds of those that drew in
// either of the last two terms, whichever is less. Counting those that could have drawn instead would let silent candidates
// freeze the seats.
func Quorum(drew, seats, active int) bool {
	return drew >= min(seats, (2*active+2)/3)
}
