package integration

import (
	"reflect"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
)

// setAuthority fills a message's authority field.
func setAuthority(t *testing.T, msg proto.Message, authority string) {
	t.Helper()
	field := reflect.ValueOf(msg).Elem().FieldByName("Authority")
	require.True(t, field.IsValid(), "%T has no authority", msg)
	field.SetString(authority)
}

func TestAPassedProposalChangesParams(t *testing.T) {
	template := apptest.Template()
	genesis, err := apptest.NewGenesis(template, 2, 2)
	require.NoError(t, err)
	var gov govv1.GenesisState
	template.Codec().MustUnmarshalJSON(genesis.State[govtypes.ModuleName], &gov)
	period, short := time.Minute, time.Second
	gov.Params.VotingPeriod, gov.Params.ExpeditedVotingPeriod = &period, &short
	genesis.State[govtypes.ModuleName] = template.Codec().MustMarshalJSON(&gov)
	c := apptest.Start(t, genesis)

	params := providertypes.DefaultParams()
	params.BoundaryBlocks = 7
	submit, err := govv1.NewMsgSubmitProposal([]sdk.Msg{&providertypes.MsgUpdateParams{Authority: app.Authority(), Params: params}},
		sdk.NewCoins(ucpc(1_000_000_000)), genesis.Accounts[0].Address.String(), "", "shorter draws", "every 7 blocks", false)
	require.NoError(t, err)
	c.MustDeliver(genesis.Accounts[0], submit)
	for _, voter := range genesis.Accounts {
		c.MustDeliver(voter, govv1.NewMsgVote(voter.Address, 1, govv1.OptionYes, ""))
	}
	c.Blocks(15)
	proposal, err := c.GovKeeper.Proposals.Get(c.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, govv1.StatusPassed, proposal.Status, proposal.FailedReason)
	exported, err := c.ProviderKeeper.ExportGenesis(c.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, exported.Params.BoundaryBlocks)
}
