// Package keeper holds the state and rules of x/datarights.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Keeper is the module's state.
type Keeper struct {
	Schema collections.Schema

	addresses address.Codec
	authority string
	bank      types.BankKeeper
	provider  types.ProviderKeeper

	// params: one value.
	params collections.Item[types.Params]
	// streamSeq, readerSeq, grantSeq: the next ids.
	streamSeq, readerSeq, grantSeq collections.Sequence
	// streams: id -> row; never deleted.
	streams *collections.IndexedMap[uint64, types.Stream, streamIndexes]
	// tags: (tag, stream); follows the row's tags.
	tags collections.KeySet[collections.Pair[string, uint64]]
	// heads: stream -> what the next anchor must follow; changes with each anchor.
	heads *collections.IndexedMap[uint64, types.Head, headIndexes]
	// anchors: (stream, seq) -> anchor without placement and signature; never deleted.
	anchors collections.Map[collections.Pair[uint64, uint64], types.AnchorRow]
	// placements: (stream, seq) -> provider of each shard; never deleted.
	placements collections.Map[collections.Pair[uint64, uint64], types.Placement]
	// readers: id -> row; never deleted.
	readers *collections.IndexedMap[uint64, types.Reader, readerIndexes]
	// readerKeys: (reader, version) -> keys; retired ones stay.
	readerKeys collections.Map[collections.Pair[uint64, uint32], types.ReaderKeys]
	// grants: id -> row; revoked and expired ones stay.
	grants *collections.IndexedMap[uint64, types.Grant, grantIndexes]
	// grantProxies: (provider, grant); as long as the grant is not settled.
	grantProxies collections.KeySet[collections.Pair[uint64, uint64]]
	// disputes: (grant, provider, node) proved wrong; never deleted.
	disputes collections.KeySet[collections.Triple[uint64, uint64, []byte]]
	// settlements: (time, grant) at which locks and fees are released; EndBlock deletes.
	settlements collections.KeySet[collections.Pair[int64, uint64]]
}

type (
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
)

// IndexesList implements collections.Indexes.
func (i streamIndexes) IndexesList() []collections.Index[uint64, types.Stream] {
	return []collections.Index[uint64, types.Stream]{i.name, i.kind}
}

// IndexesList implements collections.Indexes.
func (i headIndexes) IndexesList() []collections.Index[uint64, types.Head] {
	return []collections.Index[uint64, types.Head]{i.last}
}

// IndexesList implements collections.Indexes.
func (i readerIndexes) IndexesList() []collections.Index[uint64, types.Reader] {
	return []collections.Index[uint64, types.Reader]{i.name}
}

// IndexesList implements collections.Indexes.
func (i grantIndexes) IndexesList() []collections.Index[uint64, types.Grant] {
	return []collections.Index[uint64, types.Grant]{i.stream, i.reader}
}

// NewKeeper wires the module's state.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string, bank types.BankKeeper, provider types.ProviderKeeper) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	id := collections.Uint64Key
	idPair := collections.PairKeyCodec(id, id)
	timed := collections.PairKeyCodec(collections.Int64Key, id)
	named := collections.PairKeyCodec(collections.BytesKey, collections.StringKey)
	k := Keeper{
		addresses: addresses, authority: authority, bank: bank, provider: provider,
		params:    collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		streamSeq: collections.NewSequence(sb, types.StreamSeqKey, "stream_seq"),
		readerSeq: collections.NewSequence(sb, types.ReaderSeqKey, "reader_seq"),
		grantSeq:  collections.NewSequence(sb, types.GrantSeqKey, "grant_seq"),
		streams: collections.NewIndexedMap(sb, types.StreamKey, "streams", id, codec.CollValue[types.Stream](cdc), streamIndexes{
			name: indexes.NewUnique(sb, types.StreamNameKey, "streams_by_name", named, id,
				func(_ uint64, s types.Stream) (ownerName, error) { return ownerNameOf(addresses, s.Owner, s.Name) }),
			kind: indexes.NewMulti(sb, types.StreamKindKey, "streams_by_kind", collections.StringKey, id,
				func(_ uint64, s types.Stream) (string, error) { return s.Kind, nil }),
		}),
		tags: collections.NewKeySet(sb, types.StreamTagKey, "tags", collections.PairKeyCodec(collections.StringKey, id)),
		heads: collections.NewIndexedMap(sb, types.HeadKey, "heads", id, codec.CollValue[types.Head](cdc), headIndexes{
			last: indexes.NewMulti(sb, types.HeadTimeKey, "heads_by_last_time", collections.Int64Key, id,
				func(_ uint64, h types.Head) (int64, error) { return h.LastMs, nil }),
		}),
		anchors:    collections.NewMap(sb, types.AnchorKey, "anchors", idPair, codec.CollValue[types.AnchorRow](cdc)),
		placements: collections.NewMap(sb, types.PlacementKey, "placements", idPair, codec.CollValue[types.Placement](cdc)),
		readers: collections.NewIndexedMap(sb, types.ReaderKey, "readers", id, codec.CollValue[types.Reader](cdc), readerIndexes{
			name: indexes.NewUnique(sb, types.ReaderNameKey, "readers_by_name", named, id,
				func(_ uint64, r types.Reader) (ownerName, error) { return ownerNameOf(addresses, r.Owner, r.Name) }),
		}),
		readerKeys: collections.NewMap(sb, types.ReaderKeysKey, "reader_keys",
			collections.PairKeyCodec(id, collections.Uint32Key), codec.CollValue[types.ReaderKeys](cdc)),
		grants: collections.NewIndexedMap(sb, types.GrantKey, "grants", id, codec.CollValue[types.Grant](cdc), grantIndexes{
			stream: indexes.NewMulti(sb, types.GrantStreamKey, "grants_by_stream", id, id,
				func(_ uint64, g types.Grant) (uint64, error) { return g.Stream, nil }),
			reader: indexes.NewMulti(sb, types.GrantReaderKey, "grants_by_reader", id, id,
				func(_ uint64, g types.Grant) (uint64, error) { return g.Reader, nil }),
		}),
		grantProxies: collections.NewKeySet(sb, types.GrantProxyKey, "grant_proxies", idPair),
		disputes:     collections.NewKeySet(sb, types.DisputeKey, "disputes", collections.TripleKeyCodec(id, id, collections.BytesKey)),
		settlements:  collections.NewKeySet(sb, types.SettlementKey, "settlements", timed),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

func ownerNameOf(addresses address.Codec, owner, name string) (ownerName, error) {
	bz, err := addresses.StringToBytes(owner)
	return collections.Join(bz, name), err
}
