package main

import (
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	"cosmossdk.io/store/rootmulti"
	"cosmossdk.io/store/types"
)

// writeState leaves an application.db of two stores and two blocks.
func writeState(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	db, err := dbm.NewDB("application", dbm.GoLevelDBBackend, dir)
	require.NoError(t, err)
	root := rootmulti.NewStore(db, log.NewNopLogger(), metrics.NewNoOpMetrics())
	bank, rights := types.NewKVStoreKey("bank"), types.NewKVStoreKey("datarights")
	root.MountStoreWithDB(bank, types.StoreTypeIAVL, nil)
	root.MountStoreWithDB(rights, types.StoreTypeIAVL, nil)
	require.NoError(t, root.LoadLatestVersion())
	root.GetCommitKVStore(bank).Set([]byte("balance"), []byte("100"))
	root.GetCommitKVStore(rights).Set([]byte("head"), []byte("0"))
	root.Commit()
	root.GetCommitKVStore(bank).Set([]byte("balance"), []byte("99"))
	root.GetCommitKVStore(rights).Set([]byte("head"), []byte("1"))
	root.GetCommitKVStore(rights).Set([]byte("anchor/0"), []byte("root"))
	root.Commit()
	require.NoError(t, db.Close())
	return dir
}

func TestGrowthOfStoresIsReadFromTheFilesOfAStoppedChain(t *testing.T) {
	s, err := openStores(writeState(t))
	require.NoError(t, err)
	defer s.close()
	grown, err := s.grown(1, 2)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"bank": -1, "datarights": int64(len("anchor/0") + len("root"))}, grown)
	require.Equal(t, "bank -1", others(grown))
	_, err = s.grown(1, 3)
	require.ErrorContains(t, err, "block 3")
}

func TestAChainWithoutStateIsAnError(t *testing.T) {
	_, err := openStores(t.TempDir())
	require.Error(t, err)
}

func TestTransactionsAreCountedByKind(t *testing.T) {
	action := func(value string) abci.Event {
		return abci.Event{Type: "message", Attributes: []abci.EventAttribute{{Key: "action", Value: value}}}
	}
	sender := abci.Event{Type: "message", Attributes: []abci.EventAttribute{{Key: "sender", Value: anchorMsg}}}
	other := abci.Event{Type: "transfer", Attributes: []abci.EventAttribute{{Key: "action", Value: anchorMsg}}}
	require.Equal(t, []string{anchorMsg, grantMsg}, kindsOf(&abci.ExecTxResult{Events: []abci.Event{action(anchorMsg), sender, other, action(grantMsg)}}))
	require.Equal(t, txCost{count: 2, bytes: 30, gas: 12}, txCost{}.plus(make([]byte, 10), 5).plus(make([]byte, 20), 7))
}

func TestPublishedBytesAreHeldAgainstTransactionsAndOurStores(t *testing.T) {
	s := span{name: "much", in: onChainBytes, all: txCost{count: 3, bytes: 3000}, kinds: map[string]txCost{anchorMsg: {count: 2, bytes: 2000, gas: 100}}}
	b := &bench{}
	b.tellPublished(s, map[string]int64{"datarights": 1000, "provider": 96, "staking": 4096})
	require.Equal(t, "chain/much", b.report.Rows[0].Name)
	require.InDelta(t, float64(onChainBytes)/4096, b.report.Rows[0].Value, 1e-9)
	require.True(t, *b.report.Rows[0].OK)
	require.InDelta(t, float64(onChainBytes)/8192, b.report.Rows[1].Value, 1e-9, "with all modules")
	require.Nil(t, b.report.Rows[1].Goal)

	b = &bench{}
	s.all.bytes = 100_000
	b.tellPublished(s, map[string]int64{"datarights": 1000})
	require.False(t, *b.report.Rows[0].OK)
}
