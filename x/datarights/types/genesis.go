package types

// DefaultGenesis has no streams.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), NextStream: 1, NextReader: 1, NextGrant: 1}
}

// Validate checks ids, duplicates and references.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	streams := make(map[uint64]Head, len(g.Streams))
	names := map[string]bool{}
	for _, r := range g.Streams {
		s := r.Stream
		key := s.Owner + "/" + s.Name
		if _, twice := streams[s.Id]; twice || names[key] || s.Id == 0 || s.Id >= g.NextStream {
			return ErrGenesis.Wrapf("stream %d (%s) is 0, twice, or not below next_stream %d", s.Id, key, g.NextStream)
		}
		if _, err := s.Schema.Timechain(); err != nil {
			return ErrGenesis.Wrapf("stream %d: %s", s.Id, err)
		}
		if err := s.Grid().Validate(); err != nil {
			return ErrGenesis.Wrapf("stream %d: %s", s.Id, err)
		}
		names[key] = true
		streams[s.Id] = r.Head
	}
	if err := g.validateAnchors(streams); err != nil {
		return err
	}
	readers, err := g.validateReaders()
	if err != nil {
		return err
	}
	return g.validateGrants(streams, readers)
}

// validateAnchors checks that each stream's anchors are all there, in order.
func (g *GenesisState) validateAnchors(streams map[uint64]Head) error {
	next := make(map[uint64]uint64, len(streams))
	for _, a := range g.Anchors {
		id := a.Row.Anchor.Stream
		if _, ok := streams[id]; !ok || a.Row.Anchor.Seq != next[id] {
			return ErrGenesis.Wrapf("anchor %d of stream %d has no stream or a gap before it", a.Row.Anchor.Seq, id)
		}
		next[id]++
	}
	for _, r := range g.Streams {
		if next[r.Stream.Id] != r.Head.NextSeq {
			return ErrGenesis.Wrapf("stream %d has %d anchors, its head says %d", r.Stream.Id, next[r.Stream.Id], r.Head.NextSeq)
		}
	}
	return nil
}

func (g *GenesisState) validateReaders() (map[uint64]bool, error) {
	readers := make(map[uint64]bool, len(g.Readers))
	for _, r := range g.Readers {
		if readers[r.Reader.Id] || r.Reader.Id == 0 || r.Reader.Id >= g.NextReader || int(r.Reader.Version) != len(r.Keys) {
			return nil, ErrGenesis.Wrapf("reader %d is 0, twice, not below next_reader %d, or has not one key per version", r.Reader.Id, g.NextReader)
		}
		readers[r.Reader.Id] = true
	}
	return readers, nil
}

func (g *GenesisState) validateGrants(streams map[uint64]Head, readers map[uint64]bool) error {
	grants := make(map[uint64]bool, len(g.Grants))
	for _, row := range g.Grants {
		_, ok := streams[row.Stream]
		if grants[row.Id] || !ok || !readers[row.Reader] || row.Id == 0 || row.Id >= g.NextGrant {
			return ErrGenesis.Wrapf("grant %d is 0, twice, not below next_grant %d, or has no stream or reader", row.Id, g.NextGrant)
		}
		if err := validCoin(row); err != nil {
			return err
		}
		grants[row.Id] = true
	}
	for _, d := range g.Disputes {
		if !grants[d.Grant] {
			return ErrGenesis.Wrapf("dispute of grant %d, which does not exist", d.Grant)
		}
	}
	return nil
}

func validCoin(g Grant) error {
	if g.AcceptanceFee.Denom != FeeDenom || g.AcceptanceFee.Amount.IsNil() || g.AcceptanceFee.Amount.IsNegative() {
		return ErrGenesis.Wrapf("grant %d has a bad acceptance fee", g.Id)
	}
	return nil
}
