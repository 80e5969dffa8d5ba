package sim

import (
	"bytes"
	"math/rand"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/encoding"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"
)

// validatorSet is sorted by address.
type validatorSet []abci.Validator

// updated applies an application's updates, as CometBFT does; power 0 removes.
func (v validatorSet) updated(t testing.TB, updates []abci.ValidatorUpdate) validatorSet {
	t.Helper()
	out := slices.Clone(v)
	for _, u := range updates {
		key, err := encoding.PubKeyFromProto(u.PubKey)
		require.NoError(t, err)
		out = slices.DeleteFunc(out, func(old abci.Validator) bool { return bytes.Equal(old.Address, key.Address()) })
		if u.Power > 0 {
			out = append(out, abci.Validator{Address: key.Address(), Power: u.Power})
		}
	}
	slices.SortFunc(out, func(a, b abci.Validator) int { return bytes.Compare(a.Address, b.Address) })
	return out
}

// votes on a block. A quarter of the validators is often absent, so that some are jailed.
func (v validatorSet) votes(r *rand.Rand) []abci.VoteInfo {
	votes := make([]abci.VoteInfo, len(v))
	for i, validator := range v {
		votes[i] = abci.VoteInfo{Validator: validator, BlockIdFlag: cmtproto.BlockIDFlagCommit}
		if lazy := validator.Address[0]%4 == 0; lazy && r.Intn(10) < 6 || r.Intn(50) == 0 {
			votes[i].BlockIdFlag = cmtproto.BlockIDFlagAbsent
		}
	}
	return votes
}

// cheat is, rarely and only where enough others are left, evidence of a validator that signed two blocks of one height.
func (v validatorSet) cheat(r *rand.Rand, before *abci.RequestFinalizeBlock) []abci.Misbehavior {
	if len(v) < 4 || r.Intn(60) > 0 {
		return nil
	}
	total := int64(0)
	for _, validator := range v {
		total += validator.Power
	}
	return []abci.Misbehavior{{
		Type: abci.MisbehaviorType_DUPLICATE_VOTE, Validator: v[r.Intn(len(v))], Height: before.Height, Time: before.Time, TotalVotingPower: total,
	}}
}
