package electionsim

import (
	"fmt"
	"slices"
	"strings"
)

// Strategy of the adversary. All its candidates act as one.
type Strategy string

// The strategies that are simulated.
const (
	// None draws, signs and proposes as everybody does.
	None Strategy = "none"
	// Withhold keeps back all draws in each term where its own draws promise fewer seats than it holds in the cohort, hoping that
	// the quorum is missed and the cohort kept.
	Withhold Strategy = "withhold"
	// Skip shapes the next term's input where its members propose at a term's end: each leaves its randomness out, or lets its
	// round pass so that the next of its own proposes, whichever branch promises it most seats by its own draws.
	Skip Strategy = "skip"
	// OnOff serves well until its reputation rises no more, then all its members stop signing; and again.
	OnOff Strategy = "on-off"
	// Whitewash does the same, but who has struck leaves, and a newcomer with a new bond takes its place.
	Whitewash Strategy = "whitewash"
	// Few has the same stake in a quarter of the candidates, four bonds each.
	Few Strategy = "few"
	// SybilSplit has split that stake: as many candidates as there are bonds, but each a newcomer.
	SybilSplit Strategy = "sybil-split"
	// Silent draws in every other term only, to count as active and yet be missing from the quorum.
	Silent Strategy = "silent"
	// Grind registers, for each candidate that won no seat, the best of many keys for the input it knows.
	Grind Strategy = "grind"
)

// Strategies lists them all.
func Strategies() []Strategy {
	return []Strategy{None, Withhold, Skip, OnOff, Whitewash, Few, SybilSplit, Silent, Grind}
}

func (s Strategy) validate() error {
	if slices.Contains(Strategies(), s) {
		return nil
	}
	names := make([]string, 0, len(Strategies()))
	for _, known := range Strategies() {
		names = append(names, string(known))
	}
	return fmt.Errorf("unknown strategy %q: choose of %s", s, strings.Join(names, ", "))
}

// strikes says whether members of the strategy ever stop signing; its reputation then moves from where it starts by the chain's rules
// alone, and isn't held at its standing.
func (s Strategy) strikes() bool { return s == OnOff || s == Whitewash }
