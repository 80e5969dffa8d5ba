// Package types has the rows, messages, parameters and keys of x/provider, and the pure draws of providers.
package types

import (
	"encoding/binary"

	"cosmossdk.io/collections"
)

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

// ParamsPoint is the key of the params.
func ParamsPoint() []byte { return point(ParamsKey) }

// ProviderPoint is the key of a provider's row.
func ProviderPoint(id uint64) []byte { return point(ProviderKey, id) }

// OperatorPoint is the key of the id (8 bytes) of an operator's provider.
func OperatorPoint(operator []byte) []byte { return append(point(OperatorIndex), operator...) }

// LoadPoint is the key of what depends on a provider.
func LoadPoint(id uint64) []byte { return point(LoadKey, id) }

// PeerKeyIndexPoint is the key of the id (8 bytes) of the provider that has a peer key now.
func PeerKeyIndexPoint(peerKey []byte) []byte { return append(point(PeerKeyIndex), peerKey...) }

// PoolPoint is the key of whom the proxy draws by a boundary rank.
func PoolPoint(height uint64) []byte { return point(PoolKey, height) }

// StandingPoint is the key of a provider's weight in the draws of recent boundaries.
func StandingPoint(id uint64) []byte { return point(StandingKey, id) }

// BoundaryPoint is the key of a draw boundary.
func BoundaryPoint(height uint64) []byte { return point(BoundaryKey, height) }

// PeerKeyPoint is the key of one version of a provider's peer key (32 bytes).
func PeerKeyPoint(id uint64, version uint32) []byte {
	return binary.BigEndian.AppendUint32(point(PeerKeysKey, id), version)
}

func point(prefix collections.Prefix, parts ...uint64) []byte {
	key := append([]byte(nil), prefix.Bytes()...)
	for _, p := range parts {
		key = binary.BigEndian.AppendUint64(key, p)
	}
	return key
}
