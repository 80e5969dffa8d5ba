package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

func (f *fixture) tokensAt(o *operator, height int64) (int64, bool) {
	tokens, known, err := f.k.TokensAt(f.ctx, o.cons(), height)
	require.NoError(f.t, err)
	return tokens.Int64(), known
}

func (f *fixture) setTokens(o *operator, tokens int64) {
	f.change(o, func(v *stakingtypes.Validator) {
		v.Tokens, v.DelegatorShares = math.NewInt(tokens), math.LegacyNewDec(tokens)
	})
}

// C-STK-1, C-STK-2
func TestStakesAreRecordedAtEveryChangeAndKeptWhileEvidenceCounts(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	o := f.member()
	f.blocks(5)
	f.setTokens(o, 2_000_000)
	f.block() // 6
	f.blocks(4)
	f.setTokens(o, 5_000)
	f.block() // 11
	for height, want := range map[int64]int64{0: selfBond, 5: selfBond, 6: 2_000_000, 10: 2_000_000, 11: 5_000, 100: 5_000} {
		got, known := f.tokensAt(o, height)
		require.True(t, known)
		require.Equal(t, want, got, "height %d", height)
	}
	_, known := f.tokensAt(newOperator(99), 100)
	require.False(t, known)

	// evidence counts for 60 blocks and one second each: what was in force then stays, however old its record
	f.toHeight(68)
	got, known := f.tokensAt(o, 10)
	require.True(t, known)
	require.EqualValues(t, 2_000_000, got)
	f.toHeight(75)
	_, known = f.tokensAt(o, 10)
	require.False(t, known, "nothing before height 15 can be slashed any more")
	if f.sits(o) {
		got, known = f.tokensAt(o, 75)
		require.True(t, known)
		require.EqualValues(t, 5_000, got)
	}
}

// C-STK-3
func TestTheStakeOfAMemberThatLeftStaysWhileEvidenceCounts(t *testing.T) {
	f := newFixture(t, smallParams(), 12, 0)
	f.toTerm(3)
	o := f.member()
	f.toHeight(55)
	sat := f.sits(o)
	f.jail(o)
	f.toHeight(58)
	require.True(t, sat)
	f.setTokens(o, 7)
	f.toHeight(114) // 54 can still be slashed
	got, known := f.tokensAt(o, 55)
	require.True(t, known)
	require.EqualValues(t, selfBond, got, "at the infraction, not now")
	f.toHeight(200)
	count := 0
	require.NoError(t, f.k.stakes.Walk(f.ctx, nil, func(collections.Pair[[]byte, uint64], types.Stake) (bool, error) {
		count++
		return false, nil
	}))
	require.LessOrEqual(t, count, 20, "histories don't grow")
	_, known = f.tokensAt(o, 200)
	require.Equal(t, f.sits(o), known)
}

// C-BOU-1
func TestBoundariesAreKeptWhileEvidenceCounts(t *testing.T) {
	f := newFixture(t, smallParams(), 15, 0)
	f.toTerm(12)
	res, err := NewQueryServer(f.k).Boundaries(f.ctx, &types.QueryBoundariesRequest{})
	require.NoError(t, err)
	require.NotEmpty(t, res.Boundaries)
	for i, b := range res.Boundaries {
		require.GreaterOrEqual(t, b.Height, f.ctx.BlockHeight()-60)
		if i > 0 {
			require.Less(t, b.Height, res.Boundaries[i-1].Height, "newest first")
		}
	}
}
