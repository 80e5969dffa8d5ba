package types

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"cosmossdk.io/math"
)

const (
	// KeyBytes is the size of peer and seal keys.
	KeyBytes = 32
	// SeedBytes is the size of a draw boundary's seed.
	SeedBytes = 32
	// MaxMonikerBytes bounds a moniker.
	MaxMonikerBytes = 70
	// MaxCapacityBytes is 2^60: sums over all providers stay in 64 bits.
	MaxCapacityBytes = 1 << 60
	// maxAmountBits bounds prices and bonds, so that products with bytes or basis points, and sums, can't overflow 256 bits.
	maxAmountBits = 128
)

// Validate checks everything that needs no state.
func (m *MsgRegister) Validate(p Params) error {
	if err := validMoniker(m.Moniker); err != nil {
		return err
	}
	if len(m.PeerKey) != KeyBytes {
		return ErrPeerKey.Wrapf("%d bytes, not %d", len(m.PeerKey), KeyBytes)
	}
	if len(m.SealKey) != KeyBytes {
		return ErrSealKey.Wrapf("%d bytes, not %d", len(m.SealKey), KeyBytes)
	}
	if err := ValidAddresses(m.Addresses, p); err != nil {
		return err
	}
	if err := ValidCapacity(m.CapacityBytes, m.Storage); err != nil {
		return err
	}
	if err := validPrice("storage_price_ucpc", m.StoragePriceUcpc); err != nil {
		return err
	}
	if err := validPrice("reencryption_price_ucpc", m.ReencryptionPriceUcpc); err != nil {
		return err
	}
	if !m.Storage && !m.Proxy {
		return ErrRoles.Wrap("offer storage, proxy, or both")
	}
	return ValidBond(m.Bond.Denom, m.Bond.Amount)
}

// Validate checks everything that needs no state.
func (m *MsgUpdate) Validate(p Params) error {
	if err := validMoniker(m.Moniker); err != nil {
		return err
	}
	if len(m.Addresses) > 0 {
		if err := ValidAddresses(m.Addresses, p); err != nil {
			return err
		}
	}
	if err := ValidCapacity(m.CapacityBytes, false); err != nil {
		return err
	}
	if m.StoragePriceUcpc != nil {
		if err := validPrice("storage_price_ucpc", *m.StoragePriceUcpc); err != nil {
			return err
		}
	}
	if m.ReencryptionPriceUcpc != nil {
		if err := validPrice("reencryption_price_ucpc", *m.ReencryptionPriceUcpc); err != nil {
			return err
		}
	}
	if len(m.PeerKey) != 0 && len(m.PeerKey) != KeyBytes {
		return ErrPeerKey.Wrapf("%d bytes, not %d", len(m.PeerKey), KeyBytes)
	}
	if len(m.SealKey) != 0 && len(m.SealKey) != KeyBytes {
		return ErrSealKey.Wrapf("%d bytes, not %d", len(m.SealKey), KeyBytes)
	}
	if m.Roles != nil && !m.Roles.Storage && !m.Roles.Proxy {
		return ErrRoles.Wrap("offer storage, proxy, or both; to end, leave")
	}
	return nil
}

// ValidBond checks an amount to be bonded.
func ValidBond(denom string, amount math.Int) error {
	if denom != BondDenom {
		return ErrBond.Wrapf("bonds are in %s, not %q", BondDenom, denom)
	}
	if amount.IsNil() || !amount.IsPositive() {
		return ErrBond.Wrap("the amount must be positive")
	}
	if amount.BigInt().BitLen() > maxAmountBits {
		return ErrBond.Wrapf("the amount must be below 2^%d", maxAmountBits)
	}
	return nil
}

// validMoniker checks a name for people; it may be empty.
func validMoniker(moniker string) error {
	if len(moniker) > MaxMonikerBytes {
		return ErrMoniker.Wrapf("%d bytes, at most %d", len(moniker), MaxMonikerBytes)
	}
	if !utf8.ValidString(moniker) || strings.ContainsFunc(moniker, unicode.IsControl) {
		return ErrMoniker.Wrap("must be UTF-8 text without control characters")
	}
	return nil
}

// ValidCapacity checks announced bytes; a storage provider has some.
func ValidCapacity(capacity uint64, storage bool) error {
	if capacity > MaxCapacityBytes {
		return ErrCapacity.Wrapf("at most %d bytes", uint64(MaxCapacityBytes))
	}
	if storage && capacity == 0 {
		return ErrCapacity.Wrap("a storage provider needs capacity")
	}
	return nil
}

// validPrice checks a price in ucpc; it may be 0.
func validPrice(name string, price math.Int) error {
	if price.IsNil() || price.IsNegative() || price.BigInt().BitLen() > maxAmountBits {
		return ErrPrice.Wrapf("%s must be 0 or more and below 2^%d", name, maxAmountBits)
	}
	return nil
}

// Offers tells whether an active provider offers a role.
func (p Provider) Offers(storage, proxy bool) bool {
	return p.Status == STATUS_ACTIVE && (!storage || p.Storage) && (!proxy || p.Proxy)
}

// AsksMore tells whether the provider's price of storage is above a price, both in ucpc per GiB and month.
func (p Provider) AsksMore(price uint64) bool {
	return !p.StoragePriceUcpc.IsNil() && p.StoragePriceUcpc.GT(math.NewIntFromUint64(price))
}
