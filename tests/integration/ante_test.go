package integration

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/cpchain/cpchain/app/apptest"
)

func TestTransactionsAreBoundToChainAccountAndSequence(t *testing.T) {
	c := apptest.New(t, 2, 1)
	alice, bob := c.Genesis.Accounts[0], c.Genesis.Accounts[1]
	pay := banktypes.NewMsgSend(alice.Address, bob.Address, sdk.NewCoins(ucpc(1)))
	for _, attack := range []struct {
		name string
		tx   []byte
		want *errorsmod.Error
	}{
		{"refuses a signature for another chain", c.SignAs(alice, "cpchain-1", 0, 0, pay), sdkerrors.ErrUnauthorized},
		{"refuses a signature for another account number", c.SignAs(alice, apptest.ChainID, 1, 0, pay), sdkerrors.ErrUnauthorized},
		{"refuses a sequence from the future", c.SignAs(alice, apptest.ChainID, 0, 1, pay), sdkerrors.ErrWrongSequence},
		{"refuses another's signature", c.SignAs(bob, apptest.ChainID, 1, 0, pay), sdkerrors.ErrInvalidPubKey},
	} {
		t.Run(attack.name, func(t *testing.T) {
			result := c.Block(attack.tx).TxResults[0]
			require.Equal(t, attack.want.ABCICode(), result.Code, result.Log)
			require.Equal(t, attack.want.Codespace(), result.Codespace)
		})
	}
	good := c.Sign(alice, pay)
	require.Zero(t, c.Block(good).TxResults[0].Code)
	replay := c.Block(good).TxResults[0]
	require.Equal(t, sdkerrors.ErrWrongSequence.ABCICode(), replay.Code, "a replay: %s", replay.Log)
}

func TestANodeAsksForItsGasPrice(t *testing.T) {
	genesis, err := apptest.NewGenesis(apptest.Template(), 2, 1)
	require.NoError(t, err)
	alice, bob := genesis.Accounts[0], genesis.Accounts[1]
	for price, want := range map[string]uint32{"0.001ucpc": 0, "0.002ucpc": sdkerrors.ErrInsufficientFee.ABCICode()} {
		c := apptest.Start(t, genesis, withMinGasPrices(price))
		tx := c.Sign(alice, banktypes.NewMsgSend(alice.Address, bob.Address, sdk.NewCoins(ucpc(1))))
		checked, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx})
		require.NoError(t, err)
		require.Equal(t, want, checked.Code, "price %s: %s", price, checked.Log)
	}
}
