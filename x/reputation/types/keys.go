// Package types holds the reputation module's messages, state rows and the arithmetic of scores.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName names the module.
	ModuleName = "reputation"
	// StoreKey of the module's store.
	StoreKey = ModuleName
	// MaxOffset of a page of the ranking.
	MaxOffset = 10_000
)

// Prefixes of the module's store. Numbers in keys are 8 bytes, big endian (scores 4).
var (
	ParamsKey  = collections.NewPrefix(0x10) // -> Params
	RowKey     = collections.NewPrefix(0x11) // | operator account bytes -> Row
	ScoreIndex = collections.NewPrefix(0x12) // | score | operator -> empty
	TermKey    = collections.NewPrefix(0x13) // -> the running term
	ChangeKey  = collections.NewPrefix(0x14) // | operator | number -> Change
	LoweredKey = collections.NewPrefix(0x15) // -> height at which a score was last lowered, or the params changed
)
