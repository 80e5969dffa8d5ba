package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	providers = 6
	interval  = 2 * time.Second
	upload    = 6 * time.Second
	// window of keys that the gateway is given, and how much of it is granted.
	window  = 75 * time.Second
	granted = 36 * time.Second
	// clockLimit is how far a sensor's clock may be off, in seconds.
	clockLimit = 30
	schema     = `{"time": {"field": "t", "format": "rfc3339"}, "fields": [
  {"name": "sensor", "type": "text", "key": true},
  {"name": "count", "type": "int"}]}`
)

// network starts a chain, storage nodes, and a gateway that looks at its streams and grants more often than it would.
func (s *story) network(ctx context.Context, bin string) error {
	var err error
	if s.Stack, err = stack.Start(ctx, s, stack.Config{Bin: bin, Dir: s.dir, Providers: providers}); err != nil {
		return err
	}
	if s.client, err = chain.Dial(ctx, chain.Config{RPC: s.RPC()}); err != nil {
		return err
	}
	if s.gateway, err = s.StartGateway(ctx); err != nil {
		return err
	}
	s.gateway.Stop()
	cfg, err := gateway.Load(s.gateway.Home)
	if err != nil {
		return err
	}
	cfg.Chain.GrantsPollSeconds, cfg.Seal.PollMillis, cfg.Seal.LatenessSeconds = 1, 200, 1
	cfg.Limits.MaxAheadSeconds, cfg.Limits.MaxBehindSeconds = clockLimit, clockLimit
	if err := cfg.Save(s.gateway.Home); err != nil {
		return err
	}
	if err := s.gateway.Start(ctx); err != nil {
		return err
	}
	s.say("a chain, %d storage nodes and a gateway are running", providers)
	return nil
}

func (s *story) people(ctx context.Context) error {
	var err error
	if s.alice, err = s.NewUser(ctx, "alice", "1000000000ucpc"); err != nil {
		return err
	}
	if s.carol, err = s.NewUser(ctx, "carol", "1000000000ucpc"); err != nil {
		return err
	}
	var made struct {
		Reader uint64 `json:"reader"`
	}
	err = s.carol.JSON(ctx, &made, "reader", "init", "--name", "device")
	s.reader = made.Reader
	return err
}

// openStream makes a live stream and hands the gateway a short window of keys.
func (s *story) openStream(ctx context.Context) error {
	path := filepath.Join(s.dir, "schema.json")
	if err := os.WriteFile(path, []byte(schema), 0o600); err != nil {
		return err
	}
	origin := time.Now().Add(-time.Minute).Truncate(upload).UTC()
	var made struct {
		ID uint64 `json:"id"`
	}
	err := s.alice.JSON(ctx, &made, "stream", "create", "air", "--schema", path, "--kind", "air", "--origin", origin.Format(time.RFC3339),
		"--block", "1s", "--interval", interval.String(), "--upload", upload.String(), "--shards", "3/5", "--gateway", s.gateway.URL)
	if err != nil {
		return err
	}
	s.stream = made.ID
	if err := s.provision(ctx); err != nil {
		return err
	}
	s.say("alice made a live stream (intervals of %s, uploads of %s) and gave the gateway keys of the next %s", interval, upload, window)
	return nil
}

func (s *story) provision(ctx context.Context) error {
	s.keysEnd = time.Now().Add(window)
	return s.alice.JSON(ctx, nil, "stream", "provision", "air", "--gateway", s.gateway.URL, "--window", window.String())
}

// grantFuture grants time that has not begun, and then the owner's machine is gone.
func (s *story) grantFuture(ctx context.Context) error {
	s.from = time.Now().Add(14 * time.Second).Truncate(upload).UTC()
	s.to = s.from.Add(granted)
	var made struct {
		Grant    uint64 `json:"grant"`
		Nodes    int    `json:"nodes"`
		Accepted int    `json:"accepted"`
	}
	err := s.alice.JSON(ctx, &made, "grant", "air", "--reader", strconv.FormatUint(s.reader, 10), "--from", s.from.Format(time.RFC3339),
		"--to", s.to.Format(time.RFC3339), "--grain", (2 * interval).String(), "--for", "1h")
	if err != nil {
		return err
	}
	s.grant = made.Grant
	if err := os.Rename(s.alice.Home, s.alice.Home+".away"); err != nil {
		return err
	}
	s.checks["granted_nodes"] = made.Nodes
	s.say("alice granted carol %s to %s, %d keys of at most %s each, %d proxies accepted; alice's home is moved away",
		s.from.Format(time.TimeOnly), s.to.Format(time.TimeOnly), made.Nodes, 2*interval, made.Accepted)
	row, err := s.client.Grant(ctx, s.grant)
	if err != nil {
		return err
	}
	return s.check("granted_while_all_of_it_was_open", row.Split <= uint64(row.FirstInterval), "split %d, first interval %d", row.Split, row.FirstInterval)
}

// anchoredTo waits until the chain has everything before a time.
func (s *story) anchoredTo(ctx context.Context, t time.Time) error {
	for {
		stream, head, err := s.client.Stream(ctx, s.stream)
		if err != nil {
			return err
		}
		if stream.OriginMs+int64(head.NextInterval)*int64(stream.IntervalMs) >= t.UnixMilli() {
			return nil
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("wait for anchors up to %s: %w", t.Format(time.TimeOnly), err)
		}
	}
}

// pause waits, unless the story is over.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
