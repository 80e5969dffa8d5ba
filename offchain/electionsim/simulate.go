package electionsim

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/cpchain/cpchain/pkg/election"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	chainID = "cpchain-sim"
	// rotations of the whole committee that pass before terms count: the first committee comes of one draw, not of many.
	rotations = 2
)

// simulation is one run: what x/committee keeps of a term, without the chain. Comments name the rules of its README.
type simulation struct {
	Config
	candidates []*candidate
	at         map[string]*candidate
	bad        []*candidate
	seats      election.Seats
	extended   []bool         // cohorts that were kept last time for want of a quorum
	members    election.Seats // as they sat until the term's end
	reserve    []string
	random     election.Randomness // before the term's first block
	term       uint64
	budget     int // additions that are left in the term
	skipped    map[string]uint64
	order      *proposers // nil but for skip
	campaign   campaign   // of on-off and whitewash
	tally      tally
}

func newSimulation(c Config, run int) *simulation {
	s := &simulation{Config: c, candidates: candidatesOf(c), at: map[string]*candidate{}, seats: make(election.Seats, c.Seats)}
	for _, one := range s.candidates {
		s.at[one.operator] = one
		if one.bad {
			s.bad = append(s.bad, one)
		}
	}
	s.extended = make([]bool, election.Cohorts(c.Seats))
	seed := binary.BigEndian.AppendUint64(nil, c.Seed)
	s.random = election.Genesis(chainID, binary.BigEndian.AppendUint64(seed, uint64(run)))
	s.reserve = election.Operators(election.Rank(s.tickets(0)))
	s.seats.Fill(s.reserve, func(string) bool { return true }, c.Seats, 0)
	if c.Strategy == Skip {
		s.order = newProposers(s)
	}
	s.tally.held = make([]int, 0, c.Terms)
	return s
}

func (s *simulation) run() tally {
	warmUp := rotations * election.Cohorts(s.Seats)
	for s.term = 1; s.term <= uint64(warmUp+s.Terms); s.term++ {
		s.oneTerm()
		if s.term > uint64(warmUp) {
			s.count()
		}
	}
	s.tally.deciles = deciles(s.candidates)
	return s.tally
}

// oneTerm goes from a term's first block to its last: draws, failures, the rotation, and what reputation makes of it.
func (s *simulation) oneTerm() {
	s.budget = election.Additions(s.Seats)
	s.skipped = nil
	if s.campaign.striking(s) {
		s.strike()
	}
	ranking := s.draw()
	s.dropSilent()
	s.members = slices.Clone(s.seats)
	s.rotate(ranking)
	s.reserve = ranking
	for _, one := range s.candidates {
		one.weight, one.key = one.next, one.nextKey
	}
	s.random = s.lastBlocks(s.random.Mix(binary.BigEndian.AppendUint64(nil, s.term)))
	if s.Strategy == Grind {
		s.grind()
	}
	s.settle()
	s.snapshot()
}

// input of the term after this many.
func (s *simulation) input(ahead uint64) []byte {
	return election.TermInput(chainID, s.term+ahead, s.random)
}

// output of a candidate's verifiable random function at an input.
func (one *candidate) output(input []byte) []byte {
	message := make([]byte, 0, 64)
	message = append(message, one.operator...)
	message = binary.BigEndian.AppendUint64(message, one.key)
	digest := sha256.Sum256(append(message, input...))
	return digest[:]
}

// tickets of all that are in the snapshot and don't keep their draw back, for the term after this many.
func (s *simulation) tickets(ahead uint64) []election.Ticket {
	input := s.input(ahead)
	tickets := make([]election.Ticket, 0, len(s.candidates))
	for _, one := range s.candidates {
		if one.weight > 0 {
			tickets = append(tickets, election.Ticket{Operator: one.operator, Output: one.output(input), Weight: one.weight})
		}
	}
	return tickets
}

// draw ranks the term's draws (C-TRM-2) and reports those that did not come (C-SRV-1).
func (s *simulation) draw() []string {
	silent := s.keepsBack()
	drawing := s.tickets(0)
	if silent {
		drawing = slices.DeleteFunc(drawing, func(t election.Ticket) bool { return s.at[t.Operator].bad })
	}
	for _, t := range drawing {
		one := s.at[t.Operator]
		one.drew, one.missed = s.term, 0
	}
	if silent {
		for _, one := range s.bad {
			if one.weight > 0 {
				one.missed++
				one.report(reputation.SortitionMissed([]byte(one.operator), s.term))
			}
		}
	}
	return election.Operators(election.Rank(drawing))
}

// rotate elects the cohort that is up, unless too few drew (C-TRM-5).
func (s *simulation) rotate(ranking []string) {
	cohort := s.cohort(0)
	active := 0
	for _, one := range s.candidates {
		if one.drew > 0 && one.drew+1 >= s.term {
			active++
		}
	}
	if !election.Quorum(len(ranking), s.Seats, active) && !s.extended[cohort] {
		s.extended[cohort] = true
		s.tally.kept++
		return
	}
	s.extended[cohort] = false
	s.seats.Rotate(cohort, ranking, s.fit, s.budget)
}

// cohort up for election at the end of the term after this many.
func (s *simulation) cohort(ahead uint64) int { return int((s.term + ahead) % uint64(len(s.extended))) }

// fit says who may sit (C-SEA-1).
func (s *simulation) fit(operator string) bool {
	one, known := s.at[operator] // not: it left under this name
	return known && (!one.bad || one.row.Score >= min(one.standing, reputationMin) && one.from <= s.term)
}

// dropSilent takes the seats of those that missed two draws in a row (C-SEA-3).
func (s *simulation) dropSilent() {
	s.remove("missed two draws", func(one *candidate) bool { return one.missed >= 2 })
}

// remove takes seats in mid-term, and the reserve fills them (C-SEA-1, C-SEA-2).
func (s *simulation) remove(why string, unfit func(*candidate) bool) {
	left := s.seats.Vacate(func(operator string) bool { return !unfit(s.at[operator]) })
	for _, operator := range left {
		one := s.at[operator]
		one.report(reputation.SeatLost([]byte(operator), why))
		one.from = s.term + paroleTerms
	}
	if len(left) > 0 {
		s.budget -= len(s.seats.Fill(s.reserve, s.fit, s.budget, 0))
	}
}

// settle reports what the adversary's members did and steps all rows to the next term.
func (s *simulation) settle() {
	for _, operator := range s.members {
		one := s.at[operator]
		if one == nil || !one.bad {
			continue
		}
		proposals := max(1, uint64(s.TermBlocks)/uint64(s.Seats))
		one.report(reputation.Served([]byte(operator), uint64(s.TermBlocks), uint64(s.TermBlocks), proposals, min(proposals, s.skipped[operator])))
	}
	for _, one := range s.bad {
		one.report(reputation.ValidatorBond([]byte(one.operator), s.bondOf()))
		one.settle(s.term+1, s.Strategy.strikes())
	}
}

// snapshot fixes weights and keys of the term after the next (C-TRM-4).
func (s *simulation) snapshot() {
	for _, one := range s.candidates {
		one.next, one.nextKey = one.snapshot(s.Config, s.term+2), one.registered
	}
}
