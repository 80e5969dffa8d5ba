package gateway

import (
	"maps"
	"slices"
)

// tally counts records of one interval that wait to be sealed.
type tally struct {
	records int
	bytes   int64
}

// pending counts what waits in the log, by the records' own intervals, and how far the log has come.
type pending struct {
	by      map[uint32]tally
	records int
	bytes   int64
	// high is one past the highest interval of any record seen, flush one past the last interval declared complete.
	high, flush uint64
}

func newPending() pending { return pending{by: map[uint32]tally{}} }

// add counts a frame; skip tells which of its intervals are sealed already.
func (p *pending) add(f frame, skip func(interval uint32) bool) {
	if f.kind == kindFlush {
		p.flush = max(p.flush, uint64(f.flush))
		return
	}
	for _, e := range f.entries {
		p.high = max(p.high, uint64(e.interval)+1)
		if skip(e.interval) {
			continue
		}
		t := p.by[e.interval]
		p.by[e.interval] = tally{records: t.records + 1, bytes: t.bytes + int64(len(e.leaf))}
		p.records++
		p.bytes += int64(len(e.leaf))
	}
}

// take removes everything below an interval: it is being sealed.
func (p *pending) take(below uint64) {
	for i, t := range p.by {
		if uint64(i) < below {
			p.records -= t.records
			p.bytes -= t.bytes
			delete(p.by, i)
		}
	}
}

// firstFrom is the first interval at or after i that has records; ok is false when none has.
func (p *pending) firstFrom(i uint64) (first uint64, ok bool) {
	for interval := range p.by {
		if at := uint64(interval); at >= i && (!ok || at < first) {
			first, ok = at, true
		}
	}
	return first, ok
}

// fit gives the end of the longest run of intervals from first on, up to end, whose records take at most limit bytes;
// late records count to the first. It holds at least one interval. full tells whether the limit was met.
func (p *pending) fit(first, end uint64, limit int64) (fits uint64, full bool) {
	var sum int64
	for _, i := range slices.Sorted(maps.Keys(p.by)) {
		at := uint64(i)
		if at >= end {
			break
		}
		sum += p.by[i].bytes
		if sum > limit && at > first {
			return at, true
		}
	}
	return end, sum >= limit
}
