package integration

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/vrf"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// maxProposalBytes is what CometBFT asks proposals to stay below.
const maxProposalBytes = 1 << 20

// fleet is one chain on several instances of the application, driven as CometBFT drives them: proposals by the members' turns, votes of
// the sets that the application named two blocks before.
type fleet struct {
	t testing.TB
	r *rand.Rand
	// chains run the same blocks. The first is read from.
	chains []*apptest.Chain
	people []*candidate
	sets   *apptest.Sets
	now    time.Time
	// keys finds the private key of every VRF key that was ever registered.
	keys map[vrf.PublicKey]vrf.PrivateKey
	// absent members don't sign, silent candidates don't draw, skipping ones propose without randomness.
	absent, silent, skipping map[string]bool
	last                     *abci.RequestFinalizeBlock
}

// newFleet starts instances of one genesis, none of which has run a block.
func newFleet(t testing.TB, seed int64, people []*candidate, chains ...*apptest.Chain) *fleet {
	t.Helper()
	f := &fleet{
		t: t, r: rand.New(rand.NewSource(seed)), chains: chains, people: people, now: chains[0].Genesis.Time,
		keys: map[vrf.PublicKey]vrf.PrivateKey{}, absent: map[string]bool{}, silent: map[string]bool{}, skipping: map[string]bool{},
	}
	for _, who := range people {
		f.keys[who.vrf.Public()] = who.vrf
	}
	var first []byte
	for _, c := range chains {
		res, err := c.Init(1)
		require.NoError(t, err)
		require.Equal(t, first == nil, len(first) == 0)
		require.True(t, first == nil || bytes.Equal(first, res.AppHash), "genesis gives the same state")
		first = res.AppHash
		f.sets, err = apptest.FirstSets(res.Validators)
		require.NoError(t, err)
	}
	return f
}

// ctx reads the first instance's state.
func (f *fleet) ctx() sdk.Context { return f.read(f.chains[0]) }

func (f *fleet) read(c *apptest.Chain) sdk.Context {
	return c.NewUncachedContext(false, cmtproto.Header{ChainID: apptest.ChainID, Height: c.LastBlockHeight(), Time: f.now})
}

func (f *fleet) term() committee.Term {
	term, err := f.chains[0].CommitteeKeeper.RunningTerm(f.ctx())
	require.NoError(f.t, err)
	return term
}

// byConsensus finds whose consensus address it is now; nil where nobody has it any more.
func (f *fleet) byConsensus(address cmttypes.Address) *candidate {
	for _, who := range f.people {
		if bytes.Equal(who.consensus.PubKey().Address(), address) {
			return who
		}
	}
	return nil
}

// propose makes the next block on the instance that is the proposer's node, of what is in its mempool. All instances must take it.
func (f *fleet) propose(leader *apptest.Chain, txs [][]byte) *abci.RequestFinalizeBlock {
	block := f.empty()
	f.giveKey(leader, block.ProposerAddress)
	proposal, err := leader.PrepareProposal(&abci.RequestPrepareProposal{
		Height: block.Height, Time: block.Time, Txs: txs, MaxTxBytes: maxProposalBytes, ProposerAddress: block.ProposerAddress,
	})
	require.NoError(f.t, err)
	block.Txs = proposal.Txs
	for i, c := range f.chains {
		require.True(f.t, f.takes(c, block), "instance %d refuses the proposal of height %d", i, block.Height)
	}
	return block
}

// takes says whether an instance accepts a block as a proposal.
func (f *fleet) takes(c *apptest.Chain, block *abci.RequestFinalizeBlock) bool {
	f.t.Helper()
	res, err := c.ProcessProposal(&abci.RequestProcessProposal{
		Height: block.Height, Time: block.Time, Txs: block.Txs, Hash: block.Hash, ProposerAddress: block.ProposerAddress,
	})
	require.NoError(f.t, err)
	return res.IsAccepted()
}

// empty is the next block, of a random round, without transactions.
func (f *fleet) empty() *abci.RequestFinalizeBlock {
	height := f.height() + 1
	hash := sha256.Sum256(fmt.Appendf(nil, "block %d", height))
	round := int32(0)
	if f.r.Intn(10) == 0 {
		round = int32(1 + f.r.Intn(3))
	}
	return &abci.RequestFinalizeBlock{
		Height: height, Time: f.now.Add(5 * time.Second), Hash: hash[:], NextValidatorsHash: f.sets.Next.Hash(),
		ProposerAddress: f.sets.Proposer(round), DecidedLastCommit: f.sets.Commit(f.flag),
	}
}

func (f *fleet) height() int64 {
	if f.last == nil {
		return 0
	}
	return f.last.Height
}

func (f *fleet) flag(address cmttypes.Address) cmtproto.BlockIDFlag {
	if who := f.byConsensus(address); who != nil && f.absent[who.operator()] {
		return cmtproto.BlockIDFlagAbsent
	}
	return cmtproto.BlockIDFlagCommit
}

// giveKey makes an instance the node of a proposer: with its registered VRF key, or with another where it skips.
func (f *fleet) giveKey(c *apptest.Chain, proposer cmttypes.Address) {
	if f.height() > 0 {
		key, known, err := c.CommitteeKeeper.ProposerKey(f.read(c), sdk.ConsAddress(proposer))
		require.NoError(f.t, err)
		who := f.byConsensus(proposer)
		if private, found := f.keys[key]; known && found && (who == nil || !f.skipping[who.operator()]) {
			c.SetVRFKey(private)
			return
		}
	}
	c.SetVRFKey(vrf.FromSeed([vrf.SeedSize]byte{0xff}))
}

// apply runs a block on every instance: they must come to the same state, and CometBFT must take what changed.
func (f *fleet) apply(block *abci.RequestFinalizeBlock) *abci.ResponseFinalizeBlock {
	f.t.Helper()
	var first *abci.ResponseFinalizeBlock
	for i, c := range f.chains {
		res := c.Apply(block)
		if first == nil {
			first = res
		}
		require.Equal(f.t, first.AppHash, res.AppHash, "instance %d, height %d", i, block.Height)
	}
	require.NoError(f.t, f.sets.Rotate(first.ValidatorUpdates), "height %d", block.Height)
	f.last, f.now = block, block.Time
	f.check()
	return first
}

// check wants the seats to be CometBFT's next set, and all invariants to hold.
func (f *fleet) check() {
	f.t.Helper()
	ctx, c := f.ctx(), f.chains[0]
	seated, err := c.CommitteeKeeper.GenesisValidators(ctx)
	require.NoError(f.t, err)
	require.NotEmpty(f.t, seated, "height %d: nobody sits", f.height())
	require.Equal(f.t, len(seated), f.sets.Next.Size(), "height %d", f.height())
	for _, v := range seated {
		_, member := f.sets.Next.GetByAddress(v.Address)
		require.NotNil(f.t, member, "height %d: a member is not CometBFT's", f.height())
		require.Equal(f.t, v.Power, member.VotingPower)
	}
	require.NoError(f.t, c.CheckInvariants(ctx), "height %d", f.height())
}

// draws are the transactions of candidates that draw in the block to come, if its height is right: each its own in the window.
func (f *fleet) draws() [][]byte {
	if f.height() == 0 {
		return nil
	}
	term, height := f.term(), f.height()+1
	if len(term.Input) == 0 || height < term.Open || height > term.Close {
		return nil
	}
	c, ctx := f.chains[0], f.ctx()
	var txs [][]byte
	for i, who := range f.people {
		if f.silent[who.operator()] || height < term.Open+int64(i)%(term.Close-term.Open) {
			continue
		}
		for _, key := range f.keysOf(who) { // the snapshot has one of them
			msg := who.drawMsg(f.t, c, key)
			probe, _ := ctx.WithBlockHeight(height).CacheContext()
			if c.CommitteeKeeper.StoreSortition(probe, msg) == nil {
				d := &drawTx{gas: committee.DrawGas, msgs: []sdk.Msg{msg}, signer: who.agent}
				txs = append(txs, d.sign(f.t, c))
				break
			}
		}
	}
	return txs
}

// keysOf lists the VRF keys a candidate has had, newest first.
func (f *fleet) keysOf(who *candidate) []vrf.PrivateKey {
	keys := []vrf.PrivateKey{who.vrf}
	for n := who.made; n > max(0, who.made-3); n-- {
		keys = append(keys, vrf.FromSeed([vrf.SeedSize]byte{2, byte(who.number), byte(who.number >> 8), byte(n), byte(n >> 8)}))
	}
	return append(keys, newCandidate(who.Account, who.number).vrf)
}

// block runs the next one, with everybody's draws and some more transactions.
func (f *fleet) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	f.t.Helper()
	all := slices.Concat(f.draws(), txs)
	leader := f.chains[int(f.height())%len(f.chains)]
	return f.apply(f.propose(leader, f.gossip(all)))
}

// gossip hands transactions to every instance's mempool, and gives those that the first takes.
func (f *fleet) gossip(txs [][]byte) [][]byte {
	var taken [][]byte
	for _, tx := range txs {
		for i, c := range f.chains {
			res, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
			require.NoError(f.t, err)
			if i == 0 && res.IsOK() {
				taken = append(taken, tx)
			}
		}
	}
	return taken
}

// blocks runs n of them.
func (f *fleet) blocks(n int) {
	f.t.Helper()
	for range n {
		f.block()
	}
}

// toTerm runs to a term's first blocks.
func (f *fleet) toTerm(number uint64) {
	f.t.Helper()
	for f.height() == 0 || f.term().Number < number {
		f.block()
	}
}

// toHeight runs up to and with a height.
func (f *fleet) toHeight(height int64) {
	f.t.Helper()
	for f.height() < height {
		f.block()
	}
}
