package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestParamsOutsideTheirBoundsAreRefused(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	huge := math.NewIntFromUint64(1 << 63).MulRaw(2)
	for name, spoil := range map[string]func(*types.Params){
		"no minimum bond":             func(p *types.Params) { p.MinBondUcpc = math.Int{} },
		"a minimum bond of 0":         func(p *types.Params) { p.MinBondUcpc = math.ZeroInt() },
		"a minimum bond of 2^64":      func(p *types.Params) { p.MinBondUcpc = huge },
		"no bond per TB":              func(p *types.Params) { p.BondPerTbUcpc = math.Int{} },
		"a negative bond per TB":      func(p *types.Params) { p.BondPerTbUcpc = math.NewInt(-1) },
		"a bond per TB of 2^64":       func(p *types.Params) { p.BondPerTbUcpc = huge },
		"no address":                  func(p *types.Params) { p.MaxAddresses = 0 },
		"65 addresses":                func(p *types.Params) { p.MaxAddresses = 65 },
		"addresses of 15 bytes":       func(p *types.Params) { p.MaxAddressBytes = 15 },
		"addresses of 1025 bytes":     func(p *types.Params) { p.MaxAddressBytes = 1025 },
		"no unbonding time":           func(p *types.Params) { p.UnbondingSeconds = 0 },
		"an unbonding time of years":  func(p *types.Params) { p.UnbondingSeconds = 367 * 24 * 3600 },
		"a boundary at no block":      func(p *types.Params) { p.BoundaryBlocks = 0 },
		"a boundary in a million":     func(p *types.Params) { p.BoundaryBlocks = 1_000_001 },
		"one boundary kept":           func(p *types.Params) { p.BoundariesKept = 1 },
		"1001 boundaries kept":        func(p *types.Params) { p.BoundariesKept = 1001 },
		"a slash of nothing":          func(p *types.Params) { p.FragmentSlashBps = 0 },
		"a slash of more than a bond": func(p *types.Params) { p.FragmentSlashBps = 10_001 },
		"a pool of nobody":            func(p *types.Params) { p.DrawPool = 0 },
		"a pool of 1025":              func(p *types.Params) { p.DrawPool = 1025 },
	} {
		p := types.DefaultParams()
		spoil(&p)
		require.ErrorIs(t, p.Validate(), types.ErrParams, name)
	}
}

func TestRequiredBondRoundsUpAndHasAFloor(t *testing.T) {
	p := types.DefaultParams()
	p.MinBondUcpc, p.BondPerTbUcpc = math.NewInt(10), math.NewInt(7)
	for capacity, want := range map[uint64]int64{0: 10, 1: 10, 1_428_571_428_571: 10, 1_428_571_428_572: 11, 2_000_000_000_000: 14, 2_000_000_000_001: 15} {
		require.EqualValues(t, want, p.RequiredBond(capacity).Int64(), "capacity %d", capacity)
	}
	p.BondPerTbUcpc = math.NewIntFromUint64(1<<64 - 1)
	require.True(t, p.RequiredBond(types.MaxCapacityBytes).IsPositive(), "the widest values fit")
}

func TestCutRoundsUpAndNeverExceedsTheBond(t *testing.T) {
	p := types.DefaultParams()
	for bond, want := range map[int64]int64{0: 0, 1: 1, 9: 1, 10: 1, 11: 2, 1000: 100} {
		require.EqualValues(t, want, p.Cut(math.NewInt(bond)).Int64(), "bond %d", bond)
	}
	p.FragmentSlashBps = types.MaxBps
	require.EqualValues(t, 11, p.Cut(math.NewInt(11)).Int64())
}
