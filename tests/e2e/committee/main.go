// Command committee shows on real processes who validates: fifteen candidates draw for five seats, term after term. Members are killed,
// one signs twice, more stop than the set can bear and come back, and a node that joined by state sync gets a seat. At the end every
// block's validators are compared with the announced changes, and a second program elects every committee anew.
//
// It writes out/e2e/committee.json, also when a check fails.
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

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/cpchain/cpchain/tests/e2e/chain"
)

// limit of the whole story.
const limit = 20 * time.Minute

// options of a run.
type options struct {
	bin, recompute, out, keep string
}

func main() {
	var o options
	flag.StringVar(&o.bin, "bin", "build", "folder of the binaries")
	flag.StringVar(&o.recompute, "recompute", "build/e2e/recompute", "the binary of tests/e2e/recompute")
	flag.StringVar(&o.out, "out", "out", "folder of e2e/committee.json")
	flag.StringVar(&o.keep, "keep", "", "folder to keep homes and logs in (default: a temporary one, removed)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	os.Exit(run(ctx, o))
}

// story is one run.
type story struct {
	options
	net      *chain.Network
	rpc      *rpchttp.HTTP // of node 0, which runs all the time and keeps all states
	dir      string
	started  time.Time
	checks   map[string]any
	cleanups []func()
	killed   killed
	// gone nodes stay down: the double signer's.
	gone map[int]bool
	// late is the node that joined by state sync; nil before.
	late *lateNode
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

func run(ctx context.Context, o options) int {
	s := &story{options: o, started: time.Now(), dir: o.keep, checks: map[string]any{}, gone: map[int]bool{}}
	if o.keep == "" {
		dir, err := os.MkdirTemp("", "cpchain-committee")
		if err != nil {
			fmt.Fprintln(os.Stderr, "committee:", err)
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
		fmt.Fprintln(os.Stderr, "committee:", err)
	}
	if err := errors.Join(err, s.write(filepath.Join(o.out, "e2e"), err)); err != nil {
		return 1
	}
	return 0
}

func (s *story) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.network, s.members, s.killOne, s.signTwice, s.stopMany, s.syncLate, s.returned, s.seatLate, s.followed, s.sameHashes, s.recomputed,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) write(dir string, failed error) error {
	result := map[string]any{"story": "committee", "ok": failed == nil, "wall_s": time.Since(s.started).Seconds(), "checks": s.checks}
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
	return os.WriteFile(filepath.Join(dir, "committee.json"), append(bz, '\n'), 0o644)
}
