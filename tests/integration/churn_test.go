package integration

import (
	"strings"
	"testing"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

const (
	// governEvery is after how many blocks a param changes: time for a vote, and for a few terms under the new value.
	governEvery = 130
	// manyEvery is after how many blocks, at random, 40 % of somebody leave at once.
	manyEvery = 700

	maxValidatorsChanged = "the most validators that bond were changed"
	seatsChanged         = "the number of seats was changed"
)

// churn is a fleet to which happens, at random, what happens to validators in years.
type churn struct {
	*fleet
	// signed are the accounts that have a transaction in the block to come.
	signed map[string]bool
	// consensus finds the private key of every validator that was ever made.
	consensus map[string]cmted25519.PrivKey
	// pending is what the mempools hold.
	pending [][]byte
	// asked is what the newest proposal is about.
	asked string
	// happened counts messages by name, and what came of all.
	happened map[string]int
}

func newChurn(t testing.TB, seed int64, people []*candidate, chains ...*apptest.Chain) *churn {
	t.Helper()
	return &churn{fleet: newFleet(t, seed, people, chains...), consensus: map[string]cmted25519.PrivKey{}, happened: map[string]int{}}
}

// lives are what a bonded operator may do; the frequent ones stand there often.
var lives = []func(*churn, *candidate, stakingtypes.Validator) []sdk.Msg{
	(*churn).unbond, (*churn).redelegate, (*churn).delegate, (*churn).delegate,
	(*churn).beAbsent, (*churn).beAbsent, (*churn).beAbsent, (*churn).beSilent, (*churn).skip, (*churn).skip,
	(*churn).unregister, (*churn).register, (*churn).register, (*churn).changeKey, (*churn).changeKey, (*churn).changeKey,
}

// happen makes the transactions of something that happens to somebody.
func (c *churn) happen() [][]byte {
	switch at := c.height() % governEvery; {
	case c.height() < 2:
		return nil
	case at == governEvery/2:
		return c.sign(c.people[0], c.proposal())
	case at == governEvery/2+2:
		return c.elect()
	case c.r.Intn(manyEvery) == 0:
		return c.leaveTogether()
	}
	who := c.people[c.r.Intn(len(c.people))]
	validator, err := c.chains[0].StakingKeeper.GetValidator(c.ctx(), who.validator())
	if err != nil {
		return c.sign(who, c.startAnew(who)...)
	}
	if validator.IsJailed() {
		return c.sign(who, c.comeBack(who, validator)...)
	}
	if at := c.height() + 1; at == c.term().Last || at == c.term().First {
		return c.sign(who, c.changeKey(who, validator)...) // at the worst moments: the snapshot is about to be taken, or just was
	}
	return c.sign(who, lives[c.r.Intn(len(lives))](c, who, validator)...)
}

// sign makes somebody's transaction, unless there is one already.
func (c *churn) sign(who *candidate, msgs ...sdk.Msg) [][]byte {
	if len(msgs) == 0 || c.signed[who.operator()] {
		return nil
	}
	c.signed[who.operator()] = true
	return [][]byte{c.chains[0].Sign(who.Account, msgs...)}
}

// own is what an operator has bonded with its own validator.
func (c *churn) own(who *candidate, v stakingtypes.Validator) math.Int {
	delegation, err := c.chains[0].StakingKeeper.GetDelegation(c.ctx(), who.Address, who.validator())
	if err != nil {
		return math.ZeroInt()
	}
	return v.TokensFromSharesTruncated(delegation.Shares).TruncateInt()
}

// unbond takes a part of the own bond away, or all of it.
func (c *churn) unbond(who *candidate, v stakingtypes.Validator) []sdk.Msg {
	amount := c.own(who, v)
	if c.r.Intn(2) == 0 {
		amount = amount.QuoRaw(2)
	}
	return undelegation(who, amount)
}

func undelegation(who *candidate, amount math.Int) []sdk.Msg {
	if !amount.IsPositive() {
		return nil
	}
	return []sdk.Msg{stakingtypes.NewMsgUndelegate(who.operator(), who.validator().String(), ucpc(amount.Int64()))}
}

func (c *churn) redelegate(who *candidate, v stakingtypes.Validator) []sdk.Msg {
	amount, to := c.own(who, v).QuoRaw(3), c.people[c.r.Intn(len(c.people))]
	if to == who || !amount.IsPositive() {
		return nil
	}
	return []sdk.Msg{stakingtypes.NewMsgBeginRedelegate(who.operator(), who.validator().String(), to.validator().String(), ucpc(amount.Int64()))}
}

func (c *churn) delegate(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	return []sdk.Msg{stakingtypes.NewMsgDelegate(who.operator(), who.validator().String(), ucpc(1+c.r.Int63n(apptest.Stake)))}
}

// toggle ends what somebody does, or begins it more rarely.
func (c *churn) toggle(what map[string]bool, who *candidate) {
	what[who.operator()] = !what[who.operator()] && c.r.Intn(3) == 0
}

func (c *churn) beAbsent(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	c.toggle(c.absent, who)
	return nil
}

func (c *churn) beSilent(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	c.toggle(c.silent, who)
	return nil
}

func (c *churn) skip(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	c.toggle(c.skipping, who)
	return nil
}

func (c *churn) unregister(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	return []sdk.Msg{&committee.MsgUnregisterCandidate{Operator: who.operator()}}
}

func (c *churn) register(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	return []sdk.Msg{who.registration(c.t)}
}

func (c *churn) changeKey(who *candidate, _ stakingtypes.Validator) []sdk.Msg {
	if c.signed[who.operator()] {
		return nil
	}
	key := who.freshVRF()
	c.keys[key.Public()] = key
	return []sdk.Msg{who.changeVRF(key)}
}

// startAnew makes a validator whose predecessor is gone, under a new consensus key.
func (c *churn) startAnew(who *candidate) []sdk.Msg {
	if c.signed[who.operator()] {
		return nil
	}
	who.newConsensusKey()
	c.consensus[string(who.consensus.PubKey().Bytes())] = who.consensus
	c.absent[who.operator()] = false
	key, err := cryptocodec.FromCmtPubKeyInterface(who.consensus.PubKey())
	require.NoError(c.t, err)
	rates := stakingtypes.NewCommissionRates(math.LegacyZeroDec(), math.LegacyOneDec(), math.LegacyOneDec())
	create, err := stakingtypes.NewMsgCreateValidator(who.validator().String(), key, ucpc(apptest.Stake),
		stakingtypes.Description{Moniker: "again"}, rates, math.OneInt())
	require.NoError(c.t, err)
	if _, err := c.chains[0].CommitteeKeeper.Candidate(c.ctx(), who.Address); err == nil && c.r.Intn(2) == 0 {
		return []sdk.Msg{create} // the candidate stays, of a validator that has another key
	}
	if _, err := c.chains[0].CommitteeKeeper.Candidate(c.ctx(), who.Address); err == nil {
		return []sdk.Msg{create, &committee.MsgUnregisterCandidate{Operator: who.operator()}, who.registration(c.t)}
	}
	return []sdk.Msg{create, who.registration(c.t)}
}

// comeBack is what a jailed operator does: bond what is missing and unjail, or leave altogether, which who signed twice must.
func (c *churn) comeBack(who *candidate, v stakingtypes.Validator) []sdk.Msg {
	c.absent[who.operator()] = false
	tombstoned := c.chains[0].SlashingKeeper.IsTombstoned(c.ctx(), sdk.ConsAddress(who.consensus.PubKey().Address()))
	if tombstoned || c.r.Intn(4) == 0 {
		return undelegation(who, c.own(who, v))
	}
	return []sdk.Msg{
		stakingtypes.NewMsgDelegate(who.operator(), who.validator().String(), ucpc(apptest.Stake/2)),
		slashingtypes.NewMsgUnjail(who.validator().String()),
	}
}

// leaveTogether has 40 % of the operators unbond everything in one block, which jails them all.
func (c *churn) leaveTogether() [][]byte {
	var txs [][]byte
	for _, i := range c.r.Perm(len(c.people))[:len(c.people)*2/5] {
		who := c.people[i]
		if v, err := c.chains[0].StakingKeeper.GetValidator(c.ctx(), who.validator()); err == nil {
			txs = append(txs, c.sign(who, undelegation(who, c.own(who, v))...)...)
		}
	}
	c.happened["40 % unbond at once"]++
	return txs
}

// proposal changes how many validators bond, or how many sit.
func (c *churn) proposal() sdk.Msg {
	turn := c.height() / governEvery
	var change sdk.Msg
	if turn%2 == 0 {
		params, err := c.chains[0].StakingKeeper.GetParams(c.ctx())
		require.NoError(c.t, err)
		c.asked, params.MaxValidators = maxValidatorsChanged, []uint32{6, 100, 12}[turn/2%3]
		change = &stakingtypes.MsgUpdateParams{Authority: app.Authority(), Params: params}
	} else {
		c.asked = seatsChanged
		state, err := c.chains[0].CommitteeKeeper.ExportGenesis(c.ctx())
		require.NoError(c.t, err)
		params := state.Params
		params.Seats, params.TermBlocks = []uint32{7, 5, 6}[turn/2%3], 28
		change = &committee.MsgUpdateParams{Authority: app.Authority(), Params: params}
	}
	submit, err := govv1.NewMsgSubmitProposal([]sdk.Msg{change}, sdk.NewCoins(ucpc(1_000_000_000)), c.people[0].operator(), "", "change", "params", false)
	require.NoError(c.t, err)
	return submit
}

// elect has everybody vote for the newest proposal.
func (c *churn) elect() [][]byte {
	next, err := c.chains[0].GovKeeper.ProposalID.Peek(c.ctx())
	require.NoError(c.t, err)
	var txs [][]byte
	for _, who := range c.people {
		txs = append(txs, c.sign(who, govv1.NewMsgVote(who.Address, next-1, govv1.OptionYes, ""))...)
	}
	return txs
}

// name of a message, without its package.
func name(msg sdk.Msg) string {
	url := sdk.MsgTypeURL(msg)
	return url[strings.LastIndex(url, ".")+1:]
}
