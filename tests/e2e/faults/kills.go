package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	"golang.org/x/sync/errgroup"

	"github.com/cpchain/cpchain/offchain/gateway/replay"
	"github.com/cpchain/cpchain/pkg/timechain"
)

const (
	// inFlightShare of the kills wait for an anchor between broadcast and inclusion.
	inFlightShare = 0.3
	// longestLife of the other gateways, from the start of the process.
	longestLife = 3 * time.Second
)

// killGateway kills the gateway again and again while two clients keep sending, then compares what they were promised with
// what a reader fetches.
func (s *story) killGateway(ctx context.Context) error {
	s.say("killing the gateway %d times, moments by seed %d (-seed)", s.kills, s.seed)
	stop := make(chan struct{})
	clients, clientCtx := errgroup.WithContext(ctx)
	for _, c := range []sender{
		{client: "http", way: byHTTP{replay.NewClient(s.gateway.URL), s.stream}, log: &s.log},
		{client: "mqtt", way: &byMQTT{address: s.gateway.MQTT, topic: fmt.Sprintf("cpc/%d", s.stream)}, log: &s.log},
	} {
		clients.Go(func() error { return c.run(clientCtx, stop) })
	}
	err := s.killing(clientCtx)
	if err == nil {
		err = s.gateway.Start(ctx)
	}
	close(stop)
	if err := errors.Join(err, clients.Wait()); err != nil {
		return err
	}
	if err := s.drained(ctx); err != nil {
		return err
	}
	return errors.Join(s.fetchAll(ctx), s.salts(ctx))
}

// killing starts and kills.
func (s *story) killing(ctx context.Context) error {
	rpc, err := cmthttp.New(s.RPC(), "/websocket")
	if err != nil {
		return err
	}
	moments := rand.New(rand.NewPCG(s.seed, 0))
	s.gateway.Kill()
	inFlight := 0
	for range s.kills {
		waits, life := moments.Float64() < inFlightShare, time.Duration(moments.Int64N(int64(longestLife)))
		if waits { // for an anchor of this life, not of the one before
			if err := awaitAnchor(ctx, rpc, false); err != nil {
				return err
			}
		}
		if err := s.gateway.Launch(); err != nil {
			return err
		}
		if waits {
			err = awaitAnchor(ctx, rpc, true)
		} else {
			err = pause(ctx, life)
		}
		if err != nil {
			return err
		}
		s.gateway.Kill()
		if !waits {
			continue
		}
		// what is in the mempool after the process has ended was in no block when it ended
		if pending, err := anchorPending(ctx, rpc); err != nil {
			return err
		} else if pending {
			inFlight++
		}
	}
	s.figure("kills", s.kills)
	s.figure("kills_between_broadcast_and_inclusion", inFlight)
	s.say("killed %d times, %d of them while an anchor was broadcast and in no block", s.kills, inFlight)
	return s.check("killed_between_broadcast_and_inclusion", inFlight >= min(5, s.kills/10), "only %d times", inFlight)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// awaitAnchor waits until an anchor is in the mempool, or none is.
func awaitAnchor(ctx context.Context, rpc *cmthttp.HTTP, want bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		pending, err := anchorPending(ctx, rpc)
		if pending == want || err != nil {
			return err
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for an anchor to be broadcast: %w", err)
		}
	}
}

// anchorPending tells whether an anchor is in the mempool.
func anchorPending(ctx context.Context, rpc *cmthttp.HTTP) (bool, error) {
	res, err := rpc.UnconfirmedTxs(ctx, nil)
	if err != nil {
		return false, err
	}
	for _, tx := range res.Txs {
		if bytes.Contains(tx, []byte("/cpchain.datarights.v1.MsgAnchor")) {
			return true, nil
		}
	}
	return false, nil
}

// drained waits until all that the gateway has is anchored.
func (s *story) drained(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	gateway := replay.NewClient(s.gateway.URL)
	for {
		status, err := gateway.Status(ctx)
		if err != nil {
			return err
		}
		for _, st := range status.Streams {
			if st.Stream == s.stream && st.PendingRecords == 0 && !st.Staged {
				return nil
			}
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("waiting for the last records to be anchored: %w: %+v", err, status.Streams)
		}
	}
}

// fetchAll grants carol everything and compares what she fetches with the clients' log.
func (s *story) fetchAll(ctx context.Context) error {
	g, err := s.grantAll(ctx, 0)
	if err != nil {
		return err
	}
	got, path, err := s.fetch(ctx, g)
	if err != nil {
		return err
	}
	g.fetched = got
	s.main = g
	records, err := readRecords(path)
	if err != nil {
		return err
	}
	missing, foreign, twice := s.log.compare(records)
	for name, n := range map[string]int{
		"records_acknowledged": len(s.log.acked), "records_fetched": len(records), "batches_sent_again": s.log.resends,
		"bundles": int(got.Bundles), "acknowledged_and_missing": missing, "fetched_and_never_acknowledged": foreign, "fetched_twice": twice,
	} {
		s.figure(name, n)
	}
	s.say("%d records acknowledged, %d batches sent again; carol fetched %d from %d bundles in %d ms: %d missing, %d unknown, %d twice",
		len(s.log.acked), s.log.resends, len(records), got.Bundles, got.WallMS, missing, foreign, twice)
	return s.check("ack_log_equals_fetched", len(records) > 0 && missing+foreign+twice == 0, "%d missing, %d unknown, %d twice", missing, foreign, twice)
}

// salts reads every manifest of the stream that any storage node has on disk, anchored or thrown away, and looks for a
// salt, and with it a segment's key, that was used for two segments.
func (s *story) salts(ctx context.Context) error {
	manifests, err := s.manifests()
	if err != nil {
		return err
	}
	_, head, err := s.client.Stream(ctx, s.stream)
	if err != nil {
		return err
	}
	for seq := range head.NextSeq {
		a, err := s.client.Anchor(ctx, s.stream, seq)
		if err != nil {
			return err
		}
		if _, ok := manifests[string(a.Row.Anchor.ManifestCid)]; !ok {
			return fmt.Errorf("no storage node has the manifest of bundle %d", seq)
		}
	}
	segments, twice := countSalts(manifests)
	s.figure("manifests", len(manifests))
	s.figure("manifests_thrown_away", len(manifests)-int(head.NextSeq))
	s.figure("segments", segments)
	s.say("%d segments in %d manifests (%d bundles anchored): %d salts used twice", segments, len(manifests), head.NextSeq, twice)
	return s.check("segment_keys_distinct", segments > 0 && twice == 0, "%d salts used twice", twice)
}

// countSalts counts the distinct salts, and the segments that share theirs with one before.
func countSalts(manifests map[string]timechain.Manifest) (segments, twice int) {
	seen := map[[32]byte]bool{}
	for _, m := range manifests {
		for _, line := range m.Lines {
			for _, p := range line.Parts {
				if seen[p.Salt] {
					twice++
				}
				seen[p.Salt] = true
			}
		}
	}
	return len(seen), twice
}

// manifests on the storage nodes' disks, by CID.
func (s *story) manifests() (map[string]timechain.Manifest, error) {
	found := map[string]timechain.Manifest{}
	for _, p := range s.Providers {
		dir := filepath.Join(p.Home, "data", "blocks", fmt.Sprintf("%016x", s.stream))
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			bz, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				return nil // the node has just dropped it
			}
			if err != nil {
				return err
			}
			if m, err := timechain.ParseManifest(bz); err == nil {
				found[string(timechain.ManifestCID(bz).Bytes())] = m
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
