package timechain

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/seal"
)

// OpenInterval opens line i of a manifest whose root and CID the caller has matched to the anchor, from the bundle's payload, and
// checks everything the manifest says of it: that key and payload are the ones meant, that every record and header is there,
// authentic, in order and in its window, and that the headers follow the chain. prev, if not nil, is where the reader knows
// the header chain to stand before the interval: the end of what it opened last. Nothing is returned unless all of it holds.
//
// Errors: ErrLines (no such line), ErrPayload, ErrCommitment, seal.ErrKey (sealed under other names: stream, epoch, interval,
// part or salt), seal.ErrSealed (altered), ErrSegment, ErrCount, ErrOrder, ErrWindow, ErrGap, ErrTimes, ErrChain, ErrHeaders.
func OpenInterval(m Manifest, payload []byte, schema Schema, grid Grid, line int, key keytree.IntervalKey, prev *Chain) ([]Record, []BlockHeader, error) {
	o, err := openLine(&m, payload, schema, grid, line, key, prev)
	if err != nil {
		return nil, nil, err
	}
	return o.records, o.headers, nil
}

// opened is an interval with the salts of its records.
type opened struct {
	manifest *Manifest
	line     *Line
	records  []Record
	headers  []BlockHeader
	salts    [][16]byte
}

func openLine(m *Manifest, payload []byte, schema Schema, grid Grid, line int, key keytree.IntervalKey, prev *Chain) (*opened, error) {
	if err := grid.Validate(); err != nil {
		return nil, err
	}
	if line < 0 || line >= len(m.Lines) {
		return nil, fmt.Errorf("%w: there is no line %d of %d", ErrLines, line, len(m.Lines))
	}
	if uint64(len(payload)) != uint64(m.PayloadSize) {
		return nil, fmt.Errorf("%w: %d bytes, not %d", ErrPayload, len(payload), m.PayloadSize)
	}
	o := &opened{manifest: m, line: &m.Lines[line]}
	if keytree.Commit(key) != o.line.Commitment {
		return nil, fmt.Errorf("%w: interval %d", ErrCommitment, o.line.Interval)
	}
	start := m.After(line - 1)
	if prev != nil && *prev != start {
		return nil, fmt.Errorf("%w: interval %d starts at block %d, the one before ended at %d, or with another header",
			ErrChain, o.line.Interval, start.Seq, prev.Seq)
	}
	for i := range o.line.Parts {
		if err := o.openPart(i, payload, schema, key); err != nil {
			return nil, fmt.Errorf("part %d of interval %d: %w", i, o.line.Interval, err)
		}
	}
	if err := o.check(grid, start); err != nil {
		return nil, fmt.Errorf("interval %d: %w", o.line.Interval, err)
	}
	return o, nil
}

// openPart decrypts and decodes one part.
func (o *opened) openPart(i int, payload []byte, schema Schema, key keytree.IntervalKey) error {
	p := o.line.Parts[i]
	if end := uint64(p.Offset) + uint64(p.Size); end > uint64(len(payload)) || p.Size > MaxSegment {
		return fmt.Errorf("%w: %d bytes at %d of %d", ErrParts, p.Size, p.Offset, len(payload))
	}
	s := seal.Segment{
		Stream: o.manifest.Stream, KeyEpoch: o.manifest.KeyEpoch, Interval: o.line.Interval,
		WriterEpoch: o.manifest.WriterEpoch, Part: uint32(i), Salt: p.Salt,
	}
	plain, err := s.Open(key, payload[p.Offset:p.Offset+p.Size])
	if err != nil {
		return err
	}
	segment, err := DecodeSegment(schema, plain)
	if err != nil {
		return err
	}
	if len(segment.Headers) == 0 {
		return fmt.Errorf("%w: no block in it", ErrSegment)
	}
	salts, err := s.RecordSalts(key, len(segment.Records))
	if err != nil {
		return err
	}
	o.headers = append(o.headers, segment.Headers...)
	o.records = append(o.records, segment.Records...)
	o.salts = append(o.salts, salts...)
	return nil
}

// check checks what was opened against the line.
func (o *opened) check(grid Grid, start Chain) error {
	if uint64(len(o.headers)) != uint64(o.line.Blocks) || uint64(len(o.records)) != uint64(o.line.Count) {
		return fmt.Errorf("%w: %d records in %d blocks, where the manifest says %d in %d",
			ErrCount, len(o.records), len(o.headers), o.line.Count, o.line.Blocks)
	}
	if err := checkRecordOrder(o.records); err != nil {
		return err
	}
	if err := o.checkWindows(grid); err != nil {
		return err
	}
	first, last := int64(0), int64(0)
	if n := len(o.records); n > 0 {
		first, last = o.records[0].T, o.records[n-1].T
	}
	if first != o.line.T0 || last != o.line.T1 {
		return fmt.Errorf("%w: records from %d to %d, where the manifest says %d to %d", ErrTimes, first, last, o.line.T0, o.line.T1)
	}
	return o.link(start)
}

func checkRecordOrder(records []Record) error {
	for i := 1; i < len(records); i++ {
		if records[i-1].Compare(records[i]) >= 0 {
			return fmt.Errorf("%w: record %d", ErrOrder, i)
		}
	}
	return nil
}

// link fills in what a segment does not repeat of its headers and checks them against the line.
func (o *opened) link(start Chain) error {
	var hasher leafHasher
	leaves := make([]merkle.Hash, len(o.headers))
	next, chain := 0, start
	for i := range o.headers {
		h := &o.headers[i]
		end := next + int(h.Count)
		h.Stream, h.Seq, h.Prev = o.manifest.Stream, chain.Seq, chain.Prev
		h.RecordRoot = hasher.root(o.records[next:end], o.salts[next:end])
		if err := h.Validate(); err != nil {
			return fmt.Errorf("block %d: %w", h.Seq, err)
		}
		leaves[i] = h.Hash()
		next, chain = end, Chain{Seq: h.Seq + 1, Prev: leaves[i]}
	}
	if merkle.Root(leaves) != o.line.HeaderRoot {
		return fmt.Errorf("%w: header root", ErrHeaders)
	}
	if chain.Prev != o.line.LastHeader {
		return fmt.Errorf("%w: the last header is not the manifest's", ErrChain)
	}
	return nil
}
