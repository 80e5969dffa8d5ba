package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/tests/e2e/stack"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

const storageNodes = 8

// schema of every stream of the story: who measured, and a number that is never used twice.
const schema = `{"time": {"field": "time", "format": "unix_ms"}, "fields": [
  {"name": "client", "type": "text", "key": true},
  {"name": "n", "type": "int", "unit": "count"}]}`

// setup starts a chain, storage nodes and a gateway, and makes a live stream with short periods.
func (s *story) setup(ctx context.Context) error {
	net, err := stack.Start(ctx, s, stack.Config{
		Bin: s.bin, Dir: s.dir, Providers: storageNodes, Gateway: func(c *gateway.Config) {
			c.Seal.LatenessSeconds, c.Seal.PollMillis, c.Chain.GrantsPollSeconds = 1, 100, 2
		},
	})
	if err != nil {
		return err
	}
	s.Stack = net
	if s.client, err = chain.Dial(ctx, chain.Config{RPC: net.RPC(), GasPrices: "0.001ucpc"}); err != nil {
		return err
	}
	if s.gateway, err = net.StartGateway(ctx); err != nil {
		return err
	}
	if s.alice, err = net.NewUser(ctx, "alice", "1000000000ucpc"); err != nil {
		return err
	}
	if s.carol, err = net.NewUser(ctx, "carol", "1000000000ucpc"); err != nil {
		return err
	}
	var made struct {
		Reader uint64 `json:"reader"`
	}
	if err := s.carol.JSON(ctx, &made, "reader", "init", "--name", "device"); err != nil {
		return err
	}
	s.reader = made.Reader
	return s.liveStream(ctx)
}

// liveStream makes a stream of 1 s intervals, uploaded every 2 s, whose keys the gateway gets for half an hour.
func (s *story) liveStream(ctx context.Context) error {
	path := filepath.Join(s.dir, "schema.json")
	if err := os.WriteFile(path, []byte(schema), 0o600); err != nil {
		return err
	}
	origin := time.Now().UTC().Truncate(time.Minute)
	var made struct {
		ID uint64 `json:"id"`
	}
	if err := s.alice.JSON(ctx, &made, "stream", "create", "counts", "--schema", path, "--kind", "test", "--shards", "4/8",
		"--origin", origin.Format(time.RFC3339), "--block", "1s", "--interval", "1s", "--upload", "2s", "--gateway", s.gateway.URL); err != nil {
		return err
	}
	s.stream = made.ID
	if err := s.alice.JSON(ctx, nil, "stream", "provision", "counts", "--gateway", s.gateway.URL,
		"--from", origin.Format(time.RFC3339), "--to", origin.Add(30*time.Minute).Format(time.RFC3339)); err != nil {
		return err
	}
	s.say("a validator, %d storage nodes and a gateway run; alice's live stream %d has intervals of 1 s and uploads of 2 s", storageNodes, s.stream)
	return nil
}

// grant is a grant to carol.
type grant struct {
	id       uint64
	from, to time.Time
	fetched  fetched
}

// grantAll grants carol everything anchored so far, from the first anchored interval on.
func (s *story) grantAll(ctx context.Context, last int) (grant, error) {
	stream, head, err := s.client.Stream(ctx, s.stream)
	if err != nil {
		return grant{}, err
	}
	first := uint32(0)
	if last > 0 && head.NextInterval > uint32(last) {
		first = head.NextInterval - uint32(last)
	}
	at := func(i uint32) time.Time { ms, _ := stream.Grid().Bounds(i); return time.UnixMilli(ms).UTC() }
	g := grant{from: at(first), to: at(head.NextInterval)}
	var made struct {
		Grant uint64 `json:"grant"`
	}
	if err := s.alice.JSON(ctx, &made, "grant", "counts", "--reader", fmt.Sprint(s.reader), "--from", g.from.Format(time.RFC3339),
		"--to", g.to.Format(time.RFC3339), "--for", "1h"); err != nil {
		return g, err
	}
	g.id = made.Grant
	return g, s.accepted(ctx, g.id)
}

// accepted waits until every proxy of a grant has accepted it: cpdata waits for the threshold alone.
func (s *story) accepted(ctx context.Context, id uint64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		g, err := s.client.Grant(ctx, id)
		if err != nil {
			return err
		}
		waiting := slices.ContainsFunc(g.Proxies, func(p datarights.GrantProxy) bool { return p.State == datarights.PROXY_STATE_ASKED })
		if !waiting {
			return nil
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for all proxies of grant %d: %w", id, err)
		}
	}
}
