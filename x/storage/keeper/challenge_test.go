package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/storage/types"
)

func (w *world) challenge(ref types.SlotRef) (uint64, error) {
	return w.k.Challenge(w.ctx, &types.MsgChallenge{Challenger: w.alice.String(), Slot: ref})
}

// ST-CHA-1, ST-CHA-2
func TestAnAnsweredChallengePaysTheHolderItsFee(t *testing.T) {
	w := newWorld(t)
	w.pay(0, 9, 0)
	w.open(0, 2, 5_000, 1, 2, 3, 4)
	ref := types.SlotRef{Stream: 1, Slot: 2}
	_, err := w.challenge(ref)
	require.ErrorIs(t, err, types.ErrEnded, "not before its first period")
	w.periods(1)
	id, err := w.challenge(ref)
	require.NoError(t, err)
	answer := func(a types.Answer, who uint64) error {
		return w.k.AnswerChallenge(w.ctx, &types.MsgAnswerChallenge{Operator: operator(who).String(), Id: id, Answer: a})
	}
	require.ErrorIs(t, answer(types.Answer{}, 3), types.ErrChallenge, "the leaf is not drawn yet")
	w.blocks(2)
	c, err := w.k.challenges.Get(w.ctx, id)
	require.NoError(t, err)
	require.Positive(t, c.Deadline)
	require.ErrorIs(t, answer(w.answer(c.Pick), 4), types.ErrChallenge, "another's")
	wrong := c.Pick
	wrong.Leaf = (wrong.Leaf + 1) % 5
	require.ErrorIs(t, answer(w.answer(wrong), 3), types.ErrAnswer)
	require.NoError(t, answer(w.answer(c.Pick), 3))
	require.EqualValues(t, w.params.ChallengeFee, w.balance(operator(3)))
	require.EqualValues(t, testFunds-int64(w.params.ChallengeFee), w.balance(w.alice))
	require.ErrorIs(t, answer(w.answer(c.Pick), 3), types.ErrChallenge, "once")
	w.periods(1)
	require.Zero(t, w.node(3).Strikes)
}

// ST-CHA-3
func TestAChallengeWithoutAnAnswerIsAStrike(t *testing.T) {
	w := newWorld(t)
	w.pay(0, 9, 0)
	w.open(0, 2, 5_000, 1, 2, 3, 4)
	w.periods(1)
	_, err := w.challenge(types.SlotRef{Stream: 1, Slot: 2})
	require.NoError(t, err)
	w.blocks(int(w.params.ProofBlocks) + 3)
	require.EqualValues(t, testFunds, w.balance(w.alice), "the fee is back, and nothing more")
	require.EqualValues(t, 1, w.node(3).Strikes)
	require.Zero(t, w.node(3).Challenges)
	require.Zero(t, w.deal(0).Slots[2].Provider)
	require.Less(t, w.bond(3), int64(testBond))
}

// ST-CHA-4
func TestChallengesThatWaitAreBounded(t *testing.T) {
	w := newWorld(t)
	w.params.MaxChallenges = 2
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.pay(0, 9, 0)
	w.open(0, 2, 5_000, 1, 2, 3, 4)
	w.periods(1)
	ref := types.SlotRef{Stream: 1, Slot: 2}
	for range 2 {
		_, err := w.challenge(ref)
		require.NoError(t, err)
	}
	_, err := w.challenge(ref)
	require.ErrorIs(t, err, types.ErrChallenges)
	_, err = w.challenge(types.SlotRef{Stream: 1, Slot: 4})
	require.ErrorIs(t, err, types.ErrSlots)
	_, err = w.challenge(types.SlotRef{Stream: 2})
	require.ErrorIs(t, err, types.ErrNotFound)
	require.NoError(t, w.k.CloseStream(w.ctx, 1, 1))
	w.blocks(int(w.params.ProofBlocks) + 3)
	require.Zero(t, w.node(3).Strikes, "who lost the slot in the meantime owes no answer")
	require.EqualValues(t, testFunds, w.balance(w.alice))
}
