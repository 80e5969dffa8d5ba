package timechain

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
)

// RecordProof shows one record to somebody who has only the anchor: the record with its salt, the path to its block's header,
// the header with its path to the interval's line, the line with its path to the anchor's record root. It tells the block's and
// interval's counts and times and the hashes beside the paths, and nothing else of the other records.
type RecordProof struct {
	Record Record
	Salt   [16]byte
	// Index of the record in its block, Path to the header's RecordRoot: the hashes of the other records of its group of 16, in
	// order, then the group's path.
	Index uint32
	Path  []merkle.Hash
	// Header of the block, Block its index in the interval, HeaderPath to the line's HeaderRoot.
	Header     BlockHeader
	Block      uint32
	HeaderPath []merkle.Hash
	// Line of the interval, LineIndex its index in the bundle, LinePath to the anchor's record root.
	Line      Line
	LineIndex uint32
	LinePath  []merkle.Hash
}

// ProveRecord opens a line as OpenInterval does and proves its record number index.
func ProveRecord(m Manifest, payload []byte, schema Schema, grid Grid, line int, key keytree.IntervalKey, index int) (RecordProof, error) {
	o, err := openLine(&m, payload, schema, grid, line, key, nil)
	if err != nil {
		return RecordProof{}, err
	}
	if index < 0 || index >= len(o.records) {
		return RecordProof{}, fmt.Errorf("%w: interval %d has %d records, none is number %d", ErrCount, o.line.Interval, len(o.records), index)
	}
	block, first := 0, 0
	for first+int(o.headers[block].Count) <= index {
		first += int(o.headers[block].Count)
		block++
	}
	end := first + int(o.headers[block].Count)
	p := RecordProof{
		Record: o.records[index], Salt: o.salts[index], Index: uint32(index - first),
		Header: o.headers[block], Block: uint32(block), Line: *o.line, LineIndex: uint32(line),
	}
	var hasher leafHasher
	if p.Path, err = hasher.path(o.records[first:end], o.salts[first:end], index-first); err != nil {
		return RecordProof{}, err
	}
	headers := make([]merkle.Hash, len(o.headers))
	for i, h := range o.headers {
		headers[i] = h.Hash()
	}
	if p.HeaderPath, err = merkle.NewTree(headers).Proof(block); err != nil {
		return RecordProof{}, err
	}
	p.LinePath, err = merkle.NewTree(m.lineLeaves()).Proof(line)
	return p, err
}

// Verify checks a proof against an anchor's record root and its number of intervals and returns the record. The stream and
// the block's times are then to be found in Header, the interval in Line: they are as authentic as the record. The anchor must
// be of the stream that Header names; that is for the caller to compare.
func (p RecordProof) Verify(recordRoot merkle.Hash, lines uint64) (Record, error) {
	if err := p.Header.Validate(); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrProof, err)
	}
	if ms := floorMs(p.Record.T); ms < p.Header.T0 || ms >= p.Header.T1 {
		return Record{}, fmt.Errorf("%w: %w: the record is not of this block", ErrProof, ErrWindow)
	}
	var hasher leafHasher
	record := hasher.record(&p.Record, &p.Salt)
	if err := verifyRecord(p.Header.RecordRoot, record, uint64(p.Index), uint64(p.Header.Count), p.Path); err != nil {
		return Record{}, fmt.Errorf("%w: record: %w", ErrProof, err)
	}
	for _, step := range []struct {
		name       string
		root, leaf merkle.Hash
		i, n       uint64
		path       []merkle.Hash
	}{
		{"header", p.Line.HeaderRoot, p.Header.Hash(), uint64(p.Block), uint64(p.Line.Blocks), p.HeaderPath},
		{"line", recordRoot, merkle.LeafHash(p.Line.Leaf()), uint64(p.LineIndex), lines, p.LinePath},
	} {
		if err := merkle.Verify(step.root, step.leaf, step.i, step.n, step.path); err != nil {
			return Record{}, fmt.Errorf("%w: %s: %w", ErrProof, step.name, err)
		}
	}
	return p.Record, nil
}
