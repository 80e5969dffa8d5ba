package integration

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/pkg/vrf"
)

// injected is what may stand in a block for its proposer's randomness.
type injected struct {
	// change makes it of the block as an honest proposer made it, whose first entry is the randomness.
	change func(*testing.T, *fleet, *abci.RequestFinalizeBlock)
	// taken says whether honest nodes vote for it, mixed whether it is randomness.
	taken, mixed bool
}

// entries are all kinds of injected bytes, by name.
var entries = map[string]injected{
	"the proposer's proof": {func(*testing.T, *fleet, *abci.RequestFinalizeBlock) {}, true, true},
	"none":                 {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs = b.Txs[1:] }, true, false},
	"one bit off":          {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs[0][len(randomnessTag)+40] ^= 1 }, false, false},
	"79 bytes":             {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs[0] = b.Txs[0][:len(b.Txs[0])-1] }, false, false},
	"81 bytes":             {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs[0] = append(b.Txs[0], 0) }, false, false},
	"the tag alone":        {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs[0] = []byte(randomnessTag) }, false, false},
	"behind a transaction": {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { slices.Reverse(b.Txs) }, false, false},
	"twice":                {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.Txs = slices.Insert(b.Txs, 1, b.Txs[0]) }, false, true},
	"another key's proof": {func(t *testing.T, f *fleet, b *abci.RequestFinalizeBlock) {
		b.Txs[0] = f.prove(t, vrf.FromSeed([vrf.SeedSize]byte{0xee}), b.Height)
	}, false, false},
	"the proof of another height": {func(t *testing.T, f *fleet, b *abci.RequestFinalizeBlock) {
		b.Txs[0] = f.prove(t, f.byConsensus(b.ProposerAddress).vrf, b.Height+1)
	}, false, false},
	"of an unknown proposer": {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) {
		b.ProposerAddress = bytes.Repeat([]byte{7}, 20)
	}, false, false},
	"of no proposer": {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) { b.ProposerAddress = nil }, false, false},
	"none of no proposer": {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) {
		b.Txs, b.ProposerAddress = b.Txs[1:], nil
	}, true, false},
	"none of an unknown proposer": {func(_ *testing.T, _ *fleet, b *abci.RequestFinalizeBlock) {
		b.Txs, b.ProposerAddress = b.Txs[1:], bytes.Repeat([]byte{7}, 20)
	}, true, false},
}

// prove makes the entry of a block's randomness by any key, for any height.
func (f *fleet) prove(t *testing.T, key vrf.PrivateKey, height int64) []byte {
	t.Helper()
	input, err := f.chains[0].CommitteeKeeper.BlockInput(f.ctx(), height)
	require.NoError(t, err)
	_, proof := key.Prove(input)
	return append([]byte(randomnessTag), proof...)
}

func (f *fleet) randomness(t *testing.T) election.Randomness {
	t.Helper()
	seed, err := f.chains[0].CommitteeKeeper.Seed(f.ctx())
	require.NoError(t, err)
	return election.Randomness(seed)
}

// Nodes vote only for blocks whose randomness is right or left out. A block that was decided all the same is run by who voted on it and
// by who replays or syncs it, which never sees a proposal, to the same state and results; only the right proof in its place counts.
func TestBlocksOfAnyInjectedBytesReplayToTheSameState(t *testing.T) {
	genesis, people := fleetGenesis(t, 12, 0, fleetParams())
	f := newFleet(t, 5, people, unlike(t, genesis)...)
	replaying := apptest.Open(t, genesis)
	_, err := replaying.Init(1)
	require.NoError(t, err)
	for range 3 {
		f.block()
		replaying.Apply(f.last)
	}
	delegation := stakingtypes.NewMsgDelegate(people[0].operator(), people[0].validator().String(), ucpc(1))
	for range 3 {
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			kind := entries[name]
			block := f.propose(f.chains[0], [][]byte{f.chains[0].Sign(people[0].Account, delegation)})
			require.Len(t, block.Txs, 2)
			kind.change(t, f, block)
			for i, c := range f.chains {
				require.Equal(t, kind.taken, f.takes(c, block), "%s, instance %d", name, i)
			}
			before := f.randomness(t)
			want := f.apply(block)
			require.Equal(t, kind.mixed, f.randomness(t) != before.Skip(), name)
			if f.height()%5 == 0 { // dies before it keeps the block, and replays it
				_, err := replaying.FinalizeBlock(block)
				require.NoError(t, err)
				replaying.Reopen()
			}
			require.Equal(t, want, replaying.Apply(block), name)
		}
	}
}
