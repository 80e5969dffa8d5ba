// Package types has the rows, messages, parameters and keys of x/provider, and the pure draws of providers.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is also the name of the module account that holds the bonds.
	ModuleName = "provider"
	// StoreKey of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store. Numbers in keys are 8 bytes, big endian (versions 4), so that a light client can build
// them and prove a row or its absence.
var (
	ParamsKey     = collections.NewPrefix(0x10) // -> Params
	ProviderKey   = collections.NewPrefix(0x11) // | id -> Provider
	OperatorIndex = collections.NewPrefix(0x12) // | operator account bytes -> id; only of providers that have not left
	PeerKeyIndex  = collections.NewPrefix(0x13) // | current peer key (32 bytes) -> id; only of providers that have not left
	LoadKey       = collections.NewPrefix(0x14) // | id -> Load
	BoundaryKey   = collections.NewPrefix(0x15) // | height -> Boundary
	PeerKeysKey   = collections.NewPrefix(0x16) // | id | version -> peer key (32 bytes)
	SequenceKey   = collections.NewPrefix(0x17) // -> the next id
	UnbondingKey  = collections.NewPrefix(0x18) // | time (unix seconds, sign bit flipped) | id -> empty
	PoolKey       = collections.NewPrefix(0x19) // | height -> Pool
	StandingKey   = collections.NewPrefix(0x1a) // | id -> Standing
	TotalsKey     = collections.NewPrefix(0x1b) // -> Totals
	HolderIndex   = collections.NewPrefix(0x1c) // | capacity, every bit flipped (8 bytes) | id -> empty; only of providers active in storage
	ProxyIndex    = collections.NewPrefix(0x1d) // | bond, every bit flipped (32 bytes) | id -> empty; only of providers active as proxies
)
