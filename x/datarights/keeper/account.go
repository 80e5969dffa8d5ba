package keeper

import (
	"bytes"
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// found turns a missing row into the module's own error.
func found[T any](v T, err error, what string, id uint64) (T, error) {
	if errors.Is(err, collections.ErrNotFound) {
		return v, types.ErrNotFound.Wrapf("%s %d", what, id)
	}
	return v, err
}

// account decodes an address.
func (k Keeper) account(text string) (sdk.AccAddress, error) {
	bz, err := k.addresses.StringToBytes(text)
	if err != nil {
		return nil, types.Because(types.ErrAddress, err)
	}
	return bz, nil
}

// canonical is the one text an address is stored as: bech32 also allows all capitals.
func (k Keeper) canonical(account sdk.AccAddress) (string, error) {
	return k.addresses.BytesToString(account)
}

// isAccount tells whether an address of a row is this account.
func (k Keeper) isAccount(text string, account sdk.AccAddress) bool {
	bz, err := k.addresses.StringToBytes(text)
	return err == nil && bytes.Equal(bz, account)
}

// burnFee takes what a row costs.
func (k Keeper) burnFee(ctx context.Context, payer sdk.AccAddress, fee sdk.Coin) error {
	if !fee.IsPositive() {
		return nil
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, payer, types.ModuleName, sdk.NewCoins(fee)); err != nil {
		return types.Because(types.ErrFee, err)
	}
	if err := k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(fee)); err != nil {
		return err
	}
	return k.reputation.Report(ctx, reputation.FeesBurnt(payer, fee.Amount))
}
