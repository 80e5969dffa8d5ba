package gateway

import (
	"context"
	"math"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway/senml"
)

// batch is what one request or message brings.
type batch struct {
	pack []senml.Entry
	// id names it, where the client gave a name; retry tells that a batch known by this name is the same one.
	id    *batchID
	retry bool
	// onlyAbsolute drops the name of a pack whose times depend on when it arrives: the same bytes then are not the same
	// records.
	onlyAbsolute bool
}

// Accepted is what became of a batch that was not refused.
type Accepted struct {
	Stream  uint64 `json:"stream"`
	Records int    `json:"records"`
	// Duplicate batches had been stored before.
	Duplicate bool `json:"duplicate"`
}

// accept stores a batch, all or nothing, and returns once it is on disk.
func (l *lane) accept(ctx context.Context, b batch) (Accepted, error) {
	records, absolute, err := l.reading.records(b.pack, l.ports.Clock())
	if err != nil {
		return Accepted{}, err
	}
	if b.onlyAbsolute && !absolute {
		b.id = nil
	}
	f := frame{kind: kindBatch, id: b.id, entries: make([]entry, len(records))}
	for i, r := range records {
		interval, err := l.reading.grid.IntervalOf(r.T)
		if err != nil {
			return Accepted{}, err
		}
		f.entries[i].interval = interval
	}
	done, stored, err := l.admit(ctx, f, b.retry)
	if err != nil || stored {
		return Accepted{Stream: l.id, Records: len(records), Duplicate: stored}, err
	}
	defer done()
	first := l.number(len(records))
	for i := range records {
		records[i].Seq = first + uint64(i)
		f.entries[i].leaf = records[i].Leaf()
	}
	low, high := f.bounds()
	if err := l.wal.Append(ctx, f.marshal(), low, high); err != nil {
		return Accepted{}, err
	}
	return Accepted{Stream: l.id, Records: len(records)}, nil
}

// admit checks a batch against keys and names. stored tells that it is a retry of one that is on disk; otherwise done
// must be called when the batch has been written or not.
func (l *lane) admit(ctx context.Context, f frame, retry bool) (done func(), stored bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if l.fault != nil {
			return nil, false, refuse(ReasonUnavailable, l.id, "this stream can't be served: see the gateway's log")
		}
		if f.id == nil {
			return func() {}, false, l.haveKeys(f)
		}
		if known, same := l.seen.known(*f.id); known && retry {
			if !same {
				return nil, false, refuse(ReasonConflict, l.id, "this name was used for other records: give every batch its own")
			}
			return nil, true, nil
		}
		writing, ok := l.flight[f.id.key]
		if !ok {
			break
		}
		// The same batch is being written: what becomes of it decides.
		l.mu.Unlock()
		select {
		case <-writing:
		case <-ctx.Done():
		}
		l.mu.Lock()
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
	}
	if err := l.haveKeys(f); err != nil {
		return nil, false, err
	}
	writing := make(chan struct{})
	l.flight[f.id.key] = writing
	return func() {
		l.mu.Lock()
		delete(l.flight, f.id.key)
		l.mu.Unlock()
		close(writing)
	}, false, nil
}

// number gives out arrival numbers.
func (l *lane) number(n int) (first uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.next
	l.next += uint64(n)
	return first
}

// open is the first interval that is neither anchored nor staged: what is older is late and goes there. The caller holds
// mu.
func (l *lane) open() uint64 {
	if l.stage != nil {
		return l.stage.End
	}
	return l.state.NextInterval
}

// haveKeys refuses records whose interval could not be sealed. The caller holds mu.
func (l *lane) haveKeys(f frame) error {
	checked := uint64(math.MaxUint64)
	for _, e := range f.entries {
		interval := max(uint64(e.interval), l.open())
		if interval == checked {
			continue
		}
		checked = interval
		if interval > math.MaxUint32 || l.keys.Left(l.row.KeyEpochAt(uint32(interval)), uint32(interval)) == 0 {
			from, _ := l.reading.grid.Bounds(uint32(min(interval, math.MaxUint32)))
			return refuse(ReasonNoKeys, l.id, "no keys for %s: the owner must run `cpdata stream provision %s --gateway URL` for this time",
				time.UnixMilli(from).UTC().Format(time.RFC3339), l.row.Name)
		}
	}
	return nil
}

// flush declares every interval before the given one complete. On a live stream intervals that have not ended stay open.
func (l *lane) flush(ctx context.Context, before uint32) error {
	f := frame{kind: kindFlush, flush: before}
	low, high := f.bounds()
	if err := l.wal.Append(ctx, f.marshal(), low, high); err != nil {
		return err
	}
	l.poke()
	return nil
}
