// Command bench measures what CPChain does to data and beside what a user could do instead: sealing, proxy re-encryption,
// publishing and fetching over eight storage nodes, the bytes all of it leaves on chain, and what the committee's election costs it.
//
// It prints a table and writes bench/out/report.json. Subject and peer are run in turn (A, B, A, B, ...) and medians are told;
// CPU time stands beside the wall clock, since a machine's cores are seldom free. README.md says what each row is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"
)

// bench is one run of the program.
type bench struct {
	runs           int
	bin, data, out string
	report         report
	// net is running once a section has started it.
	net      *network
	cleanups []func()
}

// sections in the order they are measured; -rows picks among their names.
var sections = []struct {
	name string
	run  func(*bench, context.Context) error
}{
	{"seal", (*bench).seal},
	{"profile", (*bench).profile},
	{"pre", (*bench).pre},
	{"committee", (*bench).committee},
	{"network", (*bench).network},
	{"chain", (*bench).onChain}, // the last: it stops the chain
}

func main() {
	rows := flag.String("rows", "", "regular expression: measure only the sections it matches (default: all)")
	runs := flag.Int("runs", 5, "how often each pair is measured; medians are told")
	bin := flag.String("bin", "build", "folder of the binaries")
	data := flag.String("data", "tests/testdata", "folder of the sensor data")
	out := flag.String("out", filepath.Join("bench", "out"), "folder of report.json, profiles and what peers need")
	serve := flag.String("serve", "", "be a node of the plain HTTP peer that keeps its files in this folder, and nothing else")
	flag.Parse()
	if *serve != "" {
		fmt.Fprintln(os.Stderr, "bench:", servePlain(*serve))
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	pick, err := regexp.Compile(*rows)
	if err != nil || *runs < 1 {
		fmt.Fprintln(os.Stderr, "bench: -rows takes a regular expression, -runs a number from 1 up:", err)
		os.Exit(2)
	}
	b := &bench{runs: *runs, bin: *bin, data: *data, out: *out, report: report{Machine: thisMachine()}}
	if err := b.measure(ctx, pick); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measure runs the sections picked. What was measured before a failure is written all the same.
func (b *bench) measure(ctx context.Context, pick *regexp.Regexp) error {
	begun := time.Now()
	err := b.calibrate()
	for _, s := range sections {
		if err != nil {
			break
		}
		if !pick.MatchString(s.name) {
			continue
		}
		if err = s.run(b, ctx); err != nil {
			err = fmt.Errorf("%s: %w", s.name, err)
		}
	}
	for i := len(b.cleanups) - 1; i >= 0; i-- {
		b.cleanups[i]()
	}
	err = errors.Join(err, b.report.write(b.out), b.report.print(os.Stdout))
	fmt.Printf("\n%.0f s; figures in %s\n", time.Since(begun).Seconds(), filepath.Join(b.out, "report.json"))
	return err
}

// Cleanup implements chain.Env.
func (b *bench) Cleanup(f func()) { b.cleanups = append(b.cleanups, f) }

// Logf implements chain.Env: the harness has its own logs.
func (b *bench) Logf(string, ...any) {}
