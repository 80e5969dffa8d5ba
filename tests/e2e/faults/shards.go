package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/tests/e2e/stack"
)

// rottenShards changes a byte of the first bundle's shard on two holders' disks. The reader asks those two first.
func (s *story) rottenShards(ctx context.Context) error {
	stream, _, err := s.client.Stream(ctx, s.stream)
	if err != nil {
		return err
	}
	first, err := stream.Grid().IntervalOf(s.main.from.UnixNano())
	if err != nil {
		return err
	}
	anchor, err := s.client.AnchorOf(ctx, s.stream, first)
	if err != nil {
		return err
	}
	manifests, err := s.manifests()
	if err != nil {
		return err
	}
	seq := anchor.Row.Anchor.Seq
	m, ok := manifests[string(anchor.Row.Anchor.ManifestCid)]
	if !ok {
		return fmt.Errorf("no storage node has the manifest of bundle %d", seq)
	}
	holders := anchor.Placement.Providers[:2]
	for slot, id := range holders {
		if err := s.rot(s.ByID(id), seq, m.ShardCIDs[slot]); err != nil {
			return err
		}
	}
	got, _, err := s.fetch(ctx, s.main)
	if err != nil {
		return fmt.Errorf("with two shards rotten: %w", err)
	}
	named, why := got.failed("shard")
	slices.Sort(named)
	expected := slices.Sorted(slices.Values(holders))
	if err := s.check("rotten_shards_reported_by_reader", slices.Equal(named, expected), "named %v, not %v: %s", named, expected, why); err != nil {
		return err
	}
	for _, id := range holders {
		n, err := metric(ctx, "http://"+s.ByID(id).HTTP, "cpstoraged_blocks_corrupt_total")
		if err != nil {
			return err
		}
		if err := s.check("rotten_shards_counted_by_holders", n == 1, "provider %d counted %v", id, n); err != nil {
			return err
		}
	}
	s.say("a byte changed on disk at providers %v: cpdata names both (%s), each counts it, and the bytes fetched are the same", holders, strings.TrimSuffix(why, "; "))
	// its twin is the first fetch, where nobody failed
	before, _ := s.main.fetched.failed("shard")
	return s.check("rotten_shards_routed_around", got.SHA256 == s.main.fetched.SHA256 && len(before) == 0,
		"sha256 %s, before %s; failed before: %v", got.SHA256, s.main.fetched.SHA256, before)
}

// rot changes one byte of a shard on a node's disk.
func (s *story) rot(p *stack.Provider, seq uint64, cid []byte) error {
	path := filepath.Join(p.Home, "data", "blocks", fmt.Sprintf("%016x", s.stream), fmt.Sprintf("%016x", seq), hex.EncodeToString(cid[wire.CIDSize-32:]))
	bz, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	bz[len(bz)/2] ^= 1
	return os.WriteFile(path, bz, 0o600)
}

// metric sums a daemon's counter over all label sets that contain every one of the given labels, each like reason="unit".
func metric(ctx context.Context, url, name string, labels ...string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	bz, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	sum := 0.0
	for line := range strings.Lines(string(bz)) {
		series, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		base, set, _ := strings.Cut(series, "{")
		if base != name || slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(set, l) }) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", line, err)
		}
		sum += v
	}
	return sum, nil
}
