package integration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
)

func TestEveryMessageHasAHandler(t *testing.T) {
	c := apptest.New(t, 1, 1)
	kinds := c.Registry().ListImplementations(sdk.MsgInterfaceProtoName)
	require.Greater(t, len(kinds), 80)
	own := 0
	for _, kind := range kinds {
		require.NotNil(t, c.MsgServiceRouter().HandlerByTypeURL(kind), "%s has no handler", kind)
		if strings.HasPrefix(kind, "/cpchain.") {
			own++
		}
	}
	require.GreaterOrEqual(t, own, 20, "messages of our own modules")
}

func TestOnlyGovernanceChangesParams(t *testing.T) {
	c := apptest.New(t, 1, 1)
	alice := c.Genesis.Accounts[0]
	for _, kind := range c.Registry().ListImplementations(sdk.MsgInterfaceProtoName) {
		if !strings.HasSuffix(kind, ".MsgUpdateParams") || strings.HasPrefix(kind, "/ibc.") {
			continue // ibc-go names the signer, not the authority, in this field
		}
		msg, err := c.Registry().Resolve(kind)
		require.NoError(t, err)
		setAuthority(t, msg, alice.Address.String())
		result := c.Deliver(alice, msg)
		require.NotZero(t, result.Code, "%s by a user", kind)
	}
	require.NotEqual(t, app.Authority(), alice.Address.String())
}
