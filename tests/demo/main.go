// Command demo shows CPChain's main job from end to end, with the binaries that ship, on this machine alone: a chain, storage
// nodes and people who type cpdata; real sensor data sealed at the edge, spread, anchored, granted, read and refused.
//
// It writes out/demo.json, also when a step fails, and says what is not built yet.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// missing is what the demonstration does not show yet.
var missing = []string{}

func main() {
	bin := flag.String("bin", "build", "folder of the binaries")
	data := flag.String("data", "tests/testdata", "folder of the sensor data")
	out := flag.String("out", "out", "folder of demo.json")
	keep := flag.String("keep", "", "folder to keep homes and logs in (default: a temporary one, removed)")
	story := flag.String("story", "", "also write out/e2e/<story>.json, as the end-to-end stories do")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, *bin, *data, *out, *keep, *story))
}

// demo is one run.
type demo struct {
	*stack.Stack
	bin, data, dir string
	started        time.Time
	gateway        *stack.Gateway
	steps          int
	result         result
	cleanups       []func()

	alice, bob, carol, dave *stack.User
	weather, traffic        shown
}

// shown is one stream, its file, and the grant on it.
type shown struct {
	id, grant uint64
	reader    uint64
	file      string
	// expected is the sha256 of what the shell cuts from the shipped file.
	expected string
}

// denial is one refusal with the success it is to be compared with.
type denial struct {
	Attempt string `json:"attempt"`
	By      string `json:"refused_by"`
	Twin    string `json:"twin"`
}

// result is out/demo.json.
type result struct {
	OK                     bool     `json:"ok"`
	Error                  string   `json:"error,omitempty"`
	RecordsIn              uint64   `json:"records_in"`
	RecordsVerified        uint64   `json:"records_verified"`
	BytesIn                int64    `json:"bytes_in"`
	BytesOnChain           int64    `json:"bytes_on_chain"`
	Shards                 uint64   `json:"shards"`
	Anchors                uint64   `json:"anchors"`
	Denied                 []denial `json:"denied"`
	FetchAfterTwoNodesLost bool     `json:"fetch_after_two_nodes_lost"`
	LeakScan               *leaks   `json:"leak_scan"`
	Missing                []string `json:"missing"`
	WallSeconds            float64  `json:"wall_s"`
}

// Cleanup implements chain.Env.
func (d *demo) Cleanup(f func()) { d.cleanups = append(d.cleanups, f) }

// Logf implements chain.Env: what the harness has to say goes nowhere, the story is enough.
func (d *demo) Logf(string, ...any) {}

// say tells one step of the story.
func (d *demo) say(format string, args ...any) {
	d.steps++
	fmt.Printf("%2d  %6.1fs  %s\n", d.steps, time.Since(d.started).Seconds(), fmt.Sprintf(format, args...))
}

func run(ctx context.Context, bin, data, out, keep, story string) int {
	d := &demo{bin: bin, data: data, started: time.Now(), dir: keep}
	if keep == "" {
		dir, err := os.MkdirTemp("", "cpchain-demo")
		if err != nil {
			fmt.Fprintln(os.Stderr, "demo:", err)
			return 1
		}
		d.dir = dir
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	}
	err := d.story(ctx)
	for i := len(d.cleanups) - 1; i >= 0; i-- {
		d.cleanups[i]()
	}
	d.result.OK, d.result.Missing, d.result.WallSeconds = err == nil, missing, time.Since(d.started).Seconds()
	if err != nil {
		d.result.Error = err.Error()
		fmt.Fprintln(os.Stderr, "demo failed:", err)
	}
	if err := errors.Join(err, d.write(out), d.writeStory(out, story)); err != nil {
		return 1
	}
	fmt.Printf("\ndone in %.0f s; figures in %s\n", d.result.WallSeconds, filepath.Join(out, "demo.json"))
	for _, m := range missing {
		fmt.Println("not shown yet:", m)
	}
	return 0
}

func (d *demo) write(out string) error { return writeJSON(filepath.Join(out, "demo.json"), d.result) }

// writeStory writes the same run in the form of the end-to-end stories.
func (d *demo) writeStory(out, story string) error {
	if story == "" {
		return nil
	}
	checks := map[string]any{
		"steps": d.steps, "records_in": d.result.RecordsIn, "records_verified": d.result.RecordsVerified,
		"anchors": d.result.Anchors, "denied": len(d.result.Denied), "fetch_after_two_nodes_lost": d.result.FetchAfterTwoNodesLost,
	}
	if l := d.result.LeakScan; l != nil {
		checks["leaks_found"], checks["leaks_found_in_control"] = len(l.Found), l.ControlFound
	}
	return writeJSON(filepath.Join(out, "e2e", story+".json"), map[string]any{
		"story": story, "ok": d.result.OK, "wall_s": d.result.WallSeconds, "checks": checks,
	})
}

func writeJSON(path string, v any) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	bz, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(bz, '\n'), 0o644)
}

// story is the whole demonstration.
func (d *demo) story(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.network, d.people, d.publish, d.measure, d.grant, d.ownersLeave, d.read, d.refusals, d.beyondCourtesy, d.expiryAndRevocation, d.losses, d.leakScan,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
