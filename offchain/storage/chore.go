package storage

import (
	"context"
	"log/slog"
	"time"
)

// chore repeats a pass on a timer, and sooner when it is woken. A pass that fails is logged, counted and tried again at
// the next turn.
type chore struct {
	name  string
	every time.Duration
	// settle is how long a woken chore waits, so that several wakes make one pass.
	settle time.Duration
	pass   func(context.Context) error
	wake   chan struct{}

	metrics *metrics
	log     *slog.Logger
}

func newChore(name string, every, settle time.Duration, pass func(context.Context) error, m *metrics, log *slog.Logger) *chore {
	return &chore{name: name, every: every, settle: settle, pass: pass, wake: make(chan struct{}, 1), metrics: m, log: log}
}

// poke wakes the chore; a chore that is awake already passes once more.
func (c *chore) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run passes once, and then again and again until ctx ends.
func (c *chore) run(ctx context.Context) {
	for {
		if err := c.pass(ctx); err != nil && ctx.Err() == nil {
			c.metrics.chores.WithLabelValues(c.name).Inc()
			c.log.Warn("chore failed, trying again", "chore", c.name, "err", err)
		}
		if !c.sleep(ctx, c.every, c.wake) {
			return
		}
	}
}

// sleep waits for the timer, or for a wake and the settling time; false when ctx ended.
func (c *chore) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-wake:
		return c.sleep(ctx, c.settle, nil)
	}
}
