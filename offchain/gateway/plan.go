package gateway

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// span is what the next bundle covers: intervals [first, end), after skipped ones declared an outage.
type span struct {
	first, end uint64
	skipped    uint32
	reason     string
	epoch      uint32
}

// closed counts the intervals that take no more records: on a live stream those that ended longer ago than the lateness
// bound, on a historical one those before the newest record, less the bound; a flush closes more. The caller holds mu.
func (l *lane) closed(now time.Time) uint64 {
	grid, late := l.reading.grid, l.cfg.Seal.lateness()
	if l.row.Historical {
		intervals := uint64(late.Milliseconds()+int64(grid.Interval)-1) / grid.Interval
		newest := l.pending.high - min(l.pending.high, 1+intervals)
		return max(newest, l.pending.flush)
	}
	ended := func(at time.Time) uint64 {
		i, err := grid.IntervalOf(at.UnixNano())
		if err != nil {
			return 0 // before the origin
		}
		return uint64(i)
	}
	return max(ended(now.Add(-late)), min(l.pending.flush, ended(now)))
}

// plan decides what to seal now; ok is false when nothing is due. The caller holds mu.
func (l *lane) plan(now time.Time) (s span, ok bool, err error) {
	closed := l.closed(now)
	if l.state.NextInterval >= closed {
		return span{}, false, nil
	}
	if s.first, s.reason, err = l.skip(l.state.NextInterval, closed); err != nil || s.first >= closed {
		return span{}, false, err
	}
	s.skipped = uint32(s.first - l.state.NextInterval)
	s.end = l.due(s.first, closed)
	if s.end == 0 {
		return span{}, false, nil
	}
	s.end, _ = l.pending.fit(s.first, s.end, l.cfg.Seal.MaxBundleBytes)
	if s.epoch, s.end = l.keyEpoch(s.first, s.end); s.end == s.first {
		return span{}, false, l.noKeys(s.first)
	}
	return s, true, nil
}

// due is the end of what is ready from first on: the whole upload window, or what a flush declared complete, or as much
// as makes a full bundle; 0 when it is too early. The caller holds mu.
func (l *lane) due(first, closed uint64) uint64 {
	window := l.reading.grid.BundleEnd(uint32(first))
	if closed >= window {
		return window
	}
	if flush := min(l.pending.flush, closed); flush > first {
		return flush
	}
	if end, full := l.pending.fit(first, closed, l.cfg.Seal.MaxBundleBytes); full {
		return end
	}
	return 0
}

// keyEpoch cuts a range where the key epoch changes or the keys end. The caller holds mu.
func (l *lane) keyEpoch(first, end uint64) (epoch uint32, to uint64) {
	epoch = l.row.KeyEpochAt(uint32(first))
	for _, e := range l.row.KeyEpochs {
		if start := uint64(e.Start); start > first && start < end {
			end = start
		}
	}
	return epoch, min(end, first+l.keys.Left(epoch, uint32(first)))
}

func (l *lane) noKeys(interval uint64) error {
	from, _ := l.reading.grid.Bounds(uint32(interval))
	return fmt.Errorf("no keys to seal interval %d (%s): the owner must run `cpdata stream provision %s --gateway URL`",
		interval, time.UnixMilli(from).UTC().Format(time.RFC3339), l.row.Name)
}

// Reasons of skipped intervals and gaps, as they stand on chain.
const (
	reasonDown   = "gateway was down"
	reasonNoKeys = "gateway had no keys"
	reasonNoData = "no data"
)

// skip leaves out intervals from next on, below closed, that hold no record and can't or need not be sealed: those whose
// keys were never handed over while later ones are, those of an outage, and whole windows without data of a historical
// stream. The caller holds mu.
func (l *lane) skip(next, closed uint64) (first uint64, reason string, err error) {
	limit := closed
	if at, ok := l.pending.firstFrom(next); ok {
		limit = min(limit, at)
	}
	var reasons []string
	i := next
	for i < limit {
		to, why := l.skipOne(i, limit)
		if to <= i {
			break
		}
		i = to
		if !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	if i > math.MaxUint32 {
		return i, "", fmt.Errorf("stream %d is past its last interval", l.id)
	}
	return i, strings.Join(reasons, ", "), nil
}

func (l *lane) skipOne(i, limit uint64) (to uint64, reason string) {
	if i > math.MaxUint32 {
		return i, ""
	}
	if l.keys.Left(l.row.KeyEpochAt(uint32(i)), uint32(i)) == 0 {
		held, ok := l.heldFrom(i)
		if !ok {
			return i, "" // used up: wait for more
		}
		return min(held, limit), reasonNoKeys
	}
	for _, o := range l.state.Outages {
		if o.From <= i && i < o.To {
			return min(o.To, limit), o.Reason
		}
	}
	if per := uint64(l.reading.grid.IntervalsPerBundle()); l.row.Historical && limit >= l.reading.grid.BundleEnd(uint32(i)) {
		return limit / per * per, reasonNoData
	}
	return i, ""
}

// gap is the reason an empty interval is declared with, empty when the gateway ran and nothing was measured.
func (l *lane) gap(interval uint64) string {
	for _, o := range l.state.Outages {
		if o.From <= interval && interval < o.To {
			return o.Reason
		}
	}
	return ""
}

// intervals lays records out over a span; records are of the span or late.
func (l *lane) intervals(s span, records map[uint64][]timechain.Record) []timechain.IntervalRecords {
	list := make([]timechain.IntervalRecords, 0, s.end-s.first)
	for i := s.first; i < s.end; i++ {
		ir := timechain.IntervalRecords{Interval: uint32(i), Records: records[i]}
		timechain.SortRecords(ir.Records)
		if len(ir.Records) == 0 {
			ir.Gap = l.gap(i)
		}
		list = append(list, ir)
	}
	return list
}
