package timechain

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/seal"
)

// block is a range of an interval's records that becomes one block.
type block struct {
	t0, t1   int64 // unix milliseconds, half-open
	from, to int   // records
	late     bool
	gap      string
}

// blocksOf cuts an interval's records into blocks: late ones first, then by block period, a declared gap last. The records
// must be in order, none before the grid's origin or after the interval.
func blocksOf(grid Grid, ir IntervalRecords) ([]block, error) {
	from, to := grid.Bounds(ir.Interval)
	if err := checkGap(ir.Gap); err != nil {
		return nil, err
	}
	var blocks []block
	end := int64(0) // ns at which the last block ends
	for i := range ir.Records {
		r := &ir.Records[i]
		if i > 0 && ir.Records[i-1].Compare(*r) >= 0 {
			return nil, fmt.Errorf("%w: record %d: sort by time, then arrival; each pair once", ErrOrder, i)
		}
		if len(blocks) > 0 && r.T < end {
			blocks[len(blocks)-1].to = i + 1
			continue
		}
		ms := floorMs(r.T)
		if ms < grid.Origin || ms >= to {
			return nil, fmt.Errorf("%w: record %d is outside the stream or after the interval", ErrWindow, i)
		}
		b := block{from: i, to: i + 1}
		if b.late = ms < from; b.late {
			b.t0, b.t1 = ms, from // t1 is set once the last late record is known
		} else {
			b.t0, b.t1 = grid.blockOfMs(ms)
		}
		end = b.t1 * 1e6
		blocks = append(blocks, b)
	}
	if len(blocks) > 0 && blocks[0].late {
		blocks[0].setLateSpan(ir.Records)
	}
	if ir.Gap != "" {
		n := len(ir.Records)
		blocks = append(blocks, block{t0: from, t1: to, from: n, to: n, gap: ir.Gap})
	}
	return blocks, nil
}

// setLateSpan sets the times of a late block to those of its records.
func (b *block) setLateSpan(records []Record) {
	b.t0, b.t1 = floorMs(records[b.from].T), floorMs(records[b.to-1].T)+1
}

// cut splits a block in two before record at.
func (b block) cut(at int, records []Record) (left, right block) {
	left, right = b, b
	left.to, right.from = at, at
	if b.late {
		left.setLateSpan(records)
		right.setLateSpan(records)
	}
	return left, right
}

// planner groups blocks into segments.
type planner struct {
	// body bounds a segment's body in bytes, guess is about what a record takes there.
	body, guess int
}

// bodyOf is how large a body may be so that, sealed, it is not above a part's size even where it does not compress.
func bodyOf(maxPart int) int {
	const slack = 64 // codec byte, frame and block heads of incompressible data
	return maxPart - (seal.SealedSize(maxPart) - maxPart) - slack
}

// groups cuts blocks into runs of about one segment each; a block is cut only where it alone is above that.
func (p planner) groups(blocks []block, records []Record) [][]block {
	var groups [][]block
	var group []block
	size := 0
	flush := func() {
		if len(group) > 0 {
			groups = append(groups, group)
		}
		group, size = nil, 0
	}
	for _, b := range blocks {
		head := headerBound(b.gap)
		for n := max((p.body-head)/p.guess, 1); b.to-b.from > n; {
			var left block
			left, b = b.cut(b.from+n, records)
			flush()
			group = []block{left}
			flush()
		}
		if need := head + (b.to-b.from)*p.guess; size+need > p.body {
			flush()
			size = need
		} else {
			size += need
		}
		group = append(group, b)
	}
	flush()
	return groups
}

// halve splits a group that turned out too large for a segment, by blocks where it has several.
func halve(group []block, records []Record) (left, right []block, err error) {
	if len(group) > 1 {
		middle := (group[0].from + group[len(group)-1].to) / 2
		i := 1
		for i < len(group)-1 && group[i].to <= middle {
			i++
		}
		return group[:i], group[i:], nil
	}
	b := group[0]
	if b.to-b.from < 2 {
		return nil, nil, fmt.Errorf("%w: one record does not fit in a segment", ErrTooLarge)
	}
	l, r := b.cut((b.from+b.to)/2, records)
	return []block{l}, []block{r}, nil
}
