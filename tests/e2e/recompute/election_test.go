package main

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	ours "github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
)

// sample is an election of twelve for the second of five seats, as the chain would tell of it.
func sample(t *testing.T) *election {
	t.Helper()
	e := &election{chainID: "chain-1", term: 6, randomness: make([]byte, 32), fit: map[string]bool{}, budget: 2}
	e.input = ours.TermInput(e.chainID, e.term, ours.Randomness(e.randomness))
	var tickets []ours.Ticket
	for i := range 12 {
		key := vrf.FromSeed([vrf.SeedSize]byte{byte(i), 1})
		public := key.Public()
		out, proof := key.Prove(e.input)
		operator, weight := fmt.Sprintf("operator %02d", i), uint64(1000+100*i)
		e.draws = append(e.draws, drawn{operator, public[:], weight, proof})
		e.fit[operator] = true
		tickets = append(tickets, ours.Ticket{Operator: operator, Output: out[:], Weight: weight})
	}
	for _, r := range ours.Rank(tickets) {
		score := r.Score.Bytes()
		e.ranking, e.scores = append(e.ranking, r.Operator), append(e.scores, score[:])
	}
	seats := ours.Seats{e.ranking[3], e.ranking[5], e.ranking[0], "", e.ranking[1]}
	for i, operator := range seats {
		e.before = append(e.before, seat{i, operator})
	}
	seats.Rotate(1, e.ranking, func(operator string) bool { return e.fit[operator] }, e.budget)
	for i, operator := range seats {
		e.after = append(e.after, seat{i, operator})
	}
	require.Equal(t, e.ranking[2], e.after[1].operator, "the best without a seat")
	return e
}

func TestTheChainsElectionIsFoundAgain(t *testing.T) {
	require.NoError(t, sample(t).check())
}

func TestScoresAgreeWithTheChains(t *testing.T) {
	for i := range 2000 {
		out := fmt.Appendf(nil, "output %d", i)
		told := ours.Draw(out, uint64(i)+1).Bytes()
		require.True(t, near(new(big.Int).SetBytes(told[:]), score(out, uint64(i)+1)), "%d", i)
	}
}

func TestAnElectionThatIsNotTheDrawsIsFound(t *testing.T) {
	for name, spoil := range map[string]func(*election){
		"another randomness":               func(e *election) { e.randomness = slices.Repeat([]byte{1}, 32) },
		"a forged input":                   func(e *election) { e.input = make([]byte, 32) },
		"a forged proof":                   func(e *election) { e.draws[3].proof[40] ^= 1 },
		"another's proof":                  func(e *election) { e.draws[3].proof = e.draws[4].proof },
		"a heavier weight":                 func(e *election) { e.draws[3].weight *= 2 },
		"a draw left out":                  func(e *election) { e.draws[3].proof = nil },
		"two ranks swapped":                func(e *election) { e.ranking[0], e.ranking[1] = e.ranking[1], e.ranking[0] },
		"a score raised":                   func(e *election) { e.scores[7][14]++ },
		"a winner that was not the best":   func(e *election) { e.after[1].operator = e.ranking[6] },
		"an incumbent kept":                func(e *election) { e.after[1].operator = e.before[1].operator },
		"the best passed over as unfit":    func(e *election) { e.fit[e.ranking[2]] = false },
		"a newcomer although none may":     func(e *election) { e.budget = 0 },
		"a seat given to somebody unknown": func(e *election) { e.after[1].operator = "operator 99" },
	} {
		t.Run(name, func(t *testing.T) {
			e := sample(t)
			spoil(e)
			require.Error(t, e.check())
		})
	}
}
