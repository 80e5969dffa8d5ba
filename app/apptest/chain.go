package apptest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
)

const (
	// blockTime between two blocks of a Chain.
	blockTime = 5 * time.Second
	// Gas of every transaction that Sign makes.
	Gas = 2_000_000
	// txFee of it.
	txFee = 2_000
)

// Chain is one application in process.
type Chain struct {
	*app.App
	Genesis *Genesis

	t    testing.TB
	db   dbm.DB
	home string
	opts []func(*baseapp.BaseApp)
}

// New starts a chain with the given numbers of funded accounts and bonded validators, and runs its first block.
func New(t testing.TB, accounts, validators int) *Chain {
	t.Helper()
	genesis, err := NewGenesis(Template(), accounts, validators)
	require.NoError(t, err)
	return Start(t, genesis)
}

// Template is an application without state, for its codecs and default genesis.
func Template() *app.App {
	return app.New(log.NewNopLogger(), dbm.NewMemDB(), nil, false, simtestutil.EmptyAppOptions{})
}

// Open makes an application on an empty database, without a genesis: the receiver of a state sync, or of InitChain.
func Open(t testing.TB, genesis *Genesis, opts ...func(*baseapp.BaseApp)) *Chain {
	t.Helper()
	c := &Chain{Genesis: genesis, t: t, db: dbm.NewMemDB(), home: t.TempDir(), opts: append(opts, baseapp.SetChainID(ChainID))}
	c.Reopen()
	return c
}

// Start starts a chain from a genesis and runs its first block.
func Start(t testing.TB, genesis *Genesis, opts ...func(*baseapp.BaseApp)) *Chain {
	t.Helper()
	c := Open(t, genesis, opts...)
	_, err := c.Init(1)
	require.NoError(t, err)
	c.Block()
	return c
}

// Init runs the genesis, to go on at a height. Evidence counts for as long as bonds can be slashed.
func (c *Chain) Init(height int64) (*abci.ResponseInitChain, error) {
	state, err := json.Marshal(c.Genesis.State)
	require.NoError(c.t, err)
	params := app.ConsensusParams(stakingtypes.GetGenesisStateFromAppState(c.Codec(), c.Genesis.State).Params.UnbondingTime).ToProto()
	return c.InitChain(&abci.RequestInitChain{
		ChainId: ChainID, Time: c.Genesis.Time, ConsensusParams: &params, AppStateBytes: state, InitialHeight: height,
	})
}

// Reopen replaces the application by a new one on the same database, as a restart does; opts hold for this one only.
func (c *Chain) Reopen(opts ...func(*baseapp.BaseApp)) {
	c.t.Helper()
	all := append(slices.Clone(c.opts), opts...)
	c.App = app.New(log.NewNopLogger(), c.db, nil, true, simtestutil.NewAppOptionsWithFlagHome(c.home), all...)
}

// Propose checks that transactions pass as a proposal, and gives the block that has them.
func (c *Chain) Propose(txs ...[]byte) *abci.RequestFinalizeBlock {
	c.t.Helper()
	height := c.LastBlockHeight() + 1
	hash := sha256.Sum256([]byte(fmt.Sprintf("block %d", height)))
	block := &abci.RequestFinalizeBlock{
		Height: height, Time: c.TimeAt(height), Hash: hash[:], Txs: txs, NextValidatorsHash: hash[:],
		ProposerAddress:   c.Genesis.Validators[int(height)%len(c.Genesis.Validators)],
		DecidedLastCommit: abci.CommitInfo{Votes: c.votes()},
	}
	proposal, err := c.ProcessProposal(&abci.RequestProcessProposal{
		Height: height, Time: block.Time, Hash: block.Hash, Txs: txs, ProposerAddress: block.ProposerAddress,
	})
	require.NoError(c.t, err)
	require.Equal(c.t, abci.ResponseProcessProposal_ACCEPT, proposal.Status)
	return block
}

// TimeAt is the time of the block at a height.
func (c *Chain) TimeAt(height int64) time.Time {
	return c.Genesis.Time.Add(time.Duration(height) * blockTime)
}

func (c *Chain) votes() []abci.VoteInfo {
	votes := make([]abci.VoteInfo, len(c.Genesis.Validators))
	for i, address := range c.Genesis.Validators {
		votes[i] = abci.VoteInfo{
			Validator: abci.Validator{Address: address, Power: Stake / 1_000_000}, BlockIdFlag: cmtproto.BlockIDFlagCommit,
		}
	}
	return votes
}

// Apply runs a block and commits it.
func (c *Chain) Apply(block *abci.RequestFinalizeBlock) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	response, err := c.FinalizeBlock(block)
	require.NoError(c.t, err)
	_, err = c.Commit()
	require.NoError(c.t, err)
	return response
}

// Block proposes, runs and commits a block.
func (c *Chain) Block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	c.t.Helper()
	return c.Apply(c.Propose(txs...))
}

// Blocks runs empty blocks.
func (c *Chain) Blocks(n int) {
	c.t.Helper()
	for range n {
		c.Block()
	}
}

// Context reads the state of the last block.
func (c *Chain) Context() sdk.Context {
	return c.NewUncachedContext(false, cmtproto.Header{ChainID: ChainID, Height: c.LastBlockHeight(), Time: c.TimeAt(c.LastBlockHeight())})
}

// Sign makes a transaction of an account as of the last block.
func (c *Chain) Sign(from Account, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	account := c.AccountKeeper.GetAccount(c.Context(), from.Address)
	require.NotNil(c.t, account, "the signer has no account")
	return c.SignAs(from, ChainID, account.GetAccountNumber(), account.GetSequence(), msgs...)
}

// SignAs makes a transaction for a chain, account number and sequence of the caller's choice.
func (c *Chain) SignAs(from Account, chainID string, number, sequence uint64, msgs ...sdk.Msg) []byte {
	c.t.Helper()
	builder := c.TxConfig().NewTxBuilder()
	require.NoError(c.t, builder.SetMsgs(msgs...))
	builder.SetGasLimit(Gas)
	builder.SetFeeAmount(coins(txFee))
	return c.SignTx(from, chainID, number, sequence, builder)
}

// SignTx signs what is ready but for its signature.
func (c *Chain) SignTx(from Account, chainID string, number, sequence uint64, builder client.TxBuilder) []byte {
	c.t.Helper()
	config, mode := c.TxConfig(), signing.SignMode_SIGN_MODE_DIRECT
	unsigned := signing.SignatureV2{PubKey: from.Key.PubKey(), Data: &signing.SingleSignatureData{SignMode: mode}, Sequence: sequence}
	require.NoError(c.t, builder.SetSignatures(unsigned))
	signer := authsigning.SignerData{
		ChainID: chainID, AccountNumber: number, Sequence: sequence, PubKey: from.Key.PubKey(), Address: from.Address.String(),
	}
	signed, err := clienttx.SignWithPrivKey(c.t.Context(), mode, signer, builder, from.Key, config, sequence)
	require.NoError(c.t, err)
	require.NoError(c.t, builder.SetSignatures(signed))
	tx, err := config.TxEncoder()(builder.GetTx())
	require.NoError(c.t, err)
	return tx
}

// Deliver runs a block with one transaction and returns its result, which may be a failure.
func (c *Chain) Deliver(from Account, msgs ...sdk.Msg) *abci.ExecTxResult {
	c.t.Helper()
	return c.Block(c.Sign(from, msgs...)).TxResults[0]
}

// MustDeliver runs a block with one transaction, which must succeed.
func (c *Chain) MustDeliver(from Account, msgs ...sdk.Msg) {
	c.t.Helper()
	result := c.Deliver(from, msgs...)
	require.Zero(c.t, result.Code, result.Log)
}

// Fee of each transaction that Sign and SignAs make.
func Fee() sdk.Coins { return coins(txFee) }

// CheckInvariants runs our modules' own checks on a state.
func (c *Chain) CheckInvariants(ctx context.Context) error {
	for _, check := range []func(context.Context) error{
		c.ReputationKeeper.CheckInvariants, c.CommitteeKeeper.CheckInvariants, c.ProviderKeeper.CheckInvariants, c.StorageKeeper.CheckInvariants, c.DatarightsKeeper.CheckInvariants,
	} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}
