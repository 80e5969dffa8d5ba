package election

import (
	"crypto/sha256"
	"testing"

	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"
)

// round gives, for one round of CometBFT's proposers after a batch of ten has joined ten, whether each is one of five members of the
// batch whose addresses are neighbours.
func round(t *testing.T, power func(key []byte) int64) (neighbours []bool) {
	t.Helper()
	member := func(first byte, n int) *cmttypes.Validator {
		key := sha256.Sum256([]byte{first, byte(n)})
		address := append([]byte{first}, key[:19]...)
		return &cmttypes.Validator{Address: address, VotingPower: power(key[:])}
	}
	var old, batch []*cmttypes.Validator
	for n := range 10 {
		old = append(old, member(0x70, n))
		batch = append(batch, member([]byte{0x10, 0xff}[n%2], n))
	}
	set := cmttypes.NewValidatorSet(old)
	set.IncrementProposerPriority(40)
	require.NoError(t, set.UpdateWithChangeSet(batch))
	set.IncrementProposerPriority(80)
	for range 20 {
		set.IncrementProposerPriority(1)
		neighbours = append(neighbours, set.Proposer.Address[0] == 0xff)
	}
	return neighbours
}

// longest run of a round, which goes on from its end to its beginning.
func longest(round []bool) (most int) {
	for from := range round {
		n := 0
		for n < len(round) && round[(from+n)%len(round)] {
			n++
		}
		most = max(most, n)
	}
	return most
}

func TestMembersOfNeighbouringAddressesDontProposeInARow(t *testing.T) {
	require.Equal(t, 5, longest(round(t, func([]byte) int64 { return 1 })), "at one power for all they do: the attack this is for")
	sum := 0
	for term := range byte(40) {
		sum += longest(round(t, func(key []byte) int64 { return SeatPower(key, []byte{term}) }))
	}
	// five of ten in random order: a longest run of 2.6 on average
	require.Less(t, float64(sum)/40, 3.0)
}

func TestSeatPowersAreEqualToAThousandth(t *testing.T) {
	seen := map[int64]bool{}
	for term := range byte(200) {
		p := SeatPower([]byte("key"), []byte{term})
		require.GreaterOrEqual(t, p, int64(EqualPower))
		require.Less(t, p, int64(EqualPower+EqualPower/1000))
		require.Equal(t, p, SeatPower([]byte("key"), []byte{term}))
		seen[p] = true
	}
	require.Greater(t, len(seen), 150, "it differs from term to term: addresses can't be made for all of them")
	require.NotEqual(t, SeatPower([]byte("a"), nil), SeatPower([]byte("b"), nil))
}
