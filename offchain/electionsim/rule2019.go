package electionsim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/cpchain/cpchain/pkg/election"
)

// Rule of election.
type Rule string

// Rules.
const (
	// Ours is pkg/election's and x/committee's.
	Ours Rule = "cpchain"
	// Of2019 is that of the network of 2019: of twelve proposers a term four are the foundation's; of the other eight six come from the
	// better half of at most a hundred candidates, two from the other, each by reputation (never below 1000), under a seed that is the
	// hash of a block three terms before, which its proposer makes. It knows none and grind.
	Of2019 Rule = "2019"
)

const (
	seats2019, ofFoundation, fromBetterHalf, fromOtherHalf = 12, 4, 6, 2
	most2019, floor2019, lag2019                           = 100, 1_000, 3
	// blocks2019 and seconds2019 make a term.
	blocks2019, seconds2019 = 36, 10
	// deposit2019 of a candidate, in CPC.
	deposit2019 = 200_000
	// tries2019 is how many hashes a proposer compares that grinds. Real ones could try millions within a block's ten seconds.
	tries2019 = 64
)

// For2019 is a config with what that rule fixes.
func For2019(c Config) Config {
	c.Rule, c.Seats, c.TermBlocks, c.BlockSeconds, c.BondCPC = Of2019, seats2019, blocks2019, seconds2019, deposit2019
	return c
}

// run2019 counts the terms of one run.
func (c Config) run2019(run int) tally {
	candidates := candidatesOf(c)
	t := tally{peakBonds: c.adversaries()}
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, c.Seed), uint64(run)))
	var held []int // of every term
	for term := range lag2019 + c.Terms {
		value := sha256.Sum256(binary.BigEndian.AppendUint64(seed[:], uint64(term)))
		elected := elect2019(candidates, value)
		if c.Strategy == Grind && term >= lag2019 && proposes2019(value, held[term-lag2019]) {
			for try := range uint64(tries2019) {
				ground := sha256.Sum256(binary.BigEndian.AppendUint64(value[:], try))
				if other := elect2019(candidates, ground); bad2019(other) > bad2019(elected) {
					elected = other
				}
			}
		}
		held = append(held, bad2019(elected))
		if term < lag2019 {
			continue
		}
		for _, one := range elected {
			one.seatedTerms++
		}
		t.occupied += seats2019
	}
	for _, one := range candidates[:t.peakBonds] {
		t.reputation += float64(one.standing) * float64(c.Terms) / float64(t.peakBonds)
	}
	t.held = held[lag2019:]
	t.deciles = deciles(candidates)
	return t
}

// proposes2019 says whether the adversary, with so many of the seats, made the block whose hash is the seed.
func proposes2019(value [32]byte, held int) bool {
	return int(binary.BigEndian.Uint64(value[24:])%seats2019) < held
}

// elect2019 draws the eight. The weighted draws are package election's race, which has the same distribution.
func elect2019(candidates []*candidate, value [32]byte) []*candidate {
	if len(candidates) > most2019 {
		candidates = race2019(candidates, "pool", value, func(*candidate) uint64 { return 1 })[:most2019]
	} else {
		candidates = slices.Clone(candidates)
	}
	slices.SortStableFunc(candidates, func(a, b *candidate) int { return cmp.Compare(b.standing, a.standing) })
	half := len(candidates) / 2
	rpt := func(one *candidate) uint64 { return max(floor2019, uint64(one.standing)) }
	better, other := race2019(candidates[:half], "high", value, rpt), race2019(candidates[half:], "low", value, rpt)
	return append(better[:fromBetterHalf:fromBetterHalf], other[:fromOtherHalf]...)
}

func race2019(candidates []*candidate, label string, value [32]byte, weight func(*candidate) uint64) []*candidate {
	by := make(map[string]*candidate, len(candidates))
	tickets := make([]election.Ticket, len(candidates))
	for i, one := range candidates {
		output := sha256.Sum256(append(append(value[:], label...), one.operator...))
		by[one.operator] = one
		tickets[i] = election.Ticket{Operator: one.operator, Output: output[:], Weight: weight(one)}
	}
	order := make([]*candidate, len(candidates))
	for i, r := range election.Rank(tickets) {
		order[i] = by[r.Operator]
	}
	return order
}

func bad2019(elected []*candidate) int {
	n := 0
	for _, one := range elected {
		if one.bad {
			n++
		}
	}
	return n
}
