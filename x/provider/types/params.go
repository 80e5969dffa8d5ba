package types

import "cosmossdk.io/math"

// BondDenom is what bonds, prices and slashes are in.
const BondDenom = "ucpc"

// MaxBps is the whole in basis points.
const MaxBps = 10_000

// The widest that max_addresses and max_address_bytes may be.
const (
	maxAddresses    = 64
	maxAddressBytes = 1024
)

// DefaultParams suit a main chain; profiles for small networks shorten the boundary distance.
func DefaultParams() Params {
	return Params{
		MinBondUcpc:      math.NewInt(1_000_000_000),
		BondPerTbUcpc:    math.NewInt(1_000_000_000),
		MaxAddresses:     8,
		MaxAddressBytes:  128,
		UnbondingSeconds: 21 * 24 * 3600,
		BoundaryBlocks:   100,
		BoundariesKept:   16,
		FragmentSlashBps: 1_000,
		DrawPool:         256,
	}
}

// Validate checks bounds and how the params fit together.
func (p Params) Validate() error {
	switch {
	case p.MinBondUcpc.IsNil() || !p.MinBondUcpc.IsPositive() || p.MinBondUcpc.BigInt().BitLen() > 64:
		return ErrParams.Wrap("min_bond_ucpc must be positive and below 2^64")
	case p.BondPerTbUcpc.IsNil() || p.BondPerTbUcpc.IsNegative() || p.BondPerTbUcpc.BigInt().BitLen() > 64:
		return ErrParams.Wrap("bond_per_tb_ucpc must not be negative and below 2^64")
	case p.MaxAddresses < 1 || p.MaxAddresses > maxAddresses:
		return ErrParams.Wrap("max_addresses must be 1 to 64")
	case p.MaxAddressBytes < 16 || p.MaxAddressBytes > maxAddressBytes:
		return ErrParams.Wrap("max_address_bytes must be 16 to 1024")
	case p.UnbondingSeconds < 1 || p.UnbondingSeconds > 366*24*3600:
		return ErrParams.Wrap("unbonding_seconds must be 1 second to 366 days")
	case p.BoundaryBlocks < 1 || p.BoundaryBlocks > 1_000_000:
		return ErrParams.Wrap("boundary_blocks must be 1 to 1,000,000")
	case p.BoundariesKept < 2 || p.BoundariesKept > 1000:
		return ErrParams.Wrap("boundaries_kept must be 2 to 1000: the current and the previous one are needed")
	case p.FragmentSlashBps < 1 || p.FragmentSlashBps > MaxBps:
		return ErrParams.Wrap("fragment_slash_bps must be 1 to 10000")
	case p.DrawPool < 1 || p.DrawPool > 1024:
		return ErrParams.Wrap("draw_pool must be 1 to 1024")
	}
	return nil
}

// bytesPerTB is what bond_per_tb_ucpc counts by.
const bytesPerTB = 1_000_000_000_000

// RequiredBond of a capacity: the minimum, or the price of its terabytes rounded up, whichever is more.
func (p Params) RequiredBond(capacityBytes uint64) math.Int {
	byCapacity := p.BondPerTbUcpc.Mul(math.NewIntFromUint64(capacityBytes)).AddRaw(bytesPerTB - 1).QuoRaw(bytesPerTB)
	return math.MaxInt(p.MinBondUcpc, byCapacity)
}

// Cut is what one proved wrong fragment costs of a bond.
func (p Params) Cut(bond math.Int) math.Int { return Part(bond, p.FragmentSlashBps) }

// Part of a bond in basis points: rounded up, so that a small bond is cut too, and at most all of it.
func Part(bond math.Int, bps uint32) math.Int {
	cut := bond.MulRaw(int64(bps)).AddRaw(MaxBps - 1).QuoRaw(MaxBps)
	return math.MinInt(cut, bond)
}
