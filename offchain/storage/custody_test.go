package storage

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// codedBundle is an upload whose third shard is coded from the first two.
func (w *world) codedBundle(seq uint64, size int) *bundle {
	w.t.Helper()
	b := w.newBundle(seq, size)
	code, err := erasure.New(2, 3, 1)
	require.NoError(w.t, err)
	b.shards, err = code.Split(append(append([]byte(nil), b.shards[0]...), b.shards[1]...))
	require.NoError(w.t, err)
	m, err := timechain.ParseManifest(b.manifest)
	require.NoError(w.t, err)
	for i, s := range b.shards {
		m.ShardCIDs[i], m.ShardRoots[i] = wire.CID(s), merkle.ShardRoot(s)
	}
	b.manifest, err = m.Marshal()
	require.NoError(w.t, err)
	return b
}

// deal stores a bundle with these providers; 0 leaves a slot open.
func (w *world) deal(b *bundle, holders ...uint64) deals.Deal {
	m, err := timechain.ParseManifest(b.manifest)
	require.NoError(w.t, err)
	root := m.ShardRoot()
	d := deals.Deal{DataShards: 2, ShardRoot: root[:], ShardBytes: uint64(len(b.shards[0])), Last: 9}
	for _, id := range holders {
		d.Slots = append(d.Slots, deals.Slot{Provider: id})
	}
	w.anchor(b, holders...)
	w.chain.edit(func() { w.chain.deals[[2]uint64{streamID, b.seq}] = d })
	return d
}

// named makes a provider's row fit to fill slots.
func (w *world) named(ids ...uint64) {
	w.chain.edit(func() {
		for _, id := range ids {
			row := w.chain.providers[id]
			row.Operator, row.StoragePriceUcpc = fmt.Sprintf("operator-%d", id), math.ZeroInt()
			w.chain.providers[id] = row
		}
	})
}

// owe makes a provider owe picks until a height.
func (w *world) owe(id uint64, deadline int64, picks ...deals.Pick) {
	w.chain.edit(func() {
		w.chain.owed[id] = deals.QueryNodeResponse{Round: deals.Round{Period: 7, Deadline: deadline, Picks: picks}}
	})
}

func often(c *Config, _ *Deps) {
	c.Store.ProvePollSeconds, c.Store.RepairPollSeconds, c.Store.SweepSeconds, c.Store.AnchorPollSeconds = 1, 1, 1, 1
}

// next waits for the next message of a kind.
func next[M sdk.Msg](w *world) M {
	w.t.Helper()
	timeout := time.After(15 * time.Second)
	for {
		select {
		case m := <-w.chain.sent:
			if found, ok := m.(M); ok {
				return found
			}
		case <-timeout:
			w.t.Fatal("no such message came")
		}
	}
}

func TestANodeProvesWhatIsPickedOfItsShards(t *testing.T) {
	w := newWorld(t)
	w.start(1, often)
	w.start(2)
	w.start(3)
	b := w.codedBundle(0, 5_056)
	w.upload(b, 1, 2, 3)
	d := w.deal(b, 1, 2, 3)
	picks := []deals.Pick{
		{Stream: streamID, Slot: 0, Leaf: 0},
		{Stream: streamID, Slot: 0, Leaf: 4},
		{Stream: streamID, Slot: 0, Leaf: 2, Proven: true},
		{Stream: streamID, Slot: 1, Leaf: 1}, // it does not hold this one
	}
	w.owe(1, 1_000, picks...)
	msg := next[*deals.MsgProve](w)
	require.EqualValues(t, 7, msg.Period)
	require.Len(t, msg.Answers, 2, "what is proven already and what is gone is left out")
	for _, a := range msg.Answers {
		require.NoError(t, a.Answer.Verify(d, picks[a.Pick]))
	}
}

func TestANodeAnswersChallenges(t *testing.T) {
	w := newWorld(t)
	w.start(1, often)
	w.start(2)
	w.start(3)
	b := w.codedBundle(0, 5_056)
	w.upload(b, 1, 2, 3)
	d := w.deal(b, 1, 2, 3)
	pick := deals.Pick{Stream: streamID, Slot: 0, Leaf: 3}
	w.chain.edit(func() {
		w.chain.challenges[1] = []deals.Challenge{{Id: 4, Provider: 1}, {Id: 5, Provider: 1, Pick: pick, Deadline: 1_000}}
		w.chain.owed[1] = deals.QueryNodeResponse{Node: deals.Node{Challenges: 2}}
	})
	msg := next[*deals.MsgAnswerChallenge](w)
	require.EqualValues(t, 5, msg.Id, "the other's leaf is not drawn yet")
	require.NoError(t, msg.Answer.Verify(d, pick))
}

func TestALostShardIsRebuiltFromTheOthersWithoutAKey(t *testing.T) {
	w := newWorld(t)
	for _, id := range []uint64{1, 2, 3} {
		w.start(id)
	}
	b := w.codedBundle(0, 5_056)
	w.upload(b, 1, 2, 3)
	w.deal(b, 1, 2, 0) // the third was lost
	w.start(4, often)
	w.named(4)
	w.chain.edit(func() {
		d := w.chain.deals[[2]uint64{streamID, 0}]
		d.Slots[2].Since = -1_000_000 // everybody's turn
		w.chain.endangered = []deals.Endangered{{Stream: streamID, Open: []uint32{2}, Held: 2, DataShards: 2, Repair: true}}
	})
	msg := next[*deals.MsgFill](w)
	require.Equal(t, []deals.SlotRef{{Stream: streamID, Slot: 2}}, msg.Slots)
	require.EqualValues(t, 90, msg.Boundary)
	s := w.nodes[4].node.store
	block, err := s.Block(store.Bundle{Stream: streamID}, wire.CID(b.shards[2]))
	require.NoError(t, err)
	data, err := s.Data(block)
	require.NoError(t, err)
	require.Equal(t, b.shards[2], data, "the very shard")
}

func TestAStrangerReadsNothingAndARepairerOnlyWhatIsOpenToIt(t *testing.T) {
	w := newWorld(t)
	w.start(1)
	w.start(2)
	w.start(3)
	stranger := w.start(4)
	w.named(1, 2, 3, 4)
	b := w.codedBundle(0, 5_056)
	w.upload(b, 1, 2, 3)
	w.deal(b, 1, 2, 3)
	h := w.nodes[1].node.handler
	peer := stranger.node.Host().ID()
	require.ErrorContains(t, h.mayRepair(t.Context(), peer, store.Bundle{Stream: streamID}), "no slot of bundle 0")
	w.chain.edit(func() { w.chain.deals[[2]uint64{streamID, 0}].Slots[2].Provider = 0 })
	w.chain.edit(func() { w.chain.deals[[2]uint64{streamID, 0}].Slots[2].Since = 1_000_000 })
	require.ErrorContains(t, h.mayRepair(t.Context(), peer, store.Bundle{Stream: streamID}), "no slot of bundle 0", "not its turn")
	w.chain.edit(func() { w.chain.deals[[2]uint64{streamID, 0}].Slots[2].Since = -1_000_000 })
	require.NoError(t, h.mayRepair(t.Context(), peer, store.Bundle{Stream: streamID}))
	w.chain.edit(func() {
		row := w.chain.providers[4]
		row.Status = provider.STATUS_PAUSED
		w.chain.providers[4] = row
	})
	require.Error(t, h.mayRepair(t.Context(), peer, store.Bundle{Stream: streamID}), "it takes nothing new")
	conn := w.dial(1, nil)
	_, err := conn.GetShard(t.Context(), streamID, 0, wire.CID(b.shards[0]), 0, 5_056)
	requireCode(t, err, wire.CODE_UNAUTHENTICATED, "")
}

func TestWhatIsStoredNoMoreIsDropped(t *testing.T) {
	w := newWorld(t)
	for _, id := range []uint64{1, 2, 3} {
		w.start(id, often)
	}
	kept, ended := w.codedBundle(0, 5_056), w.codedBundle(1, 5_056)
	for _, b := range []*bundle{kept, ended} {
		w.upload(b, 1, 2, 3)
		w.deal(b, 1, 2, 3)
	}
	s := w.nodes[1].node.store
	settled := func() bool { return len(s.Pending()) == 0 }
	require.Eventually(t, settled, 15*time.Second, 20*time.Millisecond)
	w.chain.edit(func() {
		delete(w.chain.deals, [2]uint64{streamID, 1})
		delete(w.chain.anchors, [2]uint64{streamID, 1})
	})
	gone := func() bool {
		_, err := s.Block(store.Bundle{Stream: streamID, Seq: 1}, wire.CID(ended.shards[0]))
		return errors.Is(err, store.ErrNotFound)
	}
	require.Eventually(t, gone, 15*time.Second, 20*time.Millisecond)
	_, err := s.Block(store.Bundle{Stream: streamID}, wire.CID(kept.shards[0]))
	require.NoError(t, err)
}
