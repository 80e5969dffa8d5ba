package types

// DefaultGenesis has no providers.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextId: 1}
}

// Validate checks ids, duplicates and references.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	rows := make(map[uint64]Provider, len(g.Providers))
	operators := make(map[string]bool, len(g.Providers))
	for _, p := range g.Providers {
		if _, twice := rows[p.Id]; twice || p.Id == 0 || p.Id >= g.NextId {
			return ErrGenesis.Wrapf("provider id %d is 0, twice, or not below next_id %d", p.Id, g.NextId)
		}
		if p.Status != STATUS_LEFT && operators[p.Operator] {
			return ErrGenesis.Wrapf("operator %s has two providers", p.Operator)
		}
		if err := ValidBond(p.Bond.Denom, p.Bond.Amount); err != nil && p.Status != STATUS_LEFT {
			return err
		}
		operators[p.Operator] = operators[p.Operator] || p.Status != STATUS_LEFT
		rows[p.Id] = p
	}
	return g.validateReferences(rows)
}

func (g *GenesisState) validateReferences(rows map[uint64]Provider) error {
	versions := make(map[uint64]uint32, len(rows))
	for _, k := range g.PeerKeys {
		if _, ok := rows[k.Id]; !ok || len(k.PeerKey) != KeyBytes || k.Version != versions[k.Id]+1 {
			return ErrGenesis.Wrapf("peer key version %d of provider %d has no row, a bad size, or a gap before it", k.Version, k.Id)
		}
		versions[k.Id] = k.Version
	}
	for _, p := range g.Providers {
		if versions[p.Id] != p.PeerKeyVersion {
			return ErrGenesis.Wrapf("provider %d is at peer key version %d with %d keys", p.Id, p.PeerKeyVersion, versions[p.Id])
		}
	}
	loads := make(map[uint64]bool, len(g.Loads))
	for _, l := range g.Loads {
		if _, ok := rows[l.Id]; !ok || loads[l.Id] {
			return ErrGenesis.Wrapf("load of provider %d stands twice or has no row", l.Id)
		}
		loads[l.Id] = true
	}
	last := int64(-1)
	for _, b := range g.Boundaries {
		if b.Height <= last || len(b.Seed) != 32 {
			return ErrGenesis.Wrapf("boundary at height %d is out of order or has no 32-byte seed", b.Height)
		}
		last = b.Height
	}
	return nil
}
