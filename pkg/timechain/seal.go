package timechain

import (
	"fmt"
	"io"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
)

// IntervalRecords is what one interval of a bundle holds.
type IntervalRecords struct {
	Interval uint32
	// Records sorted by time, then arrival (SortRecords). Ones older than the interval are late and sealed as such.
	Records []Record
	// Gap is the reason of an outage in the interval, declared in a block of its own; empty if there was none.
	Gap string
	// Clock is the quality of the clock the records were stamped by, one of the Clock constants.
	Clock uint8
}

// SealInput is what a bundle is made of.
type SealInput struct {
	Stream                string
	Seq                   uint64
	KeyEpoch, WriterEpoch uint32
	Grid                  Grid
	Schema                Schema
	// Intervals of one upload, consecutive. One without records gives a line that says so.
	Intervals []IntervalRecords
	// K of N shards rebuild the bundle. Workers bounds the goroutines at work; it changes no byte.
	K, N, Workers int
	// MaxPart bounds a sealed segment in bytes; 0 means MaxSegment.
	MaxPart int
	// Codec of the segments; 0 means CodecZstd.
	Codec byte
	// Chain is where the stream's header chain stands.
	Chain Chain
	// Sign makes a device's signature over a header's SignBytes; nil means that there is no device key.
	Sign func(digest [32]byte) ([]byte, error)
}

// Bundle is a sealed bundle.
type Bundle struct {
	Manifest      Manifest
	ManifestBytes []byte
	Shards        [][]byte
	// Chain is where the stream's header chain stands after it.
	Chain Chain
}

// minPart is the least MaxPart that makes sense.
const minPart = 1 << 10

// SealBundle makes a bundle. Salts come from rand, fresh for every part, 32 bytes each in order; key gives an interval's key.
// Equal input and rand give equal bytes. Errors name the interval; ErrOrder, ErrWindow, ErrValue and ErrGap are about records,
// ErrTooLarge asks for fewer intervals.
func SealBundle(rand io.Reader, in SealInput, key func(interval uint32) (keytree.IntervalKey, error)) (*Bundle, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	s := &sealer{SealInput: in, keys: make([]keytree.IntervalKey, len(in.Intervals))}
	defer clear(s.keys)
	steps := []func() error{
		func() error { return s.readKeys(key) },
		s.encode,
		func() error { return s.drawSalts(rand) },
		s.hashRecords,
		s.linkHeaders,
		s.sealParts,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s.bundle()
}

func (in *SealInput) check() error {
	if in.MaxPart == 0 {
		in.MaxPart = MaxSegment
	}
	if in.Codec == 0 {
		in.Codec = CodecZstd
	}
	if err := in.Grid.Validate(); err != nil {
		return err
	}
	if err := in.Schema.Validate(); err != nil {
		return err
	}
	if in.MaxPart < minPart || in.MaxPart > MaxSegment {
		return fmt.Errorf("%w: parts of %d bytes; give %d to %d", ErrTooLarge, in.MaxPart, minPart, MaxSegment)
	}
	if n := len(in.Intervals); n == 0 || n > int(in.Grid.IntervalsPerBundle()) {
		return fmt.Errorf("%w: %d intervals; an upload has 1 to %d", ErrLines, n, in.Grid.IntervalsPerBundle())
	}
	for i, ir := range in.Intervals {
		if uint64(ir.Interval) != uint64(in.Intervals[0].Interval)+uint64(i) {
			return fmt.Errorf("%w: interval %d stands %d after interval %d", ErrLines, ir.Interval, i, in.Intervals[0].Interval)
		}
	}
	return checkStream(in.Stream)
}

// bundle codes the payload and writes the manifest.
func (s *sealer) bundle() (*Bundle, error) {
	payload, err := s.payload()
	if err != nil {
		return nil, err
	}
	code, err := erasure.New(s.K, s.N, s.Workers)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCode, err)
	}
	shards, err := code.Split(payload)
	if err != nil {
		return nil, err
	}
	m := Manifest{
		Stream: s.Stream, Seq: s.Seq, KeyEpoch: s.KeyEpoch, WriterEpoch: s.WriterEpoch, K: uint8(s.K), N: uint8(s.N),
		PayloadSize: uint32(len(payload)), ShardSize: uint32(len(shards[0])), Chain: s.Chain,
		ShardCIDs: make([][]byte, s.N), ShardRoots: make([]merkle.Hash, s.N), Lines: s.lines,
	}
	err = each(s.Workers, s.N, func(_, i int) error {
		m.ShardCIDs[i], m.ShardRoots[i] = cidOf(shards[i]), merkle.ShardRoot(shards[i])
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := m.Validate(s.Grid); err != nil {
		return nil, err
	}
	bytes, err := m.Marshal()
	if err != nil {
		return nil, err
	}
	return &Bundle{Manifest: m, ManifestBytes: bytes, Shards: shards, Chain: s.chain}, nil
}
