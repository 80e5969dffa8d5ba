package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	providers = 20
	schema    = `{"time": {"field": "t", "format": "rfc3339"}, "fields": [{"name": "payload", "type": "text"}]}`
	// recordBytes of payload, one record a second, in bundles of a quarter of an hour.
	recordBytes = 1_024
)

var origin = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// network starts a chain with periods of half a minute, and storage nodes that look at it every second.
func (s *story) network(ctx context.Context, bin string) error {
	var err error
	s.Stack, err = stack.Start(ctx, s, stack.Config{
		Bin: bin, Dir: s.dir, Providers: providers,
		InitFlags: []string{
			"--set", `storage.params.period_blocks="60"`, "--set", "storage.params.proof_blocks=40", "--set", "storage.params.stagger_blocks=2",
		},
		Storage: func(c *storage.Config) {
			c.Store.ProvePollSeconds, c.Store.RepairPollSeconds, c.Store.SweepSeconds = 2, 2, 30
		},
	})
	if err != nil {
		return err
	}
	s.client, err = chain.Dial(ctx, chain.Config{RPC: s.RPC()})
	s.say("a chain and %d storage nodes are running", providers)
	return err
}

func (s *story) people(ctx context.Context) error {
	var err error
	if s.alice, err = s.NewUser(ctx, "alice", "20000000000ucpc"); err != nil {
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

// publish makes a stream, pays for its storage, publishes the data and grants all of it.
func (s *story) publish(ctx context.Context) error {
	if err := s.makeData(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, "schema.json")
	if err := os.WriteFile(path, []byte(schema), 0o600); err != nil {
		return err
	}
	var made struct {
		ID uint64 `json:"id"`
	}
	err := s.alice.JSON(ctx, &made, "stream", "create", "noise", "--schema", path, "--kind", "noise", "--origin", origin.Format(time.RFC3339),
		"--block", "1m", "--interval", "1m", "--upload", "15m", "--shards", "10/16", "--historical")
	if err != nil {
		return err
	}
	s.stream = made.ID
	if err := s.alice.JSON(ctx, nil, "stream", "terms", "noise", "--price", "400000000", "--term", "60"); err != nil {
		return err
	}
	if err := s.alice.JSON(ctx, nil, "stream", "deposit", "noise", "10000000000ucpc"); err != nil {
		return err
	}
	start := time.Now()
	var told struct {
		Bundles uint64 `json:"bundles"`
	}
	if err := s.alice.JSON(ctx, &told, "publish", s.file, "--stream", "noise"); err != nil {
		return err
	}
	took := time.Since(start)
	s.checks["publish_mb_per_s"] = float64(s.megabytes) / took.Seconds()
	s.checks["bundles"] = told.Bundles
	account, err := s.client.StorageAccount(ctx, s.stream)
	if err != nil {
		return err
	}
	s.say("alice published %d MB in %d bundles, 10 of 16 over %d nodes, in %.0f s; %d ucpc are set aside for storage or burnt",
		s.megabytes, told.Bundles, providers, took.Seconds(), 10_000_000_000-account.Balance)
	return s.grantAll(ctx)
}

func (s *story) grantAll(ctx context.Context) error {
	var made struct {
		Grant    uint64 `json:"grant"`
		Accepted int    `json:"accepted"`
	}
	err := s.alice.JSON(ctx, &made, "grant", "noise", "--reader", strconv.FormatUint(s.reader, 10), "--from", origin.Format(time.RFC3339),
		"--to", s.end().Format(time.RFC3339), "--for", "1h")
	s.grant = made.Grant
	s.say("alice granted it to carol; %d proxies accepted", made.Accepted)
	return err
}

// records is a multiple of what a bundle holds.
func (s *story) records() int {
	const perBundle = 900
	return (s.megabytes*1_000_000/recordBytes + perBundle - 1) / perBundle * perBundle
}

func (s *story) end() time.Time { return origin.Add(time.Duration(s.records()) * time.Second) }

// makeData writes the same random text for each run.
func (s *story) makeData() error {
	s.file = filepath.Join(s.dir, "noise.csv")
	f, err := os.Create(s.file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	w := bufio.NewWriter(f)
	source := rand.NewChaCha8([32]byte{7})
	if _, err := w.WriteString("t,payload\n"); err != nil {
		return err
	}
	raw := make([]byte, recordBytes/2)
	for i := range s.records() {
		if _, err := source.Read(raw); err != nil {
			return err
		}
		line := origin.Add(time.Duration(i)*time.Second).Format(time.RFC3339) + "," + hex.EncodeToString(raw) + "\n"
		if _, err := w.WriteString(line); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	bz, err := os.ReadFile(s.file)
	if err != nil {
		return err
	}
	h.Write(bz)
	s.sum = hex.EncodeToString(h.Sum(nil))
	return nil
}
