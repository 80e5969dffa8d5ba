package integration

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
)

func TestExportImportExportGivesTheSameState(t *testing.T) {
	first := apptest.New(t, accounts, 4)
	for i := range 10 {
		first.Block(round(t, first, i)...)
	}
	second, height := first.Successor(first.TimeAt(first.LastBlockHeight()))
	_, err := second.Init(height)
	require.NoError(t, err)
	before, after := second.Genesis.State, second.InitialState(height)
	apptest.RequireSameState(t, before, after)
	for _, own := range []string{"provider", "datarights"} {
		require.Equal(t, compact(t, before[own]), compact(t, after[own]), "bytes of %s", own)
		require.Greater(t, len(before[own]), 1000, "%s is populated", own)
	}
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var value json.RawMessage
	require.NoError(t, json.Unmarshal(raw, &value))
	out, err := json.Marshal(value)
	require.NoError(t, err)
	return string(out)
}

func TestExportForHeightZeroIsRefused(t *testing.T) {
	_, err := apptest.New(t, 1, 1).Export(true, nil)
	require.ErrorContains(t, err, "not offered")
}

func TestGenesisOfMoreThanTheSupplyIsRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		extra int64
		err   string
	}{
		{"accepts the whole supply", 0, ""},
		{"refuses one ucpc more", 1, "more than the 1000000000000000 there can ever be"},
	} {
		t.Run(c.name, func(t *testing.T) {
			template := apptest.Template()
			genesis, err := apptest.NewGenesis(template, 1, 1)
			require.NoError(t, err)
			bank := banktypes.GetGenesisStateFromAppState(template.Codec(), genesis.State)
			bank.Balances[0].Coins = bank.Balances[0].Coins.Add(ucpc(app.MaxSupply - apptest.Balance - apptest.Stake + c.extra))
			genesis.State[banktypes.ModuleName] = template.Codec().MustMarshalJSON(bank)
			_, err = apptest.Open(t, genesis).Init(1)
			if c.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.err)
		})
	}
}

func TestTheDefaultGenesisKnowsOneCoin(t *testing.T) {
	template := apptest.Template()
	state := template.DefaultGenesis()
	cdc := template.Codec()
	require.NoError(t, template.Basics().ValidateGenesis(cdc, template.TxConfig(), state))
	for name, raw := range state {
		require.NotContains(t, string(raw), `"stake"`, "genesis of %s", name)
	}
	var gov govv1.GenesisState
	cdc.MustUnmarshalJSON(state["gov"], &gov)
	require.Equal(t, "1000000000ucpc", gov.Params.MinDeposit[0].String())
	require.Equal(t, app.BaseDenom, stakingtypes.GetGenesisStateFromAppState(cdc, state).Params.BondDenom)
	known, metadata := banktypes.GetGenesisStateFromAppState(cdc, state).DenomMetadata, app.Metadata()
	require.Len(t, known, 1)
	require.Equal(t, metadata.String(), known[0].String())
	require.NoError(t, metadata.Validate())
}
