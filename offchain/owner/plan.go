package owner

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// ErrUnaligned means that a time is not the start of an interval, so that a grant to it would give more or less.
var ErrUnaligned = errors.New("not on an interval boundary")

// ErrTooFewProxies means that fewer proxies can be drawn than the grant asks for.
var ErrTooFewProxies = errors.New("too few proxies")

// PlanChain is what planning a grant must know from the chain.
type PlanChain interface {
	ChainID() string
	Tip(ctx context.Context) (chain.Tip, error)
	Reader(ctx context.Context, id uint64, version uint32) (datarights.QueryReaderResponse, error)
	Boundaries(ctx context.Context) ([]provider.Boundary, error)
	// Pool is whom the proxy draws by boundary d rank.
	Pool(ctx context.Context, d int64) (provider.Pool, error)
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
	DatarightsParams(ctx context.Context) (datarights.Params, error)
}

// Request is a grant in a person's terms. Times are half-open: [From, To).
type Request struct {
	Stream    datarights.Stream
	Reader    uint64
	From, To  time.Time
	Expires   time.Time
	Threshold int
	Proxies   int
	// Spares are later ranks that get key shares too, as far as the draw has them, and are asked where proxies refuse or are silent.
	Spares int
	// Grain bounds how much open time one key covers; what has been opened can't be revoked.
	Grain         time.Duration
	AcceptanceFee sdk.Coin
}

// Plan turns a request into the terms of a grant: intervals, key epoch, split, and proxies drawn from the current boundary.
func Plan(ctx context.Context, c PlanChain, r Request) (Terms, error) {
	first, err := AlignedInterval(r.Stream, r.From)
	if err != nil {
		return Terms{}, fmt.Errorf("from: %w", err)
	}
	end, err := AlignedInterval(r.Stream, r.To)
	if err != nil {
		return Terms{}, fmt.Errorf("to: %w", err)
	}
	if end <= first {
		return Terms{}, fmt.Errorf("the range from %s to %s is empty", r.From.UTC().Format(time.RFC3339), r.To.UTC().Format(time.RFC3339))
	}
	last := uint32(end - 1)
	epoch := r.Stream.KeyEpochAt(uint32(first))
	if r.Stream.KeyEpochAt(last) != epoch {
		return Terms{}, fmt.Errorf("the range crosses a new key epoch: grant the parts before and after %s apart", epochBoundary(r.Stream, epoch).Format(time.RFC3339))
	}
	tip, err := c.Tip(ctx)
	if err != nil {
		return Terms{}, err
	}
	params, err := c.DatarightsParams(ctx)
	if err != nil {
		return Terms{}, err
	}
	reader, err := c.Reader(ctx, r.Reader, 0)
	if err != nil {
		return Terms{}, fmt.Errorf("reader %d: %w", r.Reader, err)
	}
	r.Spares = min(r.Spares, int(params.MaxSpares))
	proxies, boundary, err := draw(ctx, c, r, reader.Reader.Owner)
	if err != nil {
		return Terms{}, err
	}
	return Terms{
		Stream: r.Stream, Reader: r.Reader, ReaderVersion: reader.Version, ReaderKey: pre.PublicKey(reader.Keys.PreKey),
		KeyEpoch: epoch, First: uint32(first), Last: last,
		Split: closedIntervals(r.Stream, tip.Time), Grain: grainLevels(r.Stream, r.Grain),
		Threshold: r.Threshold, Proxies: proxies[:r.Proxies], Spares: proxies[r.Proxies:], Boundary: boundary,
		AcceptanceFee: r.AcceptanceFee, ExpiresAt: r.Expires.Unix(), MaxNodes: int(params.MaxNodesPerGrant),
	}, nil
}

// AlignedInterval is the number of the interval that starts at t. It may be one past the last.
func AlignedInterval(s datarights.Stream, t time.Time) (uint64, error) {
	since := t.UnixMilli() - s.OriginMs
	size := int64(s.IntervalMs)
	if since < 0 {
		return 0, fmt.Errorf("%s is before the stream's origin %s", t.UTC().Format(time.RFC3339), time.UnixMilli(s.OriginMs).UTC().Format(time.RFC3339))
	}
	if since%size != 0 {
		before := time.UnixMilli(t.UnixMilli() - since%size).UTC()
		return 0, fmt.Errorf("%w: %s; the nearest are %s and %s", ErrUnaligned, t.UTC().Format(time.RFC3339Nano),
			before.Format(time.RFC3339Nano), before.Add(time.Duration(size)*time.Millisecond).Format(time.RFC3339Nano))
	}
	n := uint64(since / size)
	if n > 1<<32 {
		return 0, fmt.Errorf("%s is past the last interval of the stream", t.UTC().Format(time.RFC3339))
	}
	return n, nil
}

// closedIntervals counts the intervals that have ended by now: it is also the first one still open.
func closedIntervals(s datarights.Stream, now time.Time) uint64 {
	since := now.UnixMilli() - s.OriginMs
	if since < 0 {
		return 0
	}
	return min(uint64(since)/s.IntervalMs, 1<<32)
}

// grainLevels is the largest g with 2^g intervals within the grain.
func grainLevels(s datarights.Stream, grain time.Duration) uint8 {
	intervals := uint64(grain.Milliseconds()) / s.IntervalMs
	return uint8(max(bits.Len64(intervals), 1) - 1)
}

func epochBoundary(s datarights.Stream, epoch uint32) time.Time {
	for _, e := range s.KeyEpochs {
		if e.Epoch == epoch+1 {
			return time.UnixMilli(s.OriginMs + int64(e.Start)*int64(s.IntervalMs)).UTC()
		}
	}
	return time.UnixMilli(s.OriginMs).UTC()
}

// draw ranks the proxies as the chain will, proxies and spares in the order of the draw: nobody picks the operators who hold a
// grant's shares.
func draw(ctx context.Context, c PlanChain, r Request, readerOwner string) ([]provider.Provider, int64, error) {
	boundaries, err := c.Boundaries(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(boundaries) == 0 {
		return nil, 0, errors.New("the chain has no draw boundary yet: wait for its first blocks")
	}
	b := boundaries[0]
	pool, err := c.Pool(ctx, b.Height)
	if err != nil {
		return nil, 0, err
	}
	var excluded []uint64
	for _, candidate := range pool.Candidates {
		if candidate.Operator == r.Stream.Owner || candidate.Operator == readerOwner {
			excluded = append(excluded, candidate.Id)
		}
	}
	ranks, err := provider.RankPool(b.Seed, datarights.StreamID(c.ChainID(), r.Stream.Id), pool, excluded...)
	if err != nil {
		return nil, 0, err
	}
	var drawn []provider.Provider
	for _, id := range ranks {
		if len(drawn) == r.Proxies+r.Spares {
			break
		}
		row, err := c.Provider(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		if row.Offers(false, true) {
			drawn = append(drawn, row)
		}
	}
	if r.Proxies < 1 || len(drawn) < r.Proxies {
		return nil, 0, fmt.Errorf("%w: boundary %d ranks %d for a grant over %d: ask for fewer with --proxies and --threshold, or wait for the next boundary, from which on also those count that came later",
			ErrTooFewProxies, b.Height, len(drawn), r.Proxies)
	}
	return drawn, b.Height, nil
}
