package keeper

import (
	"context"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// takeBond moves a bond into the module's account.
func (k Keeper) takeBond(ctx context.Context, operator sdk.AccAddress, bond sdk.Coin) error {
	err := k.bank.SendCoinsFromAccountToModule(ctx, operator, types.ModuleName, sdk.NewCoins(bond))
	return errorsmod.Wrapf(err, "bond of %s", bond)
}

// Bond adds to the operator's bond.
func (k Keeper) Bond(ctx context.Context, operator sdk.AccAddress, amount sdk.Coin) error {
	if err := types.ValidBond(amount.Denom, amount.Amount); err != nil {
		return err
	}
	row, err := k.ProviderByOperator(ctx, operator)
	if err != nil {
		return err
	}
	if err := k.takeBond(ctx, operator, amount); err != nil {
		return err
	}
	row.Bond = row.Bond.Add(amount)
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	if err := k.tellBond(ctx, row); err != nil {
		return err
	}
	return emit(ctx, &types.EventBonded{Id: row.Id, Amount: amount.String(), Bond: row.Bond.String()})
}

// tellBond tells reputation what an operator has at stake: the bond of a provider that has not left.
func (k Keeper) tellBond(ctx context.Context, row types.Provider) error {
	operator, err := k.addresses.StringToBytes(row.Operator)
	if err != nil {
		return err
	}
	amount := row.Bond.Amount
	if row.Status == types.STATUS_LEFT {
		current, err := k.ProviderByOperator(ctx, operator)
		if err == nil && current.Id != row.Id {
			return nil // the operator has another provider by now, whose bond counts
		}
		amount = math.ZeroInt()
	}
	return k.reputation.Report(ctx, reputation.ProviderBond(operator, amount))
}

// Slash burns the params' part of a provider's bond, rounded up, and returns what it burnt.
func (k Keeper) Slash(ctx context.Context, id uint64, reason string) (sdk.Coin, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return sdk.Coin{}, err
	}
	slashed, _, err := k.SlashPart(ctx, id, params.FragmentSlashBps, types.ModuleName, 0, reason)
	return slashed, err
}

// SlashPart takes bps of a provider's bond, rounded up: shareBps of that, rounded down, go to a module's account, the rest is burnt.
// It also reaches bonds that are unbonding. A provider whose bond no longer covers its capacity is paused.
func (k Keeper) SlashPart(ctx context.Context, id uint64, bps uint32, module string, shareBps uint32, reason string) (slashed, share sdk.Coin, err error) {
	row, err := k.Provider(ctx, id)
	if err != nil {
		return slashed, share, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return slashed, share, err
	}
	slashed = sdk.NewCoin(types.BondDenom, types.Part(row.Bond.Amount, bps))
	share = sdk.NewCoin(types.BondDenom, slashed.Amount.MulRaw(int64(shareBps)).QuoRaw(types.MaxBps))
	if err := k.takeSlash(ctx, slashed.Sub(share), share, module); err != nil {
		return slashed, share, err
	}
	row.Bond = row.Bond.Sub(slashed)
	if err := emit(ctx, &types.EventSlashed{Id: id, Amount: slashed.String(), Reason: reason}); err != nil {
		return slashed, share, err
	}
	if err := k.tellBond(ctx, row); err != nil {
		return slashed, share, err
	}
	return slashed, share, k.setSlashed(ctx, row, params.RequiredBond(row.CapacityBytes))
}

// takeSlash burns one part of a slash and sends the other.
func (k Keeper) takeSlash(ctx context.Context, burnt, share sdk.Coin, module string) error {
	if burnt.IsPositive() {
		if err := k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(burnt)); err != nil {
			return err
		}
	}
	if share.IsPositive() {
		return k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, module, sdk.NewCoins(share))
	}
	return nil
}

// setSlashed stores a row whose bond was cut.
func (k Keeper) setSlashed(ctx context.Context, row types.Provider, need math.Int) error {
	if row.Status == types.STATUS_ACTIVE && row.Bond.Amount.LT(need) {
		row.Status = types.STATUS_PAUSED
		return k.setStatus(ctx, row)
	}
	if row.Status == types.STATUS_LEFT && row.Bond.IsZero() {
		if err := k.unbonding.Remove(ctx, collections.Join(row.UnbondTime, row.Id)); err != nil {
			return err
		}
	}
	return k.providers.Set(ctx, row.Id, row)
}
