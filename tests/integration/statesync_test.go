package integration

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/store/snapshots"
	snapshottypes "cosmossdk.io/store/snapshots/types"

	"github.com/cosmos/cosmos-sdk/baseapp"

	"github.com/cpchain/cpchain/app/apptest"
)

// snapshotEvery blocks.
const snapshotEvery = 5

func withSnapshots(t *testing.T) func(*baseapp.BaseApp) {
	t.Helper()
	store, err := snapshots.NewStore(dbm.NewMemDB(), t.TempDir())
	require.NoError(t, err)
	return baseapp.SetSnapshot(store, snapshottypes.NewSnapshotOptions(snapshotEvery, 2))
}

func withMinGasPrices(prices string) func(*baseapp.BaseApp) { return baseapp.SetMinGasPrices(prices) }

func TestASnapshotBringsANewNodeToTheSameState(t *testing.T) {
	genesis, err := apptest.NewGenesis(apptest.Template(), accounts, 2)
	require.NoError(t, err)
	old := apptest.Start(t, genesis, withSnapshots(t))
	var hash []byte
	for i := range snapshotEvery - 1 {
		hash = old.Block(round(t, old, i)...).AppHash
	}
	var listed *abci.ResponseListSnapshots
	require.Eventually(t, func() bool { // it is taken beside the next blocks
		listed, err = old.ListSnapshots(&abci.RequestListSnapshots{})
		return err == nil && len(listed.Snapshots) == 1
	}, testTimeout, testTick)

	fresh := apptest.Open(t, genesis, withSnapshots(t))
	snapshot := listed.Snapshots[0]
	offer, err := fresh.OfferSnapshot(&abci.RequestOfferSnapshot{Snapshot: snapshot, AppHash: hash})
	require.NoError(t, err)
	require.Equal(t, abci.ResponseOfferSnapshot_ACCEPT, offer.Result)
	for i := range snapshot.Chunks {
		chunk, err := old.LoadSnapshotChunk(&abci.RequestLoadSnapshotChunk{Height: snapshot.Height, Format: snapshot.Format, Chunk: i})
		require.NoError(t, err)
		applied, err := fresh.ApplySnapshotChunk(&abci.RequestApplySnapshotChunk{Index: i, Chunk: chunk.Chunk})
		require.NoError(t, err)
		require.Equal(t, abci.ResponseApplySnapshotChunk_ACCEPT, applied.Result)
	}
	require.Equal(t, old.LastBlockHeight(), fresh.LastBlockHeight())
	require.Equal(t, hash, fresh.LastCommitID().Hash)

	for i := range 3 {
		block := old.Propose(round(t, old, snapshotEvery+i)...)
		require.Equal(t, old.Apply(block).AppHash, fresh.Apply(block).AppHash, "block %d after the snapshot", block.Height)
	}
}
