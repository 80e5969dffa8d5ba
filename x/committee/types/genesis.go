package types

import (
	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
)

const (
	consAddressBytes = 20
	consKeyBytes     = 32
	randomnessBytes  = 32
	// MaxSeedBytes bounds the seed of the randomness chain.
	MaxSeedBytes = 1024
)

// DefaultGenesis has no candidates and seats nobody yet.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Started says whether the state is of a chain that has run.
func (g *GenesisState) Started() bool { return g.Term != nil }

// Validate checks params, rows, duplicates and references.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if len(g.Seed) > MaxSeedBytes {
		return ErrGenesis.Wrapf("a seed of %d bytes, at most %d", len(g.Seed), MaxSeedBytes)
	}
	if err := g.validateCandidates(); err != nil {
		return err
	}
	if !g.Started() {
		if len(g.Committee.Seats)+len(g.Services)+len(g.Former)+len(g.Snapshots)+len(g.Draws)+len(g.Ranks)+
			len(g.Randomness)+len(g.Boundaries)+len(g.Stakes) > 0 {
			return ErrGenesis.Wrap("a committee without a term")
		}
		return nil
	}
	if err := g.Term.validate(); err != nil {
		return err
	}
	if err := g.validateSeats(); err != nil {
		return err
	}
	if err := g.validateElections(); err != nil {
		return err
	}
	return g.validateHistory()
}

func (t *Term) validate() error {
	if t.Number == 0 || t.First > t.Open || t.Open > t.Close || t.Close >= t.Last {
		return ErrGenesis.Wrapf("term %d of blocks %d to %d with draws from %d to %d", t.Number, t.First, t.Last, t.Open, t.Close)
	}
	if len(t.Input) != 0 && len(t.Input) != randomnessBytes {
		return ErrGenesis.Wrapf("a term input of %d bytes", len(t.Input))
	}
	return nil
}

func (g *GenesisState) validateCandidates() error {
	seen := make(map[string]bool)
	once := func(kind, value string) error {
		if seen[kind+value] {
			return ErrGenesis.Wrapf("two candidates of one %s", kind)
		}
		seen[kind+value] = true
		return nil
	}
	for _, c := range g.Candidates {
		if len(c.ConsensusKey) != consKeyBytes || c.Operator == "" || c.Agent == "" || len(c.NodeId) != 2*consAddressBytes {
			return ErrGenesis.Wrapf("candidate %q: operator, agent, consensus key or node id is malformed", c.Operator)
		}
		if _, err := vrf.ParsePublicKey(c.VrfKey); err != nil {
			return ErrGenesis.Wrapf("candidate %s: %v", c.Operator, err)
		}
		if err := ValidAddress(c.Address); err != nil {
			return ErrGenesis.Wrapf("candidate %s: %v", c.Operator, err)
		}
		for _, part := range [][2]string{
			{"operator", c.Operator},
			{"consensus key", string(c.ConsensusKey)},
			{"VRF key", string(c.VrfKey)},
			{"node id", c.NodeId},
			{"agent", c.Agent},
		} {
			if err := once(part[0], part[1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *GenesisState) validateSeats() error {
	operators := make(map[string]bool)
	for i, s := range g.Committee.Seats {
		if s.Operator == "" {
			continue
		}
		if operators[s.Operator] || len(s.ConsensusKey) != consKeyBytes || s.Tokens.IsNil() || s.Tokens.IsNegative() {
			return ErrGenesis.Wrapf("seat %d: %s sits twice, or its key or tokens are malformed", i, s.Operator)
		}
		if s.Power < 1 || s.Power > election.MaxSeatPower {
			return ErrGenesis.Wrapf("seat %d: a power of %d", i, s.Power)
		}
		operators[s.Operator] = true
	}
	if len(operators) == 0 {
		return ErrGenesis.Wrap("a committee of nobody")
	}
	addresses := make(map[string]bool)
	for _, s := range g.Services {
		if !operators[s.Operator] || len(s.ConsensusAddress) != consAddressBytes || addresses[string(s.ConsensusAddress)] ||
			s.Signed > s.Expected || s.Skipped > s.Proposals {
			return ErrGenesis.Wrapf("service of %s: not a member, twice, or its counts don't add up", s.Operator)
		}
		addresses[string(s.ConsensusAddress)] = true
	}
	for _, f := range g.Former {
		if len(f.ConsensusAddress) != consAddressBytes {
			return ErrGenesis.Wrap("a former member's address is malformed")
		}
	}
	return nil
}

func (g *GenesisState) validateElections() error {
	drawers := make(map[DrawerKey]bool)
	for _, s := range g.Snapshots {
		key := DrawerKey{s.Term, s.Operator}
		if drawers[key] || s.Snapshot.Weight == 0 || len(s.Snapshot.VrfKey) != vrf.PublicKeySize {
			return ErrGenesis.Wrapf("snapshot of %s in term %d stands twice or is malformed", s.Operator, s.Term)
		}
		drawers[key] = true
	}
	drew := make(map[DrawerKey]bool)
	for _, d := range g.Draws {
		key := DrawerKey{d.Term, d.Operator}
		if drew[key] || !drawers[key] || len(d.Draw.Proof) != vrf.ProofSize || len(d.Draw.Output) != vrf.OutputSize {
			return ErrGenesis.Wrapf("draw of %s in term %d stands twice, is not of the snapshot, or is malformed", d.Operator, d.Term)
		}
		drew[key] = true
	}
	next := make(map[uint64]uint32)
	for _, r := range g.Ranks {
		if r.Rank != next[r.Term] || len(r.Row.Score) != 16 || r.Row.Operator == "" {
			return ErrGenesis.Wrapf("rank %d of term %d is out of order or malformed", r.Rank, r.Term)
		}
		next[r.Term]++
	}
	return nil
}

// DrawerKey names a candidate in a term.
type DrawerKey struct {
	Term     uint64
	Operator string
}

func (g *GenesisState) validateHistory() error {
	last := int64(-1)
	for _, r := range g.Randomness {
		if r.Height <= last || len(r.Randomness.Value) != randomnessBytes {
			return ErrGenesis.Wrapf("randomness of height %d is out of order or malformed", r.Height)
		}
		last = r.Height
	}
	if last < 0 {
		return ErrGenesis.Wrap("no randomness")
	}
	last = -1
	for _, b := range g.Boundaries {
		if b.Height <= last {
			return ErrGenesis.Wrapf("boundary of height %d is out of order", b.Height)
		}
		last = b.Height
	}
	for _, s := range g.Stakes {
		if s.Height < 0 || len(s.ConsensusAddress) != consAddressBytes || s.Stake.Tokens.IsNil() || s.Stake.Tokens.IsNegative() {
			return ErrGenesis.Wrapf("stake at height %d is malformed", s.Height)
		}
	}
	return nil
}
