package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// CheckInvariants checks what must hold after every block; the README's section "Invariants" has it in words.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	kept, err := k.readBooks(ctx)
	if err != nil {
		return err
	}
	for _, check := range []func(context.Context, books) error{
		k.checkCoins, k.checkNodes, k.checkShards, k.checkDeltas, k.checkQueues,
	} {
		if err := check(ctx, kept); err != nil {
			return err
		}
	}
	return nil
}

// at is when the rate of a node changes.
type at struct{ provider, period uint64 }

// books are what the deals say, by node.
type books struct {
	counts map[uint64][]uint64
	bytes  map[uint64]uint64
	rates  map[uint64]uint64
	deltas map[at]int64
	// coins the module owes by its deals.
	coins math.Int
}

func (k Keeper) readBooks(ctx context.Context) (books, error) {
	b := books{counts: map[uint64][]uint64{}, bytes: map[uint64]uint64{}, rates: map[uint64]uint64{}, deltas: map[at]int64{}, coins: math.ZeroInt()}
	err := k.deals.Walk(ctx, nil, func(key idPair, d types.Deal) (bool, error) {
		for i, s := range d.Slots {
			if s.Provider == 0 {
				b.coins = b.coins.Add(math.NewIntFromUint64(d.Owed(s.From))).Add(math.NewIntFromUint64(s.Bounty))
				continue
			}
			ref := types.SlotRef{Stream: key.K1(), Seq: key.K2(), Slot: uint32(i)}
			if err := k.readSlot(ctx, &b, ref, s, d); err != nil {
				return true, err
			}
		}
		found, err := k.expiries.Has(ctx, collections.Join3(d.Last, key.K1(), key.K2()))
		if err == nil && !found {
			err = fmt.Errorf("the deal of bundle %d of stream %d never expires", key.K2(), key.K1())
		}
		return err != nil, err
	})
	return b, err
}

// readSlot adds a held slot to its holder's books.
func (k Keeper) readSlot(ctx context.Context, b *books, ref types.SlotRef, s types.Slot, d types.Deal) error {
	for i, other := range d.Slots {
		if other.Provider == s.Provider && i != int(ref.Slot) {
			return fmt.Errorf("provider %d holds two slots of bundle %d of stream %d", s.Provider, ref.Seq, ref.Stream)
		}
	}
	class := types.Class(d.ShardBytes)
	found, err := k.shards.Get(ctx, collections.Join3(s.Provider, class, s.Index))
	if err != nil || found != ref {
		return fmt.Errorf("place %d of class %d of provider %d has %v, not %v: %w", s.Index, class, s.Provider, found, ref, err)
	}
	n, err := k.Node(ctx, s.Provider)
	if err != nil {
		return err
	}
	for uint32(len(b.counts[s.Provider])) <= class { //nolint:gosec // at most MaxClass
		b.counts[s.Provider] = append(b.counts[s.Provider], 0)
	}
	b.counts[s.Provider][class]++
	b.bytes[s.Provider] += d.ShardBytes
	b.coins = b.coins.Add(math.NewIntFromUint64(d.Owed(max(s.From, n.Settled+1))))
	if s.From <= n.Settled && n.Settled <= d.Last {
		b.rates[s.Provider] += d.Pay
	}
	for period, change := range changesOf(n, s, d) { // in any order: sums
		b.deltas[at{s.Provider, period}] += change
	}
	return nil
}

// checkCoins: the module holds what it owes: balances, pay of periods to come, pay of running rounds, bounties, fees.
func (k Keeper) checkCoins(ctx context.Context, b books) error {
	owed := b.coins
	add := func(amount uint64) { owed = owed.Add(math.NewIntFromUint64(amount)) }
	err := k.accounts.Walk(ctx, nil, func(_ uint64, a types.Account) (bool, error) { add(a.Balance); return false, nil })
	if err != nil {
		return err
	}
	if err := k.rounds.Walk(ctx, nil, func(_ uint64, r types.Round) (bool, error) { add(r.Pay); return false, nil }); err != nil {
		return err
	}
	if err := k.nodes.Walk(ctx, nil, func(_ uint64, n types.Node) (bool, error) { add(n.Pot); return false, nil }); err != nil {
		return err
	}
	if err := k.challenges.Walk(ctx, nil, func(_ uint64, c types.Challenge) (bool, error) { add(c.Fee); return false, nil }); err != nil {
		return err
	}
	held := k.bank.GetAllBalances(ctx, authtypes.NewModuleAddress(types.ModuleName)).AmountOf(types.Denom)
	if !held.Equal(owed) {
		return fmt.Errorf("the module holds %s%s and owes %s%s", held, types.Denom, owed, types.Denom)
	}
	return nil
}

// checkNodes: counts, rates and loads are what the deals say; who has shards and was not expelled is drawn.
func (k Keeper) checkNodes(ctx context.Context, b books) error {
	for id := range b.counts { // in any order: a check
		if found, err := k.nodes.Has(ctx, id); err != nil || !found {
			return fmt.Errorf("provider %d has shards and no row: %w", id, err)
		}
	}
	return k.nodes.Walk(ctx, nil, func(id uint64, n types.Node) (bool, error) {
		shards := uint64(0)
		for class, count := range n.Counts {
			shards += count
			if have := b.counts[id]; class < len(have) && have[class] != count || class >= len(have) && count != 0 {
				return true, fmt.Errorf("provider %d has %d shards of class %d, its deals say %v", id, count, class, have)
			}
		}
		if n.Rate != b.rates[id] {
			return true, fmt.Errorf("provider %d earns %d ucpc for period %d, its deals say %d", id, n.Rate, n.Settled, b.rates[id])
		}
		load, err := k.provider.Load(ctx, id)
		if err != nil {
			return true, err
		}
		if load.Shards != shards || load.ShardBytes != b.bytes[id] {
			return true, fmt.Errorf("provider %d has %d shards of %d bytes on its books, its deals say %d of %d", id, load.Shards, load.ShardBytes, shards, b.bytes[id])
		}
		if n.ExpelledHeight == 0 && shards > 0 && !n.Scheduled {
			return true, fmt.Errorf("provider %d has %d shards and no draw", id, shards)
		}
		return false, nil
	})
}

// checkShards: no place has a shard that no deal has there.
func (k Keeper) checkShards(ctx context.Context, b books) error {
	places := uint64(0)
	err := k.shards.Walk(ctx, nil, func(place, types.SlotRef) (bool, error) { places++; return false, nil })
	if err != nil {
		return err
	}
	for _, counts := range b.counts { // in any order: a sum
		for _, c := range counts {
			places -= c
		}
	}
	if places != 0 {
		return fmt.Errorf("%d places have shards no deal knows", places)
	}
	return nil
}

// checkDeltas: the changes of rates are those the deals make.
func (k Keeper) checkDeltas(ctx context.Context, b books) error {
	err := k.deltas.Walk(ctx, nil, func(key idPair, change int64) (bool, error) {
		where := at{key.K1(), key.K2()}
		if b.deltas[where] != change {
			return true, fmt.Errorf("the rate of provider %d changes by %d in period %d, its deals say %d", where.provider, change, where.period, b.deltas[where])
		}
		delete(b.deltas, where)
		return false, nil
	})
	if err != nil {
		return err
	}
	for key, change := range b.deltas { // in any order: a check
		if change != 0 {
			return fmt.Errorf("the rate of provider %d should change by %d in period %d", key.provider, change, key.period)
		}
	}
	return nil
}

// checkQueues: every entry of a queue has its row, and every row its entry.
func (k Keeper) checkQueues(ctx context.Context, _ books) error {
	err := k.draws.Walk(ctx, nil, func(key duePair) (bool, error) {
		n, err := k.Node(ctx, key.K2())
		if err == nil && !n.Scheduled {
			err = fmt.Errorf("a draw of provider %d at %d should not be", key.K2(), key.K1())
		}
		return err != nil, err
	})
	if err != nil {
		return err
	}
	err = k.deadlines.Walk(ctx, nil, func(key duePair) (bool, error) {
		r, err := k.rounds.Get(ctx, key.K2())
		if err != nil || r.Deadline != key.K1() {
			return true, fmt.Errorf("deadline %d of provider %d: round until %d: %w", key.K1(), key.K2(), r.Deadline, err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	waiting := map[uint64]uint32{}
	err = k.challenges.Walk(ctx, nil, func(_ uint64, c types.Challenge) (bool, error) { waiting[c.Provider]++; return false, nil })
	if err != nil {
		return err
	}
	err = k.nodes.Walk(ctx, nil, func(id uint64, n types.Node) (bool, error) {
		if n.Challenges != waiting[id] {
			return true, fmt.Errorf("provider %d counts %d challenges, %d wait", id, n.Challenges, waiting[id])
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.rounds.Walk(ctx, nil, func(id uint64, r types.Round) (bool, error) {
		found, err := k.deadlines.Has(ctx, collections.Join(r.Deadline, id))
		if err == nil && !found {
			err = fmt.Errorf("the round of provider %d never ends", id)
		}
		return err != nil, err
	})
}
