package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// umbralPackage is measured and nothing else: its licence is GPL-3.0, so it is installed when it is needed and never kept.
const umbralPackage = "@nucypher/umbral-pre@0.10.0"

//go:embed umbral.mjs
var umbralScript []byte

// umbral is the peer: a folder with the package and our script.
type umbral struct {
	ctx context.Context
	dir string
}

// newUmbral installs the package below out. An error says why it can't be measured here.
func newUmbral(ctx context.Context, out string) (*umbral, error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("%s is not installed", tool)
		}
	}
	dir, err := filepath.Abs(filepath.Join(out, "umbral"))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "umbral.mjs"), umbralScript, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--no-save", "--no-package-lock", "--ignore-scripts",
		"--no-audit", "--no-fund", umbralPackage)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm install: %w: %s", err, text)
	}
	return &umbral{ctx: ctx, dir: dir}, nil
}

// measure runs the script once; its figures are per second of processor time.
func (u *umbral) measure() (sample, error) {
	cmd := exec.CommandContext(u.ctx, "node", "umbral.mjs")
	cmd.Dir = u.dir
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("umbral.mjs: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	var s sample
	return s, json.Unmarshal(out, &s)
}
