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
		if !r.bounded() || r.SettledTerm > g.Term {
			return ErrGenesis.Wrapf("row of %s: a value is out of bounds", r.Operator)
		}
		rows[r.Operator] = r
	}
	return g.validateChanges(rows)
}

// bounded says whether a row's values are such as settling and evidence make them.
func (r Row) bounded() bool {
	return r.Score <= MaxScore && r.Blocks <= MaxScore && r.ValidatorBond <= maxUcpc && r.ProviderBond <= maxUcpc &&
		r.Fees <= maxUcpc && r.Service <= maxUcpc && r.Aged <= r.Bonded() && r.ServedTerm <= r.SettledTerm
}

// validateChanges checks that every log rises, is no longer than it may be and ends where its row says.
func (g *GenesisState) validateChanges(rows map[string]Row) error {
	last := make(map[string]uint64)
	kept := make(map[string]uint32)
	for _, c := range g.Changes {
		row, found := rows[c.Operator]
		if !found || c.Change.Number <= last[c.Operator] || c.Change.Number > row.Changes {
			return ErrGenesis.Wrapf("change %d of %q has no row, or is out of order", c.Change.Number, c.Operator)
		}
		if c.Change.Before > MaxScore || c.Change.After > MaxScore || c.Change.Term > row.SettledTerm {
			return ErrGenesis.Wrapf("change %d of %s: a value is out of bounds", c.Change.Number, c.Operator)
		}
		last[c.Operator] = c.Change.Number
		if kept[c.Operator]++; kept[c.Operator] > g.Params.ChangesKept {
			return ErrGenesis.Wrapf("more than %d changes of %s", g.Params.ChangesKept, c.Operator)
		}
	}
	for _, r := range g.Rows {
		if last[r.Operator] != r.Changes {
			return ErrGenesis.Wrapf("the log of %s ends at %d, its row counts %d", r.Operator, last[r.Operator], r.Changes)
		}
	}
	return nil
}
