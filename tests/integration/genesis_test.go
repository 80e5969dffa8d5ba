package integration

import (
	"encoding/json"
	"regexp"
	"testing"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
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
	exported, err := first.Export(false, nil)
	require.NoError(t, err)
	require.Equal(t, first.LastBlockHeight()+1, exported.Height)
	require.Len(t, exported.Validators, 4)
	var before app.GenesisState
	require.NoError(t, json.Unmarshal(exported.AppState, &before))

	genesis := *first.Genesis
	genesis.State, genesis.Time = before, first.TimeAt(first.LastBlockHeight())
	second := apptest.Open(t, &genesis)
	_, err = second.Init(exported.Height)
	require.NoError(t, err)
	ctx := second.NewContextLegacy(false, cmtproto.Header{ChainID: apptest.ChainID, Height: exported.Height - 1, Time: genesis.Time})
	after, err := second.Modules().ExportGenesis(ctx, second.Codec())
	require.NoError(t, err)

	require.Equal(t, len(before), len(after))
	// IBC's client of the chain itself takes the height at which the genesis starts.
	before["ibc"], after["ibc"] = withoutOwnHeight(before["ibc"]), withoutOwnHeight(after["ibc"])
	for name, state := range before {
		require.JSONEq(t, string(state), string(after[name]), "state of %s", name)
	}
	for _, own := range []string{"provider", "datarights"} {
		require.Equal(t, compact(t, before[own]), compact(t, after[own]), "bytes of %s", own)
		require.Greater(t, len(before[own]), 1000, "%s is populated", own)
	}
}

func withoutOwnHeight(ibc json.RawMessage) json.RawMessage {
	return regexp.MustCompile(`"revision_height":\s*"\d+"`).ReplaceAll(ibc, []byte(`"revision_height":"0"`))
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
