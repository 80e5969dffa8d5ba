package chain_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/x/feegrant"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func hexKey(a apptest.Account) string { return hex.EncodeToString(a.Key.Bytes()) }

func (n *rpcNode) send(from, to int, ucpc int64) sdk.Msg {
	accounts := n.app.Genesis.Accounts
	return banktypes.NewMsgSend(accounts[from].Address, accounts[to].Address, sdk.NewCoins(sdk.NewInt64Coin("ucpc", ucpc)))
}

func TestASubmittedTransactionIsIncludedWithGasThatSuffices(t *testing.T) {
	n := newRPCNode(t)
	s := n.signer(t, n.dial(t), 0)
	for range 2 { // the second with the sequence kept from the first
		res, err := s.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 5))
		require.NoError(t, err)
		require.Positive(t, res.GasUsed)
		require.Equal(t, n.app.LastBlockHeight(), res.Height)
	}
}

// What the simulation refuses carries the same codespace and code as what a block refuses.
func TestARefusalMetWhileGasIsEstimatedIsMatchedByItsCode(t *testing.T) {
	n := newRPCNode(t)
	s := n.signer(t, n.dial(t), 0)
	for name, c := range map[string]struct {
		msg  sdk.Msg
		want error
	}{
		"a rule of x/datarights": {&datarights.MsgRevokeGrant{Owner: s.Address(), Grant: 7}, datarights.ErrNotFound},
		"a rule of x/provider":   {&provider.MsgLeave{Operator: s.Address()}, provider.ErrNotFound},
		"a rule of the SDK":      {n.send(0, 1, 10*apptest.Balance), sdkerrors.ErrInsufficientFunds},
	} {
		_, err := s.Prepare(t.Context(), chain.TxOptions{}, c.msg)
		require.ErrorIs(t, err, c.want, name)
		var simulated, delivered *chain.TxError
		require.ErrorAs(t, err, &simulated, name)
		require.NotErrorIs(t, err, sdkerrors.ErrWrongSequence, name)

		_, err = s.Submit(t.Context(), chain.TxOptions{Gas: 300_000}, c.msg)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorAs(t, err, &delivered, name)
		require.Equal(t, delivered.Code, simulated.Code, name)
		require.Equal(t, delivered.Codespace, simulated.Codespace, name)
	}
}

func TestAStaleSequenceIsReadAnewAndTriedOnce(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	s, other := n.signer(t, c, 0), n.signer(t, c, 0)
	_, err := s.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 5))
	require.NoError(t, err)
	_, err = other.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 6))
	require.NoError(t, err)
	_, err = s.Prepare(t.Context(), chain.TxOptions{}, n.send(0, 1, 7))
	require.ErrorIs(t, err, sdkerrors.ErrWrongSequence, "the simulation notices first, and says so by code")
	_, err = other.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 8))
	require.NoError(t, err)
	_, err = s.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 9))
	require.NoError(t, err)

	_, err = s.Prepare(t.Context(), chain.TxOptions{}, n.send(0, 1, 10))
	require.NoError(t, err)
	n.between = func() {
		_, err := other.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 11))
		require.NoError(t, err)
	}
	_, err = s.Submit(t.Context(), chain.TxOptions{}, n.send(0, 1, 12))
	require.NoError(t, err, "also when it goes stale after the simulation")
}

func TestATransactionThatIsThereAlreadyIsNoError(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	s := n.signer(t, c, 0)
	p, err := s.Prepare(t.Context(), chain.TxOptions{}, n.send(0, 1, 5))
	require.NoError(t, err)
	_, err = c.Tx(t.Context(), p.Hash)
	require.ErrorIs(t, err, chain.ErrNotFound)
	require.NoError(t, s.Broadcast(t.Context(), p))
	require.NoError(t, s.Broadcast(t.Context(), p))
	_, err = c.WaitTx(t.Context(), p.Hash)
	require.NoError(t, err)
	_, err = c.Tx(t.Context(), "no hash")
	require.ErrorContains(t, err, "is not hex")
}

func TestAFailureInTheBlockIsAnErrorWithItsCode(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	s := n.signer(t, c, 0)
	_, err := s.Submit(t.Context(), chain.TxOptions{Gas: 300_000}, &datarights.MsgRevokeGrant{Owner: s.Address(), Grant: 7})
	var refused *chain.TxError
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, datarights.ErrNotFound)
	_, err = c.Tx(t.Context(), refused.Hash)
	require.ErrorIs(t, err, datarights.ErrNotFound)
}

func TestAnUnsignedTransactionHasNoSigner(t *testing.T) {
	n := newRPCNode(t)
	s := n.signer(t, n.dial(t), 0)
	bz, err := s.Unsigned(t.Context(), chain.TxOptions{}, n.send(0, 1, 5))
	require.NoError(t, err)
	var tx struct {
		AuthInfo struct {
			SignerInfos []any `json:"signer_infos"`
			Fee         struct {
				GasLimit string `json:"gas_limit"`
			} `json:"fee"`
		} `json:"auth_info"`
		Signatures []any `json:"signatures"`
	}
	require.NoError(t, json.Unmarshal(bz, &tx))
	require.Empty(t, tx.AuthInfo.SignerInfos, "cpchaind tx sign refuses a second one")
	require.Empty(t, tx.Signatures)
	require.NotEqual(t, "0", tx.AuthInfo.Fee.GasLimit)
}

func TestRefusalsAreSaidInTheRulesOwnWords(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	s := n.signer(t, c, 0)
	_, err := s.Prepare(t.Context(), chain.TxOptions{}, &datarights.MsgRevokeGrant{Owner: s.Address(), Grant: 7})
	require.EqualError(t, err, "transaction refused: grant 7: not found (datarights code 2)")
	_, err = c.Grant(t.Context(), 9)
	require.EqualError(t, err, "not found on chain: grant 9: not found")
	_, _, err = c.StreamByName(t.Context(), s.Address(), "buoy")
	require.ErrorIs(t, err, chain.ErrNotFound)
	require.ErrorContains(t, err, `has no stream "buoy"`)
}

func TestAnAccountWithoutCoinsIsTold(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	keys, err := chain.OpenKeyring(t.TempDir(), "test", nil)
	require.NoError(t, err)
	require.NoError(t, keys.ImportPrivKeyHex("key", hex.EncodeToString(append(make([]byte, 31), 9)), "secp256k1"))
	s, err := chain.NewSigner(c, keys, "key")
	require.NoError(t, err)
	_, err = s.Prepare(t.Context(), chain.TxOptions{}, n.send(0, 1, 5))
	require.ErrorContains(t, err, "send it some ucpc")
	_, err = chain.NewSigner(c, keys, "other")
	require.ErrorIs(t, err, chain.ErrNoKey)
	require.ErrorContains(t, err, `"other"`)
}

func TestFeeGrantsAreFoundAndTheirAbsenceIsNoError(t *testing.T) {
	n := newRPCNode(t)
	c := n.dial(t)
	s := n.signer(t, c, 0)
	accounts := n.app.Genesis.Accounts
	for _, third := range []int{1, 2} {
		has, err := c.HasFeeGrant(t.Context(), s.Address(), accounts[third].Address.String())
		require.NoError(t, err)
		require.False(t, has)
	}
	msg, err := feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{}, accounts[0].Address, accounts[1].Address)
	require.NoError(t, err)
	_, err = s.Submit(t.Context(), chain.TxOptions{}, msg)
	require.NoError(t, err)
	has, err := c.HasFeeGrant(t.Context(), s.Address(), accounts[1].Address.String())
	require.NoError(t, err)
	require.True(t, has)
	has, err = c.HasFeeGrant(t.Context(), accounts[2].Address.String(), accounts[1].Address.String())
	require.NoError(t, err)
	require.False(t, has, "somebody else's")
	_, err = n.signer(t, c, 1).Submit(t.Context(), chain.TxOptions{FeeGranter: s.Address()}, n.send(1, 2, 3))
	require.NoError(t, err)
}

func TestDialingTellsWhatIsWrong(t *testing.T) {
	n := newRPCNode(t)
	for words, cfg := range map[string]chain.Config{
		"write them like 0.001ucpc": {RPC: n.url, GasPrices: "cheap"},
		`not "other-1"`:             {RPC: n.url, ChainID: "other-1"},
		"write it like http":        {RPC: "::"},
	} {
		_, err := chain.Dial(t.Context(), cfg)
		require.ErrorContains(t, err, words)
	}
	_, err := chain.Dial(t.Context(), chain.Config{RPC: "http://127.0.0.1:1"})
	require.ErrorIs(t, err, chain.ErrUnavailable)
	require.True(t, chain.IsConnectionError(err))
	_, err = n.dial(t).Grant(t.Context(), 9)
	require.True(t, errors.Is(err, chain.ErrNotFound) && !chain.IsConnectionError(err))
}
