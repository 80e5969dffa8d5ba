package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	transfertypes "github.com/cosmos/ibc-go/v8/modules/apps/transfer/types"
	clienttypes "github.com/cosmos/ibc-go/v8/modules/core/02-client/types"
	ibctesting "github.com/cosmos/ibc-go/v8/testing"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
)

func init() { ibctesting.DefaultTestingAppInit = apptest.SetupTestingApp }

// send moves coins over a path and relays the packet and its acknowledgement.
func send(t *testing.T, path *ibctesting.Path, from, to *ibctesting.Endpoint, coin sdk.Coin) {
	t.Helper()
	result, err := from.Chain.SendMsgs(transfertypes.NewMsgTransfer(from.ChannelConfig.PortID, from.ChannelID, coin,
		from.Chain.SenderAccount.GetAddress().String(), to.Chain.SenderAccount.GetAddress().String(),
		clienttypes.NewHeight(1, 200), 0, ""))
	require.NoError(t, err)
	packet, err := ibctesting.ParsePacketFromEvents(result.Events)
	require.NoError(t, err)
	require.NoError(t, path.RelayPacket(packet))
}

func balance(end *ibctesting.Endpoint, denom string) int64 {
	keeper := end.Chain.App.(apptest.TestingApp).BankKeeper
	return keeper.GetBalance(end.Chain.GetContext(), end.Chain.SenderAccount.GetAddress(), denom).Amount.Int64()
}

func supply(end *ibctesting.Endpoint, denom string) int64 {
	return end.Chain.App.(apptest.TestingApp).BankKeeper.GetSupply(end.Chain.GetContext(), denom).Amount.Int64()
}

func TestCoinsTravelToAnotherChainAndBack(t *testing.T) {
	coordinator := ibctesting.NewCoordinator(t, 2)
	path := ibctesting.NewTransferPath(coordinator.GetChain(ibctesting.GetChainID(1)), coordinator.GetChain(ibctesting.GetChainID(2)))
	coordinator.Setup(path)
	a, b := path.EndpointA, path.EndpointB
	hadA, hadB := balance(a, app.BaseDenom), balance(b, app.BaseDenom)
	supplyA, supplyB := supply(a, app.BaseDenom), supply(b, app.BaseDenom)

	send(t, path, a, b, sdk.NewInt64Coin(app.BaseDenom, 700))
	voucher := transfertypes.ParseDenomTrace(transfertypes.GetPrefixedDenom(b.ChannelConfig.PortID, b.ChannelID, app.BaseDenom)).IBCDenom()
	require.Equal(t, hadA-700, balance(a, app.BaseDenom))
	require.EqualValues(t, 700, balance(b, voucher))
	require.Equal(t, hadB, balance(b, app.BaseDenom), "a voucher is not the other chain's own coin")

	send(t, path, b, a, sdk.NewInt64Coin(voucher, 200))
	require.Equal(t, hadA-500, balance(a, app.BaseDenom))
	require.EqualValues(t, 500, balance(b, voucher))
	require.EqualValues(t, 500, supply(b, voucher))
	require.Equal(t, supplyA, supply(a, app.BaseDenom), "transfers neither make nor burn CPC")
	require.Equal(t, supplyB, supply(b, app.BaseDenom))
}
