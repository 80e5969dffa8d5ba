package types

const (
	// MaxHands is how often one proxy's parcel can be handed over.
	MaxHands = 16
	// MaxPassed is how many may decline it before one takes it.
	MaxPassed = 64
)

// Holder is who has the proxy's parcel now.
func (p GrantProxy) Holder() uint64 {
	if n := len(p.HandedTo); n > 0 {
		return p.HandedTo[n-1].Provider
	}
	return p.Provider
}

// KeyOf is the version of the peer key a provider had when it came to answer by this parcel, and whether it ever did.
func (p GrantProxy) KeyOf(provider uint64) (uint32, bool) {
	if provider == p.Provider {
		return p.PeerKeyVersion, true
	}
	for _, h := range p.HandedTo {
		if h.Provider == provider {
			return h.PeerKeyVersion, true
		}
	}
	return 0, false
}

// HeldBy finds the parcel that a provider has now: its place among the grant's proxies.
func (g Grant) HeldBy(provider uint64) (int, bool) {
	for i, p := range g.Proxies {
		if p.Holder() == provider {
			return i, true
		}
	}
	return 0, false
}

// AnsweredBy finds the parcel that a provider answers for, or did before it handed it over.
func (g Grant) AnsweredBy(provider uint64) (int, bool) {
	for i, p := range g.Proxies {
		if _, ok := p.KeyOf(provider); ok {
			return i, true
		}
	}
	return 0, false
}

// Knows tells whether a provider has, had, or is offered a parcel of the grant.
func (g Grant) Knows(provider uint64) bool {
	for _, p := range g.Proxies {
		if p.OfferedTo == provider {
			return true
		}
	}
	_, ok := g.AnsweredBy(provider)
	return ok
}

// Offers is the number of hand-overs that wait for an answer.
func (g Grant) Offers() int {
	n := 0
	for _, p := range g.Proxies {
		if p.OfferedTo != 0 {
			n++
		}
	}
	return n
}
