package storage

import (
	"sync/atomic"
	"testing"

	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// unlimited lets one peer ask as fast as it can.
func unlimited(c *Config, _ *Deps) {
	c.Limits.RequestsPerSecond, c.Limits.RequestBurst = 1<<30, 1<<30
	c.Store.CapacityBytes, c.Store.MaxPendingBytes = 1<<40, 1<<40
}

// BenchmarkGetShard fetches a shard of 1 MiB over loopback, right and CID checked on both sides.
func BenchmarkGetShard(b *testing.B) {
	w := newWorld(b)
	w.start(1, unlimited)
	up := w.newBundle(0, 1<<20)
	w.upload(up, 1)
	conn := w.dial(1, w.asOwner())
	cid := wire.CID(up.shards[0])
	b.SetBytes(1 << 20)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := conn.GetShard(b.Context(), streamID, 0, cid, 0, 1<<20); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkPutShard stores shards of 1 MiB over loopback: ticket, tree root, receipt, and both syncs to disk.
func BenchmarkPutShard(b *testing.B) {
	w := newWorld(b)
	w.start(1, unlimited)
	conn := w.dial(1, nil)
	var seq atomic.Uint64
	b.SetBytes(1 << 20)
	for b.Loop() {
		b.StopTimer()
		up := w.newBundle(seq.Add(1)%maxAhead, 1<<20)
		b.StartTimer()
		if _, err := conn.PutShard(b.Context(), w.ticket(up, 0, 1), up.shards[0]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGetFragments has a proxy re-encrypt 32 nodes in one request.
func BenchmarkGetFragments(b *testing.B) {
	w := newWorld(b)
	w.start(1, unlimited)
	w.start(2)
	r := w.newReader(7)
	g := w.newGrant(5, r, 0, 31, 0, 1, 2) // all open: one node each
	w.push(g)
	nodes := make([][]byte, len(g.nodes))
	for i, n := range g.nodes {
		nodes[i] = label(b, n)
		_, capsule := w.capsule(n)
		if err := w.dial(1, w.asWriter()).PutCapsule(b.Context(), 5, nodes[i], capsule); err != nil {
			b.Fatal(err)
		}
	}
	conn := w.dial(1, r.identity())
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := conn.GetFragments(b.Context(), 5, nodes, r.identity()); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N*len(nodes))/b.Elapsed().Seconds(), "fragments/s")
}
