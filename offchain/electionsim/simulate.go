package electionsim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/cpchain/cpchain/pkg/election"
)

const (
	chainID = "cpchain-sim"
	// mostSkips is how many proposers in a row at a term's end are taken into account: 2^6 values to choose from.
	mostSkips = 6
)

// Result of a simulation. A third counts where the adversary has at least a third of the seats, two thirds where more than two.
type Result struct {
	Terms, Third, TwoThirds int
	SeatTerms, Adversary    int // seats held over all terms, and those of the adversary
	Kept                    int // terms whose cohort was kept for want of a quorum
}

// ThirdShare is the part of terms in which the adversary could have stopped the chain.
func (r Result) ThirdShare() float64 { return float64(r.Third) / float64(r.Terms) }

// SeatShare is the adversary's part of the seats.
func (r Result) SeatShare() float64 { return float64(r.Adversary) / float64(r.SeatTerms) }

type simulation struct {
	Config
	weights     map[string]uint64
	operators   []string
	adversaries int // the first of operators
	seats       election.Seats
	random      election.Randomness
	kept        bool
	drew        int // candidates that drew in the last term
}

// Run elects a first committee by one draw, then simulates the terms.
func Run(c Config) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	s := newSimulation(c)
	var r Result
	for term := 1; term <= c.Terms; term++ {
		s.elect(uint64(term), &r)
		s.count(&r)
	}
	return r, nil
}

func newSimulation(c Config) *simulation {
	s := &simulation{Config: c, weights: map[string]uint64{}, seats: make(election.Seats, c.Seats)}
	s.adversaries = c.Candidates * c.AdversaryPercent / 100
	honest, group, upTo := c.Candidates-s.adversaries, 0, c.Population[0].Percent
	for i := range c.Candidates {
		operator, reputation := fmt.Sprintf("c%06d", i), c.AdversaryReputation
		if i >= s.adversaries {
			for (i-s.adversaries)*100 >= upTo*honest {
				group++
				upTo += c.Population[group].Percent
			}
			reputation = c.Population[group].Reputation
		}
		s.operators = append(s.operators, operator)
		s.weights[operator] = c.Weights.Of(reputation)
	}
	s.random = election.Genesis(chainID, binary.BigEndian.AppendUint64(nil, c.Seed))
	s.seats.Fill(s.ranking(0, s.random, 0), fit, c.Seats, 0)
	s.drew = c.Candidates
	return s
}

func fit(string) bool { return true }

// ranking of a term under a value, without the first silent candidates.
func (s *simulation) ranking(term uint64, r election.Randomness, silent int) []string {
	input := election.TermInput(chainID, term, r)
	tickets := make([]election.Ticket, 0, len(s.operators)-silent)
	for _, operator := range s.operators[silent:] {
		output := sha256.Sum256(append([]byte(operator), input...))
		tickets = append(tickets, election.Ticket{Operator: operator, Output: output[:], Weight: s.weights[operator]})
	}
	return election.Operators(election.Rank(tickets))
}

func (s *simulation) elect(term uint64, r *Result) {
	s.random = s.random.Mix(binary.BigEndian.AppendUint64(nil, term)) // the honest proposers of the term
	cohort := int(term % uint64(election.Cohorts(s.Seats)))
	silent := 0
	if s.Strategy == Withhold && s.holdsMoreThanItsWeight(cohort) {
		silent = s.adversaries
	}
	s.random = s.lastBlocks(term, cohort)
	ranking := s.ranking(term, s.random, silent)
	active := max(len(ranking), s.drew)
	s.drew = len(ranking)
	if !election.Quorum(len(ranking), s.Seats, active) && !s.kept {
		s.kept = true
		r.Kept++
		return
	}
	s.kept = false
	s.seats.Rotate(cohort, ranking, fit, election.Additions(s.Seats))
}

// lastBlocks gives the randomness after the adversary's proposers at the end of the term.
func (s *simulation) lastBlocks(term uint64, cohort int) election.Randomness {
	run := s.proposersInARow(term)
	if s.Strategy != Skip {
		run = 0
	}
	best, most := s.random, -1
	for choice := range 1 << run {
		value := s.random
		for block := range run {
			if choice>>block&1 == 1 {
				value = value.Skip()
				continue
			}
			value = value.Mix([]byte{byte(block)})
		}
		if run == 0 {
			return value
		}
		after := append(election.Seats(nil), s.seats...)
		after.Rotate(cohort, s.ranking(term, value, 0), fit, election.Additions(s.Seats))
		if held := s.held(after); held > most {
			best, most = value, held
		}
	}
	return best
}

// proposersInARow counts the adversary's at a term's end, under a shuffled order of the seats.
func (s *simulation) proposersInARow(term uint64) int {
	for run := range mostSkips {
		digest := sha256.Sum256(binary.BigEndian.AppendUint64(s.random[:], term<<8|uint64(run)))
		seat := binary.BigEndian.Uint64(digest[:8]) % uint64(s.Seats)
		if !s.isAdversary(s.seats[seat]) {
			return run
		}
	}
	return mostSkips
}

func (s *simulation) holdsMoreThanItsWeight(cohort int) bool {
	size := election.CohortSize(s.Seats)
	seats := s.seats[cohort*size : min(s.Seats, (cohort+1)*size)]
	var own, all uint64
	for i, operator := range s.operators {
		all += s.weights[operator]
		if i < s.adversaries {
			own += s.weights[operator]
		}
	}
	return uint64(s.held(seats))*all > own*uint64(len(seats))
}

func (s *simulation) isAdversary(operator string) bool {
	return s.adversaries > 0 && operator != "" && operator <= s.operators[s.adversaries-1]
}

func (s *simulation) held(seats election.Seats) int {
	n := 0
	for _, operator := range seats {
		if s.isAdversary(operator) {
			n++
		}
	}
	return n
}

func (s *simulation) count(r *Result) {
	held := s.held(s.seats)
	r.Terms++
	r.SeatTerms += s.seats.Occupied()
	r.Adversary += held
	if 3*held >= s.Seats {
		r.Third++
	}
	if 3*held > 2*s.Seats {
		r.TwoThirds++
	}
}
