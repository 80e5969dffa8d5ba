package main

import (
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/pkg/election"
)

// What a public network's profile must keep to, so that light clients of other chains, updated once a term, follow its rotation, and
// members that left can still be slashed: churn of a fifth, terms of four rounds of proposers and at least 20 minutes, and evidence
// that counts as long as bonds do.
func TestPublicProfilesLetLightClientsFollow(t *testing.T) {
	for _, name := range []string{profileTest, profileMain} {
		p, err := profileOf(name)
		require.NoError(t, err)
		seats, blocks := int(p.committee.Seats), p.committee.TermBlocks
		term := time.Duration(blocks) * blockPause
		require.LessOrEqual(t, 5*election.CohortSize(seats), seats, "%s: a fifth rotates", name)
		require.LessOrEqual(t, 10*election.Additions(seats), 3*seats, "%s: three tenths enter", name)
		require.GreaterOrEqual(t, blocks, int64(4*seats), "%s: newcomers get to propose", name)
		require.GreaterOrEqual(t, term, 20*time.Minute, name)
		trusting := p.unbonding * 2 / 3
		require.Greater(t, trusting, 3*term, "%s: clients outlive a missed update", name)
	}
	main, err := profileOf(profileMain)
	require.NoError(t, err)
	require.Equal(t, 21*24*time.Hour, main.unbonding)
}

func TestEvidenceCountsAsLongAsBonds(t *testing.T) {
	template := app.New(log.NewNopLogger(), dbm.NewMemDB(), nil, false, simtestutil.EmptyAppOptions{})
	for _, name := range []string{profileLocal, profileTest, profileMain} {
		p, err := profileOf(name)
		require.NoError(t, err)
		require.NoError(t, p.committee.Validate())
		state := template.DefaultGenesis()
		require.NoError(t, p.apply(template.Codec(), state))
		staking, err := stakingGenesis(template.Codec(), state)
		require.NoError(t, err)
		require.Equal(t, p.unbonding, staking.Params.UnbondingTime)
		params, err := consensusParams(template.Codec(), state)
		require.NoError(t, err)
		require.NoError(t, params.ValidateBasic())
		require.Equal(t, p.unbonding, params.Evidence.MaxAgeDuration)
		require.GreaterOrEqual(t, time.Duration(params.Evidence.MaxAgeNumBlocks)*blockPause, p.unbonding,
			"evidence must be older in both to be refused")
	}
	_, err := profileOf("huge")
	require.ErrorContains(t, err, "give local, test or main")
}
