package timechain

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/seal"
)

// checkLimits bounds what a manifest can hold, whatever it says.
func (m *Manifest) checkLimits() error {
	if len(m.Lines) > MaxLines {
		return fmt.Errorf("%w: %d lines", ErrTooLarge, len(m.Lines))
	}
	if len(m.ShardCIDs) > erasure.MaxShards || len(m.ShardRoots) > erasure.MaxShards {
		return fmt.Errorf("%w: %d shards", ErrTooLarge, max(len(m.ShardCIDs), len(m.ShardRoots)))
	}
	return checkStream(m.Stream)
}

// Validate checks that a manifest makes sense by itself, on a stream's grid: its code, sizes and shards, and that its lines are
// consecutive intervals whose parts tile the payload. Whether it tells the truth is for the anchor and OpenInterval to say.
func (m Manifest) Validate(grid Grid) error {
	if err := grid.Validate(); err != nil {
		return err
	}
	if err := m.checkLimits(); err != nil {
		return err
	}
	if err := m.checkCode(); err != nil {
		return err
	}
	if err := m.checkShards(); err != nil {
		return err
	}
	if err := m.checkLines(grid); err != nil {
		return err
	}
	return m.checkParts()
}

func (m *Manifest) checkCode() error {
	code, err := erasure.New(int(m.K), int(m.N), 1)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCode, err)
	}
	if m.PayloadSize > MaxPayload {
		return fmt.Errorf("%w: payload of %d bytes", ErrTooLarge, m.PayloadSize)
	}
	if size := code.ShardSize(int(m.PayloadSize)); size != int(m.ShardSize) {
		return fmt.Errorf("%w: shards of %d bytes for a payload of %d; it takes %d", ErrCode, m.ShardSize, m.PayloadSize, size)
	}
	return nil
}

func (m *Manifest) checkShards() error {
	if len(m.ShardCIDs) != int(m.N) || len(m.ShardRoots) != int(m.N) {
		return fmt.Errorf("%w: %d CIDs and %d tree roots for %d shards", ErrShards, len(m.ShardCIDs), len(m.ShardRoots), m.N)
	}
	for i, cid := range m.ShardCIDs {
		if len(cid) != cidSize || string(cid[:len(cidPrefix)]) != cidPrefix {
			return fmt.Errorf("%w: shard %d has no CIDv1 (raw, sha2-256)", ErrShards, i)
		}
	}
	return nil
}

func (m *Manifest) checkLines(grid Grid) error {
	if len(m.Lines) == 0 || len(m.Lines) > int(grid.IntervalsPerBundle()) {
		return fmt.Errorf("%w: %d lines; an upload has 1 to %d", ErrLines, len(m.Lines), grid.IntervalsPerBundle())
	}
	prev := m.Chain.Prev
	for i := range m.Lines {
		l := &m.Lines[i]
		if uint64(l.Interval) != uint64(m.Lines[0].Interval)+uint64(i) {
			return fmt.Errorf("%w: line %d is of interval %d, the first of %d", ErrLines, i, l.Interval, m.Lines[0].Interval)
		}
		if err := l.validate(grid, prev); err != nil {
			return fmt.Errorf("interval %d: %w", l.Interval, err)
		}
		prev = l.LastHeader
	}
	return nil
}

// validate checks one line; prev is the header hash before it.
func (l *Line) validate(grid Grid, prev merkle.Hash) error {
	if err := checkGap(l.Gap); err != nil {
		return err
	}
	gaps := uint32(0)
	if l.Gap != "" {
		gaps = 1
	}
	_, end := grid.Bounds(l.Interval)
	switch {
	case l.Blocks < gaps, l.Blocks-gaps > l.Count, l.Count > 0 && l.Blocks == gaps:
		return fmt.Errorf("%w: %d records in %d blocks, %d of them gaps", ErrCount, l.Count, l.Blocks, gaps)
	case (l.Blocks == 0) != (len(l.Parts) == 0), len(l.Parts) > int(l.Blocks):
		return fmt.Errorf("%w: %d parts with %d blocks", ErrParts, len(l.Parts), l.Blocks)
	case l.Count == 0 && (l.T0 != 0 || l.T1 != 0), l.T1 < l.T0:
		return fmt.Errorf("%w: %d to %d with %d records", ErrTimes, l.T0, l.T1, l.Count)
	case l.Count > 0 && (floorMs(l.T0) < grid.Origin || floorMs(l.T1) >= end):
		return fmt.Errorf("%w: records from %d to %d", ErrWindow, l.T0, l.T1)
	case l.Blocks == 0 && l.LastHeader != prev:
		return fmt.Errorf("%w: no block, yet another last header", ErrChain)
	case l.Blocks == 0 && l.HeaderRoot != merkle.Root(nil):
		return fmt.Errorf("%w: no block, yet a header root", ErrHeaders)
	}
	return nil
}

// checkParts checks that the parts tile the payload in order.
func (m *Manifest) checkParts() error {
	next := uint64(0)
	for i := range m.Lines {
		for j, p := range m.Lines[i].Parts {
			if uint64(p.Offset) != next || int(p.Size) <= seal.SealedSize(0) || p.Size > MaxSegment {
				return fmt.Errorf("%w: part %d of interval %d is %d bytes at %d, after %d", ErrParts, j, m.Lines[i].Interval, p.Size, p.Offset, next)
			}
			next += uint64(p.Size)
		}
	}
	if next != uint64(m.PayloadSize) {
		return fmt.Errorf("%w: %d bytes of a payload of %d", ErrParts, next, m.PayloadSize)
	}
	return nil
}
