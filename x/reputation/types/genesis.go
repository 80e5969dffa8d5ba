package types

// DefaultGenesis knows nobody.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams()} }

// Validate checks params, rows, duplicates and references.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	rows := make(map[string]Row, len(g.Rows))
	for _, r := range g.Rows {
		if _, twice := rows[r.Operator]; twice || r.Operator == "" {
			return ErrGenesis.Wrapf("row of %q stands twice or has no operator", r.Operator)
		}
		if r.Score > MaxScore || r.Blocks > MaxScore || r.ValidatorBond > maxUcpc || r.ProviderBond > maxUcpc || r.Fees > maxUcpc ||
			r.Aged > r.Bonded() || r.SettledTerm > g.Term || r.ServedTerm > g.Term {
			return ErrGenesis.Wrapf("row of %s: a value is out of bounds", r.Operator)
		}
		rows[r.Operator] = r
	}
	last := make(map[string]uint64)
	kept := make(map[string]uint32)
	for _, c := range g.Changes {
		row, found := rows[c.Operator]
		if !found || c.Change.Number <= last[c.Operator] || c.Change.Number > row.Changes {
			return ErrGenesis.Wrapf("change %d of %s has no row, or is out of order", c.Change.Number, c.Operator)
		}
		last[c.Operator] = c.Change.Number
		if kept[c.Operator]++; kept[c.Operator] > g.Params.ChangesKept {
			return ErrGenesis.Wrapf("more than %d changes of %s", g.Params.ChangesKept, c.Operator)
		}
	}
	return nil
}
