package election

import (
	"bytes"
	"cmp"
	"slices"
)

// Ticket is one candidate's proven draw of a term.
type Ticket struct {
	Operator string // unique among the tickets
	Output   []byte // of the candidate's VRF at the term's input
	Weight   uint64 // as of the term's snapshot
}

// Ranked is a ticket with its score.
type Ranked struct {
	Ticket
	Score Score
}

// Rank orders tickets by score, highest first. Equal scores are ordered by output, then operator, lowest first, so that the
// order of the tickets never matters.
func Rank(tickets []Ticket) []Ranked {
	ranked := make([]Ranked, len(tickets))
	for i, t := range tickets {
		ranked[i] = Ranked{Ticket: t, Score: Draw(t.Output, t.Weight)}
	}
	slices.SortFunc(ranked, func(a, b Ranked) int {
		return cmp.Or(b.Score.Compare(a.Score), bytes.Compare(a.Output, b.Output), cmp.Compare(a.Operator, b.Operator))
	})
	return ranked
}

// Operators of ranked tickets, in their order.
func Operators(ranked []Ranked) []string {
	operators := make([]string, len(ranked))
	for i, r := range ranked {
		operators[i] = r.Operator
	}
	return operators
}
