package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The access log is cut into files of accessFileSize bytes, of which the newest accessFiles are kept.
const (
	accessFileSize = 64 << 20
	accessFiles    = 16
)

// AccessRecord is one signed request for fragments that was about to be answered: with the chain id and the provider it
// verifies under the reader's auth key (wire.FragmentsSignBytes), so an owner can be shown who opened what.
type AccessRecord struct {
	// Time is unix seconds by the node's clock.
	Time          int64  `json:"time"`
	Provider      uint64 `json:"provider"`
	Reader        uint64 `json:"reader"`
	ReaderVersion uint32 `json:"reader_version"`
	// Request is the wire.GetFragments message.
	Request []byte `json:"request"`
}

// Log appends a record. It is in the kernel when Log returns; SyncLog makes it durable.
func (s *Store) Log(r AccessRecord) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.access.append(append(line, '\n'))
}

// SyncLog makes the access log durable up to now.
func (s *Store) SyncLog() error { return s.access.sync() }

type accessLog struct {
	dir string

	mu     sync.Mutex
	file   *os.File
	number uint64
	size   int64
	dirty  bool
}

func openAccessLog(dir string) (*accessLog, error) {
	l := &accessLog{dir: dir}
	numbers, err := l.numbers()
	if err != nil {
		return nil, fmt.Errorf("open access log: %w", err)
	}
	if len(numbers) > 0 {
		l.number = numbers[len(numbers)-1]
	}
	return l, l.open()
}

// numbers of the log's files, oldest first.
func (l *accessLog) numbers() ([]uint64, error) {
	files, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, f := range files {
		if n, err := strconv.ParseUint(strings.TrimSuffix(f.Name(), ".log"), 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (l *accessLog) path(number uint64) string {
	return filepath.Join(l.dir, strconv.FormatUint(number, 10)+".log")
}

func (l *accessLog) open() error {
	file, err := os.OpenFile(l.path(l.number), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open access log: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.size = file, info.Size()
	return nil
}

func (l *accessLog) append(line []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size >= accessFileSize {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	l.dirty = true
	if err != nil {
		return fmt.Errorf("append to access log: %w", err)
	}
	return nil
}

func (l *accessLog) rotate() error {
	if err := errors.Join(l.file.Sync(), l.file.Close()); err != nil {
		return err
	}
	l.number++
	if err := l.open(); err != nil {
		return err
	}
	numbers, err := l.numbers()
	if err != nil {
		return err
	}
	for _, n := range numbers[:max(0, len(numbers)-accessFiles)] {
		if err := os.Remove(l.path(n)); err != nil {
			return err
		}
	}
	return nil
}

func (l *accessLog) sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dirty {
		return nil
	}
	l.dirty = false
	return l.file.Sync()
}

// Close syncs and closes.
func (l *accessLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.file.Sync(), l.file.Close())
}
