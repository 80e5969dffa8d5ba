// Package keeper holds the state and rules of x/datarights.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// Keeper is the module's state. The bytes of its keys are in types/keys.go.
type Keeper struct {
	Schema collections.Schema

	addresses  address.Codec
	authority  string
	bank       types.BankKeeper
	provider   types.ProviderKeeper
	storage    types.StorageKeeper
	reputation types.ReputationKeeper

	// params: one value.
	params collections.Item[types.Params]
	// streamSeq, readerSeq, grantSeq: the next ids.
	streamSeq, readerSeq, grantSeq collections.Sequence
	// streams: id -> row; never deleted.
	streams *collections.IndexedMap[uint64, types.Stream, streamIndexes]
	// tags: (tag, stream); UpdateStream replaces a stream's.
	tags collections.KeySet[collections.Pair[string, uint64]]
	// heads: stream -> what the next anchor must follow; each anchor replaces it.
	heads *collections.IndexedMap[uint64, types.Head, headIndexes]
	// anchors: (stream, seq) -> anchor without placement and signature; never deleted.
	anchors collections.Map[collections.Pair[uint64, uint64], types.AnchorRow]
	// readers: id -> row; never deleted.
	readers *collections.IndexedMap[uint64, types.Reader, readerIndexes]
	// readerKeys: (reader, version) -> keys; retired ones stay.
	readerKeys collections.Map[collections.Pair[uint64, uint32], types.ReaderKeys]
	// grants: id -> row; revoked and expired ones stay.
	grants *collections.IndexedMap[uint64, types.Grant, grantIndexes]
	// grantProxies: (provider, grant) that asked or accepted; a refusal and the settlement delete.
	grantProxies collections.KeySet[collections.Pair[uint64, uint64]]
	// disputes: (grant, provider, node) proved wrong; never deleted.
	disputes collections.KeySet[collections.Triple[uint64, uint64, []byte]]
	// settlements: (time, grant) at which locks and fees are released; EndBlock deletes, a revocation moves.
	settlements collections.KeySet[collections.Pair[int64, uint64]]
	// disclaims: (stream, seq, slot) -> a shard its provider says it never received; EndBlock deletes.
	disclaims collections.Map[slotKey, types.Disclaim]
	// disclaimsDue: (height, (stream, seq, slot)) at which the slot is emptied; EndBlock deletes.
	disclaimsDue collections.KeySet[collections.Pair[int64, slotKey]]
	// demandSeq: the next demand id.
	demandSeq collections.Sequence
	// demands: id -> row; never deleted, but their bytes are after a time.
	demands *collections.IndexedMap[uint64, types.Demand, demandIndexes]
	// demandsOf: (provider, demand) for fragments; demandsAt: (stream, demand) for capsules. Their end deletes.
	demandsOf, demandsAt collections.KeySet[collections.Pair[uint64, uint64]]
	// demandsDue: (height, demand) at which it lapses or lets go of its bytes; EndBlock deletes, an answer moves.
	demandsDue collections.KeySet[collections.Pair[int64, uint64]]
	// pots: grant -> what its demands brought in; never deleted.
	pots collections.Map[uint64, types.Pot]
}

// NewKeeper wires the module's state. authority is the address that may change the params.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string, bank types.BankKeeper,
	provider types.ProviderKeeper, storage types.StorageKeeper, reputation types.ReputationKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	id := collections.Uint64Key
	slotCodec := collections.TripleKeyCodec(id, id, collections.Uint32Key)
	idPair := collections.PairKeyCodec(id, id)
	idVersion := collections.PairKeyCodec(id, collections.Uint32Key)
	k := Keeper{
		addresses: addresses, authority: authority, bank: bank, provider: provider, storage: storage, reputation: reputation,
		params:       collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		streamSeq:    collections.NewSequence(sb, types.StreamSeqKey, "stream_seq"),
		readerSeq:    collections.NewSequence(sb, types.ReaderSeqKey, "reader_seq"),
		grantSeq:     collections.NewSequence(sb, types.GrantSeqKey, "grant_seq"),
		streams:      collections.NewIndexedMap(sb, types.StreamKey, "streams", id, codec.CollValue[types.Stream](cdc), newStreamIndexes(sb, addresses)),
		tags:         collections.NewKeySet(sb, types.StreamTagKey, "tags", collections.PairKeyCodec(collections.StringKey, id)),
		heads:        collections.NewIndexedMap(sb, types.HeadKey, "heads", id, codec.CollValue[types.Head](cdc), newHeadIndexes(sb)),
		anchors:      collections.NewMap(sb, types.AnchorKey, "anchors", idPair, codec.CollValue[types.AnchorRow](cdc)),
		readers:      collections.NewIndexedMap(sb, types.ReaderKey, "readers", id, codec.CollValue[types.Reader](cdc), newReaderIndexes(sb, addresses)),
		readerKeys:   collections.NewMap(sb, types.ReaderKeysKey, "reader_keys", idVersion, codec.CollValue[types.ReaderKeys](cdc)),
		grants:       collections.NewIndexedMap(sb, types.GrantKey, "grants", id, codec.CollValue[types.Grant](cdc), newGrantIndexes(sb)),
		grantProxies: collections.NewKeySet(sb, types.GrantProxyKey, "grant_proxies", idPair),
		disputes:     collections.NewKeySet(sb, types.DisputeKey, "disputes", collections.TripleKeyCodec(id, id, collections.BytesKey)),
		settlements:  collections.NewKeySet(sb, types.SettlementKey, "settlements", collections.PairKeyCodec(collections.Int64Key, id)),
		disclaims:    collections.NewMap(sb, types.DisclaimKey, "disclaims", slotCodec, codec.CollValue[types.Disclaim](cdc)),
		disclaimsDue: collections.NewKeySet(sb, types.DisclaimDueKey, "disclaims_due", collections.PairKeyCodec(collections.Int64Key, slotCodec)),
		demandSeq:    collections.NewSequence(sb, types.DemandSeqKey, "demand_seq"),
		demands:      collections.NewIndexedMap(sb, types.DemandKey, "demands", id, codec.CollValue[types.Demand](cdc), newDemandIndexes(sb)),
		demandsOf:    collections.NewKeySet(sb, types.DemandOfKey, "demands_of", idPair),
		demandsAt:    collections.NewKeySet(sb, types.DemandAtKey, "demands_at", idPair),
		demandsDue:   collections.NewKeySet(sb, types.DemandDueKey, "demands_due", collections.PairKeyCodec(collections.Int64Key, id)),
		pots:         collections.NewMap(sb, types.PotKey, "pots", id, codec.CollValue[types.Pot](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}
