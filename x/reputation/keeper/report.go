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
	if found && row.Equal(before) {
		return k.rows.Set(ctx, e.Operator, row) // nothing to tell, as where a bond is what it was
	}
	if err := k.log(ctx, params, e.Operator, &row, e.Kind, before.Score, e.Text); err != nil {
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
	return k.log(ctx, params, operator, row, types.KIND_SETTLED, stored.Score, text)
}

// log appends to an operator's log and drops what is too old of it.
func (k Keeper) log(ctx context.Context, params types.Params, operator sdk.AccAddress, row *types.Row, kind types.Kind, before uint32, text string) error {
	c := sdk.UnwrapSDKContext(ctx)
	row.Changes++
	change := types.Change{
		Number: row.Changes, Height: c.BlockHeight(), Term: row.SettledTerm, Kind: kind, Before: before, After: row.Score, Text: text,
	}
	if err := k.changes.Set(ctx, collections.Join([]byte(operator), row.Changes), change); err != nil {
		return err
	}
	if kept := uint64(params.ChangesKept); row.Changes > kept {
		if err := k.dropChanges(ctx, operator, row.Changes-kept); err != nil {
			return err
		}
	}
	return c.EventManager().EmitTypedEvent(&types.EventChanged{Operator: row.Operator, Kind: kind, Before: before, After: row.Score, Text: text})
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
