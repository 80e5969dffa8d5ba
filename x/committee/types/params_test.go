package types

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/pkg/election"
)

func TestTheProfilesAreValid(t *testing.T) {
	for name, p := range map[string]Params{"local": LocalParams(), "test": TestParams(), "main": MainParams(), "default": DefaultParams()} {
		require.NoError(t, p.Validate(), name)
	}
}

// What a light client can follow (R4.6): a fifth of the seats rotates in a term, and three tenths at most enter, failures replaced
// included. Of five and six seats, which no other chain should follow, one more than rotates may always enter.
func TestAtMostAFifthRotatesAndThreeTenthsEnterWhateverTheSeats(t *testing.T) {
	p := MainParams()
	for p.Seats = 1; p.Seats <= maxSeats+1; p.Seats++ {
		p.MinSeats = min(4, p.Seats)
		size := int(p.Seats)
		if size < 5 || size > maxSeats {
			require.ErrorIs(t, p.Validate(), ErrParams, "%d seats", size)
			continue
		}
		require.NoError(t, p.Validate(), "%d seats", size)
		require.LessOrEqual(t, 5*election.CohortSize(size), size, "%d seats", size)
		if size >= 7 {
			require.LessOrEqual(t, 10*election.Additions(size), 3*size, "%d seats", size)
		}
	}
}

// An hour at three seconds: longer than the twenty minutes and the four rounds of proposers that a public net needs.
func TestAMainTermIsLongEnoughForNewcomersToProposeAndForClientsToFollow(t *testing.T) {
	p := MainParams()
	require.GreaterOrEqual(t, p.TermBlocks, 4*int64(p.Seats))
	require.GreaterOrEqual(t, 3*p.TermBlocks, int64(20*60))
	test := TestParams()
	require.GreaterOrEqual(t, test.TermBlocks, 4*int64(test.Seats))
	require.GreaterOrEqual(t, 2*test.TermBlocks, int64(20*60))
}

func TestParamsThatDoNotFitAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Params){
		"seats of which one is more than a fifth":          func(p *Params) { p.Seats = 4 },
		"more seats than a light client should check":      func(p *Params) { p.Seats, p.TermBlocks, p.DrawCloseBlocks = 201, 1_200, 600 },
		"no floor of seats":                                func(p *Params) { p.MinSeats = 0 },
		"a floor above the seats":                          func(p *Params) { p.MinSeats = p.Seats + 1 },
		"terms in which newcomers hardly propose":          func(p *Params) { p.TermBlocks = 4*int64(p.Seats) - 1 },
		"terms that hardly end":                            func(p *Params) { p.TermBlocks = maxTermBlocks + 1 },
		"draws before the input is final":                  func(p *Params) { p.DrawOpenBlocks = 0 },
		"draws that close before they open":                func(p *Params) { p.DrawCloseBlocks = p.DrawOpenBlocks - 1 },
		"draws that a part of the members can keep out":    func(p *Params) { p.DrawCloseBlocks = p.DrawOpenBlocks + int64(p.Seats) - 1 },
		"draws still open at the rotation":                 func(p *Params) { p.DrawCloseBlocks = p.TermBlocks - 1 },
		"weights that leave somebody without a chance":     func(p *Params) { p.WeightMin = 0 },
		"weights by which reputation costs":                func(p *Params) { p.WeightMin = p.WeightMax + 1 },
		"weights by which reputation alone wins":           func(p *Params) { p.WeightMax = 1_000*p.WeightMin + 1 },
		"a threshold above the start of any newcomer":      func(p *Params) { p.ReputationMin = 5_001 },
		"no word on the bond":                              func(p *Params) { p.SelfBondMinUcpc = math.Int{} },
		"a bond below nothing":                             func(p *Params) { p.SelfBondMinUcpc = math.NewInt(-1) },
		"a bond that no amount reaches":                    func(p *Params) { p.SelfBondMinUcpc = math.NewIntFromUint64(1 << 63).MulRaw(2) },
		"absence that never costs the seat":                func(p *Params) { p.AbsentBlocks = uint64(p.TermBlocks) },
		"absence of no block":                              func(p *Params) { p.AbsentBlocks = 0 },
		"no parole":                                        func(p *Params) { p.ParoleTerms = 0 },
		"parole for ever":                                  func(p *Params) { p.ParoleTerms = maxTerms + 1 },
		"fewer candidates than seats":                      func(p *Params) { p.MaxCandidates = p.Seats - 1 },
		"more candidates than a boundary has time for":     func(p *Params) { p.MaxCandidates = MaxCandidates + 1 },
		"randomness forgotten before its term has elected": func(p *Params) { p.RandomnessBlocks = p.TermBlocks - 1 },
		"randomness kept for ever":                         func(p *Params) { p.RandomnessBlocks = maxHistory + 1 },
	} {
		t.Run(name, func(t *testing.T) {
			p := MainParams()
			change(&p)
			require.ErrorIs(t, p.Validate(), ErrParams)
		})
	}
}
