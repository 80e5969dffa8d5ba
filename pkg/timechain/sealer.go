package timechain

import (
	"fmt"
	"io"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/seal"
)

// sealer holds a bundle in the making. Its steps run one after the other; inside a step the parts are independent.
type sealer struct {
	SealInput
	keys  []keytree.IntervalKey // by line
	parts []part
	lines []Line
	chain Chain
}

// part is one segment in the making.
type part struct {
	line    int
	segment seal.Segment
	blocks  []block
	columns []byte
	headers []BlockHeader
	sealed  []byte
}

func (s *sealer) readKeys(key func(interval uint32) (keytree.IntervalKey, error)) error {
	s.lines = make([]Line, len(s.Intervals))
	for i, ir := range s.Intervals {
		k, err := key(ir.Interval)
		if err != nil {
			return fmt.Errorf("key of interval %d: %w", ir.Interval, err)
		}
		s.keys[i] = k
		s.lines[i] = Line{Interval: ir.Interval, Count: uint32(len(ir.Records)), Commitment: keytree.Commit(k), Gap: ir.Gap}
		if n := len(ir.Records); n > 0 {
			s.lines[i].T0, s.lines[i].T1 = ir.Records[0].T, ir.Records[n-1].T
		}
	}
	return nil
}

// encode cuts the intervals into parts and writes their columns.
func (s *sealer) encode() error {
	plan := planner{body: bodyOf(s.MaxPart), guess: s.Schema.columnGuess()}
	type task struct {
		line  int
		group []block
	}
	var tasks []task
	for i, ir := range s.Intervals {
		blocks, err := blocksOf(s.Grid, ir)
		if err != nil {
			return fmt.Errorf("interval %d: %w", ir.Interval, err)
		}
		for _, group := range plan.groups(blocks, ir.Records) {
			tasks = append(tasks, task{i, group})
		}
	}
	encoders := make([]*columnEncoder, max(s.Workers, 1))
	done := make([][]part, len(tasks))
	err := each(s.Workers, len(tasks), func(worker, i int) error {
		if encoders[worker] == nil {
			encoders[worker] = newColumnEncoder(&s.Schema)
		}
		var err error
		if done[i], err = s.encodeGroup(encoders[worker], tasks[i].line, tasks[i].group, plan.body); err != nil {
			return fmt.Errorf("interval %d: %w", s.Intervals[tasks[i].line].Interval, err)
		}
		return nil
	})
	for _, parts := range done {
		s.parts = append(s.parts, parts...)
	}
	return err
}

// encodeGroup makes one part of a group of blocks, or several if they do not fit.
func (s *sealer) encodeGroup(e *columnEncoder, line int, group []block, maxBody int) ([]part, error) {
	all := s.Intervals[line].Records
	records := all[group[0].from:group[len(group)-1].to]
	size := 4 // number of headers
	for _, b := range group {
		size += headerBound(b.gap)
	}
	columns, err := e.encode(make([]byte, 0, len(records)*s.Schema.columnGuess()/2+64), records)
	if err != nil {
		return nil, err
	}
	if size+len(columns) <= maxBody {
		return []part{{line: line, blocks: group, columns: columns}}, nil
	}
	left, right, err := halve(group, all)
	if err != nil {
		return nil, err
	}
	parts, err := s.encodeGroup(e, line, left, maxBody)
	if err != nil {
		return nil, err
	}
	more, err := s.encodeGroup(e, line, right, maxBody)
	return append(parts, more...), err
}

// drawSalts names every part and draws its salt, in order.
func (s *sealer) drawSalts(rand io.Reader) error {
	for i := range s.parts {
		p := &s.parts[i]
		l := &s.lines[p.line]
		p.segment = seal.Segment{
			Stream: s.Stream, KeyEpoch: s.KeyEpoch, Interval: l.Interval, WriterEpoch: s.WriterEpoch, Part: uint32(len(l.Parts)),
		}
		if _, err := io.ReadFull(rand, p.segment.Salt[:]); err != nil {
			return fmt.Errorf("no randomness for a salt: %w", err)
		}
		l.Parts = append(l.Parts, Part{Salt: p.segment.Salt})
	}
	return nil
}

// hashRecords computes the blocks' record roots.
func (s *sealer) hashRecords() error {
	hashers := make([]leafHasher, max(s.Workers, 1))
	return each(s.Workers, len(s.parts), func(worker, i int) error {
		p := &s.parts[i]
		first := p.blocks[0].from
		records := s.Intervals[p.line].Records[first:p.blocks[len(p.blocks)-1].to]
		salts, err := p.segment.RecordSalts(s.keys[p.line], len(records))
		if err != nil {
			return err
		}
		p.headers = make([]BlockHeader, len(p.blocks))
		for j, b := range p.blocks {
			p.headers[j] = BlockHeader{
				Stream: s.Stream, T0: b.t0, T1: b.t1, Count: uint32(b.to - b.from), Clock: s.Intervals[p.line].Clock,
				RecordRoot: hashers[worker].root(records[b.from-first:b.to-first], salts[b.from-first:b.to-first]), Late: b.late, Gap: b.gap,
			}
		}
		return nil
	})
}

// linkHeaders numbers, chains and signs the headers and completes the lines.
func (s *sealer) linkHeaders() error {
	s.chain = s.Chain
	next := 0
	var leaves []merkle.Hash
	var buf []byte
	for i := range s.lines {
		l := &s.lines[i]
		leaves = leaves[:0]
		for ; next < len(s.parts) && s.parts[next].line == i; next++ {
			for j := range s.parts[next].headers {
				h := &s.parts[next].headers[j]
				h.Seq, h.Prev = s.chain.Seq, s.chain.Prev
				if err := s.sign(h); err != nil {
					return err
				}
				if err := h.Validate(); err != nil {
					return fmt.Errorf("interval %d: %w", l.Interval, err)
				}
				buf = h.appendTo(buf[:0])
				leaves = append(leaves, merkle.LeafHash(buf))
				s.chain = Chain{Seq: h.Seq + 1, Prev: leaves[len(leaves)-1]}
			}
		}
		l.Blocks, l.HeaderRoot, l.LastHeader = uint32(len(leaves)), merkle.Root(leaves), s.chain.Prev
	}
	return nil
}

func (s *sealer) sign(h *BlockHeader) error {
	if s.Sign == nil {
		return nil
	}
	var err error
	if h.DeviceSig, err = s.Sign(h.SignBytes()); err != nil {
		return fmt.Errorf("device signature of block %d: %w", h.Seq, err)
	}
	return nil
}

// sealParts packs and seals.
func (s *sealer) sealParts() error {
	return each(s.Workers, len(s.parts), func(_, i int) error {
		p := &s.parts[i]
		body := appendHeaders(make([]byte, 0, 16*len(p.headers)+len(p.columns)), p.headers)
		plain, err := pack(s.Codec, append(body, p.columns...))
		if err != nil {
			return err
		}
		p.sealed, err = p.segment.Seal(s.keys[p.line], plain)
		if err == nil && len(p.sealed) > s.MaxPart {
			return fmt.Errorf("%w: sealed segment of %d bytes", ErrTooLarge, len(p.sealed))
		}
		p.columns, p.headers = nil, nil
		return err
	})
}

// payload puts the parts one after the other and tells the lines where they are.
func (s *sealer) payload() ([]byte, error) {
	size := 0
	for _, p := range s.parts {
		size += len(p.sealed)
	}
	if size > MaxPayload {
		return nil, fmt.Errorf("%w: bundle of %d bytes: seal fewer intervals at once", ErrTooLarge, size)
	}
	payload := make([]byte, 0, size)
	for _, p := range s.parts {
		at := &s.lines[p.line].Parts[p.segment.Part]
		at.Offset, at.Size = uint32(len(payload)), uint32(len(p.sealed))
		payload = append(payload, p.sealed...)
	}
	return payload, nil
}
