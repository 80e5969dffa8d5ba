package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/cpchain/cpchain/pkg/timechain"
	"github.com/cpchain/cpchain/pkg/timechain/csvio"
)

const (
	profileTime = 2 * time.Second
	// profileHead is how many lines of a profile are printed: what it is of, and the ten heaviest functions.
	profileHead = 16
)

// profile finds the step that takes a record the most processor time on its way from a CSV file and back, and profiles it.
func (b *bench) profile(ctx context.Context) error {
	text, err := b.readTraffic()
	if err != nil {
		return err
	}
	if text, err = replay(text, 4<<20); err != nil {
		return err
	}
	w, err := newWay(traffic(text))
	if err != nil {
		return err
	}
	mb := float64(len(text)) / 1e6
	steps := []struct {
		name string
		do   func() error
	}{{"read-csv", w.read}, {"seal", w.seal}, {"open", w.open}, {"write-csv", w.write}}
	var subjects []subject
	for _, s := range steps {
		subjects = append(subjects, repeated(mb, s.do))
	}
	medians, err := inTurn(b.runs, subjects...)
	if err != nil {
		return err
	}
	slowest := 0
	for i, s := range steps {
		b.report.add(figure("step/"+s.name, medians[i][perCPU], "MB per CPU-second"))
		if medians[i][perCPU] < medians[slowest][perCPU] {
			slowest = i
		}
	}
	return b.profileStep(ctx, steps[slowest].name, steps[slowest].do)
}

// profileStep leaves profile-<step>.txt beside the report and notes its head.
func (b *bench) profileStep(ctx context.Context, step string, do func() error) error {
	raw, err := os.CreateTemp("", "cpchain-profile")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(raw.Name()) }() // a temporary file
	defer raw.Close()
	if err := pprof.StartCPUProfile(raw); err != nil {
		return err
	}
	for begun := time.Now(); time.Since(begun) < profileTime && err == nil; {
		err = do()
	}
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	text, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=40", raw.Name()).Output()
	if err != nil {
		return fmt.Errorf("go tool pprof: %w", err)
	}
	path := filepath.Join(b.out, "profile-"+step+".txt")
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	lines := strings.SplitAfter(string(text), "\n")
	b.report.note("the slowest step is %s; its profile, in %s:\n%s", step, path, strings.Join(lines[:min(profileHead, len(lines))], ""))
	return os.WriteFile(path, text, 0o644)
}

// way is a stream at every stage between file and file.
type way struct {
	stream
	intervals []timechain.IntervalRecords
	bundles   []*timechain.Bundle
	payloads  [][]byte
}

func newWay(s stream) (*way, error) {
	w := &way{stream: s}
	var err error
	if w.intervals, err = s.intervals(); err != nil {
		return nil, err
	}
	if w.bundles, err = s.bundles(w.intervals); err != nil {
		return nil, err
	}
	for _, b := range w.bundles {
		payload := bytes.Join(b.Shards[:dataShards], nil)[:b.Manifest.PayloadSize]
		w.payloads = append(w.payloads, payload)
	}
	return w, nil
}

func (w *way) read() error {
	_, err := w.stream.intervals()
	return err
}

func (w *way) seal() error {
	_, err := w.stream.bundles(w.intervals)
	return err
}

// open verifies and decrypts every interval.
func (w *way) open() error {
	for i, b := range w.bundles {
		for line, l := range b.Manifest.Lines {
			key, err := intervalKey(l.Interval)
			if err != nil {
				return err
			}
			if _, _, err := timechain.OpenInterval(b.Manifest, w.payloads[i], w.schema, w.grid, line, key, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *way) write() error {
	out := csvio.NewWriter(io.Discard, w.schema, w.grid.Origin)
	for _, i := range w.intervals {
		if err := out.Write(i.Records); err != nil {
			return err
		}
	}
	return out.Flush()
}
