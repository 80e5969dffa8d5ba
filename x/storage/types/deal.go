package types

import (
	"slices"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// Opening is what an anchor makes a deal of.
type Opening struct {
	Stream, Seq uint64
	DataShards  uint32
	ShardRoot   []byte
	ShardBytes  uint64
	// Placement is the provider of each shard, in the order of the slots.
	Placement []uint64
}

// Providers of a deal's shards in the order of the slots, 0 for an open one.
func (d Deal) Providers() []uint64 {
	ids := make([]uint64, len(d.Slots))
	for i, s := range d.Slots {
		ids[i] = s.Provider
	}
	return ids
}

// Holds tells whether a provider has a slot of the deal.
func (d Deal) Holds(provider uint64) bool {
	return slices.ContainsFunc(d.Slots, func(s Slot) bool { return s.Provider == provider })
}

// Held is how many slots have a holder.
func (d Deal) Held() int {
	held := 0
	for _, s := range d.Slots {
		if s.Provider != 0 {
			held++
		}
	}
	return held
}

// Owed is what a deal pays for a slot from a period on, in ucpc.
func (d Deal) Owed(from uint64) uint64 {
	if from > d.Last {
		return 0
	}
	return d.Pay * (d.Last - from + 1) // covered by coins
}

// Shards of a node, of all size classes.
func (n Node) Shards() uint64 {
	var sum uint64
	for _, c := range n.Counts {
		sum += c
	}
	return sum
}

// Leaves of each shard.
func (d Deal) Leaves() uint64 { return merkle.ShardLeaves(d.ShardBytes) }

// Ref is the slot a pick is of.
func (p Pick) Ref() SlotRef { return SlotRef{Stream: p.Stream, Seq: p.Seq, Slot: p.Slot} }
