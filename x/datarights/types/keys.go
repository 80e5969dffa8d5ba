// Package types has the rows, messages, parameters, keys and signed bytes of x/datarights, and what a grant allows.
package types

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"cosmossdk.io/collections"
)

const (
	// ModuleName is also the name of the module account that holds acceptance fees.
	ModuleName = "datarights"
	// StoreKey of the module's store.
	StoreKey = ModuleName
)

// Prefixes of the module's store. A key is its prefix byte and then the parts named here; numbers are big endian, ids and
// seqs 8 bytes, versions 4. Values are protobuf, of the message named after the arrow; sets have no values.
//
// Every fact a daemon acts on is one of the rows marked "point": a light client builds its key from numbers it knows (the
// functions below) and has the row, or its absence, proved. The others serve lists, which are hints.
var (
	ParamsKey      = collections.NewPrefix(0x10) // point: -> Params
	StreamKey      = collections.NewPrefix(0x11) // point: stream -> Stream
	HeadKey        = collections.NewPrefix(0x12) // point: stream -> Head
	AnchorKey      = collections.NewPrefix(0x13) // point: stream | seq -> AnchorRow
	StreamSeqKey   = collections.NewPrefix(0x15) // -> next stream id, 8 bytes
	StreamNameKey  = collections.NewPrefix(0x16) // point: owner (length byte first) | name -> stream id
	StreamKindKey  = collections.NewPrefix(0x17) // set: kind | 0x00 | stream
	StreamTagKey   = collections.NewPrefix(0x18) // set: tag | 0x00 | stream
	HeadTimeKey    = collections.NewPrefix(0x19) // set: last_ms (8 bytes, sign bit flipped) | stream
	ReaderKey      = collections.NewPrefix(0x21) // point: reader -> Reader
	ReaderKeysKey  = collections.NewPrefix(0x22) // point: reader | version -> ReaderKeys
	ReaderSeqKey   = collections.NewPrefix(0x23) // -> next reader id, 8 bytes
	ReaderNameKey  = collections.NewPrefix(0x24) // owner (length byte first) | name -> reader id
	GrantKey       = collections.NewPrefix(0x31) // point: grant -> Grant
	GrantSeqKey    = collections.NewPrefix(0x32) // -> next grant id, 8 bytes
	DisputeKey     = collections.NewPrefix(0x33) // set: grant | provider | node (9 bytes)
	GrantStreamKey = collections.NewPrefix(0x34) // set: stream | grant
	GrantReaderKey = collections.NewPrefix(0x35) // set: reader | grant
	GrantProxyKey  = collections.NewPrefix(0x36) // set: provider | grant
	SettlementKey  = collections.NewPrefix(0x37) // set: settle_at (8 bytes, sign bit flipped) | grant
	DemandKey      = collections.NewPrefix(0x38) // point: demand -> Demand
	DemandSeqKey   = collections.NewPrefix(0x39) // -> next demand id, 8 bytes
	DemandOnceKey  = collections.NewPrefix(0x3a) // grant | kind (1 byte) | position (4 bytes) | provider -> demand
	DemandOfKey    = collections.NewPrefix(0x3b) // set: provider | demand, open ones for fragments
	DemandAtKey    = collections.NewPrefix(0x3c) // set: stream | demand, open ones for capsules
	DemandDueKey   = collections.NewPrefix(0x3d) // set: height (8 bytes, sign bit flipped) | demand
	DisclaimKey    = collections.NewPrefix(0x41) // point: stream | seq | slot (4 bytes) -> Disclaim
	DisclaimDueKey = collections.NewPrefix(0x42) // set: height (8 bytes, sign bit flipped) | stream | seq | slot
	PotKey         = collections.NewPrefix(0x3e) // grant -> Pot
)

// ParamsPoint is the key of the params.
func ParamsPoint() []byte { return point(ParamsKey) }

// StreamPoint is the key of a stream's row.
func StreamPoint(stream uint64) []byte { return point(StreamKey, stream) }

// StreamNamePoint is the key of the id (8 bytes) of the stream an owner gave a name.
func StreamNamePoint(owner []byte, name string) []byte {
	key := append(point(StreamNameKey), byte(len(owner))) //nolint:gosec // an address has at most 255 bytes
	return append(append(key, owner...), name...)
}

// HeadPoint is the key of a stream's head.
func HeadPoint(stream uint64) []byte { return point(HeadKey, stream) }

// AnchorPoint is the key of an anchor's row.
func AnchorPoint(stream, seq uint64) []byte { return point(AnchorKey, stream, seq) }

// ReaderPoint is the key of a reader's row.
func ReaderPoint(reader uint64) []byte { return point(ReaderKey, reader) }

// ReaderKeysPoint is the key of one version of a reader's keys.
func ReaderKeysPoint(reader uint64, version uint32) []byte {
	return binary.BigEndian.AppendUint32(point(ReaderKeysKey, reader), version)
}

// DisclaimPoint is the key of a disclaim's row.
func DisclaimPoint(stream, seq uint64, slot uint32) []byte {
	return binary.BigEndian.AppendUint32(point(DisclaimKey, stream, seq), slot)
}

// GrantPoint is the key of a grant's row.
func GrantPoint(grant uint64) []byte { return point(GrantKey, grant) }

// DemandPoint is the key of a demand's row.
func DemandPoint(demand uint64) []byte { return point(DemandKey, demand) }

func point(prefix collections.Prefix, parts ...uint64) []byte {
	key := append([]byte(nil), prefix.Bytes()...)
	for _, p := range parts {
		key = binary.BigEndian.AppendUint64(key, p)
	}
	return key
}

// StreamID is a stream's name across chains: "<chain-id>/<number>".
func StreamID(chainID string, id uint64) string { return fmt.Sprintf("%s/%d", chainID, id) }

// ParseStreamID reads what StreamID wrote, and nothing else.
func ParseStreamID(text string) (chainID string, id uint64, err error) {
	chainID, number, found := strings.Cut(text, "/")
	if found && chainID != "" {
		if id, err = strconv.ParseUint(number, 10, 64); err == nil && StreamID(chainID, id) == text {
			return chainID, id, nil
		}
	}
	return "", 0, fmt.Errorf("stream id %q: write it like cpchain-1/7", text)
}
