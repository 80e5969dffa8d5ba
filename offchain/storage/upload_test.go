package storage

import (
	"crypto/ed25519"
	"crypto/rand"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// bundle is an upload: three shards and the manifest that names them.
type bundle struct {
	seq      uint64
	shards   [][]byte
	manifest []byte
	receipts []wire.Receipt
}

// newBundle makes the upload of interval seq.
func (w *world) newBundle(seq uint64, size int) *bundle {
	w.t.Helper()
	b := &bundle{seq: seq}
	m := timechain.Manifest{
		Stream: datarights.StreamID(testChain, streamID), Seq: seq, WriterEpoch: 1, K: 2, N: 3,
		PayloadSize: uint32(2 * size), ShardSize: uint32(size),
	}
	for range m.N {
		shard := make([]byte, size)
		_, err := rand.Read(shard)
		require.NoError(w.t, err)
		b.shards = append(b.shards, shard)
		m.ShardCIDs = append(m.ShardCIDs, wire.CID(shard))
		m.ShardRoots = append(m.ShardRoots, merkle.ShardRoot(shard))
	}
	var err error
	b.manifest, err = m.Marshal()
	require.NoError(w.t, err)
	return b
}

// ticket for shard i of a bundle, to a provider.
func (w *world) ticket(b *bundle, i int, id uint64, changes ...func(*wire.Ticket)) wire.Ticket {
	t := wire.Ticket{
		ChainId: testChain, Stream: streamID, WriterEpoch: 1, Seq: b.seq, Index: uint32(i), Provider: id,
		Cid: wire.CID(b.shards[i]), Size_: uint64(len(b.shards[i])), ExpiresAt: time.Now().Add(time.Hour).Unix(),
	}
	for _, change := range changes {
		change(&t)
	}
	t.Signature = ed25519.Sign(w.writer, wire.TicketSignBytes(t))
	return t
}

// upload puts shard i with the i-th provider, and the manifest beside each.
func (w *world) upload(b *bundle, providers ...uint64) {
	w.t.Helper()
	for i, id := range providers {
		receipt, err := w.dial(id, nil).PutShard(w.t.Context(), w.ticket(b, i, id), b.shards[i])
		require.NoError(w.t, err)
		b.receipts = append(b.receipts, receipt)
	}
	for _, id := range providers {
		require.NoError(w.t, w.dial(id, w.asWriter()).PutManifest(w.t.Context(), streamID, b.seq, b.manifest, b.receipts))
	}
}

// anchor names a bundle on chain: interval seq of the stream.
func (w *world) anchor(b *bundle, placement ...uint64) {
	w.chain.edit(func() {
		w.chain.anchors[[2]uint64{streamID, b.seq}] = datarights.QueryAnchorResponse{
			Row: datarights.AnchorRow{Anchor: datarights.Anchor{
				Stream: streamID, Seq: b.seq, FirstInterval: uint32(b.seq), Intervals: 1, ManifestCid: wire.CID(b.manifest),
			}},
			Placement: datarights.Placement{Providers: placement},
		}
		w.chain.heads[streamID] = datarights.Head{NextSeq: b.seq + 1}
	})
}
