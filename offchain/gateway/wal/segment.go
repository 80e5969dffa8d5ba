package wal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const segmentSuffix = ".wal"

// segment is one file and what is known of its frames.
type segment struct {
	path string
	// first frame, and the one after the last.
	first, next uint64
	// low and high over all frames; meaningless while empty.
	low, high uint32
	size      int64
}

func (s *segment) add(f Frame, size int64) {
	if s.next == s.first {
		s.low, s.high = f.Low, f.High
	}
	s.low, s.high = min(s.low, f.Low), max(s.high, f.High)
	s.next = f.Number + 1
	s.size += size
}

// done tells whether every frame lies below both bounds.
func (s *segment) done(cut uint64, below uint32) bool {
	return s.next <= cut && (s.next == s.first || s.high < below)
}

func segmentPath(dir string, first uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x%s", first, segmentSuffix))
}

// segments lists the files of a log by their first frame.
func segments(dir string) ([]*segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []*segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok {
			continue
		}
		first, err := strconv.ParseUint(digits, 16, 64)
		if err != nil || len(digits) != 16 {
			return nil, fmt.Errorf("%s is no log segment: move it away", filepath.Join(dir, e.Name()))
		}
		list = append(list, &segment{path: filepath.Join(dir, e.Name()), first: first, next: first})
	}
	slices.SortFunc(list, func(a, b *segment) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	return list, nil
}

// file is a segment open for writing: *os.File, or a test's that fails.
type file interface {
	io.Writer
	Sync() error
	Truncate(size int64) error
	Close() error
}

// create starts a segment's file; it must not exist.
func create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// syncDir makes files that came or went durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
