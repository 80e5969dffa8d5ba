package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/gateway/replay"
)

// replayFlags are replay's flags as typed.
type replayFlags struct {
	gateway, stream, shift string
	fast                   bool
	opts                   replay.Options
}

func (p *program) replayCommand() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay FILE --stream STREAM",
		Short: "send a CSV file to a running gateway",
		Long: `replay reads a CSV file (gzipped if its name ends in .gz) by the stream's schema and posts it to a running gateway, in the
file's order. Without --speed it sends as fast as the gateway takes it. A replay that was cut off goes on where it was when
it is run again with the same flags; nothing is stored twice. Data of a live stream must be of now: --shift now makes the
first row happen when the replay begins.

Prints rows, resumed (rows of an earlier run), batches, duplicates, retries, seconds, anchored.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.replay(cmd, args[0], f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.stream, "stream", "", "number, <chain-id>/<number> or owner/name of the stream (required)")
	flags.StringVar(&f.gateway, "gateway", "", "HTTP address of the gateway; by default the one in the home's config")
	flags.Float64Var(&f.opts.Speed, "speed", 0, "event time per real time, e.g. 1 or 60")
	flags.BoolVar(&f.fast, "as-fast", false, "as fast as the gateway takes it (the default)")
	flags.StringVar(&f.shift, "shift", "0s", "added to every time, e.g. 24h or -30m; or now")
	flags.IntVar(&f.opts.Loop, "loop", 1, "replay the file this often, each time right after the last")
	flags.StringVar(&f.opts.KeySuffix, "key-suffix", "", "with --loop: appended, with the loop's number, to text key fields")
	flags.IntVar(&f.opts.BatchRows, "batch", 500, "rows sent at once")
	flags.BoolVar(&f.opts.Flush, "flush", false, "declare the file's time complete at the end, and wait until it is anchored")
	_ = cmd.MarkFlagRequired("stream") // the flag exists
	return cmd
}

func (p *program) replay(cmd *cobra.Command, file string, f replayFlags) error {
	if f.fast && f.opts.Speed != 0 {
		return errors.New("--speed and --as-fast exclude each other: give one")
	}
	if f.opts.Speed < 0 || f.opts.Loop < 1 || f.opts.BatchRows < 1 {
		return errors.New("--speed must not be negative, --loop and --batch must be at least 1")
	}
	if f.opts.ShiftNow = f.shift == "now"; !f.opts.ShiftNow {
		shift, err := time.ParseDuration(f.shift)
		if err != nil {
			return fmt.Errorf("--shift %q: write it like 24h or -30m, or now", f.shift)
		}
		f.opts.Shift = shift
	}
	url, err := p.gatewayURL(f.gateway)
	if err != nil {
		return err
	}
	f.opts.File, f.opts.ProgressDir = file, filepath.Join(p.home, "replay")
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		var bar *progressbar.ProgressBar
		f.opts.Progress = func(done, total int) {
			if bar == nil {
				bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionShowCount(), progressbar.OptionSetDescription("replay"))
			}
			_ = bar.Set(done) // a bar that can't be drawn stops nothing
		}
	}
	r, err := replay.Run(cmd.Context(), replay.NewClient(url), f.stream, f.opts)
	if err != nil {
		return err
	}
	return p.print(cmd, field{"stream", r.Stream}, field{"rows", r.Rows}, field{"resumed", r.Resumed}, field{"batches", r.Batches},
		field{"duplicates", r.Duplicates}, field{"retries", r.Retries}, field{"seconds", r.Seconds}, field{"anchored", r.Anchored})
}
