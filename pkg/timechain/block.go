package timechain

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// Clock qualities a writer can state.
const (
	ClockUnknown uint8 = 0
	ClockFree    uint8 = 1 // runs on its own
	ClockNTP     uint8 = 2 // kept by network time
	ClockGNSS    uint8 = 3 // kept by satellites or a time code
	maxClock           = ClockGNSS
)

const (
	maxStream = 255
	// MaxGap bounds the reason of a gap, in bytes.
	MaxGap = 256
	// maxDeviceSig is the length of both kinds of device signatures.
	maxDeviceSig = 64
)

// BlockHeader is one link of a stream's chain: a block period's records, or as many of them as fit in a segment, or late
// records, or a declared gap.
type BlockHeader struct {
	Stream string
	// Seq counts a stream's blocks from 0, over intervals and bundles; Prev is the hash of the header before, zero for the first.
	Seq  uint64
	Prev merkle.Hash
	// T0 and T1 are unix milliseconds, half-open: the block period, or the span of the late records, or the interval of a gap.
	T0, T1 int64
	// Count of records; 0 only for a gap.
	Count uint32
	// RecordRoot is the root over the salted record leaves.
	RecordRoot merkle.Hash
	// Clock is one of the Clock constants.
	Clock uint8
	// Late marks records older than the interval they are sealed in.
	Late bool
	// Gap is the reason of an outage in the interval, empty for blocks with records.
	Gap string
	// DeviceSig is the device's signature over SignBytes, or empty.
	DeviceSig []byte
}

// headerFields is how many elements a header has as CBOR.
const headerFields = 11

// Marshal is the header's canonical encoding: version ‖ suite ‖ CBOR array in the order of the struct.
func (h BlockHeader) Marshal() []byte { return h.appendTo(nil) }

func (h *BlockHeader) appendTo(b []byte) []byte {
	b = append(b, version, suite)
	b = appendArray(b, headerFields)
	b = appendText(b, h.Stream)
	b = appendUint(b, h.Seq)
	b = appendBytes(b, h.Prev[:])
	b = appendInt(b, h.T0)
	b = appendInt(b, h.T1)
	b = appendUint(b, uint64(h.Count))
	b = appendBytes(b, h.RecordRoot[:])
	b = appendUint(b, uint64(h.Clock))
	b = appendBool(b, h.Late)
	b = appendText(b, h.Gap)
	return appendBytes(b, h.DeviceSig)
}

// Hash of the whole header, signature included, as a Merkle leaf: what the next header and the interval's header tree hold.
func (h BlockHeader) Hash() merkle.Hash { return merkle.LeafHash(h.Marshal()) }

// wireHeader is a header as CBOR.
type wireHeader struct {
	_          struct{} `cbor:",toarray"`
	Stream     string
	Seq        uint64
	Prev       []byte
	T0, T1     int64
	Count      uint32
	RecordRoot []byte
	Clock      uint8
	Late       bool
	Gap        string
	DeviceSig  []byte
}

// maxHeader is above the longest header's encoding.
const maxHeader = 1024

// ParseBlockHeader reads what Marshal gave and validates it.
func ParseBlockHeader(b []byte) (BlockHeader, error) {
	if len(b) > maxHeader {
		return BlockHeader{}, fmt.Errorf("%w: header of %d bytes", ErrTooLarge, len(b))
	}
	if len(b) < 2 || b[0] != version || b[1] != suite {
		return BlockHeader{}, fmt.Errorf("%w: header of unknown version or suite", ErrFormat)
	}
	var w wireHeader
	if err := unmarshal(b[2:], &w); err != nil {
		return BlockHeader{}, err
	}
	if len(w.Prev) != len(merkle.Hash{}) || len(w.RecordRoot) != len(merkle.Hash{}) {
		return BlockHeader{}, fmt.Errorf("%w: header hash of another length", ErrFormat)
	}
	h := BlockHeader{
		Stream: w.Stream, Seq: w.Seq, Prev: merkle.Hash(w.Prev), T0: w.T0, T1: w.T1, Count: w.Count,
		RecordRoot: merkle.Hash(w.RecordRoot), Clock: w.Clock, Late: w.Late, Gap: w.Gap, DeviceSig: w.DeviceSig,
	}
	if !bytes.Equal(h.Marshal(), b) {
		return BlockHeader{}, fmt.Errorf("%w: header %w", ErrFormat, errNotCanonical)
	}
	return h, h.Validate()
}

// Validate checks what a header alone can tell.
func (h BlockHeader) Validate() error {
	if err := checkStream(h.Stream); err != nil {
		return err
	}
	if err := checkGap(h.Gap); err != nil {
		return err
	}
	switch {
	case h.T0 >= h.T1:
		return fmt.Errorf("%w: block from %d to %d", ErrWindow, h.T0, h.T1)
	case (h.Count == 0) != (h.Gap != ""), h.Late && h.Gap != "":
		return fmt.Errorf("%w: a block has records or is a gap", ErrGap)
	case h.Count == 0 && h.RecordRoot != merkle.Root(nil):
		return fmt.Errorf("%w: a gap's record root is the empty one", ErrGap)
	case h.Clock > maxClock:
		return fmt.Errorf("%w: clock quality %d", ErrFormat, h.Clock)
	case len(h.DeviceSig) != 0 && len(h.DeviceSig) != maxDeviceSig:
		return fmt.Errorf("%w: %d bytes", ErrDevice, len(h.DeviceSig))
	}
	return nil
}

func checkStream(stream string) error {
	if stream == "" || len(stream) > maxStream || !utf8.ValidString(stream) {
		return fmt.Errorf("%w: %d bytes; give 1 to %d", ErrStream, len(stream), maxStream)
	}
	return nil
}

func checkGap(reason string) error {
	if len(reason) > MaxGap || !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl) {
		return fmt.Errorf("%w: the reason must be plain UTF-8 of at most %d bytes", ErrGap, MaxGap)
	}
	return nil
}

// Chain is where a stream's chain of blocks stands: the next block's number and the hash of the header before it.
type Chain struct {
	Seq  uint64
	Prev merkle.Hash
}
