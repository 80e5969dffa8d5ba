package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/cpchain/cpchain/x/reputation/types"
)

// InitGenesis writes a genesis that types.GenesisState.Validate accepts.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.term.Set(ctx, g.Term); err != nil {
		return err
	}
	for _, r := range g.Rows {
		operator, err := k.addresses.StringToBytes(r.Operator)
		if err != nil {
			return types.ErrGenesis.Wrapf("row of %q: %v", r.Operator, err)
		}
		if err := k.rows.Set(ctx, operator, r); err != nil {
			return err
		}
	}
	for _, c := range g.Changes {
		operator, err := k.addresses.StringToBytes(c.Operator)
		if err != nil {
			return types.ErrGenesis.Wrapf("change of %q: %v", c.Operator, err)
		}
		if err := k.changes.Set(ctx, collections.Join(operator, c.Change.Number), c.Change); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

// ExportGenesis reads all state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.Term, err = k.term.Get(ctx); err != nil {
		return nil, err
	}
	return g, errors.Join( // not a refusal: a store that can't be read ends the export
		k.rows.Walk(ctx, nil, func(_ []byte, r types.Row) (bool, error) {
			g.Rows = append(g.Rows, r)
			return false, nil
		}),
		k.changes.Walk(ctx, nil, func(key collections.Pair[[]byte, uint64], c types.Change) (bool, error) {
			operator, err := k.addresses.BytesToString(key.K1())
			g.Changes = append(g.Changes, types.ChangeRecord{Operator: operator, Change: c})
			return false, err
		}))
}

// CheckInvariants says what does not hold; the README's section "Invariants" has it in words.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	g, err := k.ExportGenesis(ctx)
	if err != nil {
		return err
	}
	g.Params.ChangesKept = types.MaxChangesKept // a lowered param is reached a few entries at a time
	if err := g.Validate(); err != nil {
		return err
	}
	indexed := 0
	err = k.rows.Indexes.score.Walk(ctx, nil, func(score uint32, operator []byte) (bool, error) {
		indexed++
		row, err := k.rows.Get(ctx, operator)
		if err == nil && row.Score != score {
			err = fmt.Errorf("%s stands at %d in the index, its score is %d", row.Operator, score, row.Score)
		}
		return err != nil, err
	})
	if err == nil && indexed != len(g.Rows) {
		err = fmt.Errorf("%d rows and %d in the index by score", len(g.Rows), indexed)
	}
	return err
}
