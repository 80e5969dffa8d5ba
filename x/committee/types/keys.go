// Package types holds the committee module's messages, state rows and rules that need no state.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName names the module.
	ModuleName = "committee"
	// StoreKey of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store. Numbers in keys are 8 bytes, big endian (ranks 4), so that a light client can build them.
var (
	ParamsKey     = collections.NewPrefix(0x10) // -> Params
	CandidateKey  = collections.NewPrefix(0x11) // | operator account bytes -> Candidate
	CommitteeKey  = collections.NewPrefix(0x12) // -> Committee
	ServicesKey   = collections.NewPrefix(0x13) // -> Services
	FormerKey     = collections.NewPrefix(0x14) // | consensus address (20 bytes) -> Former
	TermKey       = collections.NewPrefix(0x15) // -> Term
	SnapshotKey   = collections.NewPrefix(0x16) // | term | operator -> Snapshot
	DrawKey       = collections.NewPrefix(0x17) // | term | operator -> Draw
	RankKey       = collections.NewPrefix(0x18) // | term | rank -> Rank
	RandomnessKey = collections.NewPrefix(0x19) // | height -> Randomness
	BoundaryKey   = collections.NewPrefix(0x1a) // | height -> Boundary
	StakeKey      = collections.NewPrefix(0x1b) // | consensus address | height -> Stake
	StakeQueueKey = collections.NewPrefix(0x1c) // | height | consensus address -> empty
	VRFKeyIndex   = collections.NewPrefix(0x1d) // | VRF key (32 bytes) -> operator
	NodeIDIndex   = collections.NewPrefix(0x1e) // | node id -> operator
	AgentIndex    = collections.NewPrefix(0x1f) // | agent account bytes -> operator
	RecheckKey    = collections.NewPrefix(0x20) // -> height at which a candidate left or the params changed
)
