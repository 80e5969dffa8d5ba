package integration

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/store"
	pruningtypes "cosmossdk.io/store/pruning/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/mempool"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/vrf"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// randomnessTag starts the entry of a block in which its proposer proves randomness.
const randomnessTag = "\xffcpchain/randomness/v1"

// agreementBlocks of every seed, unless CHURN_BLOCKS says otherwise.
const agreementBlocks = 2_000

// Three instances that differ in mempool, pruning and caches, one of which is restarted and interrupted, come to the same state over
// all that happens to validators. After every block CometBFT takes what changed, its set is the seats', and the invariants hold.
func TestInstancesAgreeWhateverHappensToValidators(t *testing.T) {
	blocks := number(t, "CHURN_BLOCKS", agreementBlocks)
	happened := map[string]int{}
	for _, seed := range seeds(t, "CHURN_SEEDS", 1) {
		t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
			params := fleetParams()
			params.ReputationMin, params.ParoleTerms = 50, 1 // or too few would be left to elect
			genesis, people := fleetGenesis(t, 18, 2, params)
			c := newChurn(t, seed, people, unlike(t, genesis)...)
			for range blocks {
				c.step()
			}
			t.Log(c.happened)
			for what, n := range c.happened {
				happened[what] += n
			}
		})
	}
	for _, what := range required {
		require.Positive(t, happened[what], "%q never happened: %v", what, happened)
	}
}

// required is what must have happened for the run to mean anything.
var required = []string{
	"MsgUndelegate", "MsgBeginRedelegate", "MsgDelegate", "MsgUnjail", "MsgCreateValidator", "MsgRegisterCandidate",
	"MsgUnregisterCandidate", "MsgUpdateCandidate", "MsgSubmitSortition", "MsgSubmitProposal", "MsgVote",
	"missing_signature", "double_sign", "40 % sign twice", "40 % unbond at once", maxValidatorsChanged, seatsChanged,
	"skipped", "forged", "restarted", "interrupted", "draws ranked",
	"REASON_ELECTED", "REASON_NOT_BONDED", "REASON_TOMBSTONED", "REASON_LEFT", "REASON_SELF_BOND",
}

// unlike are instances that differ in all that a node's operator chooses.
func unlike(t *testing.T, genesis *apptest.Genesis) []*apptest.Chain {
	t.Helper()
	pool := mempool.NewSenderNonceMempool(mempool.SenderNonceMaxTxOpt(500), mempool.SenderNonceSeedOpt(1))
	return []*apptest.Chain{
		apptest.Open(t, genesis),
		apptest.Open(t, genesis, baseapp.SetMempool(pool), baseapp.SetPruning(pruningtypes.NewPruningOptions(pruningtypes.PruningEverything)),
			baseapp.SetInterBlockCache(store.NewCommitKVStoreCacheManager()), baseapp.SetIAVLCacheSize(100)),
		apptest.Open(t, genesis, baseapp.SetPruning(pruningtypes.NewCustomPruningOptions(10, 10)), baseapp.SetIAVLDisableFastNode(true)),
	}
}

// step runs a block in which things happen.
func (c *churn) step() {
	c.signed = map[string]bool{}
	txs := c.draws()
	for range c.r.Intn(2) {
		txs = append(txs, c.happen()...)
	}
	c.pending = append(c.pending, c.gossip(txs)...)
	block := c.propose(c.chains[c.r.Intn(len(c.chains))], c.arrived())
	block.Misbehavior = c.cheats()
	if c.r.Intn(20) == 0 {
		c.forge(block)
	}
	if c.height() > 0 && c.r.Intn(40) == 0 {
		c.interrupt(block)
	}
	c.count(block, c.apply(block))
	c.recheck(block)
}

// arrived are the transactions that the proposer has: not always all.
func (c *churn) arrived() [][]byte {
	if c.r.Intn(3) > 0 {
		return c.pending
	}
	return c.pending[:c.r.Intn(len(c.pending)+1)]
}

// cheats is, rarely, evidence that members signed two blocks of the last height: one of them, or 40 %.
func (c *churn) cheats() []abci.Misbehavior {
	if c.sets.Last == nil || c.last.Height < 2 {
		return nil
	}
	number := 0
	switch dice := c.r.Intn(1_200); {
	case dice < 10:
		number = 1
	case dice < 12:
		number = c.sets.Last.Size() * 2 / 5
		c.happened["40 % sign twice"]++
	}
	var all []abci.Misbehavior
	for _, i := range c.r.Perm(c.sets.Last.Size())[:number] {
		all = append(all, c.evidence(c.sets.Last.Validators[i].Address, c.last))
	}
	return all
}

// forge replaces the proposer's randomness in a block by something that no honest node votes for, and has it decided all the same: what
// a node that replays or syncs blocks must bear.
func (c *churn) forge(block *abci.RequestFinalizeBlock) {
	entry := append([]byte(randomnessTag), bytes.Repeat([]byte{byte(c.r.Intn(256))}, 79+c.r.Intn(3))...)
	forged := slices.Clone(block.Txs)
	if len(forged) > 0 && bytes.HasPrefix(forged[0], []byte(randomnessTag)) {
		forged = forged[1:]
	}
	if c.r.Intn(2) == 0 {
		forged = append([][]byte{entry}, forged...)
	} else {
		forged = append(forged, entry)
	}
	block.Txs = forged
	for i, chain := range c.chains {
		require.False(c.t, c.takes(chain, block), "instance %d takes forged randomness at height %d", i, block.Height)
	}
	c.happened["forged"]++
}

// interrupt has the last instance restart, or die between running a block and keeping it, and run it again.
func (c *churn) interrupt(block *abci.RequestFinalizeBlock) {
	victim := c.chains[len(c.chains)-1]
	what := "restarted"
	if c.r.Intn(2) == 0 {
		what = "interrupted"
		_, err := victim.FinalizeBlock(block)
		require.NoError(c.t, err)
	}
	victim.Reopen()
	c.happened[what]++
}

// recheck has every mempool drop what no longer passes, as CometBFT does after a block.
func (c *churn) recheck(block *abci.RequestFinalizeBlock) {
	left := c.pending[:0]
	for _, tx := range c.pending {
		if slices.ContainsFunc(block.Txs, func(in []byte) bool { return bytes.Equal(in, tx) }) {
			continue
		}
		passes := false
		for i, chain := range c.chains {
			res, err := chain.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_Recheck})
			require.NoError(c.t, err)
			if i == 0 {
				passes = res.IsOK()
			}
		}
		if passes {
			left = append(left, tx)
		}
	}
	c.pending = left
}

// count notes what came of a block, and takes new keys over.
func (c *churn) count(block *abci.RequestFinalizeBlock, res *abci.ResponseFinalizeBlock) {
	decode := c.chains[0].TxConfig().TxDecoder()
	for i, result := range res.TxResults {
		require.False(c.t, result.Codespace == sdkerrors.RootCodespace && result.Code == sdkerrors.ErrPanic.ABCICode(), result.Log)
		tx, err := decode(block.Txs[i])
		if err != nil || !result.IsOK() {
			continue
		}
		for _, msg := range tx.GetMsgs() {
			c.happened[name(msg)]++
			c.takeKeys(msg)
		}
	}
	for _, e := range res.Events {
		c.note(e)
	}
}

// takeKeys has people use the keys that a message gave them: others that they made may never get into a block.
func (c *churn) takeKeys(msg sdk.Msg) {
	for _, who := range c.people {
		switch msg := msg.(type) {
		case *committee.MsgUpdateCandidate:
			if who.operator() == msg.Operator {
				who.vrf = c.keys[vrf.PublicKey(msg.VrfKey)]
			}
		case *stakingtypes.MsgCreateValidator:
			if who.validator().String() == msg.ValidatorAddress {
				key := msg.Pubkey.GetCachedValue().(cryptotypes.PubKey)
				who.consensus = c.consensus[string(key.Bytes())]
			}
		}
	}
}

func (c *churn) note(e abci.Event) {
	for _, a := range e.Attributes {
		switch {
		case e.Type == slashingtypes.EventTypeSlash && a.Key == slashingtypes.AttributeKeyReason:
			c.happened[a.Value]++
		case a.Key == govtypes.AttributeKeyProposalResult && a.Value == govtypes.AttributeValueProposalPassed:
			c.happened[c.asked]++
		}
	}
	e.Attributes = slices.DeleteFunc(slices.Clone(e.Attributes), func(a abci.EventAttribute) bool { return a.Key == "mode" }) // baseapp's
	typed, err := sdk.ParseTypedEvent(e)
	if err != nil {
		return // the SDK's own
	}
	switch event := typed.(type) {
	case *committee.EventCommitteeChanged:
		for _, change := range slices.Concat(event.Came, event.Left) {
			c.happened[change.Reason.String()]++
		}
	case *committee.EventRanked:
		c.happened["draws ranked"]++
	case *committee.EventRandomnessSkipped:
		c.happened["skipped"]++
	}
}

// number is an environment variable's, or the default.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, variable)
	return n
}

// seeds are an environment variable's, with commas between them, or the default.
func seeds(t *testing.T, variable string, otherwise ...int64) []int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	var list []int64
	for _, part := range strings.Split(text, ",") {
		seed, err := strconv.ParseInt(part, 10, 64)
		require.NoError(t, err, variable)
		list = append(list, seed)
	}
	return list
}
