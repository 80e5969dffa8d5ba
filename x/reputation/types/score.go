package types

// settleTerms bounds how many terms are settled one by one. After so many idle ones every row is at its fixed point, whatever it
// was and whatever the params: see the test.
const settleTerms = 100_000

// Bonded is all that is bonded, at most the supply.
func (r Row) Bonded() uint64 { return min(r.ValidatorBond+r.ProviderBond, maxUcpc) }

// points is a number that is at most MaxScore.
func points(n uint64) uint32 { return uint32(min(n, MaxScore)) }

// half is amount/(amount+at) in points: 0 for nothing, 5000 at the half amount, never 10000. It only depends on one's own amount.
func half(amount, at uint64) uint32 {
	return points(MaxScore * amount / (amount + at)) // 10^4 · 10^15 fits
}

// DepositValue is the dimension of the aged bond.
func (r Row) DepositValue(p Params) uint32 { return half(r.Aged, p.HalfBondUcpc) }

// FeesValue is the dimension of burnt fees.
func (r Row) FeesValue(p Params) uint32 { return half(r.Fees, p.HalfFeesUcpc) }

// ServiceValue is the dimension of proven storage.
func (r Row) ServiceValue(p Params) uint32 { return half(r.Service, p.HalfServiceUcpc) }

// Effective weights: those of dimensions without a source count for nothing.
func (w Weights) Effective() Weights {
	w.Data = 0 // settled sales will feed it
	return w
}

// Target is where the score of who serves grows to: the weighted mean of the dimensions that have a source, and no less than who does
// nothing drifts to.
func (r Row) Target(p Params) uint32 {
	w := p.Weights.Effective()
	sum := uint64(w.Blocks)*uint64(r.Blocks) + uint64(w.Service)*uint64(r.ServiceValue(p)) + uint64(w.Deposit)*uint64(r.DepositValue(p)) + uint64(w.Fees)*uint64(r.FeesValue(p))
	return max(p.Start, points(sum/uint64(w.Blocks+w.Service+w.Deposit+w.Fees)))
}

// Settle books growth, drift, aging and decay up to the beginning of a term. It gives the same row however often and whenever it is
// called in between.
func (r Row) Settle(p Params, term uint64) Row {
	if term <= r.SettledTerm {
		return r
	}
	for n := 0; r.SettledTerm < term; n++ {
		if n == settleTerms {
			r.Score, r.Aged, r.Fees, r.Service = p.Start, r.Bonded(), 0, 0
			r.SettledTerm = term
			return r
		}
		r = r.settleOne(p)
		if r.atRest(p) {
			r.SettledTerm = term
			return r
		}
	}
	return r
}

// settleOne books the term settled_term and steps to the next.
func (r Row) settleOne(p Params) Row {
	served := r.ServedTerm == r.SettledTerm && r.ServedTerm > 0 // term 0 is before the first: nobody serves in it
	r.Aged += part(r.Bonded()-r.Aged, p.AgingTerms)             // the aged part never exceeds the bond: see Apply
	r.Fees -= part(r.Fees, p.FeesTerms)
	switch target := r.Target(p); {
	case served, r.Service > 0 && r.Score < target: // proofs come once in many terms; what is left of them never slows a fall
		r.Score = grow(r.Score, target, p.GrowthTerms)
	default:
		r.Score = toward(r.Score, p.Start, p.DriftTerms)
	}
	r.Service -= part(r.Service, p.ServiceTerms)
	r.SettledTerm++
	return r
}

// atRest says that further idle terms change nothing.
func (r Row) atRest(p Params) bool {
	return (r.ServedTerm < r.SettledTerm || r.ServedTerm == 0) && r.Score == p.Start && r.Aged == r.Bonded() && r.Fees == 0 && r.Service == 0
}

// part is one in n of an amount, rounded up, so that nothing is left for ever.
func part(amount uint64, n uint32) uint64 { return (amount + uint64(n) - 1) / uint64(n) }

// grow moves a score up to its target by at most one in n of what is missing to 10000, so that the last points are the hardest; down it
// goes by one in n of the way.
func grow(score, target, n uint32) uint32 {
	if score < target {
		return min(target, score+points(part(uint64(MaxScore-score), n)))
	}
	return toward(score, target, n)
}

// toward moves a score one in n of the way.
func toward(score, to, n uint32) uint32 {
	if score < to {
		return score + points(part(uint64(to-score), n))
	}
	return score - points(part(uint64(score-to), n))
}

// Apply books evidence on a row that is settled to the running term.
func (r Row) Apply(p Params, e Evidence, term uint64) Row {
	switch e.Kind {
	case KIND_SERVED:
		r = r.serve(p, e)
		if e.expected > 0 {
			r.ServedTerm = term
		}
	case KIND_SORTITION_MISSED:
		r.Score -= min(r.Score, p.MissedPoints)
	case KIND_SEAT_LOST:
		r = r.lose(p.SeatLostBps)
	case KIND_JAILED:
		r = r.lose(p.JailedBps)
	case KIND_DOUBLE_SIGNED:
		r = r.lose(MaxScore)
	case KIND_FRAGMENT_WRONG:
		r = r.lose(p.FragmentBps)
	case KIND_DEMAND_LAPSED:
		r = r.lose(p.DemandBps)
	case KIND_BOND:
		if e.validator {
			r.ValidatorBond = e.amount
		} else {
			r.ProviderBond = e.amount
		}
		r.Aged = min(r.Aged, r.Bonded()) // falls at once, grows by aging
	case KIND_FEES_BURNT:
		r.Fees = min(r.Fees+e.amount, maxUcpc)
	case KIND_SERVICE_PROVEN:
		r.Service = min(r.Service+e.amount, maxUcpc)
	case KIND_SERVICE_MISSED:
		r = r.lose(p.ServiceMissedBps)
	case KIND_UNSPECIFIED, KIND_SETTLED: // Validate has refused them
	}
	return r
}

// lose takes a part of the score, and as much of what it would grow back to.
func (r Row) lose(bps uint32) Row {
	r.Score -= points(uint64(r.Score) * uint64(bps) / MaxScore)
	r.Blocks -= points(uint64(r.Blocks) * uint64(bps) / MaxScore)
	r.Service -= r.Service * uint64(bps) / MaxScore // at most 10^15 · 10^4
	return r
}

// blockMemory: the dimension of blocks moves one in so many parts of the way to what a good term was worth.
const blockMemory = 16

// serve books a term's blocks. A good term moves the dimension toward the part of proposals that brought randomness; a bad one lowers
// dimension and score by three times what is missing. Skipped randomness costs points beside that, in any term.
func (r Row) serve(p Params, e Evidence) Row {
	if e.expected > 0 {
		quality := points(e.signed * MaxScore / e.expected)
		if quality >= p.ServedBps {
			r.Blocks = toward(r.Blocks, e.kept(), blockMemory)
		} else {
			r = r.lose(min(MaxScore, 3*(p.ServedBps-quality)))
		}
	}
	if e.skipped > 0 {
		r.Score -= min(r.Score, points(uint64(p.SkipPoints)*e.skipped/e.proposals))
	}
	return r
}

// kept is the part of proposals that brought randomness, in basis points; all where nothing was proposed.
func (e Evidence) kept() uint32 {
	if e.proposals == 0 {
		return MaxScore
	}
	return points((e.proposals - e.skipped) * MaxScore / e.proposals)
}
