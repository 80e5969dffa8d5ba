package keeper

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	provider "github.com/cpchain/cpchain/x/provider/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// refill lets providers take a slot over as soon as one of them may, and returns who did.
func (w *world) refill(ref types.SlotRef, from, to uint64) (uint64, uint64) {
	for range 40 {
		for id := from; id <= to; id++ {
			if bounty, err := w.fill(id, ref); err == nil {
				return id, bounty
			}
		}
		w.blocks(1)
	}
	w.t.Fatalf("nobody may fill %v", ref)
	return 0, 0
}

// ST-FIL-1 to ST-FIL-4: a lost shard comes back with somebody else, who is paid for the rest of the time and for the repair, out of the
// slash.
func TestALostShardIsRepairedByWhoseTurnItIs(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 1_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.silence(1, 2)
	w.drawn(2)
	w.blocks(int(w.params.ProofBlocks) + 1)
	d := w.deal(0)
	require.Zero(t, d.Slots[0].Provider)
	require.Zero(t, d.Slots[1].Provider)
	require.False(t, d.Repairing)
	w.periods(1)
	balance := w.account().Balance
	at := w.ctx.BlockHeight()
	id, bounty := w.refill(types.SlotRef{Stream: 1, Slot: 0}, 5, 12)
	require.EqualValues(t, testBond/200, bounty)
	require.Equal(t, int64(bounty), w.balance(operator(id)))
	require.True(t, w.deal(0).Repairing, "one more is open: it may be filled although enough are held")
	other, _ := w.refill(types.SlotRef{Stream: 1, Slot: 1}, 5, 12)
	require.NotEqual(t, id, other, "one shard of a bundle each")
	require.False(t, w.deal(0).Repairing)
	t.Logf("filled %d blocks after the opening", w.ctx.BlockHeight()-at)
	require.Greater(t, w.account().Balance, balance, "nobody is paid for the time in between: the stream has it back")
	w.silent[1], w.silent[2] = false, false
	w.periods(9)
	require.Positive(t, w.balance(operator(id))-int64(bounty), "it earns the rest")
	_, err := w.k.Deal(w.ctx, 1, 0)
	require.ErrorIs(t, err, types.ErrNotFound)
}

// ST-FIL-5
func TestFillRefuses(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 1_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.open(1, 2, 2_048, 5, 6, 7, 8)
	slot := types.SlotRef{Stream: 1, Slot: 0}
	fill := func(id uint64, boundary int64, refs ...types.SlotRef) error {
		return w.try(func(ctx context.Context) error {
			_, err := w.k.Fill(ctx, &types.MsgFill{Operator: operator(id).String(), Boundary: boundary, Slots: refs})
			return err
		})
	}
	w.blocks(1)
	require.ErrorIs(t, fill(5, w.boundary(), slot), types.ErrHeld)
	w.silence(1)
	w.drawn(1)
	w.blocks(int(w.params.ProofBlocks) + 1)
	w.params.SlackBps = 0
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	require.ErrorIs(t, fill(5, w.boundary(), slot), types.ErrNotDue, "three of four are enough for now")
	w.params.SlackBps = 10_000
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.params.StaggerBlocks = 1_000
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	require.ErrorIs(t, fill(5, w.boundary(), slot), types.ErrNotYours)
	require.ErrorIs(t, fill(2, w.boundary(), slot), types.ErrHolds)
	require.ErrorIs(t, fill(5, 1, slot), provider.ErrBoundary)
	require.ErrorIs(t, fill(5, w.boundary()), types.ErrSlots)
	require.ErrorIs(t, fill(5, w.boundary(), make([]types.SlotRef, 65)...), types.ErrSlots)
	require.ErrorIs(t, fill(5, w.boundary(), types.SlotRef{Stream: 1, Slot: 9}), types.ErrSlots)
	require.ErrorIs(t, fill(5, w.boundary(), types.SlotRef{Stream: 9}), types.ErrNotFound)
	w.params.StaggerBlocks = 1
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.blocks(12)
	require.ErrorIs(t, fill(5, w.boundary(), slot, slot), types.ErrSlots, "twice")
	require.NoError(t, fill(5, w.boundary(), slot))
	w.providers.edit(5, func(p *provider.Provider) { p.StoragePriceUcpc = math.NewInt(testPrice + 1) })
	require.ErrorIs(t, fill(5, w.boundary(), slot), types.ErrAsksMore)
	w.providers.become(w.ctx, 6, provider.STATUS_PAUSED)
	require.ErrorIs(t, fill(6, w.boundary(), slot), provider.ErrInactive)
}

// ST-LEA-1: who leaves goes on serving and earning until others hold what it held, and then is free.
func TestWhoLeavesIsPaidUntilOthersHoldItsShards(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 20, 10_000_000)
	for seq := range uint64(3) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
	}
	w.periods(2)
	w.providers.become(w.ctx, 1, provider.STATUS_LEAVING)
	earned := w.balance(operator(1))
	w.periods(1)
	require.Greater(t, w.balance(operator(1)), earned)
	for seq := range uint64(3) {
		id, bounty := w.refill(types.SlotRef{Stream: 1, Seq: seq, Slot: 0}, 5, 12)
		require.Zero(t, bounty, "nobody was slashed")
		require.Equal(t, id, w.deal(seq).Slots[0].Provider)
	}
	require.Zero(t, w.node(1).Shards())
	require.Zero(t, w.node(1).Strikes)
	require.Zero(t, w.providers.loads[1].Shards, "nothing keeps it any more")
	require.EqualValues(t, testBond, w.bond(1))
	w.periods(3)
}

// ST-EXP-1: the shards of an expelled node are taken over, each with its part of what the node was slashed; the stream pays nobody twice.
func TestTheShardsOfAnExpelledNodeAreTakenOverForItsBond(t *testing.T) {
	w := newWorld(t)
	w.params.MaxStrikes = 1
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.pay(testPrice, 30, 100_000_000)
	for seq := range uint64(12) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
	}
	w.silence(1)
	w.drawn(1)
	w.blocks(int(w.params.ProofBlocks) + 1)
	require.Positive(t, w.node(1).ExpelledHeight)
	w.params.SlackBps = 10_000
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	pot, left := w.node(1).Pot, w.node(1).Shards()
	paid := uint64(0)
	for seq := range uint64(12) {
		if w.deal(seq).Slots[0].Provider != 1 {
			continue
		}
		_, bounty := w.refill(types.SlotRef{Stream: 1, Seq: seq, Slot: 0}, 5, 12)
		require.Positive(t, bounty)
		paid += bounty
	}
	require.Positive(t, left)
	require.LessOrEqual(t, paid, pot)
	require.Greater(t, paid, pot*99/100)
	require.Zero(t, w.node(1).Pot, "what does not divide is burnt")
	require.Zero(t, w.providers.loads[1].Shards, "nothing depends on it any more")
}

// Dropping shards to fill them again under another name costs more than it brings, whoever the two are.
func TestRepairingWhatOneDroppedIsALoss(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 1_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.params.SlackBps = 10_000
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.silence(1)
	w.drawn(1)
	before := w.bond(1) + w.balance(operator(1))
	w.blocks(int(w.params.ProofBlocks) + 1)
	_, bounty := w.refill(types.SlotRef{Stream: 1, Slot: 0}, 5, 12)
	lost := before - w.bond(1) - w.balance(operator(1))
	require.GreaterOrEqual(t, lost, 2*int64(bounty), "twice what the other half gets")
}

// EmptySlot: a writer that names who holds nothing loses a period's pay.
func TestAnEmptiedSlotCostsTheStreamAPeriod(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 1_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	burnt := w.bank.burnt.AmountOf(types.Denom).Int64()
	require.NoError(t, w.k.EmptySlot(w.ctx, types.SlotRef{Stream: 1, Slot: 2}, "disclaimed"))
	require.EqualValues(t, 2_000, w.bank.burnt.AmountOf(types.Denom).Int64()-burnt)
	require.Zero(t, w.deal(0).Slots[2].Provider)
	require.EqualValues(t, testBond, w.bond(3), "who never had it loses nothing")
	w.periods(12)
	require.Zero(t, w.balance(operator(3)))
}
