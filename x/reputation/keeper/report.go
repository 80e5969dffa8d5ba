package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// BeginTerm steps to a term. Rows follow when they are read or reported on.
func (k Keeper) BeginTerm(ctx context.Context, term uint64) error { return k.term.Set(ctx, term) }

// Score of an operator in the running term, 0 to 10000; the start score for who is unknown.
func (k Keeper) Score(ctx context.Context, operator sdk.AccAddress) (uint32, error) {
	row, _, err := k.settled(ctx, operator)
	return row.Score, err
}

// LoweredSince says whether evidence lowered any score at a height or after it, or the params changed. What terms do to scores by
// themselves is not in it.
func (k Keeper) LoweredSince(ctx context.Context, height int64) (bool, error) {
	at, err := k.lowered.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return false, nil
	}
	return at >= uint64(max(0, height)), err
}

func (k Keeper) noteLowered(ctx context.Context) error {
	return k.lowered.Set(ctx, uint64(max(0, sdk.UnwrapSDKContext(ctx).BlockHeight())))
}

// settled gives an operator's row as of the running term, without storing it, and whether there is one.
func (k Keeper) settled(ctx context.Context, operator sdk.AccAddress) (types.Row, bool, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return types.Row{}, false, err
	}
	term, err := k.term.Get(ctx)
	if err != nil {
		return types.Row{}, false, err
	}
	row, err := k.rows.Get(ctx, operator)
	if errors.Is(err, collections.ErrNotFound) {
		text, err := k.addresses.BytesToString(operator)
		return types.Row{Operator: text, Score: params.Start, SettledTerm: term}, false, err
	}
	if err != nil {
		return types.Row{}, false, err
	}
	return row.Settle(params, term), true, nil
}

// Report books what a module of this chain saw, at once. Errors: ErrEvidence.
func (k Keeper) Report(ctx context.Context, e types.Evidence) error {
	if err := e.Validate(); err != nil {
		return err
	}
	row, found, err := k.settled(ctx, e.Operator)
	if err != nil || !found && !e.Opens() {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.logSettled(ctx, params, e.Operator, &row, found); err != nil {
		return err
	}
	before := row
	row = row.Apply(params, e, row.SettledTerm)
	if row.Score < before.Score {
		if err := k.noteLowered(ctx); err != nil {
			return err
		}
	}
	if found && row.Equal(before) {
		return k.rows.Set(ctx, e.Operator, row) // nothing to tell, as where a bond is what it was
	}
	if err := k.logEvidence(ctx, params, e, &row, before.Score); err != nil {
		return err
	}
	return k.rows.Set(ctx, e.Operator, row)
}

// logSettled tells of the growth or drift since the row was stored.
func (k Keeper) logSettled(ctx context.Context, params types.Params, operator sdk.AccAddress, row *types.Row, found bool) error {
	if !found {
		return nil
	}
	stored, err := k.rows.Get(ctx, operator)
	if err != nil || stored.Score == row.Score {
		return err
	}
	text := fmt.Sprintf("terms %d to %d: toward %d, which its dimensions make, where it served, else toward the start score %d",
		stored.SettledTerm, row.SettledTerm-1, stored.Target(params), params.Start)
	return k.log(ctx, params, operator, row, types.Change{Kind: types.KIND_SETTLED, Before: stored.Score, Text: text})
}

// logEvidence tells of evidence. Quiet evidence goes into the entry of its kind and term, where one stands: nobody can flush what it
// did wrong out of its log by a hundred bonds of one ucpc.
func (k Keeper) logEvidence(ctx context.Context, params types.Params, e types.Evidence, row *types.Row, before uint32) error {
	change := e.Change()
	change.Before = before
	if !e.Quiet() {
		return k.log(ctx, params, e.Operator, row, change)
	}
	earlier, found, err := k.sameThisTerm(ctx, change, e.Operator, *row)
	if err != nil {
		return err
	}
	if !found {
		return k.log(ctx, params, e.Operator, row, change)
	}
	change = e.Fold(earlier)
	change.Number, change.Before = earlier.Number, before
	return k.write(ctx, e.Operator, row, change)
}

// quietEntries is how many kinds of quiet evidence there are: bonds of validator and provider, fees, proofs. So many newest entries are looked at.
const quietEntries = 4

// sameThisTerm finds a newest entry of the running term that is of a change's kind and about the same.
func (k Keeper) sameThisTerm(ctx context.Context, c types.Change, operator sdk.AccAddress, row types.Row) (types.Change, bool, error) {
	for n := row.Changes; n > 0 && n+quietEntries > row.Changes; n-- {
		earlier, err := k.changes.Get(ctx, collections.Join([]byte(operator), n))
		if errors.Is(err, collections.ErrNotFound) {
			return earlier, false, nil // older ones are gone too
		}
		if err != nil || earlier.Term == row.SettledTerm && earlier.Kind == c.Kind && earlier.Ref == c.Ref {
			return earlier, err == nil, err
		}
	}
	return types.Change{}, false, nil
}

// log appends to an operator's log and drops what is too old of it.
func (k Keeper) log(ctx context.Context, params types.Params, operator sdk.AccAddress, row *types.Row, change types.Change) error {
	row.Changes++
	change.Number = row.Changes
	if kept := uint64(params.ChangesKept); row.Changes > kept {
		if err := k.dropChanges(ctx, operator, row.Changes-kept); err != nil {
			return err
		}
	}
	return k.write(ctx, operator, row, change)
}

// write stores an entry at its number and tells of it.
func (k Keeper) write(ctx context.Context, operator sdk.AccAddress, row *types.Row, change types.Change) error {
	c := sdk.UnwrapSDKContext(ctx)
	change.Height, change.Term, change.After = c.BlockHeight(), row.SettledTerm, row.Score
	if err := k.changes.Set(ctx, collections.Join([]byte(operator), change.Number), change); err != nil {
		return err
	}
	return c.EventManager().EmitTypedEvent(&types.EventChanged{
		Operator: row.Operator, Kind: change.Kind, Before: change.Before, After: change.After, Text: change.Text,
	})
}

// droppedPerChange bounds the work where the param was lowered: more go than come.
const droppedPerChange = 8

// dropChanges deletes the oldest entries up to and with a number.
func (k Keeper) dropChanges(ctx context.Context, operator []byte, upTo uint64) error {
	var old []uint64
	err := k.changes.Walk(ctx, collections.NewPrefixedPairRange[[]byte, uint64](operator).EndInclusive(upTo),
		func(key collections.Pair[[]byte, uint64], _ types.Change) (bool, error) {
			old = append(old, key.K2())
			return len(old) == droppedPerChange, nil
		})
	if err != nil {
		return err
	}
	for _, number := range old {
		if err := k.changes.Remove(ctx, collections.Join(operator, number)); err != nil {
			return err
		}
	}
	return nil
}
