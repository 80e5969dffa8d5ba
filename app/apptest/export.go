package apptest

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/app"
)

// Successor opens a new chain whose genesis is this one's exported state at a time. Init with the returned height begins it.
func (c *Chain) Successor(now time.Time) (*Chain, int64) {
	c.t.Helper()
	exported, err := c.Export(false, nil)
	require.NoError(c.t, err)
	require.Equal(c.t, c.LastBlockHeight()+1, exported.Height)
	genesis := *c.Genesis
	genesis.Time, genesis.State = now, nil
	require.NoError(c.t, json.Unmarshal(exported.AppState, &genesis.State))
	return Open(c.t, &genesis), exported.Height
}

// InitialState reads back what Init made of the genesis, before the first block, which is at the given height.
func (c *Chain) InitialState(height int64) app.GenesisState {
	c.t.Helper()
	ctx := c.NewContextLegacy(false, cmtproto.Header{ChainID: ChainID, Height: height - 1, Time: c.Genesis.Time})
	state, err := c.Modules().ExportGenesis(ctx, c.Codec())
	require.NoError(c.t, err)
	return state
}

// ownHeight is where IBC's client of the chain itself keeps the height at which a genesis starts.
var ownHeight = regexp.MustCompile(`"revision_height":\s*"\d+"`)

// RequireSameState compares two states, but for the height at which IBC says that the chain began.
func RequireSameState(t testing.TB, want, got app.GenesisState) {
	t.Helper()
	require.Equal(t, len(want), len(got))
	for name := range want {
		a, b := []byte(want[name]), []byte(got[name])
		if name == "ibc" {
			none := []byte(`"revision_height":"0"`)
			a, b = ownHeight.ReplaceAll(a, none), ownHeight.ReplaceAll(b, none)
		}
		require.JSONEq(t, string(a), string(b), "state of %s", name)
	}
}
