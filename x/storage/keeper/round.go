package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// drawHeight is when a provider's round of a period is drawn: nodes take turns over the period.
func drawHeight(params types.Params, provider, period uint64) int64 {
	return int64(period*params.PeriodBlocks + provider%params.PeriodBlocks) //nolint:gosec // periods are heights divided
}

// drawRounds draws the rounds that are due, at most limit of them; the rest waits for the next block.
func (k Keeper) drawRounds(ctx context.Context, params types.Params, limit int) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	due, err := firstKeys(ctx, k.draws, collections.NewPrefixUntilPairRange[int64, uint64](height), limit)
	if err != nil || len(due) == 0 {
		return err
	}
	seed, err := k.randomness.Seed(ctx)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.draws.Remove(ctx, key); err != nil {
			return err
		}
		id, period := key.K2(), uint64(key.K1())/params.PeriodBlocks //nolint:gosec // a height
		err := k.alone(ctx, fmt.Sprintf("draw of provider %d", id), func(ctx context.Context) error { return k.drawRound(ctx, params, id, period, seed) })
		if err != nil {
			return err
		}
	}
	return nil
}

// drawRound settles the pay of a period, picks what the node has to show for it, and schedules the next draw.
func (k Keeper) drawRound(ctx context.Context, params types.Params, provider, period uint64, seed []byte) error {
	if err := k.endRound(ctx, params, provider); err != nil { // of the period before; only where its deadline's turn has not come yet
		return err
	}
	n, err := k.Node(ctx, provider)
	if err != nil || n.ExpelledHeight > 0 {
		return err
	}
	if err := k.settle(ctx, &n, provider, period); err != nil {
		return err
	}
	more, err := k.goesOn(ctx, n, provider)
	if err != nil {
		return err
	}
	n.Scheduled = more
	if more {
		if err := k.draws.Set(ctx, collections.Join(drawHeight(params, provider, period+1), provider)); err != nil {
			return err
		}
	}
	picks, err := k.picks(ctx, params, n, provider, period, seed)
	if err != nil {
		return err
	}
	if len(picks) == 0 {
		return k.unpicked(ctx, provider, n)
	}
	if err := k.nodes.Set(ctx, provider, n); err != nil {
		return err
	}
	deadline := sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.ProofBlocks)
	if err := k.deadlines.Set(ctx, collections.Join(deadline, provider)); err != nil {
		return err
	}
	if err := k.rounds.Set(ctx, provider, types.Round{Period: period, Deadline: deadline, Picks: picks, Pay: n.Rate}); err != nil {
		return err
	}
	//nolint:gosec // at most 64 picks
	return emit(ctx, &types.EventRoundDrawn{Provider: provider, Period: period, Deadline: deadline, Picks: uint32(len(picks))})
}

// settle brings a node's rate to a period.
func (k Keeper) settle(ctx context.Context, n *types.Node, provider, period uint64) error {
	var changes []idPair
	sum := int64(n.Rate) //nolint:gosec // covered by coins
	within := collections.NewPrefixedPairRange[uint64, uint64](provider).EndInclusive(period)
	err := k.deltas.Walk(ctx, within, func(key idPair, change int64) (bool, error) {
		changes = append(changes, key)
		sum += change
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, key := range changes {
		if err := k.deltas.Remove(ctx, key); err != nil {
			return err
		}
	}
	n.Rate, n.Settled = uint64(sum), period //nolint:gosec // a sum of pays, checked by the invariants
	return nil
}

// goesOn tells whether a node needs another draw: it has shards, or pay that changes later.
func (k Keeper) goesOn(ctx context.Context, n types.Node, provider uint64) (bool, error) {
	if n.Shards() > 0 {
		return true, nil
	}
	found := false
	err := k.deltas.Walk(ctx, collections.NewPrefixedPairRange[uint64, uint64](provider), func(idPair, int64) (bool, error) {
		found = true
		return true, nil
	})
	return found, err
}

// unpicked ends a period without picks: nothing was to be shown, so nothing is earned. That is so in maintenance, and where all
// shards are younger than a period, which earn nothing yet.
func (k Keeper) unpicked(ctx context.Context, provider uint64, n types.Node) error {
	if err := k.burn(ctx, nil, n.Rate); err != nil {
		return err
	}
	n.Forfeited += n.Rate
	return k.nodes.Set(ctx, provider, n)
}

// picks draws the leaves to be shown, each from all leaves of the node that are stored for the period.
func (k Keeper) picks(ctx context.Context, params types.Params, n types.Node, provider, period uint64, seed []byte) ([]types.Pick, error) {
	if period <= n.MaintenanceUntil {
		return nil, nil
	}
	var picks []types.Pick
	for i := range params.Picks {
		for try := range uint32(types.PickTries) {
			at, any := types.PickAt(seed, provider, period, i, try, n.Counts)
			if !any {
				return nil, nil
			}
			pick, ok, err := k.pickOf(ctx, provider, period, at)
			if err != nil {
				return nil, err
			}
			if ok {
				picks = append(picks, pick)
				break
			}
		}
	}
	return picks, nil
}

// pickOf looks at what a draw points to; false where there is no such leaf, or the shard is not stored for the period.
func (k Keeper) pickOf(ctx context.Context, provider, period uint64, at types.Draw) (types.Pick, bool, error) {
	ref, err := k.shards.Get(ctx, collections.Join3(provider, at.Class, at.Index))
	if err != nil {
		return types.Pick{}, false, err
	}
	d, err := k.Deal(ctx, ref.Stream, ref.Seq)
	if err != nil {
		return types.Pick{}, false, err
	}
	stored := d.Slots[ref.Slot].From <= period && period <= d.Last
	return types.Pick{Stream: ref.Stream, Seq: ref.Seq, Slot: ref.Slot, Leaf: at.Leaf}, stored && at.Leaf < d.Leaves(), nil
}

// excuse takes a shard out of a running round: its holder need not have it any more.
func (k Keeper) excuse(ctx context.Context, provider uint64, ref types.SlotRef) error {
	r, err := k.rounds.Get(ctx, provider)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	changed := false
	for i, p := range r.Picks {
		if p.Ref() == ref && !p.Proven {
			r.Picks[i].Proven, changed = true, true
		}
	}
	if !changed {
		return nil
	}
	return k.rounds.Set(ctx, provider, r)
}

// Prove checks answers to a running round. With the last one the period's pay is sent.
func (k Keeper) Prove(ctx context.Context, msg *types.MsgProve) (uint64, error) {
	operator, err := k.address(msg.Operator)
	if err != nil {
		return 0, err
	}
	row, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return 0, err
	}
	r, err := k.rounds.Get(ctx, row.Id)
	if errors.Is(err, collections.ErrNotFound) || err == nil && r.Period != msg.Period {
		return 0, types.ErrRound.Wrapf("of provider %d for period %d", row.Id, msg.Period)
	}
	if err != nil {
		return 0, err
	}
	if len(msg.Answers) == 0 || len(msg.Answers) > len(r.Picks) {
		return 0, types.ErrPick.Wrapf("%d answers to %d picks", len(msg.Answers), len(r.Picks))
	}
	for _, a := range msg.Answers {
		if err := k.prove(ctx, &r, a); err != nil {
			return 0, err
		}
	}
	if slices.ContainsFunc(r.Picks, func(p types.Pick) bool { return !p.Proven }) {
		return 0, k.rounds.Set(ctx, row.Id, r)
	}
	return r.Pay, k.proven(ctx, operator, row.Id, r)
}

func (k Keeper) prove(ctx context.Context, r *types.Round, a types.PickAnswer) error {
	if int(a.Pick) >= len(r.Picks) {
		return types.ErrPick.Wrapf("%d of %d", a.Pick, len(r.Picks))
	}
	pick := &r.Picks[a.Pick]
	if pick.Proven {
		return types.ErrProven.Wrapf("pick %d", a.Pick)
	}
	d, err := k.Deal(ctx, pick.Stream, pick.Seq)
	if err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasAnswer, "possession proof")
	if err := a.Answer.Verify(d, *pick); err != nil {
		return err
	}
	pick.Proven = true
	return nil
}

// proven ends a round in which everything was shown: pays, forgives a strike, tells reputation.
func (k Keeper) proven(ctx context.Context, operator sdk.AccAddress, provider uint64, r types.Round) error {
	n, err := k.Node(ctx, provider)
	if err != nil {
		return err
	}
	n.Proven++
	n.Earned += r.Pay // at most what was ever deposited
	n.Strikes -= min(n.Strikes, 1)
	if err := k.nodes.Set(ctx, provider, n); err != nil {
		return err
	}
	if err := k.dropRound(ctx, provider, r); err != nil {
		return err
	}
	if r.Pay > 0 {
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, operator, types.Coins(r.Pay)); err != nil {
			return err
		}
		params, err := k.params.Get(ctx)
		if err != nil {
			return err
		}
		evidence := reputation.ServiceProven(operator, math.NewIntFromUint64(params.BurntPart(r.Pay)))
		if err := k.reputation.Report(ctx, evidence); err != nil {
			return err
		}
	}
	return emit(ctx, &types.EventProven{Provider: provider, Period: r.Period, Paid: r.Pay})
}

func (k Keeper) dropRound(ctx context.Context, provider uint64, r types.Round) error {
	if err := k.deadlines.Remove(ctx, collections.Join(r.Deadline, provider)); err != nil {
		return err
	}
	return k.rounds.Remove(ctx, provider)
}

// endRounds ends the rounds whose deadline is over, at most limit of them.
func (k Keeper) endRounds(ctx context.Context, params types.Params, limit int) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	due, err := firstKeys(ctx, k.deadlines, collections.NewPrefixUntilPairRange[int64, uint64](height-1), limit)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.deadlines.Remove(ctx, key); err != nil {
			return err
		}
		id := key.K2()
		err := k.alone(ctx, fmt.Sprintf("round of provider %d", id), func(ctx context.Context) error { return k.endRound(ctx, params, id) })
		if err != nil {
			return err
		}
	}
	return nil
}

// endRound ends a round that was not proven in whole. One of which all that was missing is excused counts as proven.
func (k Keeper) endRound(ctx context.Context, params types.Params, provider uint64) error {
	r, err := k.rounds.Get(ctx, provider)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := k.dropRound(ctx, provider, r); err != nil {
		return err
	}
	var missing []types.SlotRef
	for _, p := range r.Picks {
		if !p.Proven && !slices.Contains(missing, p.Ref()) {
			missing = append(missing, p.Ref())
		}
	}
	if len(missing) > 0 {
		return k.strike(ctx, params, provider, r.Period, r.Pay, missing, "possession not proven")
	}
	row, err := k.provider.Provider(ctx, provider)
	if err != nil {
		return err
	}
	operator, err := k.address(row.Operator)
	if err != nil {
		return err
	}
	return k.proven(ctx, operator, provider, r)
}
