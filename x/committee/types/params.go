package types

import (
	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/pkg/election"
)

// Bounds of the params.
const (
	minSeats      = 5 // a cohort is one seat at least: of fewer than five, more than a fifth
	maxSeats      = 200
	maxTermBlocks = 1_000_000
	// MaxCandidates is the most that max_candidates may be.
	MaxCandidates = 10_000
	maxHistory    = 1_000_000
	maxTerms      = 1_000
)

// DefaultParams are those of the main profile.
func DefaultParams() Params { return MainParams() }

// MainParams suit a public chain: 150 seats, terms of an hour at three-second blocks. Seats, weights and bond are those for which the
// simulator of capture (offchain/electionsim) bears a fifth of the candidates, at any number of them up to max_candidates: see ADR 3.
func MainParams() Params {
	p := TestParams()
	p.Seats, p.TermBlocks, p.DrawOpenBlocks, p.DrawCloseBlocks = 150, 1_200, 5, 600
	p.SelfBondMinUcpc = math.NewInt(200_000_000_000)
	p.AbsentBlocks, p.ParoleTerms, p.RandomnessBlocks = 100, 24, 10_000
	return p
}

// TestParams suit a public test network: 30 seats, terms of half an hour at two-second blocks.
func TestParams() Params {
	return Params{
		Seats: 30, MinSeats: 4, TermBlocks: 900, DrawOpenBlocks: 5, DrawCloseBlocks: 450,
		WeightMin: 1_000, WeightMax: 1_250, ReputationMin: 500, SelfBondMinUcpc: math.NewInt(1_000_000_000),
		AbsentBlocks: 60, ParoleTerms: 8, MaxCandidates: 1_000, RandomnessBlocks: 5_000,
	}
}

// LocalParams suit a network on one machine: 5 seats, terms of 20 blocks.
func LocalParams() Params {
	p := TestParams()
	p.Seats, p.TermBlocks, p.DrawOpenBlocks, p.DrawCloseBlocks = 5, 20, 2, 12
	p.SelfBondMinUcpc = math.NewInt(1_000_000)
	p.AbsentBlocks, p.ParoleTerms, p.RandomnessBlocks = 8, 2, 1_000
	return p
}

// Weights of the lottery.
func (p Params) Weights() election.Weights {
	return election.Weights{Min: p.WeightMin, Max: p.WeightMax}
}

// Validate checks bounds and how the params fit together.
func (p Params) Validate() error {
	switch {
	case p.Seats < minSeats || p.Seats > maxSeats:
		return ErrParams.Wrapf("seats must be %d to %d: of fewer, more than a fifth would rotate in a term", minSeats, maxSeats)
	case p.MinSeats < 1 || p.MinSeats > p.Seats:
		return ErrParams.Wrap("min_seats must be 1 to seats")
	case p.TermBlocks < 4 || p.TermBlocks > maxTermBlocks:
		return ErrParams.Wrapf("term_blocks must be 4 to %d", maxTermBlocks)
	case p.TermBlocks < 4*int64(p.Seats):
		return ErrParams.Wrap("term_blocks must be at least four times the seats, or newcomers hardly propose")
	case p.DrawOpenBlocks < 1 || p.DrawCloseBlocks < p.DrawOpenBlocks || p.DrawCloseBlocks >= p.TermBlocks-1:
		return ErrParams.Wrap("draws must open after the term's first block and close before its last")
	case p.DrawCloseBlocks-p.DrawOpenBlocks < int64(p.Seats):
		return ErrParams.Wrap("draws must be open for at least as many blocks as there are seats: each member proposes then, and none can keep a draw out")
	case p.Weights().Validate() != nil:
		return ErrParams.Wrap(p.Weights().Validate().Error())
	case p.WeightMax > 1_000*p.WeightMin:
		return ErrParams.Wrap("weight_max must be at most 1000 times weight_min")
	case p.ReputationMin > election.MaxReputation/2:
		return ErrParams.Wrapf("reputation_min must be at most %d", election.MaxReputation/2)
	case p.SelfBondMinUcpc.IsNil() || p.SelfBondMinUcpc.IsNegative() || p.SelfBondMinUcpc.BigInt().BitLen() > 64:
		return ErrParams.Wrap("self_bond_min_ucpc must be 0 or more and below 2^64")
	case p.AbsentBlocks < 1 || p.AbsentBlocks >= uint64(p.TermBlocks):
		return ErrParams.Wrap("absent_blocks must be 1 or more and below term_blocks, or nobody is replaced in mid-term")
	case p.ParoleTerms < 1 || p.ParoleTerms > maxTerms:
		return ErrParams.Wrapf("parole_terms must be 1 to %d", maxTerms)
	case p.MaxCandidates < p.Seats || p.MaxCandidates > MaxCandidates:
		return ErrParams.Wrapf("max_candidates must be from seats to %d", MaxCandidates)
	case p.RandomnessBlocks < p.TermBlocks || p.RandomnessBlocks > maxHistory:
		return ErrParams.Wrapf("randomness_blocks must be from term_blocks, whose input it explains, to %d", maxHistory)
	}
	return nil
}
