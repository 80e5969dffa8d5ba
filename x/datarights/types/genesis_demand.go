package types

import (
	"crypto/sha256"
)

// validHands checks who took the i-th parcel over: nobody who has to do with another.
func (p GrantProxy) validHands(g Grant, i int) error {
	if len(p.HandedTo) > MaxHands || len(p.Passed) > MaxPassed {
		return ErrTooManyHands.Wrapf("%d times, %d declined", len(p.HandedTo), len(p.Passed))
	}
	if (p.OfferedTo != 0 || len(p.HandedTo) > 0) && p.State != PROXY_STATE_ACCEPTED && p.State != PROXY_STATE_FAULTY {
		return ErrNotAccepted.Wrapf("provider %d handed over what it never had", p.Provider)
	}
	seen := map[uint64]bool{p.Provider: true}
	for _, h := range p.HandedTo {
		if j, _ := g.AnsweredBy(h.Provider); j != i || seen[h.Provider] {
			return ErrProxyTwice.Wrapf("provider %d", h.Provider)
		}
		seen[h.Provider] = true
	}
	if _, known := g.AnsweredBy(p.OfferedTo); p.OfferedTo != 0 && known {
		return ErrProxyTwice.Wrapf("provider %d", p.OfferedTo)
	}
	return nil
}

// validateDemands checks ids, order, duplicates, references, and that pots count what is open.
func (g *GenesisState) validateDemands(grants map[uint64]Grant) error {
	last := uint64(0)
	once := map[string]bool{}
	open := map[uint64]uint32{}
	for _, d := range g.Demands {
		if d.Id <= last || d.Id >= g.NextDemand || once[string(d.Once())] {
			return ErrGenesis.Wrapf("demand %d is out of order, not below next_demand %d, or twice", d.Id, g.NextDemand)
		}
		grant, ok := grants[d.Grant]
		if !ok {
			return ErrGenesis.Wrapf("demand %d is of grant %d, which does not exist", d.Id, d.Grant)
		}
		if err := d.validate(grant); err != nil {
			return ErrGenesis.Wrapf("demand %d: %s", d.Id, err)
		}
		last, once[string(d.Once())] = d.Id, true
		if !d.Ended() {
			open[d.Grant]++
		}
	}
	last = 0
	for _, r := range g.Pots {
		if _, ok := grants[r.Grant]; !ok || r.Grant <= last {
			return ErrGenesis.Wrapf("the pot of grant %d has no grant, or is out of order or twice", r.Grant)
		}
		if r.Pot.Open != open[r.Grant] || r.Pot.Held.IsNil() || r.Pot.Held.IsNegative() || r.Pot.Least.IsNil() || r.Pot.Least.GT(r.Pot.Held) {
			return ErrGenesis.Wrapf("the pot of grant %d holds %s, at least %s, of %d demands, where %d are open", r.Grant, r.Pot.Held, r.Pot.Least, r.Pot.Open, open[r.Grant])
		}
		last = r.Grant
		delete(open, r.Grant)
	}
	if len(open) != 0 {
		return ErrGenesis.Wrapf("open demands of %d grants have no pot", len(open))
	}
	return nil
}

// validate checks a demand against its grant.
func (d Demand) validate(g Grant) error {
	if err := validFee("fee", d.Fee); err != nil {
		return err
	}
	if err := validFee("slashed", d.Slashed); err != nil {
		return err
	}
	if _, known := DemandState_name[int32(d.State)]; !known || d.State == DEMAND_STATE_UNSPECIFIED || d.Position >= g.Leaves || d.Deadline < 0 {
		return ErrEvidence.Wrapf("state %d, leaf %d of %d, deadline %d", d.State, d.Position, g.Leaves, d.Deadline)
	}
	switch d.Kind {
	case DEMAND_KIND_FRAGMENT:
		column, ok := g.AnsweredBy(d.Provider)
		if !ok || uint32(column) != d.Position%uint32(len(g.Proxies)) || len(d.CapsuleHash) != 0 { //nolint:gosec // at most MaxProxies
			return ErrNotAProxy.Wrapf("provider %d, leaf %d", d.Provider, d.Position)
		}
	case DEMAND_KIND_CAPSULE:
		if d.Provider != 0 || len(d.CapsuleHash) != sha256.Size || d.Answer != nil {
			return ErrHash.Wrapf("provider %d, hash of %d bytes", d.Provider, len(d.CapsuleHash))
		}
	case DEMAND_KIND_UNSPECIFIED:
		return ErrDemandKind.Wrapf("%s", d.Kind)
	default:
		return ErrDemandKind.Wrapf("%d", d.Kind)
	}
	return nil
}
