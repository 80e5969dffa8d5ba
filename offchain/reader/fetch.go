package reader

import (
	"context"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Fetcher reads one stream. It is used once; Report tells what happened, also after an error.
type Fetcher struct {
	Chain   Chain
	Network Network
	// Workers bounds how many shards are fetched at a time.
	Workers int
	// Progress is told after every interval how many of the total are done; nil tells nobody.
	Progress func(done, total uint64)
	Report   Report

	peerKeys map[keyVersion][]byte
}

// keyVersion names a peer key that a provider has or had.
type keyVersion struct {
	provider uint64
	version  uint32
}

// Sink takes the records of one interval, in order.
type Sink func(line timechain.Line, records []timechain.Record) error

// Bundle is one bundle, matched to its anchor and put together from its shards.
type Bundle struct {
	Anchor   datarights.Anchor
	Manifest timechain.Manifest
	Payload  []byte
}

// ErrSkipped means that the writer declared an outage: the interval was never sealed.
var ErrSkipped = errors.New("the writer declared an outage")

// Fetch opens all intervals in [from, to] and hands their records to the sink, in order. Declared outages are counted.
func (f *Fetcher) Fetch(ctx context.Context, stream datarights.Stream, grant uint64, keys KeySource, from, to uint32, sink Sink) error {
	schema, err := stream.Schema.Timechain()
	if err != nil {
		return err
	}
	run := &run{Fetcher: f, stream: stream, schema: schema, keys: keys, from: from, to: to, sink: sink}
	for next := uint64(from); next <= uint64(to); {
		anchored, err := f.Chain.AnchorOf(ctx, stream.Id, uint32(next))
		if errors.Is(err, chain.ErrNotFound) {
			return fmt.Errorf("interval %d is not anchored yet: try again after the next upload, or ask for an earlier end: %w", next, err)
		}
		if err != nil {
			return err
		}
		if first := uint64(anchored.Row.Anchor.FirstInterval); first > next {
			f.Report.Skipped += min(first, uint64(to)+1) - next
			next = first
			continue
		}
		b, err := f.bundle(ctx, stream, grant, anchored)
		if err != nil {
			return err
		}
		f.Report.Bundles++
		if err := run.open(ctx, b); err != nil {
			return err
		}
		next = uint64(b.Anchor.FirstInterval) + uint64(b.Anchor.Intervals)
	}
	return nil
}

// run is the state of one Fetch.
type run struct {
	*Fetcher
	stream   datarights.Stream
	schema   timechain.Schema
	keys     KeySource
	from, to uint32
	sink     Sink
	// after is where the header chain stood at the end of the bundle opened last; nil before the first.
	after *timechain.Chain
}

// open opens the lines of one bundle that are in range. The header chain goes on from the bundle before.
func (r *run) open(ctx context.Context, b *Bundle) error {
	if r.after != nil && *r.after != b.Manifest.Chain {
		return fmt.Errorf("%w: bundle %d does not follow the one before", timechain.ErrChain, b.Manifest.Seq)
	}
	after := b.Manifest.After(len(b.Manifest.Lines) - 1)
	r.after = &after
	for i, line := range b.Manifest.Lines {
		if line.Interval < r.from || line.Interval > r.to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.openLine(b, i, line); err != nil {
			return fmt.Errorf("interval %d: %w", line.Interval, err)
		}
		if r.Progress != nil {
			r.Progress(uint64(line.Interval)-uint64(r.from)+1, uint64(r.to)-uint64(r.from)+1)
		}
	}
	return nil
}

func (r *run) openLine(b *Bundle, i int, line timechain.Line) error {
	key, err := r.keys.Key(line.Interval)
	if err != nil {
		return err
	}
	before := b.Manifest.After(i - 1)
	records, headers, err := timechain.OpenInterval(b.Manifest, b.Payload, r.schema, r.stream.Grid(), i, key, &before)
	if err != nil {
		return err
	}
	if err := r.checkDevice(headers); err != nil {
		return err
	}
	r.Report.Intervals++
	r.Report.Blocks += uint64(len(headers))
	r.Report.Records += uint64(len(records))
	return r.sink(line, records)
}

// checkDevice checks the device's signature on every block of a stream whose row names a device. Where it names none, whatever
// stands in the place of a signature says nothing.
func (r *run) checkDevice(headers []timechain.BlockHeader) error {
	if len(r.stream.DeviceKey) == 0 {
		return nil
	}
	for _, h := range headers {
		if err := h.VerifyDevice(r.stream.DeviceKey); err != nil {
			return err
		}
	}
	r.Report.DeviceSigned += uint64(len(headers))
	return nil
}
