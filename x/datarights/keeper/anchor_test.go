package keeper

import (
	"crypto/ed25519"
	"fmt"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// forgery is one change to a good anchor and the refusal it must meet. Changes of content are signed again by the writer, so
// that the rule itself refuses and not the signature.
type forgery struct {
	name   string
	want   error
	change func(f *fixture, m *types.MsgAnchor)
}

// resigned are changes the writer himself could make.
var resigned = []forgery{
	{"D-ANC-1: a stream that does not exist", types.ErrNotFound, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Stream = 99 }},
	{"D-ANC-2: a signer who is not the writer", types.ErrForeignWriter, func(f *fixture, m *types.MsgAnchor) { m.Writer = f.text(f.bob) }},
	{"D-ANC-2: the owner, who is not the writer either", types.ErrForeignWriter, func(f *fixture, m *types.MsgAnchor) { m.Writer = f.text(f.alice) }},
	{"D-ANC-2: a signer that is no address", types.ErrAddress, func(_ *fixture, m *types.MsgAnchor) { m.Writer = "cpc1" }},
	{"D-ANC-3: a writer epoch that is over", types.ErrStaleWriter, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.WriterEpoch-- }},
	{"D-ANC-3: a writer epoch still to come", types.ErrStaleWriter, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.WriterEpoch++ }},
	{"D-ANC-4: a seq left out", types.ErrSeq, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Seq++ }},
	{"D-ANC-4: a seq used already", types.ErrSeq, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Seq-- }},
	{"D-ANC-5: a fork", types.ErrFork, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Prev = hash("another") }},
	{"D-ANC-5: no anchor before", types.ErrFork, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Prev = nil }},
	{"D-ANC-5: a huge name of the anchor before", types.ErrFork, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Prev = make([]byte, 5000) }},
	{"D-ANC-6: intervals left out silently", types.ErrIntervalGap, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.FirstInterval++ }},
	{"D-ANC-6: intervals anchored before", types.ErrIntervalOverlap, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.FirstInterval-- }},
	{"D-ANC-6: an outage that did not happen", types.ErrIntervalOverlap, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Skipped, m.Anchor.SkipReason = 1, "power cut"
	}},
	{"D-ANC-6: an outage without a reason", types.ErrSkip, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Skipped, m.Anchor.FirstInterval = 1, m.Anchor.FirstInterval+1
	}},
	{"D-ANC-6: a reason without an outage", types.ErrSkip, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.SkipReason = "power cut" }},
	{"D-ANC-6: a reason that clears the screen", types.ErrSkip, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Skipped, m.Anchor.SkipReason, m.Anchor.FirstInterval = 1, "\x1b[2J", m.Anchor.FirstInterval+1
	}},
	{"D-ANC-7: no interval", types.ErrIntervals, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Intervals = 0 }},
	{"D-ANC-7: more intervals than allowed", types.ErrIntervals, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Intervals = 10_001 }},
	{"D-ANC-7: the number after the last interval wraps", types.ErrIntervals, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.FirstInterval, m.Anchor.Intervals = 1<<32-15, 15
	}},
	{"D-ANC-8: another key epoch", types.ErrKeyEpoch, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.KeyEpoch++ }},
	{"D-ANC-8: a range over a change of keys", types.ErrKeyEpoch, func(f *fixture, m *types.MsgAnchor) {
		_, err := f.msg.Rekey(f.ctx, &types.MsgRekey{Owner: f.text(f.alice), Stream: m.Anchor.Stream, Start: m.Anchor.FirstInterval + 14})
		require.NoError(f.t, err)
	}},
	{"D-ANC-9: a payload above the limit", types.ErrSize, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.PayloadBytes = 64<<20 + 1 }},
	{"D-ANC-9: a payload that does not fit its shards", types.ErrSize, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.PayloadBytes += 1000 }},
	{"D-ANC-9: shards larger than the payload asks for", types.ErrSize, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ShardBytes += 64 }},
	{"D-ANC-10: records without a block", types.ErrCounts, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Blocks = 0 }},
	{"D-ANC-10: more records than there can be", types.ErrCounts, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Records = 1<<40 + 1 }},
	{"D-ANC-10: more blocks than there can be", types.ErrCounts, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Blocks = 1<<40 + 1 }},
	{"D-ANC-11: a record before the stream began", types.ErrTimes, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.FirstMs = testOrigin.UnixMilli() - 1 }},
	{"D-ANC-11: a record after the range ends", types.ErrTimes, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.LastMs += 1000 }},
	{"D-ANC-11: times backwards", types.ErrTimes, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.FirstMs, m.Anchor.LastMs = m.Anchor.LastMs, m.Anchor.FirstMs
	}},
	{"D-ANC-11: times without a record", types.ErrTimes, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Records, m.Anchor.Blocks = 0, 0 }},
	{"D-ANC-12: an interval that is not over", types.ErrFuture, func(f *fixture, m *types.MsgAnchor) {
		// 15 to 29 end at minute 30; the block is 31 s before
		f.at(testOrigin.Add(29*minute + 29*second))
	}},
	{"D-ANC-13: no CID", types.ErrCID, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid = nil }},
	{"D-ANC-13: a CID with a byte more", types.ErrCID, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid = append(m.Anchor.ManifestCid, 0) }},
	{"D-ANC-13: a CIDv0", types.ErrCID, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid = m.Anchor.ManifestCid[2:] }},
	{"D-ANC-13: a CID of another codec", types.ErrCID, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid[1] = byte(cid.DagProtobuf) }},
	{"D-ANC-13: a CID by another hash", types.ErrCID, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid[2] = byte(multihash.SHA3_256) }},
	{"D-ANC-14: a short record root", types.ErrHash, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.RecordRoot = m.Anchor.RecordRoot[1:] }},
	{"D-ANC-14: no commitment root", types.ErrHash, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.CommitmentRoot = nil }},
	{"D-ANC-14: a long shard root", types.ErrHash, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ShardRoot = append(m.Anchor.ShardRoot, 0) }},
	{"D-ANC-14: no receipt root", types.ErrHash, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ReceiptRoot = nil }},
	{"D-ANC-15: a draw boundary long past", provider.ErrBoundary, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Boundary = 1 }},
	{"D-ANC-16: too few holders", types.ErrPlacement, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Placement = m.Anchor.Placement[1:] }},
	{"D-ANC-16: too many holders", types.ErrPlacement, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Placement = append(m.Anchor.Placement, 9) }},
	{"D-ANC-16: a holder of two shards", types.ErrHolderTwice, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Placement[7] = 1 }},
	{"D-ANC-18: a holder the draw left out", types.ErrNotDrawn, func(f *fixture, _ *types.MsgAnchor) { f.providers.undrawn = 5 }},
	{"D-ANC-16: a holder that does not exist", types.ErrPlacement, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Placement[7] = 77 }},
	{"D-ANC-16: a holder that has paused", provider.ErrInactive, func(f *fixture, m *types.MsgAnchor) {
		f.change(8, func(p *provider.Provider) { p.Status = provider.STATUS_PAUSED })
	}},
	{"D-ANC-16: a holder without room", provider.ErrFull, func(f *fixture, m *types.MsgAnchor) {
		f.change(8, func(p *provider.Provider) { p.CapacityBytes = 30_000 })
	}},
}

// unsigned are changes somebody makes to an anchor on its way: every field is under the signature.
var unsigned = []forgery{
	{"the record root", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.RecordRoot[0] ^= 1 }},
	{"the commitment root", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.CommitmentRoot[0] ^= 1 }},
	{"the shard root", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ShardRoot[0] ^= 1 }},
	{"the receipt root", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ReceiptRoot[0] ^= 1 }},
	{"the manifest CID", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.ManifestCid[20] ^= 1 }},
	{"the count of records", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Records-- }},
	{"the count of blocks", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Blocks-- }},
	{"the number of intervals", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Intervals++ }},
	{"an outage made up", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Skipped, m.Anchor.SkipReason, m.Anchor.FirstInterval = 1, "x", m.Anchor.FirstInterval+1
	}},
	{"the first time", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.FirstMs++ }},
	{"the last time", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.LastMs-- }},
	{"the sizes, together", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.PayloadBytes, m.Anchor.ShardBytes = 75_072, 18_816
	}},
	{"the placement's order", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) {
		p := m.Anchor.Placement
		p[0], p[1] = p[1], p[0]
	}},
	{"the signature", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Signature[40] ^= 1 }},
	{"the signature, shortened", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Signature = m.Anchor.Signature[1:] }},
	{"the signature, taken away", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) { m.Anchor.Signature = nil }},
	{"the signature, by another key", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Signature = ed25519.Sign(signer("mallory"), types.AnchorSignBytes(testChain, m.Anchor))
	}},
	{"the chain it was signed for", types.ErrWriterSignature, func(_ *fixture, m *types.MsgAnchor) {
		m.Anchor.Signature = ed25519.Sign(writerKey, types.AnchorSignBytes("cpchain-2", m.Anchor))
	}},
}

func TestAnchorRefusesEveryForgery(t *testing.T) {
	for _, c := range resigned {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			id := f.stream("buoy-1")
			f.anchor(id, 1)
			m := f.nextAnchor(id)
			c.change(f, m)
			f.sign(m)
			f.refuses(c.want, func() error { _, err := f.msg.Anchor(f.ctx, m); return err })
		})
	}
	for _, c := range unsigned {
		t.Run("D-ANC-17: "+c.name, func(t *testing.T) {
			f := newFixture(t)
			id := f.stream("buoy-1")
			f.anchor(id, 1)
			m := f.nextAnchor(id)
			c.change(f, m)
			f.refuses(c.want, func() error { _, err := f.msg.Anchor(f.ctx, m); return err })
		})
	}
}

func TestAnchorStoresRowPlacementAndHead(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	f.anchor(id, 1)
	m := f.nextAnchor(id)
	m.Anchor.Skipped, m.Anchor.SkipReason, m.Anchor.FirstInterval = 5, "power cut", m.Anchor.FirstInterval+5
	f.sign(m)
	res, err := f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)
	require.Equal(t, types.AnchorHash(testChain, m.Anchor), res.Hash)

	got, err := f.query.Anchor(f.ctx, &types.QueryAnchorRequest{Stream: id, Seq: 1})
	require.NoError(t, err)
	require.Equal(t, m.Anchor.Placement, got.Placement.Providers)
	require.Equal(t, res.Hash, got.Hash)
	require.Equal(t, m.Anchor.Row(110), got.Row)
	require.Empty(t, got.Row.Anchor.Placement)
	require.Empty(t, got.Row.Anchor.Signature)

	head, err := f.k.Head(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.Head{
		NextSeq: 2, LastHash: res.Hash, NextInterval: 35, Records: 1800, Bytes: 200_000,
		FirstMs: testOrigin.UnixMilli(), LastMs: m.Anchor.LastMs,
	}, head)
	require.Equal(t, provider.Load{Shards: 2, ShardBytes: 50_048}, f.providers.loads[8])
	e := events[*types.EventAnchored](f)
	require.Equal(t, &types.EventAnchored{Stream: id, Seq: 1, FirstInterval: 20, Intervals: 15, Hash: res.Hash}, e[len(e)-1])
}

func TestAnchorTakesEmptyIntervalsLateRecordsAndTheClockAllowance(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	m := f.nextAnchor(id)
	m.Anchor.Records, m.Anchor.Blocks, m.Anchor.FirstMs, m.Anchor.LastMs = 0, 15, 0, 0
	f.sign(m)
	_, err := f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)

	m = f.nextAnchor(id)
	m.Anchor.FirstMs = testOrigin.UnixMilli() // late: of interval 0, sealed in interval 15
	f.sign(m)
	f.at(testOrigin.Add(29*minute + 30*second)) // 30 s before interval 29 is over: the allowance exactly
	_, err = f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)
	head, err := f.k.Head(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, testOrigin.UnixMilli(), head.FirstMs)
}

func TestHistoricalStreamsHaveNoClockCheck(t *testing.T) {
	f := newFixture(t)
	m := f.newStream("tax-1850")
	m.Historical = true
	id := f.create(m)
	f.at(testOrigin)
	f.anchor(id, 20)
	head, err := f.k.Head(f.ctx, id)
	require.NoError(t, err)
	require.EqualValues(t, 300, head.NextInterval)
}

func TestATotalThatWouldOverflowIsRefused(t *testing.T) {
	head := types.Head{Records: 1<<64 - 1}
	_, err := head.Next(types.Anchor{Records: 1}, nil)
	require.ErrorIs(t, err, types.ErrCounts)
	head = types.Head{Bytes: 1<<64 - 1}
	_, err = head.Next(types.Anchor{PayloadBytes: 1}, nil)
	require.ErrorIs(t, err, types.ErrCounts)
}

func TestAnchorOfFindsTheAnchorOfEveryInterval(t *testing.T) {
	f := newFixture(t)
	id := f.stream("buoy-1")
	f.anchor(id, 2)
	m := f.nextAnchor(id)
	m.Anchor.Skipped, m.Anchor.SkipReason, m.Anchor.FirstInterval = 3, "ice", m.Anchor.FirstInterval+3
	f.sign(m)
	_, err := f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)
	f.anchor(id, 3)
	for interval, seq := range map[uint32]uint64{0: 0, 14: 0, 15: 1, 29: 1, 30: 2, 32: 2, 33: 2, 47: 2, 48: 3, 92: 5} {
		row, err := f.k.AnchorOf(f.ctx, id, interval)
		require.NoError(t, err)
		require.Equal(t, seq, row.Anchor.Seq, "interval %d", interval)
	}
	_, err = f.k.AnchorOf(f.ctx, id, 93)
	require.ErrorIs(t, err, types.ErrNotFound)
	_, err = f.k.AnchorOf(f.ctx, 7, 0)
	require.ErrorIs(t, err, types.ErrNotFound)
	other := f.stream("buoy-2")
	_, err = f.k.AnchorOf(f.ctx, other, 0)
	require.ErrorIs(t, err, types.ErrNotFound)
}

func TestNoAnchorPlacesShardsWithWhomTheDrawLeftOut(t *testing.T) {
	f := newFixture(t)
	f.providers.undrawn = 8
	m := f.nextAnchor(f.stream("buoy-1"))
	f.refuses(types.ErrNotDrawn, func() error { _, err := f.msg.Anchor(f.ctx, m); return err })
	m.Anchor.Placement[7] = 9
	f.sign(m)
	_, err := f.msg.Anchor(f.ctx, m)
	require.NoError(t, err)
}

// A writer that grinds what he can vary for nothing gets the same draw each time.
func TestGrindingAnAnchorMovesNoDraw(t *testing.T) {
	f := newFixture(t)
	stream := f.stream("buoy-1")
	for i := range 50 {
		m := f.nextAnchor(stream)
		a, label := &m.Anchor, fmt.Sprint("grind ", i)
		a.ManifestCid, a.RecordRoot, a.CommitmentRoot, a.ShardRoot, a.ReceiptRoot = rawCID(label), hash(label), hash(label+"c"), hash(label+"s"), hash(label+"r")
		a.Records, a.Blocks, a.Intervals = uint64(900+i), uint64(10+i), 10+uint32(i%5)
		a.LastMs = a.FirstMs + int64(i)
		f.sign(m)
		ctx, _ := f.ctx.CacheContext()
		_, err := NewMsgServer(f.k).Anchor(ctx, m)
		require.NoError(t, err)
		for id := range uint64(8) { // the cached transaction is thrown away; the fake's books are not
			f.providers.loads[id+1] = provider.Load{}
		}
	}
	require.Len(t, f.providers.drawn, 50)
	for _, by := range f.providers.drawn {
		require.Equal(t, f.providers.drawn[0], by)
	}
}
