package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Options of a replay.
type Options struct {
	// File to read: CSV with a header line, gzipped if its name ends in .gz.
	File string
	// Speed of event time against real time; 0 sends as fast as the gateway takes it.
	Speed float64
	// Shift is added to every time. ShiftNow instead makes the first row happen when the replay first begins.
	Shift    time.Duration
	ShiftNow bool
	// Loop replays the file this often, each time right after the last, with KeySuffix and the loop's number appended to
	// text key fields.
	Loop      int
	KeySuffix string
	// BatchRows sent at once; 0 means 500.
	BatchRows int
	// Flush declares the replay's time complete at its end, and waits until it is anchored.
	Flush bool
	// ProgressDir keeps how far a replay has come.
	ProgressDir string
	// Progress, if set, is told how many rows of how many are stored.
	Progress func(done, total int)
	// Clock is time.Now unless set.
	Clock func() time.Time
}

// Result of a replay.
type Result struct {
	Stream     uint64  `json:"stream"`
	Rows       int     `json:"rows"`
	Resumed    int     `json:"resumed"`
	Batches    int     `json:"batches"`
	Duplicates int     `json:"duplicates"`
	Retries    int     `json:"retries"`
	Seconds    float64 `json:"seconds"`
	// Anchored tells that everything was anchored when the replay ended.
	Anchored bool `json:"anchored"`
}

// pauses between tries of a batch, and between looks at the gateway's status.
const (
	firstPause  = 100 * time.Millisecond
	longPause   = 5 * time.Second
	statusPause = 200 * time.Millisecond
)

// Run replays a file into a stream. It may be cut off and run again with the same options: it goes on where it was.
func Run(ctx context.Context, c *Client, ref string, o Options) (Result, error) {
	if o.BatchRows == 0 {
		o.BatchRows = 500
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	stream, err := c.Stream(ctx, ref)
	if err != nil {
		return Result{}, err
	}
	schema, err := stream.Schema.Timechain()
	if err != nil {
		return Result{}, err
	}
	s := &source{path: o.File, schema: schema, origin: stream.OriginMs}
	if err := s.scan(); err != nil {
		return Result{}, err
	}
	r := &run{client: c, opts: o, stream: stream, source: s}
	return r.all(ctx)
}

// run is one replay under way.
type run struct {
	client *Client
	opts   Options
	stream datarights.Stream
	source *source
	result Result
	began  time.Time
	saved  time.Time
}

func (r *run) all(ctx context.Context) (Result, error) {
	r.began = r.opts.Clock()
	r.result.Stream = r.stream.Id
	at, fresh, err := loadProgress(r.opts.ProgressDir, r.plan())
	if err != nil {
		return r.result, err
	}
	if fresh {
		if at.Shift = r.opts.Shift; r.opts.ShiftNow {
			at.Shift = r.began.Sub(time.Unix(0, r.source.first))
		}
	}
	if err := at.save(); err != nil { // a shift to now is chosen once
		return r.result, err
	}
	r.result.Resumed = at.Rows
	last, err := r.sendAll(ctx, at)
	if err == nil && r.opts.Flush {
		err = r.flush(ctx, last)
	}
	r.result.Seconds = r.opts.Clock().Sub(r.began).Seconds()
	if err != nil {
		return r.result, errors.Join(err, at.save())
	}
	return r.result, at.remove()
}

// plan names what is replayed and how, as far as it changes what is sent.
func (r *run) plan() string {
	o := r.opts
	return fmt.Sprintf("%x stream %d shift %s %v loop %d %q rows %d speed %v", r.source.hash, r.stream.Id, o.Shift, o.ShiftNow,
		o.Loop, o.KeySuffix, o.BatchRows, o.Speed)
}

// sendAll sends every batch after those stored before. It returns the greatest time sent.
func (r *run) sendAll(ctx context.Context, at *progress) (last int64, err error) {
	interval := time.Duration(r.stream.IntervalMs) * time.Millisecond
	var bucket time.Duration
	if r.opts.Speed > 0 {
		bucket = max(time.Duration(r.opts.Speed*float64(time.Second)), 1)
	}
	total := r.source.rows * max(r.opts.Loop, 1)
	plan := fmt.Sprintf("%s at %d", r.plan(), at.Shift)
	start, startT := r.opts.Clock(), int64(0)
	rows := r.source.replayed(r.opts, at.Shift, interval)
	for b, err := range batches(rows, r.source.schema, r.opts.BatchRows, bucket) {
		if err != nil {
			return 0, err
		}
		last = max(last, b.to)
		if b.first < at.Rows {
			continue
		}
		if startT == 0 {
			startT = b.from
		}
		if r.opts.Speed > 0 {
			due := start.Add(time.Duration(float64(b.from-startT) / r.opts.Speed))
			if err := sleep(ctx, due.Sub(r.opts.Clock())); err != nil {
				return 0, err
			}
		}
		if err := r.send(ctx, b, b.key(plan)); err != nil {
			return 0, err
		}
		at.Rows = b.first + b.rows
		r.opts.Progress(at.Rows, total)
		if err := r.saveNowAndThen(at); err != nil {
			return 0, err
		}
	}
	return last, nil
}

func (r *run) saveNowAndThen(at *progress) error {
	if now := r.opts.Clock(); now.Sub(r.saved) > time.Second {
		r.saved = now
		return at.save()
	}
	return nil
}

// send stores one batch, trying again while the gateway can't be reached or can't take it.
func (r *run) send(ctx context.Context, b *batch, key string) error {
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		a, err := r.client.Send(ctx, r.stream.Id, key, b.pack.Bytes())
		if err == nil {
			r.result.Batches++
			r.result.Rows += b.rows
			if a.Duplicate {
				r.result.Duplicates++
			}
			return nil
		}
		if !errors.Is(err, errLater) {
			return fmt.Errorf("rows %d to %d: %w", b.first+1, b.first+b.rows, err)
		}
		r.result.Retries++
		if ctxErr := sleep(ctx, pause); ctxErr != nil {
			return errors.Join(err, ctxErr)
		}
	}
}

// flush closes the replay's time and waits until it is anchored.
func (r *run) flush(ctx context.Context, last int64) error {
	f, err := r.client.Flush(ctx, r.stream.Id, time.Unix(0, last))
	if err != nil {
		return err
	}
	for {
		s, err := r.client.Status(ctx)
		if err != nil && !errors.Is(err, errLater) {
			return err
		}
		for _, st := range s.Streams {
			if st.Stream == r.stream.Id && st.NextInterval >= f.Interval && st.PendingRecords == 0 && !st.Staged {
				r.result.Anchored = true
				return nil
			}
		}
		if err := sleep(ctx, statusPause); err != nil {
			return err
		}
	}
}

// sleep waits, or returns early with the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
