package wal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// Log is an open write-ahead log. It is safe for concurrent use.
type Log struct {
	opts   Options
	sealer sealer
	wake   chan struct{} // something is queued, or the log closes

	stopped chan struct{} // closed when the writer has gone

	mu       sync.Mutex
	segments []*segment // the last one is written to
	out      file
	durable  uint64 // frames below are on disk
	bytes    int64  // of all segments on disk
	queue    group  // waits for the writer
	trims    []trim // wait for the writer
	closing  bool
	broken   error // set for good after a failed fsync
}

// group is what one fsync makes durable together.
type group struct {
	next   uint64 // number of the next frame appended
	frames []Frame
	sizes  []int64
	bytes  []byte
	done   *outcome
}

// outcome of a group: err is set before ready is closed.
type outcome struct {
	ready chan struct{}
	err   error
}

// active segment. Only the writer changes the list's end, so it needs no mu to read it; others do.
func (l *Log) active() *segment { return l.segments[len(l.segments)-1] }

// Append writes a payload and returns when it is on disk. When ctx ends first, the frame may be on disk or not, as after
// a crash.
func (l *Log) Append(ctx context.Context, payload []byte, low, high uint32) error {
	if len(payload) > l.opts.MaxFrame {
		return fmt.Errorf("%w: %d bytes, limit %d", ErrTooLarge, len(payload), l.opts.MaxFrame)
	}
	done, err := l.enqueue(payload, low, high)
	if err != nil {
		return err
	}
	select {
	case <-done.ready:
		return done.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Log) enqueue(payload []byte, low, high uint32) (*outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closing:
		return nil, ErrClosed
	case l.broken != nil:
		return nil, l.broken
	case l.opts.MaxBytes > 0 && l.bytes+int64(len(l.queue.bytes)+len(payload)) > l.opts.MaxBytes:
		return nil, fmt.Errorf("%w: %d bytes wait to be anchored, limit %d", ErrFull, l.bytes, l.opts.MaxBytes)
	}
	q := &l.queue
	f := Frame{Number: q.next, Low: low, High: high, Payload: payload}
	before := len(q.bytes)
	bz, err := l.sealer.encode(q.bytes, f, l.durable)
	if err != nil {
		return nil, err
	}
	if q.done == nil {
		q.done = &outcome{ready: make(chan struct{})}
	}
	q.bytes, q.next = bz, q.next+1
	q.frames, q.sizes = append(q.frames, f), append(q.sizes, int64(len(bz)-before))
	l.poke()
	return q.done, nil
}

func (l *Log) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run is the writer: it takes whatever has gathered, and makes it durable with one fsync.
func (l *Log) run() {
	defer close(l.stopped)
	for range l.wake {
		l.mu.Lock()
		g, trims, closing := l.take(), l.trims, l.closing
		l.trims = nil
		l.mu.Unlock()
		if len(g.frames) > 0 {
			l.commit(g)
		}
		for _, t := range trims {
			t.done <- l.trim(t)
		}
		if closing {
			return
		}
	}
}

// take empties the queue. The caller holds mu.
func (l *Log) take() group {
	g := l.queue
	l.queue = group{next: g.next}
	return g
}

// commit writes a group. The writer alone changes out and the segments' tails, so that mu is held only to tell.
func (l *Log) commit(g group) {
	err := l.write(g)
	l.mu.Lock()
	if err == nil {
		for i, f := range g.frames {
			l.active().add(f, g.sizes[i])
		}
		l.bytes += int64(len(g.bytes))
		l.durable = g.next
	} else {
		l.fail(err)
	}
	l.mu.Unlock()
	if err == nil {
		for _, f := range g.frames {
			l.opts.Durable(f)
		}
	}
	g.done.err = err
	close(g.done.ready)
}

// write puts a group's bytes on disk, or leaves the segment as it was.
func (l *Log) write(g group) error {
	if err := l.roll(); err != nil {
		return fmt.Errorf("%w: %w", ErrDisk, err)
	}
	seg := l.active()
	if _, err := l.out.Write(g.bytes); err != nil {
		err = fmt.Errorf("%w: %w", ErrDisk, err)
		if cutErr := errors.Join(l.out.Truncate(seg.size), l.out.Sync()); cutErr != nil {
			return errors.Join(errBroken, err, cutErr)
		}
		return err
	}
	if err := l.out.Sync(); err != nil {
		return errors.Join(errBroken, fmt.Errorf("%w: %w", ErrDisk, err))
	}
	return nil
}

// errBroken marks an error after which nothing is known of the file.
var errBroken = errors.New("restart to open the log again")

// fail forgets the frames that were not written and those queued behind them: their numbers are given anew. The caller
// holds mu.
func (l *Log) fail(err error) {
	if errors.Is(err, errBroken) {
		l.broken = err
	}
	if behind := l.take(); behind.done != nil {
		behind.done.err = err
		close(behind.done.ready)
	}
	l.queue.next = l.durable
}

// roll begins the next segment once the active one is long enough.
func (l *Log) roll() error {
	seg := l.active()
	if seg.size < l.opts.SegmentBytes {
		return nil
	}
	return l.begin(seg.next)
}

// begin starts a segment at a frame; only the writer calls it.
func (l *Log) begin(first uint64) error {
	path := segmentPath(l.opts.Dir, first)
	f, err := l.opts.create(path)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.out
	l.out = f
	l.segments = append(l.segments, &segment{path: path, first: first, next: first})
	return old.Close()
}

// End is the number of the next frame: all below are on disk.
func (l *Log) End() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.durable
}

// Bytes on disk.
func (l *Log) Bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// Close writes what is queued and stops.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		<-l.stopped
		return nil
	}
	l.closing = true
	l.mu.Unlock()
	l.poke()
	<-l.stopped
	return l.out.Close()
}

// Read hands the frames numbered below cut whose Low lies below bound to fn, in order.
func (l *Log) Read(cut uint64, below uint32, fn func(Frame) error) error {
	l.mu.Lock()
	if cut > l.durable {
		l.mu.Unlock()
		return fmt.Errorf("frame %d is not on disk yet", cut)
	}
	var list []segment
	for _, s := range l.segments {
		if s.first < cut && s.next > s.first && s.low < below {
			list = append(list, *s)
		}
	}
	l.mu.Unlock()
	for _, s := range list {
		if err := l.readSegment(s, cut, below, fn); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) readSegment(s segment, cut uint64, below uint32, fn func(Frame) error) error {
	bz, err := os.ReadFile(s.path)
	if err != nil {
		return err
	}
	for next := s.first; next < min(cut, s.next); next++ {
		f, size, err := l.sealer.decode(bz)
		if err != nil || f.Number != next {
			return fmt.Errorf("%w: frame %d of %s does not open any more", ErrCorrupt, next, s.path)
		}
		bz = bz[size:]
		if f.Low >= below {
			continue
		}
		if err := fn(f); err != nil {
			return err
		}
	}
	return nil
}
