package store

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ipfs/go-datastore"
)

// reconcile brings files and rows together after any kind of end (see the layout).
func (s *Store) reconcile() (Report, error) {
	var report Report
	staged, err := s.clearStage()
	if err != nil {
		return report, fmt.Errorf("clear stage: %w", err)
	}
	report.Staged = staged
	held, err := s.reconcileRows(&report)
	if err != nil {
		return report, fmt.Errorf("reconcile rows: %w", err)
	}
	if report.Orphans, err = s.removeOrphans(held); err != nil {
		return report, fmt.Errorf("remove orphans: %w", err)
	}
	report.Bytes = s.used
	return report, nil
}

func (s *Store) clearStage() (int, error) {
	dir := filepath.Join(s.dir, stageDir)
	left, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, f := range left {
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
			return 0, err
		}
	}
	return len(left), nil
}

// reconcileRows counts the blocks that are whole, drops the rows of those that are not, and returns the paths held.
func (s *Store) reconcileRows(report *Report) (map[string]bool, error) {
	held := make(map[string]bool)
	var lost []datastore.Key
	err := s.scan("/block", func(key string, value []byte) error {
		var b Block
		if err := json.Unmarshal(value, &b); err != nil {
			return fmt.Errorf("row %s: %w", key, err)
		}
		digest, err := digestOf(b.CID)
		if err != nil {
			return fmt.Errorf("row %s: %w", key, err)
		}
		path := filepath.Join(s.bundleDir(b.Bundle), digest)
		info, err := os.Stat(path)
		if err != nil || uint64(info.Size()) != b.Size {
			lost = append(lost, datastore.RawKey(key))
			return nil
		}
		held[path] = true
		report.Blocks++
		s.count(b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, key := range lost {
		if err := s.rows.Delete(context.Background(), key); err != nil {
			return nil, err
		}
	}
	report.Lost = len(lost)
	return held, nil
}

// removeOrphans deletes files no row speaks of, and the folders that are empty then.
func (s *Store) removeOrphans(held map[string]bool) (int, error) {
	removed := 0
	var dirs []string
	err := filepath.WalkDir(filepath.Join(s.dir, blocksDir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || held[path] {
			return err
		}
		if d.IsDir() {
			dirs = append(dirs, path)
			return nil
		}
		removed++
		return os.Remove(path) //nolint:gosec // the folder is the node's own, mode 0700: nobody else changes it
	})
	for _, dir := range slices.Backward(dirs[min(1, len(dirs)):]) {
		_ = os.Remove(dir) // succeeds only when it is empty
	}
	return removed, err
}
