// Package keeper holds the state and rules of x/provider.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Keeper is the module's state.
type Keeper struct {
	Schema collections.Schema

	addresses  address.Codec
	authority  string
	bank       types.BankKeeper
	randomness types.Randomness
	reputation types.ReputationKeeper

	// params: one value.
	params collections.Item[types.Params]
	// sequence: the next provider id.
	sequence collections.Sequence
	// providers: id -> row. Never deleted: old signatures refer to it.
	providers *collections.IndexedMap[uint64, types.Provider, providerIndexes]
	// peerKeys: (id, version) -> 32-byte key. Never deleted.
	peerKeys collections.Map[collections.Pair[uint64, uint32], []byte]
	// loads: id -> what depends on the provider. Written for datarights only. Never deleted.
	loads collections.Map[uint64, types.Load]
	// boundaries: height -> draw seed. BeginBlock deletes all but the newest.
	boundaries collections.Map[uint64, types.Boundary]
	// pools: height of a boundary -> whom its proxy draws rank. Deleted with the boundary.
	pools collections.Map[uint64, types.Pool]
	// unbonding: (unix seconds, id) of bonds to be paid out. EndBlock deletes; Slash does when nothing is left of the bond.
	unbonding collections.KeySet[collections.Pair[int64, uint64]]
}

// NewKeeper wires the module's state. Bonds move through bank; seeds of draw boundaries come from randomness.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string, bank types.BankKeeper,
	randomness types.Randomness, reputation types.ReputationKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	id := collections.Uint64Key
	boundaries := collections.NewMap(sb, types.BoundaryKey, "boundaries", collections.Uint64Key, codec.CollValue[types.Boundary](cdc))
	k := Keeper{
		addresses: addresses, authority: authority, bank: bank, randomness: randomness, reputation: reputation,
		params:   collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		sequence: collections.NewSequence(sb, types.SequenceKey, "sequence"),
		providers: collections.NewIndexedMap(sb, types.ProviderKey, "providers", id, codec.CollValue[types.Provider](cdc), providerIndexes{
			operator: presentIndex{indexes.NewUnique(sb, types.OperatorIndex, "providers_by_operator", collections.BytesKey, id,
				func(_ uint64, p types.Provider) ([]byte, error) { return addresses.StringToBytes(p.Operator) })},
			peerKey: presentIndex{indexes.NewUnique(sb, types.PeerKeyIndex, "providers_by_peer_key", collections.BytesKey, id,
				func(_ uint64, p types.Provider) ([]byte, error) { return p.PeerKey, nil })},
			holders: rankIndex{
				indexes.NewMulti(sb, types.HolderIndex, "providers_by_capacity", collections.BytesKey, id, byCapacity),
				func(p types.Provider) bool { return p.HolderWeight() > 0 },
			},
			proxies: rankIndex{
				indexes.NewMulti(sb, types.ProxyIndex, "providers_by_bond", collections.BytesKey, id, byBond),
				func(p types.Provider) bool { return p.Offers(false, true) },
			},
			standing: standingIndex{
				standings:  collections.NewMap(sb, types.StandingKey, "standings", id, codec.CollValue[types.Standing](cdc)),
				totals:     collections.NewItem(sb, types.TotalsKey, "totals", codec.CollValue[types.Totals](cdc)),
				boundaries: boundaries,
			},
		}),
		peerKeys: collections.NewMap(sb, types.PeerKeysKey, "peer_keys",
			collections.PairKeyCodec(id, collections.Uint32Key), collections.BytesValue),
		loads:      collections.NewMap(sb, types.LoadKey, "loads", id, codec.CollValue[types.Load](cdc)),
		boundaries: boundaries,
		pools:      collections.NewMap(sb, types.PoolKey, "pools", collections.Uint64Key, codec.CollValue[types.Pool](cdc)),
		unbonding:  collections.NewKeySet(sb, types.UnbondingKey, "unbonding", collections.PairKeyCodec(collections.Int64Key, id)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}
