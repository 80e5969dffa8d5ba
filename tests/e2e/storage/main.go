// Command storage shows the storage network on real processes: a stream is paid for and spread 10 of 16 over twenty nodes, which prove what
// they hold; six holders are killed and every byte is read by the owner and by a reader; two operators leave for good and others rebuild
// what they held without a key; a node that lost half of its shards is caught, struck, slashed, expelled and replaced.
//
// It writes out/e2e/storage.json, also when a check fails.
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

func main() {
	bin := flag.String("bin", "build", "folder of the binaries")
	out := flag.String("out", "out", "folder of e2e/storage.json")
	keep := flag.String("keep", "", "folder to keep homes and logs in (default: a temporary one, removed)")
	megabytes := flag.Int("mb", 32, "megabytes of data to publish")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	os.Exit(run(ctx, *bin, *out, *keep, *megabytes))
}

// story is one run.
type story struct {
	*stack.Stack
	dir      string
	started  time.Time
	cleanups []func()
	checks   map[string]any
	// megabytes of data that are published.
	megabytes int

	client       *chain.Client
	alice, carol *stack.User
	file, sum    string
	stream       uint64
	reader       uint64
	grant        uint64
}

// Cleanup implements chain.Env.
func (s *story) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// Logf implements chain.Env: the story is enough.
func (s *story) Logf(string, ...any) {}

func (s *story) say(format string, args ...any) {
	fmt.Printf("%6.1fs  %s\n", time.Since(s.started).Seconds(), fmt.Sprintf(format, args...))
}

// check notes whether something holds; where it does not, the story ends with the reason.
func (s *story) check(name string, ok bool, format string, args ...any) error {
	s.checks[name] = ok
	if ok {
		return nil
	}
	return fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...))
}

func run(ctx context.Context, bin, out, keep string, megabytes int) int {
	s := &story{started: time.Now(), dir: keep, megabytes: megabytes, checks: map[string]any{"megabytes": megabytes}}
	if keep == "" {
		dir, err := os.MkdirTemp("", "cpchain-storage")
		if err != nil {
			fmt.Fprintln(os.Stderr, "storage:", err)
			return 1
		}
		s.dir = dir
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder
	}
	err := s.tell(ctx, bin)
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "storage:", err)
	}
	if err := errors.Join(err, s.write(filepath.Join(out, "e2e"), err)); err != nil {
		return 1
	}
	return 0
}

func (s *story) tell(ctx context.Context, bin string) error {
	if err := s.network(ctx, bin); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		s.people, s.publish, s.proven, s.sixKilled, s.twoLeave, s.halfLost, s.readAgain,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) write(dir string, failed error) error {
	result := map[string]any{"story": "storage", "ok": failed == nil, "wall_s": time.Since(s.started).Seconds(), "checks": s.checks}
	if failed != nil {
		result["error"] = failed.Error()
	}
	bz, err := json.MarshalIndent(result, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "storage.json"), append(bz, '\n'), 0o644)
}
