package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

// OpenAccount makes the account of a new stream: no balance, a price of 0, the default term.
func (k Keeper) OpenAccount(ctx context.Context, stream uint64, owner string) error {
	return k.accounts.Set(ctx, stream, types.Account{Owner: owner})
}

// owned returns a stream's account if the signer owns the stream.
func (k Keeper) owned(ctx context.Context, stream uint64, owner string) (types.Account, error) {
	a, err := k.Account(ctx, stream)
	if err != nil {
		return a, err
	}
	signer, err := k.address(owner)
	if err != nil {
		return a, err
	}
	if known, err := k.address(a.Owner); err != nil || !known.Equals(signer) {
		return a, types.ErrOwner.Wrapf("stream %d is %s's, not %s's", stream, a.Owner, owner)
	}
	return a, nil
}

func (k Keeper) address(text string) (sdk.AccAddress, error) {
	bz, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, types.ErrAddress.Wrapf("%q: %v", text, err)
	}
	return bz, nil
}

// SetTerms sets price and term of a stream's bundles to come.
func (k Keeper) SetTerms(ctx context.Context, msg *types.MsgSetTerms) error {
	a, err := k.owned(ctx, msg.Stream, msg.Owner)
	if err != nil {
		return err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if msg.PriceUcpc > types.MaxAmount {
		return types.ErrPrice.Wrapf("%d ucpc for each GiB and month; at most %d", msg.PriceUcpc, uint64(types.MaxAmount))
	}
	if msg.Term > params.MaxTerm {
		return types.ErrTerm.Wrapf("%d periods; at most %d", msg.Term, params.MaxTerm)
	}
	a.PriceUcpc, a.Term = msg.PriceUcpc, msg.Term
	return k.accounts.Set(ctx, msg.Stream, a)
}

// Deposit adds to a stream's balance.
func (k Keeper) Deposit(ctx context.Context, msg *types.MsgDeposit) error {
	amount, err := types.AmountOf(msg.Amount)
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
	if a.Balance > types.MaxAmount {
		return types.ErrAmount.Wrapf("the balance is %d ucpc already", a.Balance)
	}
	payer, err := k.address(msg.Payer)
	if err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, payer, types.ModuleName, types.Coins(amount)); err != nil {
		return err
	}
	a.Balance += amount
	return k.accounts.Set(ctx, msg.Stream, a)
}

// Withdraw gives unspent balance back to the owner.
func (k Keeper) Withdraw(ctx context.Context, msg *types.MsgWithdraw) error {
	amount, err := types.AmountOf(msg.Amount)
	if err != nil {
		return err
	}
	a, err := k.owned(ctx, msg.Stream, msg.Owner)
	if err != nil {
		return err
	}
	if amount > a.Balance {
		return types.ErrFunds.Wrapf("it is %d ucpc, asked were %d", a.Balance, amount)
	}
	owner, err := k.address(msg.Owner)
	if err != nil {
		return err
	}
	a.Balance -= amount
	if err := k.accounts.Set(ctx, msg.Stream, a); err != nil {
		return err
	}
	return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, owner, types.Coins(amount))
}

// credit gives a stream back what its deals did not pay.
func (k Keeper) credit(ctx context.Context, stream, amount uint64) error {
	if amount == 0 {
		return nil
	}
	a, err := k.Account(ctx, stream)
	if err != nil {
		return err
	}
	a.Balance += amount // covered by coins
	return k.accounts.Set(ctx, stream, a)
}

// CloseStream ends all deals of a stream, those of bundles below endSeq, over the blocks to come, and then gives its owner what is
// left of the balance.
func (k Keeper) CloseStream(ctx context.Context, stream, endSeq uint64) error {
	a, err := k.Account(ctx, stream)
	if err != nil {
		return err
	}
	if a.Closing {
		return types.ErrClosing.Wrapf("stream %d", stream)
	}
	a.Closing, a.EndSeq = true, endSeq
	if err := k.accounts.Set(ctx, stream, a); err != nil {
		return err
	}
	return k.closings.Set(ctx, stream)
}

// closeDeals goes on ending the deals of deleted streams, at most limit of them.
func (k Keeper) closeDeals(ctx context.Context, limit int) error {
	streams, err := firstKeys(ctx, k.closings, nil, limit)
	if err != nil {
		return err
	}
	for _, stream := range streams {
		if limit, err = k.closeSome(ctx, stream, limit); err != nil || limit == 0 {
			return err
		}
	}
	return nil
}

// closeSome ends up to limit deals of a stream and returns how many more the block has room for.
func (k Keeper) closeSome(ctx context.Context, stream uint64, limit int) (int, error) {
	a, err := k.Account(ctx, stream)
	if err != nil {
		return 0, err
	}
	for ; a.NextSeq < a.EndSeq && limit > 0; limit-- {
		if err := k.endAlone(ctx, stream, a.NextSeq); err != nil {
			return 0, err
		}
		balance, err := k.Account(ctx, stream) // with what the deal gave back
		if err != nil {
			return 0, err
		}
		a.Balance, a.NextSeq = balance.Balance, a.NextSeq+1
		if err := k.accounts.Set(ctx, stream, a); err != nil {
			return 0, err
		}
	}
	if a.NextSeq < a.EndSeq {
		return 0, nil
	}
	return max(limit-1, 0), k.closed(ctx, stream, a)
}

// closed pays the balance out. Where the bank refuses it stays, and the owner may withdraw it.
func (k Keeper) closed(ctx context.Context, stream uint64, a types.Account) error {
	if err := k.closings.Remove(ctx, stream); err != nil || a.Balance == 0 {
		return err
	}
	cached, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	owner, err := k.address(a.Owner)
	if err == nil {
		err = k.bank.SendCoinsFromModuleToAccount(cached, types.ModuleName, owner, types.Coins(a.Balance))
	}
	if err != nil {
		return emit(ctx, &types.EventPaymentFailed{Amount: a.Balance, Error: err.Error()})
	}
	write()
	a.Balance = 0
	return k.accounts.Set(ctx, stream, a)
}

// firstKeys lists up to limit keys of a set, in order, within a range.
func firstKeys[K any](ctx context.Context, set collections.KeySet[K], within collections.Ranger[K], limit int) ([]K, error) {
	var keys []K
	err := set.Walk(ctx, within, func(key K) (bool, error) {
		keys = append(keys, key)
		return len(keys) >= limit, nil
	})
	return keys, err
}
