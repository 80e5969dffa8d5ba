package sim

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/core/header"
	"cosmossdk.io/log"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

const (
	accounts   = 24
	validators = 5
	// mostPerBlock is one more than the messages a block may begin with; planned ones come on top.
	mostPerBlock = 12
	// meanBlockTime lets unbonding, voting, grants and disputes end within some hundred blocks.
	meanBlockTime = time.Hour
)

// run is one chain on its way.
type run struct {
	t     testing.TB
	seed  int64
	r     *rand.Rand
	chain *apptest.Chain

	accounts  []simtypes.Account
	factories factories
	plan      plan
	sequences map[string]uint64

	// before signed the last block, current signs the next one, next the one after it.
	before, current, next validatorSet
	last                  *abci.RequestFinalizeBlock
	supply                math.Int

	// sent counts the messages by type, events what came of them.
	sent, events map[string]int
}

// start begins a chain with the params that a seed gives.
func start(t testing.TB, seed int64) *run {
	t.Helper()
	r := rand.New(rand.NewSource(seed))
	genesis, err := apptest.NewGenesis(apptest.Template(), accounts, validators)
	require.NoError(t, err)
	randomize(t, r, genesis)
	s := &run{t: t, seed: seed, r: r, sequences: map[string]uint64{}, sent: map[string]int{}, events: map[string]int{}, supply: math.NewInt(app.MaxSupply)}
	for i, a := range genesis.Accounts {
		s.accounts = append(s.accounts, simtypes.Account{
			PrivKey: a.Key, PubKey: a.Key.PubKey(), Address: a.Address, AddressBech32: a.Address.String(),
			ConsKey: &ed25519.PrivKey{Key: apptest.ConsensusKey(i).Bytes()}, // the genesis has bonded the first few
		})
	}
	s.begin(apptest.Open(t, genesis), 1)
	return s
}

// begin initialises a chain at a height.
func (s *run) begin(chain *apptest.Chain, height int64) {
	s.chain, s.factories = chain, factoriesOf(chain.App)
	response, err := chain.Init(height)
	require.NoError(s.t, err)
	s.before, s.current = nil, validatorSet(nil).updated(s.t, response.Validators)
	s.next = s.current
	s.last = &abci.RequestFinalizeBlock{Height: height - 1, Time: chain.Genesis.Time}
}

// goOnFromExport exports the state, begins a new chain with it, wants that to have the same state, and goes on there.
func (s *run) goOnFromExport(blocks int) {
	successor, height := s.chain.Successor(s.last.Time)
	s.begin(successor, height)
	apptest.RequireSameState(s.t, successor.Genesis.State, successor.InitialState(height))
	s.blocks(blocks)
}

// blocks runs n blocks and returns how many it could: without validators there is no block.
func (s *run) blocks(n int) int {
	for i := range n {
		if len(s.current) == 0 {
			s.t.Logf("seed %d: all validators are gone after %d blocks", s.seed, s.last.Height)
			return i
		}
		s.block()
	}
	return n
}

// block runs one block of random transactions. What each of them does is known beforehand from running it on a branch of the
// state: the block must come to the same.
func (s *run) block() {
	block := s.propose()
	var succeeds []bool
	if s.chain.LastBlockHeight() > 0 { // the genesis is no state before its block: that one stays empty
		succeeds = s.fill(block)
	}
	proposal, err := s.chain.ProcessProposal(&abci.RequestProcessProposal{
		Height: block.Height, Time: block.Time, Hash: block.Hash, Txs: block.Txs, ProposerAddress: block.ProposerAddress,
	})
	require.NoError(s.t, err)
	require.Equal(s.t, abci.ResponseProcessProposal_ACCEPT, proposal.Status)
	response := s.chain.Apply(block)
	for i, result := range response.TxResults {
		require.Equal(s.t, succeeds[i], result.Code == 0, "seed %d, height %d, transaction %d: %s", s.seed, block.Height, i, result.Log)
	}
	for _, e := range response.Events {
		s.events[e.Type]++
		for _, a := range e.Attributes {
			if a.Key == govtypes.AttributeKeyProposalResult {
				s.events[a.Value]++
			}
		}
	}
	s.before, s.current, s.next = s.current, s.next, s.next.updated(s.t, response.ValidatorUpdates)
	s.last = block
	s.check()
}

// fill gives a block random transactions and tells which of them must succeed.
func (s *run) fill(block *abci.RequestFinalizeBlock) []bool {
	ahead := s.ahead(block)
	drawn := s.plan.take(block.Time)
	for range s.r.Intn(mostPerBlock) {
		drawn = append(drawn, s.factories.draw(s.r))
	}
	var succeeds []bool
	for _, factory := range drawn {
		if tx, ok := s.message(ahead, factory); tx != nil {
			block.Txs, succeeds = append(block.Txs, tx), append(succeeds, ok)
		}
	}
	return succeeds
}

// propose makes the next block, without transactions.
func (s *run) propose() *abci.RequestFinalizeBlock {
	height := s.last.Height + 1
	hash := sha256.Sum256([]byte(fmt.Sprintf("seed %d block %d", s.seed, height)))
	return &abci.RequestFinalizeBlock{
		Height: height, Time: s.last.Time.Add(time.Second + time.Duration(s.r.Int63n(int64(2*meanBlockTime)))),
		Hash: hash[:], NextValidatorsHash: hash[:], ProposerAddress: s.current[s.r.Intn(len(s.current))].Address,
		DecidedLastCommit: abci.CommitInfo{Votes: s.before.votes(s.r)}, Misbehavior: s.before.cheat(s.r, s.last),
	}
}

// ahead is a branch of the state on which a block has begun.
func (s *run) ahead(block *abci.RequestFinalizeBlock) sdk.Context {
	app := s.chain.App
	hash := app.LastCommitID().Hash
	ctx := sdk.NewContext(app.CommitMultiStore().CacheMultiStore(), cmtproto.Header{
		ChainID: apptest.ChainID, Height: block.Height, Time: block.Time, ProposerAddress: block.ProposerAddress,
		NextValidatorsHash: block.NextValidatorsHash, AppHash: hash,
	}, false, log.NewNopLogger())
	ctx = ctx.WithHeaderHash(block.Hash).WithExecMode(sdk.ExecModeFinalize).WithConsensusParams(app.GetConsensusParams(ctx)).
		WithHeaderInfo(header.Info{ChainID: apptest.ChainID, Height: block.Height, Time: block.Time, Hash: block.Hash, AppHash: hash}).
		WithVoteInfos(block.DecidedLastCommit.Votes).
		WithCometInfo(baseapp.NewBlockInfo(block.Misbehavior, block.NextValidatorsHash, block.ProposerAddress, block.DecidedLastCommit))
	_, err := app.Modules().PreBlock(ctx)
	require.NoError(s.t, err)
	_, err = app.Modules().BeginBlock(ctx)
	require.NoError(s.t, err)
	return ctx
}

// message makes a factory's message, runs it ahead of the block and signs it; nil where the factory finds nothing to do. A
// message that meets what its factory did not expect ends the run.
func (s *run) message(ahead sdk.Context, factory simsx.SimMsgFactoryX) (tx []byte, ok bool) {
	if f, ok := factory.(simsx.HasFutureOpsRegistry); ok {
		f.SetFutureOpsRegistry(&s.plan)
	}
	reporter := simsx.NewBasicSimulationReporter().WithScope(factory.MsgType())
	data := simsx.NewChainDataSource(ahead, s.r, s.chain.AccountKeeper, sparing{s.chain.BankKeeper}, s.chain.AccountKeeper.AddressCodec(), s.accounts...)
	looking, _ := ahead.CacheContext()
	from, msg := simsx.SafeRunFactoryMethod(looking, data, reporter, factory.Create())
	if reporter.IsSkipped() || msg == nil {
		return nil, false
	}
	require.Len(s.t, from, 1, "%T: transactions of several signers are not simulated", msg)
	if draw, ok := msg.(*committee.MsgSubmitSortition); ok {
		return s.draw(ahead, from[0], draw), true
	}
	payer := from[0].Address
	if err := s.chain.BankKeeper.SendCoinsFromAccountToModule(ahead, payer, authtypes.FeeCollectorName, apptest.Fee()); err != nil {
		return nil, false
	}
	branch, write := ahead.CacheContext()
	result, err := s.chain.MsgServiceRouter().Handler(msg)(branch, msg)
	require.NoError(s.t, factory.DeliveryResultHandler()(err), "seed %d, height %d: %s %v", s.seed, ahead.BlockHeight(), sdk.MsgTypeURL(msg), msg)
	if err == nil {
		write()
		s.supported(ahead.BlockTime(), result)
	}
	return s.signed(ahead, from[0], msg, func(builder client.TxBuilder) {
		builder.SetGasLimit(apptest.Gas)
		builder.SetFeeAmount(apptest.Fee())
	}), err == nil
}

// draw does what the ante chain does with a candidate's draw, which pays nothing.
func (s *run) draw(ahead sdk.Context, agent simsx.SimAccount, msg *committee.MsgSubmitSortition) []byte {
	require.NoError(s.t, s.chain.CommitteeKeeper.StoreSortition(ahead, msg))
	_, err := s.chain.MsgServiceRouter().Handler(msg)(ahead, msg)
	require.NoError(s.t, err, "seed %d, height %d: %v", s.seed, ahead.BlockHeight(), msg)
	return s.signed(ahead, agent, msg, func(builder client.TxBuilder) { builder.SetGasLimit(committee.DrawGas) })
}

// signed is the transaction of a message as of the block to come.
func (s *run) signed(ahead sdk.Context, from simsx.SimAccount, msg sdk.Msg, finish func(client.TxBuilder)) []byte {
	s.sent[sdk.MsgTypeURL(msg)]++
	builder := s.chain.TxConfig().NewTxBuilder()
	require.NoError(s.t, builder.SetMsgs(msg))
	finish(builder)
	number := s.chain.AccountKeeper.GetAccount(ahead, from.Address).GetAccountNumber()
	sequence := s.sequences[from.AddressBech32]
	s.sequences[from.AddressBech32]++
	return s.chain.SignTx(apptest.Account{Key: from.PrivKey, Address: from.Address}, apptest.ChainID, number, sequence, builder)
}

// supported lets half of the proposals pass.
func (s *run) supported(now time.Time, result *sdk.Result) {
	submitted, ok := result.MsgResponses[0].GetCachedValue().(*govv1.MsgSubmitProposalResponse)
	if ok && s.r.Intn(2) == 0 {
		s.plan.elect(submitted.ProposalId, now.Add(time.Second), s.accounts)
	}
}

// sparing is the bank, which keeps the fee of a transaction back from what factories may spend.
type sparing struct{ bankkeeper.BaseKeeper }

// SpendableCoins implements simsx.BalanceSource.
func (b sparing) SpendableCoins(ctx context.Context, address sdk.AccAddress) sdk.Coins {
	left, short := b.BaseKeeper.SpendableCoins(ctx, address).SafeSub(apptest.Fee()...)
	if short {
		return nil
	}
	return left
}

// check wants the invariants to hold, and no coin to have been made.
func (s *run) check() {
	ctx := sdk.NewContext(s.chain.CommitMultiStore().CacheMultiStore(),
		cmtproto.Header{ChainID: apptest.ChainID, Height: s.last.Height, Time: s.last.Time}, false, log.NewNopLogger())
	require.NoError(s.t, s.chain.CheckInvariants(ctx), "seed %d, height %d", s.seed, s.last.Height)
	supply := s.chain.BankKeeper.GetSupply(ctx, app.BaseDenom).Amount
	require.False(s.t, supply.GT(s.supply), "seed %d, height %d: coins were made: %s, before %s", s.seed, s.last.Height, supply, s.supply)
	s.supply = supply
}
