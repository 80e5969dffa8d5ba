package integration

import (
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/authz"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	committee "github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// smallTerms is a chain whose validators are not candidates yet, with terms of 20 blocks.
func smallTerms(t *testing.T) *apptest.Chain {
	t.Helper()
	template := apptest.Template()
	genesis, err := apptest.NewGenesis(template, 6, 3)
	require.NoError(t, err)
	state := committee.DefaultGenesis()
	state.Params = committee.LocalParams()
	genesis.State[committee.ModuleName] = template.Codec().MustMarshalJSON(state)
	return apptest.Start(t, genesis)
}

// register makes the first validator a candidate.
func register(t *testing.T, c *apptest.Chain) *candidate {
	t.Helper()
	who := newCandidate(c.Genesis.Accounts[0], 0)
	c.MustDeliver(who.Account, who.registration(t))
	return who
}

// toOpenWindow runs to the height after which the next block takes draws of a term.
func toOpenWindow(t *testing.T, c *apptest.Chain, number uint64) {
	t.Helper()
	for {
		term, err := c.CommitteeKeeper.RunningTerm(c.Context())
		require.NoError(t, err)
		if term.Number >= number && c.LastBlockHeight() >= term.Open {
			return
		}
		c.Block()
	}
}

// A draw is free once for each candidate and term, in the mempool and in a block, and in no other shape.
func TestADrawIsFreeAloneAndOnce(t *testing.T) {
	c := smallTerms(t)
	who := register(t, c)
	toOpenWindow(t, c, 3)
	check := func(tx []byte) *abci.ResponseCheckTx {
		res, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
		require.NoError(t, err)
		return res
	}
	refused := func(res *abci.ResponseCheckTx, want interface {
		Codespace() string
		ABCICode() uint32
	},
	) {
		t.Helper()
		require.Equal(t, fmt.Sprintf("%s/%d", want.Codespace(), want.ABCICode()), fmt.Sprintf("%s/%d", res.Codespace, res.Code), res.Log)
	}
	for name, d := range map[string]struct {
		change func(*drawTx)
		want   interface {
			Codespace() string
			ABCICode() uint32
		}
	}{
		"with a memo":        {func(d *drawTx) { d.memo = "spam" }, committee.ErrWrapped},
		"with a fee":         {func(d *drawTx) { d.fee = 5 }, committee.ErrWrapped},
		"twice in one":       {func(d *drawTx) { d.msgs = append(d.msgs, d.msgs[0]) }, committee.ErrWrapped},
		"with too much gas":  {func(d *drawTx) { d.gas = committee.DrawGas + 1 }, sdkerrors.ErrOutOfGas},
		"of another term":    {func(d *drawTx) { d.draw().Term++ }, committee.ErrTerm},
		"with a wrong proof": {func(d *drawTx) { d.draw().Proof[5] ^= 1 }, committee.ErrProof},
		"of another's operator": {func(d *drawTx) {
			d.draw().Operator = c.Genesis.Accounts[4].Address.String()
		}, committee.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) { refused(check(who.draw(t, c, d.change)), d.want) })
	}
	good := who.draw(t, c, nil)
	forged := append([]byte(nil), good...)
	forged[len(forged)-3] ^= 1 // of the signature
	refused(check(forged), sdkerrors.ErrUnauthorized)
	require.Zero(t, check(good).Code, "free and accepted")
	refused(check(good), committee.ErrDrawn)

	before := c.BankKeeper.GetAllBalances(c.Context(), who.agentAddress())
	require.True(t, before.IsZero(), "the agent has no coins")
	results := c.Block(good, good).TxResults
	require.Zero(t, results[0].Code, results[0].Log)
	require.NotZero(t, results[1].Code, "once")
	require.Equal(t, committee.ErrDrawn.ABCICode(), results[1].Code)

	inner := &committee.MsgSubmitSortition{Agent: who.Address.String(), Operator: who.Address.String(), Term: 3, Proof: make([]byte, 80)}
	exec := authz.NewMsgExec(who.Address, []sdk.Msg{inner})
	result := c.Deliver(who.Account, &exec)
	require.NotZero(t, result.Code)
	require.Contains(t, result.Log, committee.ErrWrapped.Error(), "inside authz it pays, and is refused")
}

// Rewards go to who signed; the share of who did not goes to the community pool, not to the others.
func TestAbsentMembersSharesGoToThePool(t *testing.T) {
	c := smallTerms(t)
	rewards := func() (sum math.LegacyDec) {
		sum = math.LegacyZeroDec()
		validators, err := c.StakingKeeper.GetAllValidators(c.Context())
		require.NoError(t, err)
		for _, v := range validators {
			operator, err := sdk.ValAddressFromBech32(v.OperatorAddress)
			require.NoError(t, err)
			outstanding, err := c.DistrKeeper.GetValidatorOutstandingRewardsCoins(c.Context(), operator)
			require.NoError(t, err)
			sum = sum.Add(outstanding.AmountOf(app.BaseDenom))
		}
		return sum
	}
	pool := func() math.LegacyDec {
		feePool, err := c.DistrKeeper.FeePool.Get(c.Context())
		require.NoError(t, err)
		return feePool.CommunityPool.AmountOf(app.BaseDenom)
	}
	pays := func(signers int) (members, community math.LegacyDec) {
		c.Blocks(1) // what was collected before is shared out
		membersBefore, poolBefore := rewards(), pool()
		block := c.Propose(c.Sign(c.Genesis.Accounts[5], &authz.MsgRevoke{
			Granter: c.Genesis.Accounts[5].Address.String(), Grantee: c.Genesis.Accounts[4].Address.String(), MsgTypeUrl: "/x",
		}))
		c.Apply(block) // fails, and pays its fee
		next := c.Propose()
		for i := range next.DecidedLastCommit.Votes {
			if i >= signers {
				next.DecidedLastCommit.Votes[i].BlockIdFlag = 1 // absent
			}
		}
		c.Apply(next)
		return rewards().Sub(membersBefore), pool().Sub(poolBefore)
	}
	all, tax := pays(3)
	two, more := pays(2)
	require.True(t, all.IsPositive())
	require.Equal(t, all.MulInt64(2).QuoInt64(3).TruncateInt(), two.TruncateInt(), "two of three signed")
	require.Equal(t, all.Add(tax).TruncateInt(), two.Add(more).TruncateInt(), "the rest is in the pool")
}

// A double signer is slashed by what it had bonded when it signed, whatever the power of its seat says and though it unbonded half of it
// before the evidence came; it is tombstoned, loses its seat and all reputation in the same block.
func TestADoubleSignerIsSlashedByItsStakeAtTheInfraction(t *testing.T) {
	c := smallTerms(t)
	who := register(t, c)
	c.Blocks(3)
	infraction := c.LastBlockHeight()
	operator := sdk.ValAddress(who.Address)
	c.MustDeliver(who.Account, &stakingtypes.MsgUndelegate{
		DelegatorAddress: who.Address.String(), ValidatorAddress: operator.String(), Amount: sdk.NewInt64Coin(app.BaseDenom, apptest.Stake/2),
	})
	c.Blocks(2)
	supply := c.BankKeeper.GetSupply(c.Context(), app.BaseDenom).Amount
	block := c.Propose()
	block.Misbehavior = []abci.Misbehavior{{
		Type: abci.MisbehaviorType_DUPLICATE_VOTE, Height: infraction, Time: c.TimeAt(infraction), TotalVotingPower: 3,
		Validator: abci.Validator{Address: c.Genesis.Validators[0], Power: 1},
	}}
	res := c.Apply(block)

	fraction, err := c.SlashingKeeper.SlashFractionDoubleSign(c.Context())
	require.NoError(t, err)
	burnt := supply.Sub(c.BankKeeper.GetSupply(c.Context(), app.BaseDenom).Amount)
	require.Equal(t, fraction.MulInt64(apptest.Stake).TruncateInt().String(), burnt.String())
	require.Len(t, res.ValidatorUpdates, 1, "its seat is gone")
	require.Zero(t, res.ValidatorUpdates[0].Power)
	require.True(t, c.SlashingKeeper.IsTombstoned(c.Context(), sdk.ConsAddress(c.Genesis.Validators[0])))
	score, err := c.ReputationKeeper.Score(c.Context(), who.Address)
	require.NoError(t, err)
	require.Zero(t, score)
}

// A member whose score falls below the least in mid-term, by evidence of another module, sits no longer than to the next block's end,
// though no validator was written.
func TestAMemberOfTooLittleReputationLosesItsSeatInMidTerm(t *testing.T) {
	genesis, people := fleetGenesis(t, 12, 0, fleetParams())
	f := newFleet(t, 3, people, apptest.Open(t, genesis))
	f.toTerm(3)
	f.toHeight(f.term().Close + 3)
	f.apply(f.empty())
	c, who := f.chains[0], f.member()
	for range 2 { // by half each, from 1,000 or a little more
		require.NoError(t, c.ReputationKeeper.Report(f.ctx(), reputation.FragmentWrong(who.Address, 1)))
	}
	res := f.apply(f.empty())
	require.NotEmpty(t, res.ValidatorUpdates)
	boundaries := exportOf(t, f, c).Boundaries
	last := boundaries[len(boundaries)-1]
	require.Equal(t, f.height(), last.Height)
	require.Equal(t, []committee.Change{{Operator: who.operator(), Reason: committee.REASON_REPUTATION}}, last.Left)
}

// Headers alone are kept for IBC: the validators of each would be gigabytes on a chain with many candidates.
func TestHistoryKeepsHeadersOnly(t *testing.T) {
	c := smallTerms(t)
	c.Blocks(3)
	info, err := c.StakingKeeper.GetHistoricalInfo(c.Context(), c.LastBlockHeight())
	require.NoError(t, err)
	require.Empty(t, info.Valset)
	require.NotEmpty(t, info.Header.NextValidatorsHash)
}
