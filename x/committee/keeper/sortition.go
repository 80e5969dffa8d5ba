package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// CheckTurn says whether a candidate may draw at this height, without looking at the proof. The ante chain calls it before it verifies
// anything. Errors: ErrProof for its size, ErrTerm, ErrWindow, ErrNotFound, ErrAgent, ErrIneligible, ErrDrawn.
func (k Keeper) CheckTurn(ctx context.Context, msg *types.MsgSubmitSortition) error {
	_, _, err := k.turn(ctx, msg)
	return err
}

// turn also gives the running term and what the snapshot says of the candidate.
func (k Keeper) turn(ctx context.Context, msg *types.MsgSubmitSortition) (types.Term, types.Snapshot, error) {
	none := func(err error) (types.Term, types.Snapshot, error) { return types.Term{}, types.Snapshot{}, err }
	if err := msg.Validate(); err != nil {
		return none(err)
	}
	term, err := k.term.Get(ctx)
	if err != nil {
		return none(err)
	}
	if msg.Term != term.Number {
		return none(types.ErrTerm.Wrapf("term %d, the running one is %d", msg.Term, term.Number))
	}
	if len(term.Input) == 0 {
		return none(types.ErrWindow.Wrap("the first term has no election"))
	}
	if height := sdk.UnwrapSDKContext(ctx).BlockHeight(); height < term.Open || height > term.Close {
		return none(types.ErrWindow.Wrapf("height %d, term %d takes draws from %d to %d", height, term.Number, term.Open, term.Close))
	}
	operator, err := k.addresses.StringToBytes(msg.Operator)
	if err != nil {
		return none(types.ErrNotFound.Wrapf("operator %q: %v", msg.Operator, err))
	}
	candidate, err := k.Candidate(ctx, operator)
	if err != nil {
		return none(err)
	}
	if candidate.Agent != msg.Agent {
		return none(types.ErrAgent.Wrapf("%s, the registered one is %s", msg.Agent, candidate.Agent))
	}
	key := collections.Join(term.Number, operator)
	snapshot, err := k.snapshots.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return none(types.ErrIneligible.Wrapf("operator %s is not in the snapshot of term %d", msg.Operator, term.Number))
	}
	if err != nil {
		return none(err)
	}
	has, err := k.draws.Has(ctx, key)
	if err != nil {
		return none(err)
	}
	if has {
		return none(types.ErrDrawn.Wrapf("operator %s, term %d", msg.Operator, term.Number))
	}
	return term, snapshot, nil
}

// StoreSortition verifies a draw and stores it. The ante chain calls it once the agent's signature is known good, so that one draw for each candidate and term is all that is
// ever free, in the mempool as in a block.
func (k Keeper) StoreSortition(ctx context.Context, msg *types.MsgSubmitSortition) error {
	term, snapshot, err := k.turn(ctx, msg)
	if err != nil {
		return err
	}
	output, ok := verified(snapshot.VrfKey, term.Input, msg.Proof)
	if !ok {
		return types.ErrProof.Wrapf("under the VRF key %x and the input of term %d", snapshot.VrfKey, term.Number)
	}
	operator := k.account(msg.Operator)
	draw := types.Draw{Proof: msg.Proof, Output: output[:], Height: sdk.UnwrapSDKContext(ctx).BlockHeight()}
	if err := k.draws.Set(ctx, collections.Join(msg.Term, []byte(operator)), draw); err != nil {
		return err
	}
	candidate, err := k.Candidate(ctx, operator)
	if err != nil {
		return err
	}
	candidate.LastDrawn, candidate.Missed = msg.Term, 0
	if err := k.candidates.Set(ctx, operator, candidate); err != nil {
		return err
	}
	level := election.Draw(output[:], snapshot.Weight).Level()
	return emit(ctx, &types.EventDrawn{Term: msg.Term, Operator: msg.Operator, Level: level})
}

// Submitted gives the level of a draw that the ante chain stored in this very transaction. Errors: ErrWrapped for a message that
// came another way: among others, inside authz or a proposal, or with a fee.
func (k Keeper) Submitted(ctx context.Context, msg *types.MsgSubmitSortition) (uint32, error) {
	operator, err := k.addresses.StringToBytes(msg.Operator)
	if err != nil {
		return 0, types.ErrNotFound.Wrapf("operator %q: %v", msg.Operator, err)
	}
	key := collections.Join(msg.Term, operator)
	draw, err := k.draws.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) || err == nil &&
		(draw.Height != sdk.UnwrapSDKContext(ctx).BlockHeight() || string(draw.Proof) != string(msg.Proof)) {
		return 0, types.ErrWrapped
	}
	if err != nil {
		return 0, err
	}
	snapshot, err := k.snapshots.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	return election.Draw(draw.Output, snapshot.Weight).Level(), nil
}

// takeSnapshot fixes who draws in a term, with which key and weight, before anybody can know the term's input. It gives their number.
func (k Keeper) takeSnapshot(ctx context.Context, term uint64) (uint32, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	var rows []types.Candidate
	var operators [][]byte
	err = k.candidates.Walk(ctx, nil, func(operator []byte, c types.Candidate) (bool, error) {
		rows, operators = append(rows, c), append(operators, operator)
		return false, nil
	})
	if err != nil {
		return 0, err
	}
	taken := uint32(0)
	for i, c := range rows {
		why, err := k.ineligible(ctx, params, operators[i], c, term)
		if err != nil {
			return 0, err
		}
		if why != "" {
			continue
		}
		score, err := k.reputation.Score(ctx, operators[i])
		if err != nil {
			return 0, err
		}
		if err := k.tellDeposit(ctx, operators[i]); err != nil {
			return 0, err
		}
		taken++
		err = k.snapshots.Set(ctx, collections.Join(term, operators[i]), types.Snapshot{VrfKey: c.VrfKey, Weight: params.Weights().Of(score)})
		if err != nil {
			return 0, err
		}
	}
	return taken, nil
}

// ineligible says why a candidate can't be in a term's snapshot; empty where it can.
func (k Keeper) ineligible(ctx context.Context, params types.Params, operator sdk.AccAddress, c types.Candidate, term uint64) (string, error) {
	if term < c.EligibleFrom {
		return fmt.Sprintf("it registered, or changed its VRF key, too late: it draws from term %d on", c.EligibleFrom), nil
	}
	if c.Removal != nil && term < c.Removal.ParoleUntil {
		return fmt.Sprintf("it lost its seat in term %d and is on parole until term %d", c.Removal.Term, c.Removal.ParoleUntil), nil
	}
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if err != nil || !validator.IsBonded() || validator.IsJailed() {
		return "its validator is not bonded", nil //nolint:nilerr // a validator that is gone is not bonded
	}
	own, err := k.selfBond(ctx, operator, validator)
	if err != nil {
		return "", err
	}
	if own.LT(params.SelfBondMinUcpc) {
		return fmt.Sprintf("its own bond is %s ucpc, at least %s are needed", own, params.SelfBondMinUcpc), nil
	}
	score, err := k.reputation.Score(ctx, operator)
	if err != nil {
		return "", err
	}
	if score < params.ReputationMin {
		return fmt.Sprintf("its reputation is %d, at least %d is needed", score, params.ReputationMin), nil
	}
	return "", nil
}

// tellDeposit tells reputation what a candidate has bonded itself, once a term.
func (k Keeper) tellDeposit(ctx context.Context, operator sdk.AccAddress) error {
	validator, err := k.staking.GetValidator(ctx, sdk.ValAddress(operator))
	if err != nil {
		return err
	}
	own, err := k.selfBond(ctx, operator, validator)
	if err != nil {
		return err
	}
	return k.reputation.Report(ctx, reputation.ValidatorBond(operator, own))
}
