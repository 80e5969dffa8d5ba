package integration

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/app/apptest"
)

// accounts is enough for every transaction of a round to have its own signer.
const accounts = 8

func TestTwoInstancesAgreeOnEveryBlock(t *testing.T) {
	genesis, err := apptest.NewGenesis(apptest.Template(), accounts, 4)
	require.NoError(t, err)
	leader, follower, restarted := apptest.Start(t, genesis), apptest.Start(t, genesis), apptest.Start(t, genesis)
	succeeded, failed := 0, 0
	for i := range 24 {
		block := leader.Propose(round(t, leader, i)...)
		result := leader.Apply(block)
		require.Equal(t, result.AppHash, follower.Apply(block).AppHash, "block %d", block.Height)
		require.Equal(t, result.AppHash, restarted.Apply(block).AppHash, "block %d", block.Height)
		if i%5 == 4 {
			restarted.Reopen()
		}
		for _, tx := range result.TxResults {
			if tx.Code == 0 {
				succeeded++
			} else {
				failed++
			}
		}
	}
	// Five kinds succeed each time; an account registers as a provider once, and has one allowance; the overdraft always fails.
	require.Equal(t, 24*5+2*accounts, succeeded)
	require.Equal(t, 24*3-2*accounts, failed)
	require.NoError(t, leader.CheckInvariants(leader.Context()))
}
