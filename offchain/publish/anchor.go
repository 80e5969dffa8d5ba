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
	first, last := m.Times()
	return datarights.Anchor{
		Stream: s.Id, Seq: m.Seq, Prev: head.LastHash, KeyEpoch: m.KeyEpoch, WriterEpoch: m.WriterEpoch,
		FirstInterval: m.Lines[0].Interval, Intervals: uint32(len(m.Lines)), Skipped: skipped, SkipReason: reason,
		Records: records, Blocks: blocks, FirstMs: floorMs(first), LastMs: floorMs(last),
		ManifestCid: wire.CID(b.ManifestBytes), RecordRoot: recordRoot[:], CommitmentRoot: commitmentRoot[:], ShardRoot: shardRoot[:],
		PayloadBytes: uint64(m.PayloadSize), ShardBytes: uint64(m.ShardSize),
	}
}

// floorMs turns ns into ms, downwards also before 1970.
func floorMs(ns int64) int64 {
	ms := ns / 1e6
	if ns%1e6 < 0 {
		ms--
	}
	return ms
}
