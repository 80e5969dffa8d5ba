package types

import (
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

// Prefixes of the module's store. Every fact a daemon acts on is one point key, which a light client can build and have
// proved, present or absent. Numbers are big endian: ids and seqs 8 bytes, versions 4.
var (
	ParamsKey      = collections.NewPrefix(0x10)
	StreamKey      = collections.NewPrefix(0x11) // | stream -> Stream
	HeadKey        = collections.NewPrefix(0x12) // | stream -> Head
	AnchorKey      = collections.NewPrefix(0x13) // | stream | seq -> AnchorRow
	PlacementKey   = collections.NewPrefix(0x14) // | stream | seq -> Placement
	StreamSeqKey   = collections.NewPrefix(0x15)
	StreamNameKey  = collections.NewPrefix(0x16) // index: owner | name
	StreamKindKey  = collections.NewPrefix(0x17) // index: kind
	StreamTagKey   = collections.NewPrefix(0x18) // set: tag | stream
	HeadTimeKey    = collections.NewPrefix(0x19) // index: last_ms
	ReaderKey      = collections.NewPrefix(0x21) // | reader -> Reader
	ReaderKeysKey  = collections.NewPrefix(0x22) // | reader | version -> ReaderKeys
	ReaderSeqKey   = collections.NewPrefix(0x23)
	ReaderNameKey  = collections.NewPrefix(0x24) // index: owner | name
	GrantKey       = collections.NewPrefix(0x31) // | grant -> Grant
	GrantSeqKey    = collections.NewPrefix(0x32)
	DisputeKey     = collections.NewPrefix(0x33) // set: grant | provider | node
	GrantStreamKey = collections.NewPrefix(0x34) // index: stream
	GrantReaderKey = collections.NewPrefix(0x35) // index: reader
	GrantProxyKey  = collections.NewPrefix(0x36) // set: provider | grant
	SettlementKey  = collections.NewPrefix(0x37) // set: time | grant
)

// StreamID is a stream's name across chains: "<chain-id>/<number>".
func StreamID(chainID string, id uint64) string { return fmt.Sprintf("%s/%d", chainID, id) }

// ParseStreamID reads what StreamID wrote.
func ParseStreamID(text string) (chainID string, id uint64, err error) {
	chainID, number, found := strings.Cut(text, "/")
	if found && chainID != "" {
		if id, err = strconv.ParseUint(number, 10, 64); err == nil && StreamID(chainID, id) == text {
			return chainID, id, nil
		}
	}
	return "", 0, fmt.Errorf("stream id %q: write it like cpchain-1/7", text)
}
