package types

import (
	"math/big"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

const (
	// MaxAmount bounds every amount named in a message, in ucpc: nine times what there will ever be, so that sums of amounts that
	// are covered by coins stay in 64 bits.
	MaxAmount = 1 << 53
	// gib is what a price is for.
	gib = 1 << 30
)

// Pay is what the holder of one shard earns for a proven period, in ucpc, rounded up:
// shardBytes · price / (2^30 · periodsPerMonth). ErrPrice where it exceeds MaxAmount.
func (p Params) Pay(shardBytes, price uint64) (uint64, error) {
	whole := new(big.Int).Mul(new(big.Int).SetUint64(shardBytes), new(big.Int).SetUint64(price))
	unit := new(big.Int).Mul(big.NewInt(gib), big.NewInt(int64(p.PeriodsPerMonth)))
	pay := whole.Add(whole, new(big.Int).Sub(unit, big.NewInt(1))).Quo(whole, unit)
	if !pay.IsUint64() || pay.Uint64() > MaxAmount {
		return 0, ErrPrice.Wrapf("%d ucpc for each GiB and month make more than %d ucpc for a shard of %d bytes", price, uint64(MaxAmount), shardBytes)
	}
	return pay.Uint64(), nil
}

// Cost is what so many shards cost for so many periods: what holders get if they prove every period, and what is burnt on top.
// ErrAmount where that exceeds MaxAmount.
func (p Params) Cost(pay uint64, shards int, periods uint64) (toHolders, burnt uint64, err error) {
	sum := new(big.Int).Mul(new(big.Int).SetUint64(pay), big.NewInt(int64(shards)))
	sum.Mul(sum, new(big.Int).SetUint64(periods))
	burn := new(big.Int).Mul(sum, big.NewInt(int64(p.BurnBps)))
	burn.Add(burn, big.NewInt(bps-1)).Quo(burn, big.NewInt(bps))
	if !sum.IsUint64() || !burn.IsUint64() || sum.Uint64() > MaxAmount || burn.Uint64() > MaxAmount {
		return 0, 0, ErrAmount.Wrapf("%d shards for %d periods at %d ucpc cost more than %d ucpc", shards, periods, pay, uint64(MaxAmount))
	}
	return sum.Uint64(), burn.Uint64(), nil
}

// BurntPart is the part of a pay that was burnt when its deal began, rounded down: what a proven period counts in reputation.
func (p Params) BurntPart(pay uint64) uint64 {
	part := new(big.Int).Mul(new(big.Int).SetUint64(pay), big.NewInt(int64(p.BurnBps)))
	return part.Quo(part, big.NewInt(bps)).Uint64()
}

// Coins of an amount in ucpc; none for 0.
func Coins(amount uint64) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(Denom, math.NewIntFromUint64(amount)))
}

// AmountOf checks a coin a user names.
func AmountOf(c sdk.Coin) (uint64, error) {
	if c.Denom != Denom {
		return 0, ErrAmount.Wrapf("storage is paid in %s, not %q", Denom, c.Denom)
	}
	if c.Amount.IsNil() || !c.Amount.IsPositive() || !c.Amount.IsUint64() || c.Amount.Uint64() > MaxAmount {
		return 0, ErrAmount.Wrapf("%s; name 1 to %d", c, uint64(MaxAmount))
	}
	return c.Amount.Uint64(), nil
}

// AmountOrNone is an amount of coins the module got, which may be 0.
func AmountOrNone(c sdk.Coin) (uint64, error) {
	if !c.Amount.IsUint64() || c.Amount.Uint64() > MaxAmount {
		return 0, ErrAmount.Wrapf("%s; at most %d", c, uint64(MaxAmount))
	}
	return c.Amount.Uint64(), nil
}
