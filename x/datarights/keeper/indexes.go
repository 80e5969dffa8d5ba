package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/core/address"

	"github.com/cpchain/cpchain/x/datarights/types"
)

type (
	// ownerName is what is unique of a stream or a reader: whose it is and what he calls it.
	ownerName = collections.Pair[[]byte, string]

	streamIndexes struct {
		name *indexes.Unique[ownerName, uint64, types.Stream]
		kind *indexes.Multi[string, uint64, types.Stream]
	}
	headIndexes struct {
		last *indexes.Multi[int64, uint64, types.Head]
	}
	readerIndexes struct {
		name *indexes.Unique[ownerName, uint64, types.Reader]
	}
	grantIndexes struct {
		stream, reader *indexes.Multi[uint64, uint64, types.Grant]
	}
	demandIndexes struct {
		once *indexes.Unique[[]byte, uint64, types.Demand]
	}
)

func ownerNameOf(addresses address.Codec, owner, name string) (ownerName, error) {
	bz, err := addresses.StringToBytes(owner)
	return collections.Join(bz, name), err
}

func newStreamIndexes(sb *collections.SchemaBuilder, addresses address.Codec) streamIndexes {
	return streamIndexes{
		name: indexes.NewUnique(sb, types.StreamNameKey, "streams_by_name",
			collections.PairKeyCodec(collections.BytesKey, collections.StringKey), collections.Uint64Key,
			func(_ uint64, s types.Stream) (ownerName, error) { return ownerNameOf(addresses, s.Owner, s.Name) }),
		kind: indexes.NewMulti(sb, types.StreamKindKey, "streams_by_kind", collections.StringKey, collections.Uint64Key,
			func(_ uint64, s types.Stream) (string, error) { return s.Kind, nil }),
	}
}

// IndexesList implements collections.Indexes.
func (i streamIndexes) IndexesList() []collections.Index[uint64, types.Stream] {
	return []collections.Index[uint64, types.Stream]{i.name, i.kind}
}

func newHeadIndexes(sb *collections.SchemaBuilder) headIndexes {
	return headIndexes{last: indexes.NewMulti(sb, types.HeadTimeKey, "heads_by_last_time", collections.Int64Key, collections.Uint64Key,
		func(_ uint64, h types.Head) (int64, error) { return h.LastMs, nil })}
}

// IndexesList implements collections.Indexes.
func (i headIndexes) IndexesList() []collections.Index[uint64, types.Head] {
	return []collections.Index[uint64, types.Head]{i.last}
}

func newReaderIndexes(sb *collections.SchemaBuilder, addresses address.Codec) readerIndexes {
	return readerIndexes{name: indexes.NewUnique(sb, types.ReaderNameKey, "readers_by_name",
		collections.PairKeyCodec(collections.BytesKey, collections.StringKey), collections.Uint64Key,
		func(_ uint64, r types.Reader) (ownerName, error) { return ownerNameOf(addresses, r.Owner, r.Name) })}
}

// IndexesList implements collections.Indexes.
func (i readerIndexes) IndexesList() []collections.Index[uint64, types.Reader] {
	return []collections.Index[uint64, types.Reader]{i.name}
}

func newGrantIndexes(sb *collections.SchemaBuilder) grantIndexes {
	return grantIndexes{
		stream: indexes.NewMulti(sb, types.GrantStreamKey, "grants_by_stream", collections.Uint64Key, collections.Uint64Key,
			func(_ uint64, g types.Grant) (uint64, error) { return g.Stream, nil }),
		reader: indexes.NewMulti(sb, types.GrantReaderKey, "grants_by_reader", collections.Uint64Key, collections.Uint64Key,
			func(_ uint64, g types.Grant) (uint64, error) { return g.Reader, nil }),
	}
}

// IndexesList implements collections.Indexes.
func (i grantIndexes) IndexesList() []collections.Index[uint64, types.Grant] {
	return []collections.Index[uint64, types.Grant]{i.stream, i.reader}
}

func newDemandIndexes(sb *collections.SchemaBuilder) demandIndexes {
	return demandIndexes{once: indexes.NewUnique(sb, types.DemandOnceKey, "demands_once", collections.BytesKey, collections.Uint64Key,
		func(_ uint64, d types.Demand) ([]byte, error) { return d.Once(), nil })}
}

// IndexesList implements collections.Indexes.
func (i demandIndexes) IndexesList() []collections.Index[uint64, types.Demand] {
	return []collections.Index[uint64, types.Demand]{i.once}
}
