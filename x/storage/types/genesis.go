package types

// DefaultGenesis has no deals.
func DefaultGenesis() *GenesisState { return &GenesisState{Params: DefaultParams(), NextChallenge: 1} }

// Validate checks what can be checked without the rest of the chain: params, order, shapes. The books are checked by the invariants.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	last := uint64(0)
	for _, a := range g.Accounts {
		if a.Stream <= last {
			return ErrGenesis.Wrapf("account of stream %d is out of order or twice", a.Stream)
		}
		last = a.Stream
		if a.Account.Owner == "" || a.Account.NextSeq > a.Account.EndSeq {
			return ErrGenesis.Wrapf("account of stream %d has no owner, or has closed more than there was", a.Stream)
		}
	}
	if err := g.validateDeals(); err != nil {
		return err
	}
	return g.validateNodes()
}

func (g *GenesisState) validateDeals() error {
	var last SlotRef
	for i, r := range g.Deals {
		at := SlotRef{Stream: r.Stream, Seq: r.Seq}
		if i > 0 && (at.Stream < last.Stream || at.Stream == last.Stream && at.Seq <= last.Seq) {
			return ErrGenesis.Wrapf("deal of bundle %d of stream %d is out of order or twice", r.Seq, r.Stream)
		}
		last = at
		d := r.Deal
		if len(d.Slots) == 0 || len(d.Slots) > 64 || d.DataShards == 0 || int(d.DataShards) > len(d.Slots) || len(d.ShardRoot) != 32 ||
			d.Pay > MaxAmount || d.First > d.Last || Class(d.ShardBytes) > MaxClass {
			return ErrGenesis.Wrapf("deal of bundle %d of stream %d has a bad shape", r.Seq, r.Stream)
		}
	}
	return nil
}

func (g *GenesisState) validateNodes() error {
	last := uint64(0)
	for _, n := range g.Nodes {
		if n.Provider <= last {
			return ErrGenesis.Wrapf("node %d is out of order or twice", n.Provider)
		}
		last = n.Provider
		if len(n.Node.Counts) > MaxClass+1 || n.Node.Scheduled != (n.Draw > 0) {
			return ErrGenesis.Wrapf("node %d has too many size classes, or a draw without being scheduled", n.Provider)
		}
	}
	last = 0
	for _, r := range g.Rounds {
		if r.Provider <= last || r.Round.Deadline <= 0 || len(r.Round.Picks) == 0 {
			return ErrGenesis.Wrapf("round of provider %d is out of order, without deadline or without picks", r.Provider)
		}
		last = r.Provider
	}
	last = 0
	for _, c := range g.Challenges {
		if c.Id <= last || c.Id >= g.NextChallenge {
			return ErrGenesis.Wrapf("challenge %d is out of order, or the next is %d", c.Id, g.NextChallenge)
		}
		last = c.Id
	}
	return nil
}
