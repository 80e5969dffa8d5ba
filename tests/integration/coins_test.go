package integration

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	transfertypes "github.com/cosmos/ibc-go/v8/modules/apps/transfer/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
)

func TestNoModuleMintsCPC(t *testing.T) {
	c := apptest.New(t, 1, 1)
	ctx := c.Context()
	mint := func(denom string) error {
		return c.BankKeeper.MintCoins(ctx, transfertypes.ModuleName, sdk.NewCoins(sdk.NewInt64Coin(denom, 1)))
	}
	require.ErrorContains(t, mint(app.BaseDenom), "never minted")
	mixed := sdk.NewCoins(ucpc(1), sdk.NewInt64Coin("ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2", 1))
	require.ErrorContains(t, c.BankKeeper.MintCoins(ctx, transfertypes.ModuleName, mixed), "never minted")
	require.NoError(t, mint("ibc/27394FB092D2ECCD56123C74F36E4C1F926001CEADA9CA97EA622B25F41E5EB2"), "vouchers of other chains' coins are free")

	for name, permissions := range app.ModuleAccounts() {
		require.Equal(t, name == transfertypes.ModuleName, slices.Contains(permissions, authtypes.Minter), "minter permission of %s", name)
	}
}

func TestTheSupplyNeverRises(t *testing.T) {
	c := apptest.New(t, accounts, 2)
	last := c.BankKeeper.GetSupply(c.Context(), app.BaseDenom).Amount
	for i := range 10 {
		c.Block(round(t, c, i)...)
		now := c.BankKeeper.GetSupply(c.Context(), app.BaseDenom).Amount
		require.True(t, now.LTE(last), "block %d", c.LastBlockHeight())
		last = now
	}
}

func TestModuleAccountsHaveTheirPermissionsAndTakeNothingFromUsers(t *testing.T) {
	c := apptest.New(t, 1, 1)
	alice := c.Genesis.Accounts[0]
	for name, permissions := range app.ModuleAccounts() {
		account := c.AccountKeeper.GetModuleAccount(c.Context(), name)
		require.ElementsMatch(t, permissions, account.GetPermissions(), "permissions of %s", name)

		result := c.Deliver(alice, banktypes.NewMsgSend(alice.Address, account.GetAddress(), sdk.NewCoins(ucpc(1))))
		require.Equal(t, sdkerrors.ErrUnauthorized.ABCICode(), result.Code, "sending to %s: %s", name, result.Log)
	}
}
