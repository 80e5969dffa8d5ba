// Package keeper holds the state and rules of x/reputation.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// Keeper is the module's state.
type Keeper struct {
	Schema collections.Schema

	addresses address.Codec
	authority string

	// params: one value.
	params collections.Item[types.Params]
	// term: the running one; 0 before the first.
	term collections.Item[uint64]
	// rows: operator -> what it did. Never deleted: a bad name stays with its account.
	rows *collections.IndexedMap[[]byte, types.Row, rowIndexes]
	// changes: (operator, number) -> log. Report deletes all but the newest changes_kept.
	changes collections.Map[collections.Pair[[]byte, uint64], types.Change]
	// lowered: height at which evidence last lowered any score, or the params changed.
	lowered collections.Item[uint64]
}

// rowIndexes order operators by score.
type rowIndexes struct {
	score *indexes.Multi[uint32, []byte, types.Row]
}

// IndexesList implements collections.Indexes.
func (i rowIndexes) IndexesList() []collections.Index[[]byte, types.Row] {
	return []collections.Index[[]byte, types.Row]{i.score}
}

// NewKeeper wires the module's state.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	k := Keeper{
		addresses: addresses, authority: authority,
		params: collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		term:   collections.NewItem(sb, types.TermKey, "term", collections.Uint64Value),
		rows: collections.NewIndexedMap(sb, types.RowKey, "rows", collections.BytesKey, codec.CollValue[types.Row](cdc), rowIndexes{
			score: indexes.NewMulti(sb, types.ScoreIndex, "rows_by_score", collections.Uint32Key, collections.BytesKey,
				func(_ []byte, r types.Row) (uint32, error) { return r.Score, nil }),
		}),
		lowered: collections.NewItem(sb, types.LoweredKey, "lowered", collections.Uint64Value),
		changes: collections.NewMap(sb, types.ChangeKey, "changes",
			collections.PairKeyCodec(collections.BytesKey, collections.Uint64Key), codec.CollValue[types.Change](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}
