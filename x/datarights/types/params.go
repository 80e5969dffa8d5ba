package types

import sdk "github.com/cosmos/cosmos-sdk/types"

// FeeDenom is what fees are in.
const FeeDenom = "ucpc"

const (
	maxBps = 10_000
	// maxDemandShareBps leaves at least a tenth of every cut to be burnt: a proxy that is one with the reader loses.
	maxDemandShareBps = 9_000
)

// DefaultParams suit a main chain and local nets alike.
func DefaultParams() Params {
	return Params{
		StreamFee:             sdk.NewInt64Coin(FeeDenom, 1_000_000),
		ReaderFee:             sdk.NewInt64Coin(FeeDenom, 100_000),
		MaxSchemaBytes:        4096,
		MaxDescriptionBytes:   1024,
		MaxTags:               16,
		MaxFields:             64,
		MaxBundleBytes:        64 << 20,
		MaxIntervalsPerAnchor: 10_000,
		ClockSkewSeconds:      30,
		MaxShards:             32,
		MaxProxies:            16,
		MaxNodesPerGrant:      1024,
		MaxGrantSeconds:       5 * 366 * 24 * 3600,
		DisputeWindowSeconds:  7 * 24 * 3600,
		SettlementsPerBlock:   100,
		MaxKeyEpochs:          64,
		DemandFee:             sdk.NewInt64Coin(FeeDenom, 10_000),
		DemandBlocks:          720,
		DemandSlashBps:        100,
		DemandShareBps:        5_000,
		MaxOpenDemands:        64,
		DemandsPerBlock:       100,
		AnswersKeptBlocks:     100_000,
		HandOverBlocks:        720,
		MaxSpares:             16,
		SilentBlocks:          720,
		DisclaimBlocks:        1440,
		DisclaimsPerBlock:     100,
	}
}

// Validate checks bounds and how the params fit together.
func (p Params) Validate() error {
	if err := validFee("stream_fee", p.StreamFee); err != nil {
		return Because(ErrParams, err)
	}
	if err := validFee("reader_fee", p.ReaderFee); err != nil {
		return Because(ErrParams, err)
	}
	if err := validFee("demand_fee", p.DemandFee); err != nil {
		return Because(ErrParams, err)
	}
	for _, b := range []struct {
		name             string
		value, low, high int64
	}{
		{"max_schema_bytes", int64(p.MaxSchemaBytes), 64, 65_536},
		{"max_description_bytes", int64(p.MaxDescriptionBytes), 0, 16_384},
		{"max_tags", int64(p.MaxTags), 0, 64},
		{"max_fields", int64(p.MaxFields), 1, 1024},
		{"max_bundle_bytes", int64(min(p.MaxBundleBytes, 1<<62)), 1 << 16, 1 << 30},
		{"max_intervals_per_anchor", int64(p.MaxIntervalsPerAnchor), 1, 100_000},
		{"clock_skew_seconds", p.ClockSkewSeconds, 0, 3600},
		{"max_shards", int64(p.MaxShards), 2, 64},
		{"max_proxies", int64(p.MaxProxies), 1, 64},
		{"max_nodes_per_grant", int64(p.MaxNodesPerGrant), 62, 4096},
		{"max_grant_seconds", p.MaxGrantSeconds, 60, 100 * 366 * 24 * 3600},
		{"dispute_window_seconds", p.DisputeWindowSeconds, 1, 366 * 24 * 3600},
		{"settlements_per_block", int64(p.SettlementsPerBlock), 1, 10_000},
		{"max_key_epochs", int64(p.MaxKeyEpochs), 1, 1024},
		{"demand_blocks", p.DemandBlocks, 1, 1_000_000},
		{"demand_slash_bps", int64(p.DemandSlashBps), 1, maxBps},
		{"demand_share_bps", int64(p.DemandShareBps), 0, maxDemandShareBps},
		{"max_open_demands", int64(p.MaxOpenDemands), 1, 4096},
		{"demands_per_block", int64(p.DemandsPerBlock), 1, 10_000},
		{"answers_kept_blocks", p.AnswersKeptBlocks, 1, 10_000_000},
		{"hand_over_blocks", p.HandOverBlocks, 1, 1_000_000},
		{"max_spares", int64(p.MaxSpares), 0, 64},
		{"silent_blocks", p.SilentBlocks, 1, 1_000_000},
		{"disclaim_blocks", p.DisclaimBlocks, 1, 1_000_000},
		{"disclaims_per_block", int64(p.DisclaimsPerBlock), 1, 10_000},
	} {
		if b.value < b.low || b.value > b.high {
			return ErrParams.Wrapf("%s is %d; it must be %d to %d", b.name, b.value, b.low, b.high)
		}
	}
	return nil
}
