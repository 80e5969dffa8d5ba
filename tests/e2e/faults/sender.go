package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway/replay"
)

// record is what a client measured: no two are equal.
type record struct {
	client string
	n      uint64
	ms     int64
}

// ackLog is what clients were promised to be kept.
type ackLog struct {
	mu      sync.Mutex
	acked   []record
	resends int
}

func (l *ackLog) add(records []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acked = append(l.acked, records...)
}

func (l *ackLog) resent() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resends++
}

// compare tells how the log differs from what was fetched: acknowledged and missing, fetched and never acknowledged, and
// fetched more than once.
func (l *ackLog) compare(got []record) (missing, foreign, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := make(map[record]int, len(got))
	for _, r := range got {
		if count[r]++; count[r] > 1 {
			twice++
		}
	}
	for _, r := range l.acked {
		if count[r] == 0 {
			missing++
		}
		delete(count, r)
	}
	return missing, len(count), twice
}

// refusedError means that the gateway will never take a batch: sending it again is no use.
type refusedError struct{ error }

// transport sends one named batch; nil means acknowledged.
type transport interface {
	send(ctx context.Context, name string, pack []byte) error
}

// perBatch records are sent at once, one batch every sendPause.
const (
	perBatch  = 3
	sendPause = 30 * time.Millisecond
)

// sender is a client that measures, sends, and sends again under the same name until it is told that all is kept.
type sender struct {
	client string
	way    transport
	log    *ackLog
}

// run sends until stop is closed; the batch under way is sent to its end.
func (c *sender) run(ctx context.Context, stop <-chan struct{}) error {
	pause := time.NewTicker(sendPause)
	defer pause.Stop()
	for n := uint64(0); ; n += perBatch {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return nil
		case <-pause.C:
		}
		batch, pack := c.measure(n)
		if err := c.deliver(ctx, fmt.Sprintf("%s-%d", c.client, n), pack); err != nil {
			return fmt.Errorf("client %s: %w", c.client, err)
		}
		c.log.add(batch)
	}
}

func (c *sender) measure(n uint64) ([]record, []byte) {
	var pack strings.Builder
	batch := make([]record, perBatch)
	ms := time.Now().UnixMilli()
	for i := range batch {
		r := record{c.client, n + uint64(i), ms}
		batch[i] = r
		pack.WriteString(strings.Repeat(",", min(i, 1)))
		fmt.Fprintf(&pack, `{"bn":"r%d:","bt":%d.%03d,"n":"client","vs":%q},{"n":"n","u":"count","v":%d}`, r.n, ms/1000, ms%1000, r.client, r.n)
	}
	return batch, []byte("[" + pack.String() + "]")
}

// deliver sends one batch until it is acknowledged.
func (c *sender) deliver(ctx context.Context, name string, pack []byte) error {
	for {
		err := c.way.send(ctx, name, pack)
		var refused refusedError
		if err == nil || errors.As(err, &refused) {
			return err
		}
		c.log.resent()
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(sendPause):
		}
	}
}

// byHTTP names a batch by an Idempotency-Key.
type byHTTP struct {
	client *replay.Client
	stream uint64
}

func (t byHTTP) send(ctx context.Context, name string, pack []byte) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	_, err := t.client.Send(ctx, t.stream, name, pack)
	if errors.Is(err, replay.ErrRefused) {
		return refusedError{err}
	}
	return err
}

// ackTimeout is how long a client waits for an acknowledgement.
const ackTimeout = 5 * time.Second
