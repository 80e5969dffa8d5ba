package reader

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Bundle fetches the bundle that holds an interval, matched to its anchor and put together from any k shards.
func (f *Fetcher) Bundle(ctx context.Context, stream datarights.Stream, grant uint64, interval uint32) (*Bundle, error) {
	res, err := f.Chain.AnchorOf(ctx, stream.Id, interval)
	if err != nil {
		return nil, err
	}
	if a := res.Row.Anchor; interval < a.FirstInterval {
		return nil, fmt.Errorf("interval %d: %w: %q", interval, ErrSkipped, a.SkipReason)
	}
	return f.bundle(ctx, stream, grant, res)
}

func (f *Fetcher) bundle(ctx context.Context, stream datarights.Stream, grant uint64, res datarights.QueryAnchorResponse) (*Bundle, error) {
	a := res.Row.Anchor
	holders, err := f.holders(ctx, res.Placement.Providers)
	if err != nil {
		return nil, err
	}
	m, err := f.manifest(ctx, stream, a, holders, grant)
	if err != nil {
		return nil, err
	}
	shards, err := f.shards(ctx, m, a, holders, grant)
	if err != nil {
		return nil, err
	}
	code, err := erasure.New(int(m.K), int(m.N), max(f.Workers, 1))
	if err != nil {
		return nil, err
	}
	payload, err := code.Join(shards, int(m.PayloadSize))
	if err != nil {
		return nil, err
	}
	return &Bundle{Anchor: a, Manifest: m, Payload: payload}, nil
}

// Manifest fetches the manifest of an anchor, matched to it.
func (f *Fetcher) Manifest(ctx context.Context, stream datarights.Stream, anchor datarights.QueryAnchorResponse, grant uint64) (timechain.Manifest, error) {
	holders, err := f.holders(ctx, anchor.Placement.Providers)
	if err != nil {
		return timechain.Manifest{}, err
	}
	return f.manifest(ctx, stream, anchor.Row.Anchor, holders, grant)
}

// holders reads the provider rows of a placement, in slot order; an open slot has a row without an id.
func (f *Fetcher) holders(ctx context.Context, ids []uint64) ([]provider.Provider, error) {
	rows := make([]provider.Provider, len(ids))
	for i, id := range ids {
		if id == 0 {
			continue // nobody holds this shard now
		}
		row, err := f.Chain.Provider(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("provider %d of the placement: %w", id, err)
		}
		rows[i] = row
	}
	return rows, nil
}

// manifest asks one holder after the other; the first good one wins.
func (f *Fetcher) manifest(ctx context.Context, stream datarights.Stream, a datarights.Anchor, holders []provider.Provider, grant uint64) (timechain.Manifest, error) {
	ref := BundleRef{Stream: a.Stream, Seq: a.Seq, CID: a.ManifestCid, Grant: grant}
	var causes []error
	for _, h := range holders {
		if h.Id == 0 {
			continue
		}
		bz, err := f.Network.Manifest(ctx, h, ref)
		if err == nil {
			f.Report.BytesFetched += uint64(len(bz))
			return matchManifest(bz, f.Chain.ChainID(), stream, a)
		}
		if ctx.Err() != nil {
			return timechain.Manifest{}, ctx.Err()
		}
		f.Report.fail(h.Id, "manifest", err)
		causes = append(causes, fmt.Errorf("provider %d: %w", h.Id, err))
	}
	return timechain.Manifest{}, fmt.Errorf("%w of bundle %d: %w", ErrNoManifest, a.Seq, errors.Join(causes...))
}

// matchManifest checks that the manifest's bytes say what the anchor vouches for.
func matchManifest(bz []byte, chainID string, stream datarights.Stream, a datarights.Anchor) (timechain.Manifest, error) {
	m, err := timechain.ParseManifest(bz)
	if err != nil {
		return m, err
	}
	if err := m.Validate(stream.Grid()); err != nil {
		return m, err
	}
	record, commitment, shard := m.RecordRoot(), m.CommitmentRoot(), m.ShardRoot()
	switch {
	case !bytes.Equal(timechain.ManifestCID(bz).Bytes(), a.ManifestCid):
		return m, fmt.Errorf("%w: manifest CID", ErrMismatch)
	case m.Stream != datarights.StreamID(chainID, a.Stream) || m.Seq != a.Seq:
		return m, fmt.Errorf("%w: manifest is of %s bundle %d", ErrMismatch, m.Stream, m.Seq)
	case m.KeyEpoch != a.KeyEpoch || m.WriterEpoch != a.WriterEpoch:
		return m, fmt.Errorf("%w: key or writer epoch", ErrMismatch)
	case uint64(m.PayloadSize) != a.PayloadBytes || uint64(m.ShardSize) != a.ShardBytes:
		return m, fmt.Errorf("%w: sizes", ErrMismatch)
	case !bytes.Equal(record[:], a.RecordRoot):
		return m, fmt.Errorf("%w: record root", ErrMismatch)
	case !bytes.Equal(commitment[:], a.CommitmentRoot):
		return m, fmt.Errorf("%w: commitment root", ErrMismatch)
	case !bytes.Equal(shard[:], a.ShardRoot):
		return m, fmt.Errorf("%w: shard root", ErrMismatch)
	case len(m.Lines) != int(a.Intervals) || len(m.Lines) > 0 && m.Lines[0].Interval != a.FirstInterval:
		return m, fmt.Errorf("%w: interval range", ErrMismatch)
	}
	return m, nil
}

// shards fetches k of n shards, several at a time; a holder that fails is replaced by the next one.
func (f *Fetcher) shards(ctx context.Context, m timechain.Manifest, a datarights.Anchor, holders []provider.Provider, grant uint64) ([][]byte, error) {
	shards := make([][]byte, m.N)
	have, next := 0, 0
	for have < int(m.K) && next < int(m.N) {
		batch := min(int(m.K)-have, max(f.Workers, 1), int(m.N)-next)
		got := make([][]byte, batch)
		errs := make([]error, batch)
		var group errgroup.Group
		for i := range batch {
			slot := next + i
			group.Go(func() error {
				got[i], errs[i] = f.shard(ctx, m, a, holders[slot], slot, grant)
				return nil
			})
		}
		_ = group.Wait() // each shard keeps its own error
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for i := range batch {
			slot := next + i
			if errs[i] != nil {
				f.Report.fail(holders[slot].Id, fmt.Sprintf("shard %d of bundle %d", slot, a.Seq), errs[i])
				continue
			}
			shards[slot] = got[i]
			have++
			f.Report.ShardsFetched++
			f.Report.BytesFetched += uint64(len(got[i]))
		}
		next += batch
	}
	if have < int(m.K) {
		return nil, fmt.Errorf("%w of bundle %d: have %d of %d", ErrTooFewShards, a.Seq, have, m.K)
	}
	return shards, nil
}

// shard fetches one shard and matches it to the manifest.
func (f *Fetcher) shard(ctx context.Context, m timechain.Manifest, a datarights.Anchor, from provider.Provider, slot int, grant uint64) ([]byte, error) {
	if from.Id == 0 {
		return nil, ErrNoHolder
	}
	ref := BundleRef{Stream: a.Stream, Seq: a.Seq, CID: m.ShardCIDs[slot], Grant: grant}
	bz, err := f.Network.Shard(ctx, from, ref, a.ShardBytes)
	if err != nil {
		return nil, err
	}
	if err := m.CheckShard(slot, bz); err != nil {
		return nil, err
	}
	return bz, nil
}
