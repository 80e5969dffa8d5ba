// Command faults shows on real processes what becomes of data, money and answers when something goes wrong: a gateway killed
// again and again, shards that rot, proxies that lie or fall silent, false disputes, forged anchors, and bad input.
//
// It writes out/e2e/faults.json, also when a check fails.
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

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// options of a run.
type options struct {
	bin, faulty, out, keep string
	kills                  int
	seed                   uint64
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "build", "folder of the binaries")
	flag.StringVar(&o.faulty, "faultyproxy", "build/e2e/faultyproxy", "the test binary of tests/e2e/faultyproxy")
	flag.StringVar(&o.out, "out", "out", "folder of e2e/faults.json")
	flag.StringVar(&o.keep, "keep", "", "folder to keep homes and logs in (default: a temporary one, removed)")
	flag.IntVar(&o.kills, "kills", 100, "how often the gateway is killed")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the moments of the kills")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	os.Exit(run(ctx, o))
}

// story is one run.
type story struct {
	*stack.Stack
	options
	dir      string
	started  time.Time
	checks   map[string]any
	cleanups []func()

	client       *chain.Client
	gateway      *stack.Gateway
	alice, carol *stack.User
	stream       uint64
	reader       uint64
	log          ackLog
	// main is the grant of all that was measured while the gateway was being killed.
	main grant
}

// Cleanup implements the harness's environment.
func (s *story) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Logf implements the harness's environment: the story is enough.
func (s *story) Logf(string, ...any) {}

// say tells one step.
func (s *story) say(format string, args ...any) {
	fmt.Printf("%6.1fs  %s\n", time.Since(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// figure notes a number.
func (s *story) figure(name string, n int) { s.checks[name] = n }

// check notes whether something holds; where it does not, the story ends with the reason.
func (s *story) check(name string, ok bool, format string, args ...any) error {
	s.checks[name] = ok
	if ok {
		return nil
	}
	return fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
}

// part is a chapter of the story.
type part struct {
	name string
	tell func(context.Context) error
}

func run(ctx context.Context, o options) int {
	s := &story{options: o, started: time.Now(), dir: o.keep, checks: map[string]any{}}
	if o.keep == "" {
		dir, err := os.MkdirTemp("", "cpchain-faults")
		if err != nil {
			fmt.Fprintln(os.Stderr, "faults:", err)
			return 1
		}
		s.dir = dir
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	}
	err := s.tell(ctx)
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	if err := errors.Join(err, s.write(err == nil)); err != nil {
		return 1
	}
	fmt.Printf("\ndone in %.0f s; figures in %s\n", time.Since(s.started).Seconds(), s.path())
	return 0
}

// tell tells all parts. Those after the first do not depend on each other: a failure of one does not keep the next back.
func (s *story) tell(ctx context.Context) error {
	var errs []error
	for _, p := range []part{
		{"setup", s.setup},
		{"kills", s.killGateway},
		{"shards", s.rottenShards},
		{"wrong_proxy", s.wrongProxy},
		{"silent_proxy", s.silentProxies},
		{"anchors", s.forgedAnchors},
		{"input", s.badInput},
	} {
		begun := time.Now()
		err := p.tell(ctx)
		s.checks["seconds_"+p.name] = float64(time.Since(begun).Milliseconds()) / 1000
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
			s.say("%s FAILED: %v", p.name, err)
		}
		if err != nil && p.name == "setup" || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func (s *story) path() string { return filepath.Join(s.out, "e2e", "faults.json") }

func (s *story) write(ok bool) error {
	if err := os.MkdirAll(filepath.Dir(s.path()), 0o755); err != nil {
		return err
	}
	bz, err := json.MarshalIndent(map[string]any{
		"story": "faults", "ok": ok, "wall_s": time.Since(s.started).Seconds(), "checks": s.checks,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(), append(bz, '\n'), 0o644)
}
