package types

// bps is the whole, in basis points.
const bps = 10_000

// DefaultParams are those of a chain with blocks of six seconds: a day a period, two hours to prove.
func DefaultParams() Params {
	return Params{
		PeriodBlocks: 14_400, PeriodsPerMonth: 30, ProofBlocks: 1_200, Picks: 8,
		MaxStrikes: 3, StrikeBps: 100, ExpelBps: 1_000, BountyBps: 5_000, BurnBps: 500,
		SlackBps: 6_000, StaggerBlocks: 5, DefaultTerm: 366, MaxTerm: 3_660,
		MaintenancePeriods: 2, MaintenanceEvery: 60, ChallengeFee: 1_000_000, MaxChallenges: 16, WorkPerBlock: 100,
	}
}

// Validate checks every bound; the README lists them with reasons.
func (p Params) Validate() error {
	for _, b := range []struct {
		name               string
		value, least, most uint64
	}{
		{"period_blocks", p.PeriodBlocks, 4, 1_000_000},
		{"periods_per_month", uint64(p.PeriodsPerMonth), 1, 1_000_000},
		{"proof_blocks", uint64(p.ProofBlocks), 2, p.PeriodBlocks - 1},
		{"picks", uint64(p.Picks), 1, 64},
		{"max_strikes", uint64(p.MaxStrikes), 1, 100},
		{"strike_bps", uint64(p.StrikeBps), 1, bps},
		{"expel_bps", uint64(p.ExpelBps), 0, bps},
		{"bounty_bps", uint64(p.BountyBps), 0, bps / 2},
		{"burn_bps", uint64(p.BurnBps), 1, bps},
		{"slack_bps", uint64(p.SlackBps), 0, bps},
		{"stagger_blocks", uint64(p.StaggerBlocks), 1, 10_000},
		{"default_term", uint64(p.DefaultTerm), 1, uint64(p.MaxTerm)},
		{"max_term", uint64(p.MaxTerm), 1, 100_000},
		{"maintenance_periods", uint64(p.MaintenancePeriods), 0, 30},
		{"maintenance_every", uint64(p.MaintenanceEvery), uint64(p.MaintenancePeriods) + 1, 10_000},
		{"challenge_fee", p.ChallengeFee, 1, MaxAmount},
		{"max_challenges", uint64(p.MaxChallenges), 1, 1_000},
		{"work_per_block", uint64(p.WorkPerBlock), 1, 10_000},
	} {
		if b.value < b.least || b.value > b.most {
			return ErrParams.Wrapf("%s is %d, not %d to %d", b.name, b.value, b.least, b.most)
		}
	}
	return nil
}
