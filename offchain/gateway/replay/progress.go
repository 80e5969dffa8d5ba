package replay

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// progress is how far one replay has come. Losing it costs time alone: what was stored is known by its key.
type progress struct {
	path string
	// Plan is what the file is about, for people.
	Plan string `json:"plan"`
	// Rows stored, and the shift chosen at the start.
	Rows  int           `json:"rows"`
	Shift time.Duration `json:"shift_ns"`
}

// loadProgress reads how far a replay has come; fresh tells that it begins now.
func loadProgress(dir, plan string) (p *progress, fresh bool, err error) {
	name := sha256.Sum256([]byte(plan))
	p = &progress{path: filepath.Join(dir, hex.EncodeToString(name[:8])+".json"), Plan: plan}
	bz, err := os.ReadFile(p.path)
	if errors.Is(err, os.ErrNotExist) {
		return p, true, nil
	}
	if err != nil {
		return nil, false, err
	}
	if err := json.Unmarshal(bz, p); err != nil {
		return nil, false, fmt.Errorf("%s: %w: delete it to begin anew", p.path, err)
	}
	return p, false, nil
}

// save replaces the file in one step.
func (p *progress) save() error {
	if err := os.MkdirAll(filepath.Dir(p.path), 0o700); err != nil {
		return err
	}
	bz, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.WriteFile(p.path+".staged", bz, 0o600); err != nil {
		return err
	}
	return os.Rename(p.path+".staged", p.path)
}

// remove forgets a replay that is complete.
func (p *progress) remove() error { return os.Remove(p.path) }
