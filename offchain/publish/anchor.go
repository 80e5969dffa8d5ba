package publish

import (
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// anchor fills in what follows from the bundle; boundary, placement, receipts and signature come after the upload.
func (p *Publisher) anchor(s datarights.Stream, head datarights.Head, b *timechain.Bundle, skipped uint32, reason string) datarights.Anchor {
	m := b.Manifest
	records, blocks := m.Counts()
	recordRoot, commitmentRoot, shardRoot := m.RecordRoot(), m.CommitmentRoot(), m.ShardRoot()
	first, last := recordTimes(m.Lines)
	return datarights.Anchor{
		Stream: s.Id, Seq: m.Seq, Prev: head.LastHash, KeyEpoch: m.KeyEpoch, WriterEpoch: m.WriterEpoch,
		FirstInterval: m.Lines[0].Interval, Intervals: uint32(len(m.Lines)), Skipped: skipped, SkipReason: reason,
		Records: records, Blocks: blocks, FirstMs: first, LastMs: last,
		ManifestCid: wire.CID(b.ManifestBytes), RecordRoot: recordRoot[:], CommitmentRoot: commitmentRoot[:], ShardRoot: shardRoot[:],
		PayloadBytes: uint64(m.PayloadSize), ShardBytes: uint64(m.ShardSize),
	}
}

// recordTimes bounds the records of all lines, in ms; late ones may lie before the bundle. Both are 0 without records.
func recordTimes(lines []timechain.Line) (first, last int64) {
	seen := false
	for _, l := range lines {
		if l.Count == 0 {
			continue
		}
		if !seen {
			first, last, seen = floorMs(l.T0), floorMs(l.T1), true
		}
		first, last = min(first, floorMs(l.T0)), max(last, floorMs(l.T1))
	}
	return first, last
}

// floorMs turns ns into ms, downwards also before 1970.
func floorMs(ns int64) int64 {
	ms := ns / 1e6
	if ns%1e6 < 0 {
		ms--
	}
	return ms
}
