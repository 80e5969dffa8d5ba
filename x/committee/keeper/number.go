package keeper

// at is a height as a key. Heights are never below zero: CometBFT counts from 1, Validate refuses others.
func at(height int64) uint64 { return uint64(height) } //nolint:gosec // see above

// heightOf is the height of a key that at made.
func heightOf(key uint64) int64 { return int64(key) } //nolint:gosec // see above

// count of seats or candidates, which params bound far below 2^31.
func count(n int) uint32 { return uint32(n) } //nolint:gosec // see above
