package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/x/committee"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
	reputationtypes "github.com/cpchain/cpchain/x/reputation/types"
)

// blockMaxBytes is what CometBFT asks proposals to stay below.
const blockMaxBytes = 4 << 20

// ledger is one application on files, driven through proposals, blocks and commits as CometBFT drives it, with the votes of the
// validators that the application itself has named.
type ledger struct {
	*app.App
	people *people
	time   time.Time
	sets   *apptest.Sets
	// ending is how long x/committee took to end each block, by height; it stays empty where x/staking names the validators.
	ending map[int64]time.Duration
}

// newLedger starts a chain in a folder; with plain, x/staking names the validators as in any chain of the SDK, and nothing of
// x/committee runs.
func newLedger(dir string, people *people, plain bool) (*ledger, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	db, err := dbm.NewDB("application", dbm.GoLevelDBBackend, dir)
	if err != nil {
		return nil, err
	}
	l := &ledger{people: people, time: people.genesis.Time, ending: map[int64]time.Duration{}}
	l.App = app.New(log.NewNopLogger(), db, nil, false, simtestutil.NewAppOptionsWithFlagHome(filepath.Join(dir, "home")),
		baseapp.SetChainID(apptest.ChainID))
	delete(l.Modules().Modules, datarightstypes.ModuleName)
	delete(l.Modules().Modules, providertypes.ModuleName) // draws by x/committee's randomness, which one of the two does not have
	if plain {
		l.unplug()
	} else {
		l.Modules().Modules[committeetypes.ModuleName] = timedCommittee{committee.NewAppModule(l.Codec(), l.CommitteeKeeper), l}
	}
	if err := l.LoadLatestVersion(); err != nil {
		return nil, err
	}
	return l, l.begin(people.state(plain))
}

// unplug puts the SDK's own modules in place of those that leave the choice of validators to x/committee, which is taken out.
func (l *ledger) unplug() {
	m := l.Modules().Modules
	delete(m, committeetypes.ModuleName)
	delete(m, reputationtypes.ModuleName)
	m[stakingtypes.ModuleName] = staking.NewAppModule(l.Codec(), l.StakingKeeper, l.AccountKeeper, l.BankKeeper, nil)
	m[distrtypes.ModuleName] = distribution.NewAppModule(l.Codec(), l.DistrKeeper, l.AccountKeeper, l.BankKeeper, l.StakingKeeper, nil)
	m[genutiltypes.ModuleName] = genutil.NewAppModule(l.AccountKeeper, l.StakingKeeper, l, l.TxConfig())
	l.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return l.Modules().PreBlock(ctx)
	})
	standard := baseapp.NewDefaultProposalHandler(l.Mempool(), l)
	l.SetPrepareProposal(standard.PrepareProposalHandler())
	l.SetProcessProposal(standard.ProcessProposalHandler())
}

// timedCommittee is x/committee with a clock at its end of a block.
type timedCommittee struct {
	committee.AppModule
	ledger *ledger
}

var _ module.HasABCIEndBlock = timedCommittee{}

// EndBlock implements module.HasABCIEndBlock.
func (t timedCommittee) EndBlock(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	begun := time.Now()
	updates, err := t.AppModule.EndBlock(ctx)
	t.ledger.ending[sdk.UnwrapSDKContext(ctx).BlockHeight()] = time.Since(begun)
	return updates, err
}

func (l *ledger) begin(state []byte) error {
	params := app.ConsensusParams(app.UnbondingTime).ToProto()
	res, err := l.InitChain(&abci.RequestInitChain{
		ChainId: apptest.ChainID, Time: l.time, ConsensusParams: &params, AppStateBytes: state, InitialHeight: 1,
	})
	if err != nil {
		return err
	}
	l.sets, err = apptest.FirstSets(res.Validators)
	return err
}

// block checks transactions into the mempool, proposes, checks, runs and commits a block of them. All must succeed.
func (l *ledger) block(txs ...[]byte) error {
	for _, tx := range txs {
		res, err := l.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
		if err != nil || !res.IsOK() {
			return fmt.Errorf("checking a transaction: %w: %s", err, res.GetLog())
		}
	}
	height := l.LastBlockHeight() + 1
	l.time = l.time.Add(2 * time.Second)
	proposer := l.sets.Proposer(0)
	if key, found := l.people.vrfKey(proposer); found {
		l.SetVRFKey(key)
	}
	proposal, err := l.PrepareProposal(&abci.RequestPrepareProposal{
		Height: height, Time: l.time, Txs: txs, MaxTxBytes: blockMaxBytes, ProposerAddress: proposer,
	})
	if err != nil {
		return err
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "block %d", height))
	verdict, err := l.ProcessProposal(&abci.RequestProcessProposal{
		Height: height, Time: l.time, Txs: proposal.Txs, Hash: hash[:], ProposerAddress: proposer,
	})
	if err != nil || !verdict.IsAccepted() {
		return fmt.Errorf("the application refuses its own proposal of block %d: %w", height, err)
	}
	res, err := l.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: height, Time: l.time, Txs: proposal.Txs, Hash: hash[:], NextValidatorsHash: l.sets.Next.Hash(), ProposerAddress: proposer,
		DecidedLastCommit: l.sets.Commit(apptest.Everybody),
	})
	if err != nil {
		return err
	}
	for _, result := range res.TxResults[len(res.TxResults)-len(txs):] {
		if !result.IsOK() {
			return fmt.Errorf("a transaction of block %d failed: %s", height, result.Log)
		}
	}
	if _, err := l.Commit(); err != nil {
		return err
	}
	return l.sets.Rotate(res.ValidatorUpdates)
}
