package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// drawn lets blocks pass, in which nobody proves, until a node has a round, and returns it.
func (w *world) drawn(id uint64) types.Round {
	for range 2 * w.params.PeriodBlocks {
		if r, err := w.k.rounds.Get(w.ctx, id); err == nil {
			return r
		}
		w.blocks(1)
	}
	w.t.Fatalf("provider %d has no round", id)
	return types.Round{}
}

func (w *world) silence(ids ...uint64) {
	for _, id := range ids {
		w.silent[id] = true
	}
}

// ST-PRV-1 to ST-PRV-3, and the adversaries: precomputed answers, replay, another's shard.
func TestProofsThatProveNothingAreRefused(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 10_000_000)
	for seq := range uint64(6) {
		w.open(seq, 2, 5_000, 1, 2, 3, 4)
	}
	w.silence(1, 2, 3, 4)
	r := w.drawn(1)
	good := func(i int) types.PickAnswer { return types.PickAnswer{Pick: uint32(i), Answer: w.answer(r.Picks[i])} }
	prove := func(answers ...types.PickAnswer) error {
		cached, _ := w.ctx.CacheContext()
		_, err := w.k.Prove(cached, &types.MsgProve{Operator: operator(1).String(), Period: r.Period, Answers: answers})
		return err
	}
	edit := func(change func(*types.Answer)) types.PickAnswer {
		a := good(0)
		change(&a.Answer)
		return a
	}
	other := r.Picks[0]
	other.Leaf = (other.Leaf + 1) % w.deal(other.Seq).Leaves()
	neighbour := r.Picks[0]
	neighbour.Slot = 1
	for name, c := range map[string]struct {
		want   error
		answer types.PickAnswer
	}{
		"a leaf that was not picked": {types.ErrAnswer, types.PickAnswer{Answer: w.answer(other)}},
		"another provider's shard":   {types.ErrAnswer, types.PickAnswer{Answer: w.answer(neighbour)}},
		"another leaf's bytes":       {types.ErrAnswer, edit(func(a *types.Answer) { a.Leaf[0] ^= 1 })},
		"a leaf cut short":           {types.ErrAnswer, edit(func(a *types.Answer) { a.Leaf = a.Leaf[1:] })},
		"no leaf":                    {types.ErrAnswer, edit(func(a *types.Answer) { a.Leaf = nil })},
		"a tree of its own":          {types.ErrAnswer, edit(func(a *types.Answer) { a.TreeRoot = make([]byte, 32) })},
		"a short tree root":          {types.ErrAnswer, edit(func(a *types.Answer) { a.TreeRoot = a.TreeRoot[1:] })},
		"another CID":                {types.ErrAnswer, edit(func(a *types.Answer) { a.Cid = append([]byte{2}, a.Cid[1:]...) })},
		"a path with a short hash":   {types.ErrAnswer, edit(func(a *types.Answer) { a.LeafPath[0] = a.LeafPath[0][1:] })},
		"a path of a hundred hashes": {types.ErrAnswer, edit(func(a *types.Answer) { a.ShardPath = make([][]byte, 100) })},
		"a pick there is not":        {types.ErrPick, types.PickAnswer{Pick: 4, Answer: good(0).Answer}},
	} {
		require.ErrorIs(t, prove(c.answer), c.want, name)
	}
	require.NoError(t, prove(good(0)))
	require.ErrorIs(t, prove(good(0), good(0)), types.ErrProven, "once is enough")
	require.ErrorIs(t, prove(), types.ErrPick)
	_, err := w.k.Prove(w.ctx, &types.MsgProve{Operator: operator(1).String(), Period: r.Period - 1, Answers: []types.PickAnswer{good(0)}})
	require.ErrorIs(t, err, types.ErrRound, "an old proof")
	_, err = w.k.Prove(w.ctx, &types.MsgProve{Operator: operator(9).String(), Period: r.Period, Answers: []types.PickAnswer{good(0)}})
	require.ErrorIs(t, err, types.ErrRound, "somebody else's round")
	_, err = w.k.Prove(w.ctx, &types.MsgProve{Operator: w.alice.String(), Period: r.Period, Answers: []types.PickAnswer{good(0)}})
	require.ErrorIs(t, err, provider.ErrNotFound, "no provider at all")
}

// Answers can't be computed before the picks are drawn: the next period picks others.
func TestPicksOfPeriodsDiffer(t *testing.T) {
	w := newWorld(t)
	w.pay(0, 9, 0)
	for seq := range uint64(20) {
		w.open(seq, 2, 20_000, 1, 2, 3, 4)
	}
	w.silence(1)
	first := w.drawn(1)
	for _, p := range first.Picks {
		require.Less(t, p.Leaf, w.deal(p.Seq).Leaves())
		require.EqualValues(t, 0, p.Slot)
	}
	w.silent[1] = false
	w.proveAll()
	w.silent[1] = true
	second := w.drawn(1)
	require.Equal(t, first.Period+1, second.Period)
	require.NotEqual(t, first.Picks, second.Picks)
}

// ST-STR-1, ST-STR-2: the pay of a period that was not proven is burnt, the bond slashed, the shards that were not shown are open.
func TestAMissingProofCostsPayBondReputationAndTheShards(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 9, 1_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.silence(1)
	w.drawn(1)
	burnt := w.bank.burnt.AmountOf(types.Denom).Int64()
	w.blocks(int(w.params.ProofBlocks) + 1)
	n := w.node(1)
	require.EqualValues(t, 1, n.Strikes)
	require.EqualValues(t, 1, n.Missed)
	require.EqualValues(t, 2_000, n.Forfeited)
	require.Zero(t, n.Shards(), "its only shard is open")
	require.Zero(t, w.balance(operator(1)))
	require.EqualValues(t, testBond*99/100, w.bond(1))
	slot := w.deal(0).Slots[0]
	require.Zero(t, slot.Provider)
	require.EqualValues(t, testBond/200, slot.Bounty, "half of a hundredth of the bond waits for who repairs")
	require.EqualValues(t, testBond/200+2_000, w.bank.burnt.AmountOf(types.Denom).Int64()-burnt)
	require.Contains(t, w.told[operator(1).String()], reputation.KIND_SERVICE_MISSED)
	load, err := w.providers.Load(w.ctx, 1)
	require.NoError(t, err)
	require.Zero(t, load.Shards)
}

// ST-STR-3: a node that dropped half of its shards loses them pick by pick, and is expelled.
func TestANodeThatDroppedHalfIsCaughtStruckAndExpelled(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 60, 100_000_000)
	for seq := range uint64(30) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
		if seq%2 == 0 {
			w.lost[types.SlotRef{Stream: 1, Seq: seq, Slot: 0}] = true
		}
	}
	strikes := uint32(0)
	for range 40 {
		w.periods(1)
		n := w.node(1)
		strikes = max(strikes, n.Strikes)
		if n.ExpelledHeight > 0 {
			break
		}
	}
	n := w.node(1)
	require.Positive(t, n.ExpelledHeight)
	require.EqualValues(t, w.params.MaxStrikes, strikes)
	require.Positive(t, n.Shards(), "what was not picked stays on its books until others take it")
	require.Positive(t, n.Pot)
	row, err := w.providers.Provider(w.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, provider.STATUS_EXPELLED, row.Status)
	earned := w.balance(operator(1))
	w.periods(3)
	require.Equal(t, earned, w.balance(operator(1)), "it earns nothing any more")
	_, err = w.k.rounds.Get(w.ctx, 1)
	require.ErrorIs(t, err, collections.ErrNotFound)
}

// ST-STR-4
func TestAProvenPeriodTakesAStrikeBack(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 60, 100_000_000)
	for seq := range uint64(30) {
		w.open(seq, 2, 2_048, 1, 2, 3, 4)
	}
	w.silence(1)
	w.drawn(1)
	w.blocks(int(w.params.ProofBlocks) + 1)
	require.EqualValues(t, 1, w.node(1).Strikes)
	w.silent[1] = false
	w.periods(2)
	require.Zero(t, w.node(1).Strikes)
}

// ST-MNT-1, ST-MNT-2
func TestMaintenanceCostsPayButNoStrike(t *testing.T) {
	w := newWorld(t)
	w.pay(testPrice, 20, 100_000_000)
	w.open(0, 2, 2_048, 1, 2, 3, 4)
	w.periods(1)
	w.silence(1)
	for _, bad := range []uint32{0, 3} {
		_, err := w.k.Maintain(w.ctx, &types.MsgMaintain{Operator: operator(1).String(), Periods: bad})
		require.ErrorIs(t, err, types.ErrMaintenance)
	}
	until, err := w.k.Maintain(w.ctx, &types.MsgMaintain{Operator: operator(1).String(), Periods: 2})
	require.NoError(t, err)
	require.EqualValues(t, 8, until)
	_, err = w.k.Maintain(w.ctx, &types.MsgMaintain{Operator: operator(1).String(), Periods: 1})
	require.ErrorIs(t, err, types.ErrMaintenance, "not again so soon")
	w.periods(2)
	require.Zero(t, w.node(1).Strikes)
	require.Positive(t, w.node(1).Forfeited)
	w.silent[1] = false
	w.periods(2)
	require.Zero(t, w.node(1).Strikes)
	require.Positive(t, w.balance(operator(1)))
}

// ST-BLK-1: the work of a block is bounded; what is not done waits.
func TestDrawsAreCappedPerBlock(t *testing.T) {
	w := newWorld(t)
	w.params.WorkPerBlock = 1
	require.NoError(t, w.k.params.Set(w.ctx, w.params))
	w.pay(0, 9, 0)
	w.open(0, 2, 2_048, 1, 2, 3, 4, 5, 6)
	w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 30) // as if no block had drawn
	for done := range 6 {
		rounds := 0
		require.NoError(t, w.k.rounds.Walk(w.ctx, nil, func(uint64, types.Round) (bool, error) { rounds++; return false, nil }))
		require.Equal(t, done, rounds)
		require.NoError(t, w.k.EndBlock(w.ctx))
		w.check()
	}
}

// ST-PAR-1
func TestThePeriodIsForGood(t *testing.T) {
	w := newWorld(t)
	p := w.params
	p.PeriodBlocks++
	require.ErrorIs(t, w.k.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: "gov", Params: p}), types.ErrParams)
	require.ErrorIs(t, w.k.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: "alice", Params: w.params}), types.ErrAuthority)
	p = w.params
	p.Picks = 0
	require.ErrorIs(t, w.k.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: "gov", Params: p}), types.ErrParams)
	p.Picks = 3
	require.NoError(t, w.k.UpdateParams(w.ctx, &types.MsgUpdateParams{Authority: "gov", Params: p}))
}
