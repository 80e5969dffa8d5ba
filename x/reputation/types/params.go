package types

// Bounds.
const (
	// MaxScore of anybody, and the whole in basis points.
	MaxScore = 10_000
	// maxUcpc is the whole supply: no amount in this module is above it.
	maxUcpc  = 1_000_000_000_000_000
	maxTerms = 1_000
	// MaxChangesKept is the most that changes_kept may be.
	MaxChangesKept = 10_000
)

// DefaultParams weigh what a node does before what it has.
func DefaultParams() Params {
	return Params{
		Start:        1_000,
		Weights:      Weights{Blocks: 4_000, Service: 2_000, Data: 2_000, Deposit: 1_000, Fees: 1_000},
		GrowthTerms:  64,
		DriftTerms:   32,
		AgingTerms:   64,
		FeesTerms:    128,
		HalfBondUcpc: 500_000_000_000, // 500,000 CPC
		HalfFeesUcpc: 1_000_000_000,   // 1,000 CPC
		ServedBps:    9_500,
		SkipPoints:   200,
		MissedPoints: 100,
		SeatLostBps:  2_500,
		JailedBps:    5_000,
		FragmentBps:  5_000,
		DemandBps:    1_000,
		ChangesKept:  256,

		HalfServiceUcpc:  2_000_000_000, // 2,000 CPC
		ServiceTerms:     128,
		ServiceMissedBps: 1_000,
	}
}

// Validate checks bounds and how the params fit together.
func (p Params) Validate() error {
	w := p.Weights
	for _, part := range []uint32{w.Blocks, w.Service, w.Data, w.Deposit, w.Fees} {
		if part > MaxScore {
			return ErrParams.Wrapf("a weight is above %d", MaxScore)
		}
	}
	if w.Blocks+w.Service+w.Data+w.Deposit+w.Fees != MaxScore {
		return ErrParams.Wrapf("the weights must sum to %d", MaxScore)
	}
	if live := w.Effective(); live.Blocks+live.Service+live.Data < live.Deposit+live.Fees || live.Blocks == 0 {
		return ErrParams.Wrap("of the dimensions that have a source, what a node does must weigh no less than what it pays (deposit, fees)")
	}
	if p.Start > MaxScore/2 {
		return ErrParams.Wrapf("start must be at most %d", MaxScore/2)
	}
	for _, terms := range []uint32{p.GrowthTerms, p.DriftTerms, p.AgingTerms, p.FeesTerms, p.ServiceTerms} {
		if terms < 1 || terms > maxTerms {
			return ErrParams.Wrapf("growth_terms, drift_terms, aging_terms, fees_terms and service_terms must be 1 to %d", maxTerms)
		}
	}
	if p.HalfBondUcpc < 1 || p.HalfBondUcpc > maxUcpc || p.HalfFeesUcpc < 1 || p.HalfFeesUcpc > maxUcpc {
		return ErrParams.Wrapf("half_bond_ucpc and half_fees_ucpc must be 1 to %d", uint64(maxUcpc))
	}
	if p.HalfServiceUcpc < 1 || p.HalfServiceUcpc > maxUcpc {
		return ErrParams.Wrapf("half_service_ucpc must be 1 to %d", uint64(maxUcpc))
	}
	for _, bps := range []uint32{p.ServedBps, p.SkipPoints, p.MissedPoints, p.SeatLostBps, p.JailedBps, p.FragmentBps, p.DemandBps, p.ServiceMissedBps} {
		if bps > MaxScore {
			return ErrParams.Wrapf("points and basis points are at most %d", MaxScore)
		}
	}
	if p.ChangesKept < 1 || p.ChangesKept > MaxChangesKept {
		return ErrParams.Wrapf("changes_kept must be 1 to %d", MaxChangesKept)
	}
	return nil
}
