package wal

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cpchain/cpchain/pkg/seal"
)

// Errors matched with errors.Is.
var (
	// ErrCorrupt means that acknowledged frames are damaged or missing; the text says where. Nothing has been changed.
	ErrCorrupt = errors.New("write-ahead log is damaged")
	// ErrFull means that the log has reached MaxBytes.
	ErrFull = errors.New("write-ahead log is full")
	// ErrTooLarge means that one payload is larger than MaxFrame.
	ErrTooLarge = errors.New("too large for one frame of the write-ahead log")
	// ErrClosed means that the log has been closed.
	ErrClosed = errors.New("write-ahead log is closed")
	// ErrDisk means that the disk did not take a write; after a failed fsync the log must be opened again.
	ErrDisk = errors.New("disk does not take the write-ahead log")
)

// Options of a log. Dir, Name, Key and Rand are needed.
type Options struct {
	// Dir holds the segments and nothing else; it is made when missing.
	Dir string
	// Name is bound into every frame: a log moved to another place does not open.
	Name string
	Key  seal.DiskKey
	Rand io.Reader
	// SegmentBytes is when the next segment is begun; 0 means 16 MiB.
	SegmentBytes int64
	// MaxBytes of all segments together; 0 means no limit.
	MaxBytes int64
	// MaxFrame bounds one payload in bytes; 0 means 8 MiB.
	MaxFrame int
	// Durable is called with each frame once it is on disk, in order and before its Append returns.
	Durable func(Frame)

	create func(path string) (file, error) // tests make disks fail
}

// Report tells what Open found.
type Report struct {
	Frames uint64
	Bytes  int64
	// TornBytes were cut off: a write that a crash interrupted, never acknowledged.
	TornBytes int64
}

// Open reads the log, hands every frame to each in order, cuts off a torn tail, and is then ready for Append.
func Open(opts Options, each func(Frame) error) (*Log, Report, error) {
	if opts.SegmentBytes == 0 {
		opts.SegmentBytes = 16 << 20
	}
	if opts.MaxFrame == 0 {
		opts.MaxFrame = 8 << 20
	}
	if opts.Durable == nil {
		opts.Durable = func(Frame) {}
	}
	if opts.create == nil {
		opts.create = create
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, Report{}, err
	}
	list, err := segments(opts.Dir)
	if err != nil {
		return nil, Report{}, err
	}
	s := sealer{name: opts.Name, key: opts.Key, rand: opts.Rand}
	var report Report
	for i, seg := range list {
		if i > 0 && seg.first != list[i-1].next {
			return nil, report, fmt.Errorf("%w: frames %d to %d are missing before %s", ErrCorrupt, list[i-1].next, seg.first, seg.path)
		}
		torn, err := load(s, seg, i == len(list)-1, each)
		if err != nil {
			return nil, report, err
		}
		report.Frames += seg.next - seg.first
		report.Bytes += seg.size
		report.TornBytes += torn
	}
	l, err := start(opts, s, list)
	return l, report, err
}

// load reads one segment. Only the last may end in a torn write.
func load(s sealer, seg *segment, last bool, each func(Frame) error) (torn int64, err error) {
	bz, err := os.ReadFile(seg.path)
	if err != nil {
		return 0, err
	}
	for int(seg.size) < len(bz) {
		rest := bz[seg.size:]
		f, size, err := s.decode(rest)
		if err != nil || f.Number != seg.next {
			if !last || s.damaged(rest, seg.next) {
				return 0, fmt.Errorf("%w: frame %d at byte %d of %s does not open, and later ones do: restore the file, or move it away and lose what it holds",
					ErrCorrupt, seg.next, seg.size, seg.path)
			}
			return int64(len(rest)), cut(seg)
		}
		if err := each(f); err != nil {
			return 0, fmt.Errorf("frame %d of %s: %w", f.Number, seg.path, err)
		}
		seg.add(f, int64(size))
	}
	return 0, nil
}

// cut removes a torn tail for good.
func cut(seg *segment) error {
	f, err := os.OpenFile(seg.path, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(seg.size), f.Sync(), f.Close())
}

// start opens the last segment for writing, or makes the first.
func start(opts Options, s sealer, list []*segment) (*Log, error) {
	l := &Log{opts: opts, sealer: s, segments: list, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
	if len(list) == 0 {
		f, err := opts.create(segmentPath(opts.Dir, 0))
		if err != nil {
			return nil, err
		}
		l.segments, l.out = []*segment{{path: segmentPath(opts.Dir, 0)}}, f
	} else {
		f, err := os.OpenFile(l.active().path, os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		// What was read may have been in the page cache only; from here on it counts as durable.
		if err := f.Sync(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		l.out = f
	}
	l.durable, l.queue.next = l.active().next, l.active().next
	for _, seg := range l.segments {
		l.bytes += seg.size
	}
	go l.run()
	return l, nil
}
