package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// Open makes the deal of an anchored bundle: books its shards with the providers that hold them, and sets aside from the stream's
// balance what they will earn. Pay begins with the next period, so that no shard is picked before its writer could be contradicted.
func (k Keeper) Open(ctx context.Context, o types.Opening) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	a, err := k.Account(ctx, o.Stream)
	if err != nil {
		return err
	}
	if a.Closing {
		return types.ErrClosing.Wrapf("stream %d", o.Stream)
	}
	pay, err := params.Pay(o.ShardBytes, a.PriceUcpc)
	if err != nil {
		return err
	}
	term := uint64(a.Term)
	if term == 0 {
		term = uint64(params.DefaultTerm)
	}
	first := period(ctx, params) + 1
	d := types.Deal{
		DataShards: o.DataShards, ShardRoot: o.ShardRoot, ShardBytes: o.ShardBytes, Pay: pay, PriceUcpc: a.PriceUcpc,
		First: first, Last: first + term - 1, Slots: make([]types.Slot, len(o.Placement)),
	}
	paid, burnt, err := k.charge(ctx, params, o.Stream, a, d, term)
	if err != nil {
		return err
	}
	for i, id := range o.Placement {
		ref := types.SlotRef{Stream: o.Stream, Seq: o.Seq, Slot: uint32(i)}
		if d.Slots[i], err = k.hold(ctx, params, id, ref, d, first); err != nil {
			return err
		}
	}
	if err := k.deals.Set(ctx, collections.Join(o.Stream, o.Seq), d); err != nil {
		return err
	}
	if err := k.expiries.Set(ctx, collections.Join3(d.Last, o.Stream, o.Seq)); err != nil {
		return err
	}
	return emit(ctx, &types.EventDealOpened{Stream: o.Stream, Seq: o.Seq, Providers: o.Placement, Last: d.Last, Paid: paid, Burnt: burnt})
}

// charge takes the cost of a new deal off the stream's balance and burns the burnt part.
func (k Keeper) charge(ctx context.Context, params types.Params, stream uint64, a types.Account, d types.Deal, term uint64) (paid, burnt uint64, err error) {
	paid, burnt, err = params.Cost(d.Pay, len(d.Slots), term)
	if err != nil || paid == 0 {
		return paid, burnt, err
	}
	if a.Balance < paid+burnt {
		return 0, 0, types.ErrFunds.Wrapf("stream %d has %d ucpc; this bundle costs %d, of which %d are burnt: deposit more, or lower price or term",
			stream, a.Balance, paid+burnt, burnt)
	}
	a.Balance -= paid + burnt
	if err := k.accounts.Set(ctx, stream, a); err != nil {
		return 0, 0, err
	}
	owner, err := k.address(a.Owner)
	if err != nil {
		return 0, 0, err
	}
	return paid, burnt, k.burn(ctx, owner, burnt)
}

// burn destroys coins the module holds, and tells reputation who paid for that.
func (k Keeper) burn(ctx context.Context, payer sdk.AccAddress, amount uint64) error {
	if amount == 0 {
		return nil
	}
	if err := k.bank.BurnCoins(ctx, types.ModuleName, types.Coins(amount)); err != nil || payer == nil {
		return err
	}
	return k.reputation.Report(ctx, reputation.FeesBurnt(payer, math.NewIntFromUint64(amount)))
}

// Renew makes deals last longer; the signer pays what a new deal would cost.
func (k Keeper) Renew(ctx context.Context, msg *types.MsgRenew) error {
	if msg.Deals == 0 || msg.Deals > maxBatch {
		return types.ErrDeals.Wrapf("%d; 1 to %d at once", msg.Deals, maxBatch)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	a, err := k.Account(ctx, msg.Stream)
	if err != nil {
		return err
	}
	if a.Closing {
		return types.ErrClosing.Wrapf("stream %d", msg.Stream)
	}
	if msg.Seq > msg.Seq+uint64(msg.Deals) {
		return types.ErrDeals.Wrapf("%d deals from %d on", msg.Deals, msg.Seq)
	}
	payer, err := k.address(msg.Payer)
	if err != nil {
		return err
	}
	for seq := msg.Seq; seq < msg.Seq+uint64(msg.Deals); seq++ {
		if err := k.renew(ctx, params, payer, msg.Stream, seq, uint64(msg.Periods)); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) renew(ctx context.Context, params types.Params, payer sdk.AccAddress, stream, seq, periods uint64) error {
	d, err := k.Deal(ctx, stream, seq)
	if err != nil {
		return err
	}
	now := period(ctx, params)
	if d.Last <= now {
		return types.ErrEnded.Wrapf("bundle %d of stream %d: its last period is %d, now is %d", seq, stream, d.Last, now)
	}
	if periods == 0 || d.Last+periods-now > uint64(params.MaxTerm) {
		return types.ErrTerm.Wrapf("%d periods more; 1 to %d", periods, uint64(params.MaxTerm)-min(d.Last-now, uint64(params.MaxTerm)))
	}
	for _, s := range d.Slots {
		if s.Provider == 0 {
			continue
		}
		if err := k.checkPrice(ctx, s.Provider, d); err != nil {
			return err
		}
	}
	paid, burnt, err := params.Cost(d.Pay, len(d.Slots), periods)
	if err != nil {
		return err
	}
	if paid > 0 {
		if err := k.bank.SendCoinsFromAccountToModule(ctx, payer, types.ModuleName, types.Coins(paid+burnt)); err != nil {
			return err
		}
		if err := k.burn(ctx, payer, burnt); err != nil {
			return err
		}
	}
	last := d.Last
	d.Last += periods
	for _, s := range d.Slots {
		if s.Provider == 0 {
			continue
		}
		if err := k.moveDelta(ctx, s.Provider, d.Last+1, last+1, d.Pay); err != nil {
			return err
		}
	}
	if err := k.expiries.Remove(ctx, collections.Join3(last, stream, seq)); err != nil {
		return err
	}
	if err := k.expiries.Set(ctx, collections.Join3(d.Last, stream, seq)); err != nil {
		return err
	}
	if err := k.deals.Set(ctx, collections.Join(stream, seq), d); err != nil {
		return err
	}
	return emit(ctx, &types.EventDealRenewed{Stream: stream, Seq: seq, Last: d.Last, Paid: paid, Burnt: burnt})
}

// checkPrice: the provider does not ask more than the deal pays.
func (k Keeper) checkPrice(ctx context.Context, provider uint64, d types.Deal) error {
	row, err := k.provider.Provider(ctx, provider)
	if err != nil {
		return err
	}
	if row.AsksMore(d.PriceUcpc) {
		return types.ErrAsksMore.Wrapf("provider %d asks %s ucpc for each GiB and month, the stream pays %d: raise the price (cpdata stream terms)",
			provider, row.StoragePriceUcpc, d.PriceUcpc)
	}
	return nil
}

// expire ends deals whose last period is over, at most limit of them.
func (k Keeper) expire(ctx context.Context, params types.Params, limit int) error {
	now := period(ctx, params)
	if now == 0 {
		return nil
	}
	over := collections.NewPrefixUntilTripleRange[uint64, uint64, uint64](now - 1)
	due, err := firstKeys(ctx, k.expiries, over, limit)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.expiries.Remove(ctx, key); err != nil {
			return err
		}
		if err := k.endAlone(ctx, key.K2(), key.K3()); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) endAlone(ctx context.Context, stream, seq uint64) error {
	return k.alone(ctx, fmt.Sprintf("end of the deal of bundle %d of stream %d", seq, stream), func(ctx context.Context) error {
		return k.endDeal(ctx, stream, seq)
	})
}

// endDeal takes a deal's shards off the books and gives the stream back what they will not earn. A deal that has ended before is
// nothing to do.
func (k Keeper) endDeal(ctx context.Context, stream, seq uint64) error {
	key := collections.Join(stream, seq)
	if found, err := k.deals.Has(ctx, key); err != nil || !found {
		return err
	}
	d, err := k.deals.Get(ctx, key)
	if err != nil {
		return err
	}
	refund, bounties := uint64(0), uint64(0)
	for i, s := range d.Slots {
		if s.Provider == 0 {
			refund += d.Owed(s.From)
			bounties += s.Bounty
			continue
		}
		ref := types.SlotRef{Stream: stream, Seq: seq, Slot: uint32(i)}
		owed, err := k.release(ctx, ref, d)
		if err != nil {
			return err
		}
		refund += owed
	}
	if err := k.burn(ctx, nil, bounties); err != nil {
		return err
	}
	if err := k.credit(ctx, stream, refund); err != nil {
		return err
	}
	if err := k.deals.Remove(ctx, key); err != nil {
		return err
	}
	if err := k.expiries.Remove(ctx, collections.Join3(d.Last, stream, seq)); err != nil {
		return err
	}
	return emit(ctx, &types.EventDealEnded{Stream: stream, Seq: seq, Refund: refund})
}
