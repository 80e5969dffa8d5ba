package types

import sdk "github.com/cosmos/cosmos-sdk/types"

// ProxyOf finds a provider among a grant's proxies.
func (g Grant) ProxyOf(provider uint64) (int, bool) {
	for i, p := range g.Proxies {
		if p.Provider == provider {
			return i, true
		}
	}
	return 0, false
}

// Count is the number of proxies in a state.
func (g Grant) Count(state ProxyState) int {
	n := 0
	for _, p := range g.Proxies {
		if p.State == state {
			n++
		}
	}
	return n
}

// Accepted counts the proxies that hold a good parcel and were not proved wrong.
func (g Grant) Accepted() int { return g.Count(PROXY_STATE_ACCEPTED) }

// Listed tells whether a proxy has to do with the grant: it was asked and has neither refused nor been replaced.
func (p GrantProxy) Listed() bool {
	return p.State == PROXY_STATE_ASKED || p.State == PROXY_STATE_ACCEPTED || p.State == PROXY_STATE_FAULTY
}

// End is when the right is over (unix seconds): at its expiry or its revocation.
func (g Grant) End() int64 {
	if g.Status == GRANT_STATUS_REVOKED {
		return min(g.RevokedAt, g.ExpiresAt)
	}
	return g.ExpiresAt
}

// Fees is n acceptance fees.
func (g Grant) Fees(n int) sdk.Coin {
	return sdk.NewCoin(g.AcceptanceFee.Denom, g.AcceptanceFee.Amount.MulRaw(int64(n)))
}

// Queued tells whether the grant waits for its settlement. A settlement that failed is not tried again: it leaves the row
// unsettled with settle_at 0.
func (g Grant) Queued() bool { return !g.Settled && g.SettleAt != 0 }
