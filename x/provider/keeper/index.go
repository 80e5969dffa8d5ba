package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"

	"github.com/cpchain/cpchain/x/provider/types"
)

// presentIndex is a unique index over the providers that have not left: leaving frees the operator's name and the peer key, so
// that the operator may come back as a new provider with the node it has.
type presentIndex struct {
	*indexes.Unique[[]byte, uint64, types.Provider]
}

// Reference implements collections.Index: it follows a row from old to new.
func (i presentIndex) Reference(ctx context.Context, id uint64, row types.Provider, old func() (types.Provider, error)) error {
	if row.Status == types.STATUS_LEFT {
		return i.Unreference(ctx, id, old)
	}
	return i.Unique.Reference(ctx, id, row, func() (types.Provider, error) {
		before, err := old()
		if err == nil && before.Status == types.STATUS_LEFT {
			return before, collections.ErrNotFound
		}
		return before, err
	})
}

// Unreference implements collections.Index: a row that is new, or has left before, has no entry to take away.
func (i presentIndex) Unreference(ctx context.Context, id uint64, old func() (types.Provider, error)) error {
	before, err := old()
	switch {
	case errors.Is(err, collections.ErrNotFound):
		return nil
	case err != nil:
		return err
	case before.Status == types.STATUS_LEFT:
		return nil
	}
	return i.Unique.Unreference(ctx, id, func() (types.Provider, error) { return before, nil })
}

// providerIndexes find the providers that have not left, and order those that draws weigh.
type providerIndexes struct {
	// operator: operator account bytes -> id.
	operator presentIndex
	// peerKey: current peer key -> id.
	peerKey presentIndex
	// holders: (capacity, largest first, id) of those active in storage.
	holders rankIndex
	// proxies: (bond, largest first, id) of those active as proxies.
	proxies rankIndex
	// standing keeps the weights boundaries saw.
	standing standingIndex
}

// IndexesList implements collections.Indexes.
func (i providerIndexes) IndexesList() []collections.Index[uint64, types.Provider] {
	return []collections.Index[uint64, types.Provider]{i.operator, i.peerKey, i.holders, i.proxies, i.standing}
}
