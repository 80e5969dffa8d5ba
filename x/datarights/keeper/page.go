package keeper

import (
	"context"
	"encoding/binary"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"

	"github.com/cosmos/cosmos-sdk/types/query"
)

// maxPage caps the rows of a page, maxScan the rows looked at for it: a page may come short, or empty, with a key to go on.
const (
	maxPage = 200
	maxScan = 10_000
)

// visit is called with an entry's place, to go on from later, and the id of its row.
type visit func(place []byte, id uint64) (stop bool, err error)

// walker goes over entries in order, from a place on (nil: from the first).
type walker func(ctx context.Context, from []byte, v visit) error

// paginate collects the rows that match, one page at a time.
func paginate[T any](ctx context.Context, page *query.PageRequest, walk walker, match func(id uint64) (bool, error), row func(id uint64) (T, error)) ([]T, *query.PageResponse, error) {
	limit := uint64(maxPage)
	var from []byte
	if page != nil {
		if page.Offset != 0 || page.Reverse {
			return nil, nil, status.Error(codes.InvalidArgument, "page by key, forwards: neither offset nor reverse is served")
		}
		if page.Limit != 0 {
			limit = min(page.Limit, maxPage)
		}
		from = page.Key
	}
	res := &query.PageResponse{}
	var rows []T
	scanned := 0
	err := walk(ctx, from, func(place []byte, id uint64) (bool, error) {
		if uint64(len(rows)) == limit || scanned == maxScan {
			res.NextKey = place
			return true, nil
		}
		scanned++
		ok, err := match(id)
		if err != nil || !ok {
			return false, err
		}
		r, err := row(id)
		rows = append(rows, r)
		return false, err
	})
	return rows, res, err
}

func idPlace(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

func placeID(from []byte) (uint64, error) {
	if from == nil {
		return 0, nil
	}
	if len(from) != 8 {
		return 0, status.Error(codes.InvalidArgument, "page key is not one this query gave")
	}
	return binary.BigEndian.Uint64(from), nil
}

// walkPairs goes over the second halves of (first, id) keys.
func walkPairs[K any](walk func(context.Context, collections.Ranger[collections.Pair[K, uint64]], func(collections.Pair[K, uint64]) (bool, error)) error, first K) walker {
	return func(ctx context.Context, from []byte, v visit) error {
		id, err := placeID(from)
		if err != nil {
			return err
		}
		return walk(ctx, collections.NewPrefixedPairRange[K, uint64](first).StartInclusive(id),
			func(key collections.Pair[K, uint64]) (bool, error) { return v(idPlace(key.K2()), key.K2()) })
	}
}

// walkMulti goes over one reference of an index.
func walkMulti[K, V any](index *indexes.Multi[K, uint64, V], ref K) walker {
	return walkPairs(func(ctx context.Context, r collections.Ranger[collections.Pair[K, uint64]], fn func(collections.Pair[K, uint64]) (bool, error)) error {
		return index.Walk(ctx, r, func(key K, id uint64) (bool, error) { return fn(collections.Join(key, id)) })
	}, ref)
}

// walkNames goes over one owner's rows by name.
func walkNames[V any](index *indexes.Unique[ownerName, uint64, V], owner []byte) walker {
	return func(ctx context.Context, from []byte, v visit) error {
		r := collections.NewPrefixedPairRange[[]byte, string](owner).StartInclusive(string(from))
		return index.Walk(ctx, r, func(key ownerName, id uint64) (bool, error) { return v([]byte(key.K2()), id) })
	}
}
