package wal

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var errDisk = errors.New("no space left on device")

// countingDisk counts fsyncs.
type countingDisk struct {
	mu    sync.Mutex
	count int
}

func (d *countingDisk) create(path string) (file, error) {
	f, err := create(path)
	return &countedFile{file: f, disk: d}, err
}

type countedFile struct {
	file
	disk *countingDisk
}

func (f *countedFile) Sync() error {
	f.disk.mu.Lock()
	f.disk.count++
	f.disk.mu.Unlock()
	return f.file.Sync()
}

// badDisk writes half of what it is given, or doesn't sync, while told to fail.
type badDisk struct{ failWrite, failSync, failTruncate bool }

func (d *badDisk) create(path string) (file, error) {
	f, err := create(path)
	return &badFile{file: f, disk: d}, err
}

type badFile struct {
	file
	disk *badDisk
}

func (f *badFile) Write(bz []byte) (int, error) {
	if f.disk.failWrite {
		n, err := f.file.Write(bz[:len(bz)/2])
		return n, errors.Join(err, errDisk)
	}
	return f.file.Write(bz)
}

func (f *badFile) Sync() error {
	if f.disk.failSync {
		return errDisk
	}
	return f.file.Sync()
}

func (f *badFile) Truncate(size int64) error {
	if f.disk.failTruncate {
		return errDisk
	}
	return f.file.Truncate(size)
}

func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	opts := options(t.TempDir())
	disk := &badDisk{}
	opts.create = disk.create
	l, _, _, err := reopen(t, opts)
	require.NoError(t, err)
	fill(t, l, 0, 2)
	disk.failWrite = true
	err = l.Append(t.Context(), []byte("lost"), 0, 0)
	require.ErrorIs(t, err, ErrDisk)
	require.ErrorIs(t, err, errDisk)
	disk.failWrite = false
	fill(t, l, 2, 2)
	require.NoError(t, l.Close())
	_, got, report, err := reopen(t, options(opts.Dir))
	require.NoError(t, err)
	require.Equal(t, numbers(0, 4), got)
	require.Zero(t, report.TornBytes)
}

func TestAfterAFailedFsyncNothingIsAcknowledged(t *testing.T) {
	for name, d := range map[string]badDisk{
		"fsync fails":                         {failSync: true},
		"write fails and can't be taken back": {failWrite: true, failTruncate: true},
	} {
		t.Run(name, func(t *testing.T) {
			opts := options(t.TempDir())
			disk := &badDisk{}
			opts.create = disk.create
			l, _, _, err := reopen(t, opts)
			require.NoError(t, err)
			fill(t, l, 0, 2)
			*disk = d
			require.ErrorIs(t, l.Append(t.Context(), []byte("unknown"), 0, 0), ErrDisk)
			*disk = badDisk{}
			require.ErrorIs(t, l.Append(t.Context(), []byte("refused"), 0, 0), ErrDisk)
			require.NoError(t, l.Close())
			_, got, _, err := reopen(t, options(opts.Dir))
			require.NoError(t, err)
			require.Equal(t, numbers(0, 2), got[:2])
			require.NotContains(t, got, "refused")
		})
	}
}
