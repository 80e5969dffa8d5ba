package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// Challenge asks the holder of a slot for a leaf that the next block draws. The fee pays for the answer; without one the holder has a
// strike, the slot is open and the fee comes back.
func (k Keeper) Challenge(ctx context.Context, msg *types.MsgChallenge) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	d, err := k.Deal(ctx, msg.Slot.Stream, msg.Slot.Seq)
	if err != nil {
		return 0, err
	}
	if int(msg.Slot.Slot) >= len(d.Slots) || d.Slots[msg.Slot.Slot].Provider == 0 {
		return 0, types.ErrSlots.Wrapf("slot %d of bundle %d of stream %d has no holder", msg.Slot.Slot, msg.Slot.Seq, msg.Slot.Stream)
	}
	slot := d.Slots[msg.Slot.Slot]
	if now := period(ctx, params); slot.From > now || now > d.Last {
		return 0, types.ErrEnded.Wrapf("provider %d stores it from period %d to %d, now is %d", slot.Provider, slot.From, d.Last, now)
	}
	if err := k.countChallenge(ctx, params, slot.Provider); err != nil {
		return 0, err
	}
	challenger, err := k.address(msg.Challenger)
	if err != nil {
		return 0, err
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, challenger, types.ModuleName, types.Coins(params.ChallengeFee)); err != nil {
		return 0, err
	}
	id, err := k.challengeSeq.Next(ctx)
	if err != nil {
		return 0, err
	}
	c := types.Challenge{
		Id: id, Challenger: msg.Challenger, Provider: slot.Provider, Fee: params.ChallengeFee,
		Pick: types.Pick{Stream: msg.Slot.Stream, Seq: msg.Slot.Seq, Slot: msg.Slot.Slot},
	}
	if err := k.setChallenge(ctx, c, sdk.UnwrapSDKContext(ctx).BlockHeight()+1); err != nil {
		return 0, err
	}
	return id, emit(ctx, &types.EventChallenged{Id: id, Provider: c.Provider, Stream: c.Pick.Stream, Seq: c.Pick.Seq, Slot: c.Pick.Slot})
}

// countChallenge: a node does not owe more answers at once than it can send.
func (k Keeper) countChallenge(ctx context.Context, params types.Params, provider uint64) error {
	n, err := k.Node(ctx, provider)
	if err != nil {
		return err
	}
	if n.ExpelledHeight > 0 {
		return types.ErrExpelled.Wrapf("provider %d: its slots are open", provider)
	}
	if n.Challenges >= params.MaxChallenges {
		return types.ErrChallenges.Wrapf("%d for provider %d: try later", n.Challenges, provider)
	}
	n.Challenges++
	return k.nodes.Set(ctx, provider, n)
}

func (k Keeper) setChallenge(ctx context.Context, c types.Challenge, due int64) error {
	if err := k.challenges.Set(ctx, c.Id, c); err != nil {
		return err
	}
	if err := k.challengesProvider.Set(ctx, collections.Join(c.Provider, c.Id)); err != nil {
		return err
	}
	return k.challengesDue.Set(ctx, collections.Join(due, c.Id))
}

// dueChallenges draws the leaves of new challenges and ends those without an answer, at most limit together.
func (k Keeper) dueChallenges(ctx context.Context, params types.Params, limit int) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	due, err := firstKeys(ctx, k.challengesDue, collections.NewPrefixUntilPairRange[int64, uint64](height), limit)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.challengesDue.Remove(ctx, key); err != nil {
			return err
		}
		id := key.K2()
		err := k.alone(ctx, fmt.Sprintf("challenge %d", id), func(ctx context.Context) error { return k.dueChallenge(ctx, params, id) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) dueChallenge(ctx context.Context, params types.Params, id uint64) error {
	c, err := k.challenges.Get(ctx, id)
	if err != nil {
		return err
	}
	if c.Deadline == 0 {
		return k.drawChallenge(ctx, params, c)
	}
	return k.lapse(ctx, params, c)
}

func (k Keeper) drawChallenge(ctx context.Context, params types.Params, c types.Challenge) error {
	held, d, err := k.stillHeld(ctx, c)
	if err != nil {
		return err
	}
	if !held {
		return k.endChallenge(ctx, c, c.Challenger, false)
	}
	seed, err := k.randomness.Seed(ctx)
	if err != nil {
		return err
	}
	c.Pick.Leaf = types.LeafAt(seed, c.Id, d.ShardBytes)
	c.Deadline = sdk.UnwrapSDKContext(ctx).BlockHeight() + int64(params.ProofBlocks)
	if err := k.setChallenge(ctx, c, c.Deadline+1); err != nil {
		return err
	}
	return emit(ctx, &types.EventChallengeDrawn{Id: c.Id, Provider: c.Provider, Leaf: c.Pick.Leaf, Deadline: c.Deadline})
}

// stillHeld tells whether the challenged provider still has the slot.
func (k Keeper) stillHeld(ctx context.Context, c types.Challenge) (bool, types.Deal, error) {
	d, err := k.deals.Get(ctx, collections.Join(c.Pick.Stream, c.Pick.Seq))
	if errors.Is(err, collections.ErrNotFound) {
		return false, d, nil
	}
	return err == nil && d.Slots[c.Pick.Slot].Provider == c.Provider, d, err
}

// lapse ends a challenge without an answer. Who lost the slot in the meantime owes none.
func (k Keeper) lapse(ctx context.Context, params types.Params, c types.Challenge) error {
	held, _, err := k.stillHeld(ctx, c)
	if err != nil {
		return err
	}
	if err := k.endChallenge(ctx, c, c.Challenger, false); err != nil || !held {
		return err
	}
	return k.strike(ctx, params, c.Provider, period(ctx, params), 0, []types.SlotRef{c.Pick.Ref()}, "challenge not answered")
}

// AnswerChallenge checks the answer to a challenge and pays its fee to the provider.
func (k Keeper) AnswerChallenge(ctx context.Context, msg *types.MsgAnswerChallenge) error {
	operator, err := k.address(msg.Operator)
	if err != nil {
		return err
	}
	row, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return err
	}
	c, err := k.challenges.Get(ctx, msg.Id)
	if errors.Is(err, collections.ErrNotFound) || err == nil && (c.Provider != row.Id || c.Deadline == 0) {
		return types.ErrChallenge.Wrapf("%d of provider %d", msg.Id, row.Id)
	}
	if err != nil {
		return err
	}
	d, err := k.Deal(ctx, c.Pick.Stream, c.Pick.Seq)
	if err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasAnswer, "possession proof")
	if err := msg.Answer.Verify(d, c.Pick); err != nil {
		return err
	}
	if err := k.challengesDue.Remove(ctx, collections.Join(c.Deadline+1, c.Id)); err != nil {
		return err
	}
	return k.endChallenge(ctx, c, msg.Operator, true)
}

// endChallenge pays the fee to whom it is due and forgets the challenge. An account the bank refuses loses the fee: it is burnt.
func (k Keeper) endChallenge(ctx context.Context, c types.Challenge, to string, answered bool) error {
	n, err := k.Node(ctx, c.Provider)
	if err != nil {
		return err
	}
	n.Challenges--
	if err := k.nodes.Set(ctx, c.Provider, n); err != nil {
		return err
	}
	if err := k.challenges.Remove(ctx, c.Id); err != nil {
		return err
	}
	if err := k.challengesProvider.Remove(ctx, collections.Join(c.Provider, c.Id)); err != nil {
		return err
	}
	if err := k.payFee(ctx, c, to); err != nil {
		return err
	}
	return emit(ctx, &types.EventChallengeEnded{Id: c.Id, Provider: c.Provider, Answered: answered})
}

func (k Keeper) payFee(ctx context.Context, c types.Challenge, to string) error {
	account, err := k.address(to)
	if err != nil {
		return err
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.bank.SendCoinsFromModuleToAccount(cached, types.ModuleName, account, types.Coins(c.Fee)); err != nil {
		if err := k.burn(ctx, nil, c.Fee); err != nil {
			return err
		}
		return emit(ctx, &types.EventPaymentFailed{Provider: c.Provider, Amount: c.Fee, Error: err.Error()})
	}
	write()
	return nil
}
