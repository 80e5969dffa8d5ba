package integration

import (
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
	"cosmossdk.io/x/feegrant"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/seal"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
)

func ucpc(amount int64) sdk.Coin { return sdk.NewInt64Coin(app.BaseDenom, amount) }

// entropy gives the same bytes for the same name.
func entropy(name string) *rand.ChaCha8 {
	var seed [32]byte
	copy(seed[:], name)
	return rand.NewChaCha8(seed)
}

// registration of an account as a provider of storage and re-encryption.
func registration(t testing.TB, a apptest.Account, name string) *providertypes.MsgRegister {
	t.Helper()
	random, operator := entropy(name), a.Address.String()
	peer, secret, err := ed25519.GenerateKey(random)
	require.NoError(t, err)
	box, err := seal.NewBox(random)
	require.NoError(t, err)
	public := box.Public()
	proof, err := box.ProvePossession(random, providertypes.SealKeyProofBytes(apptest.ChainID, operator, public[:]))
	require.NoError(t, err)
	return &providertypes.MsgRegister{
		Operator: operator, Moniker: name, PeerKey: peer,
		PeerKeyProof: ed25519.Sign(secret, providertypes.PeerKeyProofBytes(apptest.ChainID, operator, peer)),
		Addresses:    []string{"/ip4/192.0.2.1/tcp/4001"}, SealKey: public[:], SealKeyProof: proof, CapacityBytes: 1 << 30,
		StoragePriceUcpc: math.ZeroInt(), ReencryptionPriceUcpc: math.ZeroInt(), Storage: true, Proxy: true, Bond: ucpc(2_000_000_000),
	}
}

// stream whose owner writes it.
func stream(t testing.TB, a apptest.Account, name string) *datarightstypes.MsgCreateStream {
	t.Helper()
	key, secret, err := ed25519.GenerateKey(entropy(name))
	require.NoError(t, err)
	owner := a.Address.String()
	writer := datarightstypes.Writer{Account: owner, Key: key}
	return &datarightstypes.MsgCreateStream{
		Owner: owner, Name: name, Kind: "weather", Tags: []string{"berlin"}, Description: "hourly weather",
		Schema: datarightstypes.Schema{
			Fields:    []datarightstypes.Field{{Name: "temperature", Unit: "Cel", Type: datarightstypes.FIELD_TYPE_FIXED, Decimals: 1}},
			TimeField: "date", TimeFormat: "rfc3339",
		},
		OriginMs: 1_700_000_000_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 900_000, DataShards: 4, TotalShards: 8,
		Historical: true, Writer: writer,
		WriterProof: ed25519.Sign(secret, datarightstypes.WriterProofBytes(apptest.ChainID, owner, name, writer)),
	}
}

// round is one block's transactions: some of every module, some of which fail in the block.
func round(t testing.TB, c *apptest.Chain, i int) [][]byte {
	t.Helper()
	accounts := c.Genesis.Accounts
	at := func(k int) apptest.Account { return accounts[(i+k)%len(accounts)] }
	address := func(k int) string { return at(k).Address.String() }
	validator := sdk.ValAddress(accounts[0].Address).String()
	later := c.TimeAt(c.LastBlockHeight()).Add(time.Hour)

	allowance, err := feegrant.NewMsgGrantAllowance(&feegrant.BasicAllowance{SpendLimit: sdk.NewCoins(ucpc(int64(i + 1))), Expiration: &later}, at(2).Address, at(3).Address)
	require.NoError(t, err)
	permission, err := authz.NewMsgGrant(at(3).Address, at(4).Address, banktypes.NewSendAuthorization(sdk.NewCoins(ucpc(9)), nil), &later)
	require.NoError(t, err)
	proposal, err := govv1.NewMsgSubmitProposal(nil, sdk.NewCoins(ucpc(1_000_000_000)), address(5), "text", fmt.Sprintf("proposal %d", i), "summary", false)
	require.NoError(t, err)
	return [][]byte{
		c.Sign(at(0), banktypes.NewMsgSend(at(0).Address, at(1).Address, sdk.NewCoins(ucpc(int64(i+1))))),
		c.Sign(at(1), stakingtypes.NewMsgDelegate(address(1), validator, ucpc(int64(1000+i)))),
		c.Sign(at(2), allowance),
		c.Sign(at(3), permission),
		c.Sign(at(4), stream(t, at(4), fmt.Sprintf("stream-%d", i))),
		c.Sign(at(5), proposal),
		c.Sign(at(6), registration(t, at(6), fmt.Sprintf("provider-%d", i))), // fails where the account is one already
		c.Sign(at(7), banktypes.NewMsgSend(at(7).Address, at(0).Address, sdk.NewCoins(ucpc(2*apptest.Balance)))),
	}
}
