package wal

import "os"

// trim is a request to the writer.
type trim struct {
	cut   uint64
	below uint32
	done  chan error
}

// Trim deletes the segments at the front whose frames are all numbered below cut and have High below bound. A segment
// still written to is ended first, so that what is done with does not stay on disk because little follows it.
func (l *Log) Trim(cut uint64, below uint32) error {
	t := trim{cut: cut, below: below, done: make(chan error, 1)}
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return ErrClosed
	}
	l.trims = append(l.trims, t)
	l.mu.Unlock()
	l.poke()
	return <-t.done
}

// trim does it; only the writer calls it, so that nobody writes meanwhile.
func (l *Log) trim(t trim) error {
	if seg := l.active(); seg.next > seg.first && seg.done(t.cut, t.below) {
		if err := l.begin(seg.next); err != nil {
			return err
		}
	}
	l.mu.Lock()
	var gone []*segment
	for len(l.segments) > 1 && l.segments[0].done(t.cut, t.below) {
		gone = append(gone, l.segments[0])
		l.bytes -= l.segments[0].size
		l.segments = l.segments[1:]
	}
	l.mu.Unlock()
	for _, s := range gone {
		// In order: a crash in between leaves a suffix of the log, which opens.
		if err := os.Remove(s.path); err != nil {
			return err
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return syncDir(l.opts.Dir)
}
