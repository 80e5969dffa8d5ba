// Package types has the rows, messages, parameters and keys of x/storage, and its pure rules: prices, picks, answers, and who
// may fill an open slot.
package types

import (
	"encoding/binary"

	"cosmossdk.io/collections"
)

const (
	// ModuleName is also the name of the module account that holds what deals will pay.
	ModuleName = "storage"
	// StoreKey of the module's store.
	StoreKey = ModuleName
	// Denom everything is paid in.
	Denom = "ucpc"
)

// Prefixes of the module's store. Numbers in keys are 8 bytes, big endian (classes 4), so that a light client can build them and
// prove a row or its absence.
var (
	ParamsKey            = collections.NewPrefix(0x10) // -> Params
	AccountKey           = collections.NewPrefix(0x11) // | stream -> Account
	ClosingKey           = collections.NewPrefix(0x12) // set: stream
	DealKey              = collections.NewPrefix(0x13) // point: stream | seq -> Deal
	ExpiryKey            = collections.NewPrefix(0x14) // set: last | stream | seq
	NodeKey              = collections.NewPrefix(0x15) // | provider -> Node
	ShardKey             = collections.NewPrefix(0x16) // | provider | class | index -> SlotRef
	DeltaKey             = collections.NewPrefix(0x17) // | provider | period -> change of the rate in ucpc, signed
	RoundKey             = collections.NewPrefix(0x18) // | provider -> Round
	DrawKey              = collections.NewPrefix(0x19) // set: height | provider
	DeadlineKey          = collections.NewPrefix(0x1a) // set: height | provider
	ChallengeKey         = collections.NewPrefix(0x1b) // | id -> Challenge
	ChallengeSeqKey      = collections.NewPrefix(0x1c) // -> the next challenge id
	ChallengeDueKey      = collections.NewPrefix(0x1d) // set: height | id
	ChallengeProviderKey = collections.NewPrefix(0x1e) // set: provider | id
)

// DealPoint is the key of a bundle's deal, which is its placement.
func DealPoint(stream, seq uint64) []byte {
	key := append([]byte(nil), DealKey.Bytes()...)
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(key, stream), seq)
}
