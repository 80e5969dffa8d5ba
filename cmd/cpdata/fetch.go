package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cpchain/cpchain/offchain/reader"
)

// fetchWorkers is how many shards are asked for at a time.
const fetchWorkers = 8

// fetchFlags are shared by fetch, verify and prove.
type fetchFlags struct {
	grant                                       uint64
	asOwner, offline, demand                    bool
	reader, from, to, out, format, cache, proof string
	evidence                                    string
}

func (f *fetchFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint64Var(&f.grant, "grant", 0, "the grant to read by")
	flags.BoolVar(&f.asOwner, "as-owner", false, "read your own stream with the root seed")
	flags.StringVar(&f.reader, "reader", "", "name of the reader on this device (default: the one the grant is for)")
	flags.StringVar(&f.from, "from", "", "start of the range (default: all that was granted)")
	flags.StringVar(&f.to, "to", "", "end of the range, exclusive")
	flags.StringVar(&f.cache, "cache", "", "folder that keeps what was fetched, so that a fetch goes on where it stopped")
	flags.BoolVar(&f.offline, "offline", false, "open from --cache without asking any storage node")
	flags.StringVar(&f.evidence, "evidence", "", "folder for signed answers that are provably wrong (see `cpdata dispute`)")
}

func fetchCmd(a *app) *cobra.Command {
	var f fetchFlags
	cmd := &cobra.Command{
		Use:   "fetch [STREAM] --grant ID",
		Short: "fetch, verify and decrypt what you were granted",
		Long: `Fetch what you were granted. Everything is verified on the way: manifests and shards against the anchors on chain, the
proxies' answers against the grant, records against their hash chain. Records come in the order of their intervals; a
record that arrived late stands in the interval that was open then, with its own time.

Where too few proxies answer, --demand asks them on chain, for a fee each that goes to who answers. A proxy that does not answer in
time loses part of its bond, and the fee comes back; a capsule nobody brings is noted in the grant as withheld.

` + streamRefHelp,
		Example: "  cpdata fetch --grant 3 --out february.csv\n  cpdata fetch weather --as-owner --format json --out -",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.fetch(cmd.Context(), args, f)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.demand, "demand", false, "demand on chain what proxies do not give, and wait for it; the costs are shown first")
	cmd.Flags().StringVar(&f.out, "out", "-", "file to write, - for standard output")
	cmd.Flags().StringVar(&f.format, "format", "csv", "csv, json (one record a line) or cbor (a sequence)")
	return cmd
}

func (a *app) fetch(ctx context.Context, args []string, f fetchFlags) error {
	started := time.Now()
	src, err := a.open(ctx, args, f)
	if err != nil {
		return err
	}
	out, err := newOutput(f.out, f.format, src.stream, a.out)
	if err != nil {
		return err
	}
	defer func() { _ = out.discard() }() // nothing to do after finish
	if err := a.read(ctx, src, out.write, f.evidence); err != nil {
		return err
	}
	if err := out.finish(); err != nil {
		return err
	}
	result := fetchResult{report(src), out.sum(), out.count, time.Since(started).Milliseconds()}
	text := fmt.Sprintf("%d records of %d intervals, all verified; sha256 %s", result.Records, result.Intervals, result.SHA256)
	if result.Skipped > 0 {
		text += fmt.Sprintf("; %d intervals more are declared outages", result.Skipped)
	}
	switch {
	case f.out != "-":
		return a.print(result, text)
	case a.output == "json": // standard output has the records
		return a.encode(a.errOut, result)
	}
	a.note("%s", text)
	return nil
}

// fetchResult is what `fetch` prints.
type fetchResult struct {
	reader.Report
	SHA256 string `json:"sha256"`
	Bytes  uint64 `json:"bytes"`
	WallMS int64  `json:"wall_ms"`
}

// report is what happened, with empty lists as such.
func report(src *source) reader.Report {
	r := src.fetcher.Report
	if r.ProxiesUsed == nil {
		r.ProxiesUsed = []uint64{}
	}
	if r.Failures == nil {
		r.Failures = []reader.Failure{}
	}
	return r
}

// read runs the fetch with a progress bar where a person watches.
func (a *app) read(ctx context.Context, src *source, sink reader.Sink, evidence string) error {
	if f, ok := a.errOut.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		bar := progressbar.NewOptions64(int64(src.to)-int64(src.from)+1,
			progressbar.OptionSetWriter(f), progressbar.OptionSetDescription("intervals"), progressbar.OptionClearOnFinish())
		src.fetcher.Progress = func(done, _ uint64) { _ = bar.Set64(int64(done)) } // a broken bar is no reason to stop
	}
	err := src.fetcher.Fetch(ctx, src.stream, src.grant, src.keys, src.from, src.to, sink)
	a.tellFailures(&src.fetcher.Report)
	return errors.Join(err, saveEvidence(evidence, &src.fetcher.Report))
}

// tellFailures says which providers did not do their part, also when the fetch went on without them.
func (a *app) tellFailures(r *reader.Report) {
	for _, f := range r.Failures {
		a.note("provider %d did not give %s: %s", f.Provider, f.What, f.Why)
	}
}

func saveEvidence(dir string, r *reader.Report) error {
	if dir == "" || len(r.Wrong) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i, answer := range r.Wrong {
		bz, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, fmt.Sprintf("grant-%d-provider-%d-%d.json", answer.Grant, answer.Provider, i))
		if err := os.WriteFile(name, bz, 0o600); err != nil {
			return err
		}
	}
	return nil
}
