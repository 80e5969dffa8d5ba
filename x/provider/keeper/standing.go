package keeper

import (
	"context"
	"encoding/binary"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// rankIndex orders the providers that count in one kind of draw, the heaviest first, of equal ones the lower id.
type rankIndex struct {
	*indexes.Multi[[]byte, uint64, types.Provider]
	counts func(types.Provider) bool
}

// Reference implements collections.Index.
func (i rankIndex) Reference(ctx context.Context, id uint64, row types.Provider, old func() (types.Provider, error)) error {
	if err := i.Unreference(ctx, id, old); err != nil || !i.counts(row) {
		return err
	}
	return i.Multi.Reference(ctx, id, row, func() (types.Provider, error) { return types.Provider{}, collections.ErrNotFound })
}

// Unreference implements collections.Index: a row that is new, or did not count, has no entry.
func (i rankIndex) Unreference(ctx context.Context, id uint64, old func() (types.Provider, error)) error {
	before, err := old()
	switch {
	case errors.Is(err, collections.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !i.counts(before):
		return nil
	}
	return i.Multi.Unreference(ctx, id, func() (types.Provider, error) { return before, nil })
}

// first lists the ids of the n heaviest.
func (i rankIndex) first(ctx context.Context, n int) ([]uint64, error) {
	var ids []uint64
	if n == 0 {
		return nil, nil
	}
	err := i.Walk(ctx, nil, func(_ []byte, id uint64) (bool, error) {
		ids = append(ids, id)
		return len(ids) == n, nil
	})
	return ids, err
}

// byCapacity and byBond are the keys of the two orders: numbers with every bit flipped, so that large ones come first.
func byCapacity(_ uint64, p types.Provider) ([]byte, error) {
	return binary.BigEndian.AppendUint64(nil, ^p.CapacityBytes), nil
}

func byBond(_ uint64, p types.Provider) ([]byte, error) {
	key := p.Bond.Amount.BigInt().FillBytes(make([]byte, 32))
	for i := range key {
		key[i] = ^key[i]
	}
	return key, nil
}

// standingIndex notes how the weights of providers change, so that a placement can be checked against the weights its boundary saw.
type standingIndex struct {
	// standings: id -> weights that boundaries still allowed see. Never deleted.
	standings collections.Map[uint64, types.Standing]
	// totals: sums over the providers active in storage.
	totals     collections.Item[types.Totals]
	boundaries collections.Map[uint64, types.Boundary]
}

// Reference implements collections.Index.
func (i standingIndex) Reference(ctx context.Context, id uint64, row types.Provider, old func() (types.Provider, error)) error {
	before, err := old()
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	isNew, from, to := err != nil, before.HolderWeight(), row.HolderWeight()
	if !isNew && from == to {
		return nil
	}
	s, err := i.of(ctx, id)
	if err != nil {
		return err
	}
	// the boundary of this very block may stand already: the two before it are the ones allowed
	newest, err := newestHeights(ctx, i.boundaries, 3)
	if err != nil {
		return err
	}
	if err := i.standings.Set(ctx, id, s.Changed(sdk.UnwrapSDKContext(ctx).BlockHeight(), to, newest)); err != nil {
		return err
	}
	return i.add(ctx, from, to)
}

// Unreference implements collections.Index; rows are never deleted.
func (standingIndex) Unreference(context.Context, uint64, func() (types.Provider, error)) error {
	return errors.New("rows of providers are never deleted")
}

// of is a provider's standing; none for one unknown.
func (i standingIndex) of(ctx context.Context, id uint64) (types.Standing, error) {
	s, err := i.standings.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Standing{}, nil
	}
	return s, err
}

// sums are the totals; zero before the first provider.
func (i standingIndex) sums(ctx context.Context) (types.Totals, error) {
	t, err := i.totals.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Totals{CapacityBytes: math.ZeroInt()}, nil
	}
	return t, err
}

func (i standingIndex) add(ctx context.Context, from, to uint64) error {
	t, err := i.sums(ctx)
	if err != nil {
		return err
	}
	if from > 0 {
		t.Holders--
	}
	if to > 0 {
		t.Holders++
	}
	t.CapacityBytes = t.CapacityBytes.Sub(math.NewIntFromUint64(from)).Add(math.NewIntFromUint64(to))
	return i.totals.Set(ctx, t)
}

// newestHeights lists the heights of up to limit boundaries, newest first.
func newestHeights(ctx context.Context, boundaries collections.Map[uint64, types.Boundary], limit int) ([]int64, error) {
	var heights []int64
	err := boundaries.Walk(ctx, new(collections.Range[uint64]).Descending(), func(height uint64, _ types.Boundary) (bool, error) {
		heights = append(heights, int64(height)) //nolint:gosec // a block's height
		return len(heights) == limit, nil
	})
	return heights, err
}
