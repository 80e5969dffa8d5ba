package integration

import (
	"bytes"
	"fmt"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/election"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// groupOrder is that of the VRF's group, little endian.
var groupOrder = []byte{
	0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
}

// drawing is a chain in a term whose window is open, in which nobody has drawn.
func drawing(t *testing.T) *fleet {
	t.Helper()
	params := fleetParams()
	params.TermBlocks, params.DrawCloseBlocks = 60, 50
	genesis, people := fleetGenesis(t, 10, 1, params)
	f := newFleet(t, 5, people, apptest.Open(t, genesis))
	f.toTerm(3)
	f.mute()
	f.toHeight(f.term().Open)
	return f
}

// mute keeps everybody from drawing.
func (f *fleet) mute() {
	for _, who := range f.people {
		f.silent[who.operator()] = true
	}
}

// refusal of a transaction, by its registered error.
type refusal interface {
	Codespace() string
	ABCICode() uint32
}

func requireRefused(t *testing.T, want refusal, codespace string, code uint32, log string) {
	t.Helper()
	require.Equal(t, fmt.Sprintf("%s/%d", want.Codespace(), want.ABCICode()), fmt.Sprintf("%s/%d", codespace, code), log)
}

// refuse wants the mempool to refuse a transaction, a block that has it all the same to book it as failed by the same error, and the
// candidate to have no draw after it.
func (f *fleet) refuse(t *testing.T, who *candidate, want refusal, tx []byte) {
	t.Helper()
	c := f.chains[0]
	checked, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	require.NoError(t, err)
	requireRefused(t, want, checked.Codespace, checked.Code, checked.Log)
	block := f.empty()
	block.Txs = [][]byte{tx}
	result := f.apply(block).TxResults[0]
	requireRefused(t, want, result.Codespace, result.Code, result.Log)
	f.requireNoDraw(t, who)
}

func (f *fleet) requireNoDraw(t *testing.T, who *candidate) {
	t.Helper()
	for _, d := range exportOf(t, f, f.chains[0]).Draws {
		require.False(t, d.Term == f.term().Number && d.Operator == who.operator(), "a draw is stored")
	}
}

// Proofs that are not the candidate's own, of this term and on this chain, are refused by the mempool and in a block alike.
func TestForgedProofsAreRefusedInTheMempoolAndInABlock(t *testing.T) {
	f := drawing(t)
	who, other := f.people[0], f.people[1]
	term := f.term()
	var before election.Randomness
	for _, r := range exportOf(t, f, f.chains[0]).Randomness {
		if r.Height == term.First-1 {
			before = election.Randomness(r.Randomness.Value)
		}
	}
	require.Equal(t, term.Input, election.TermInput(apptest.ChainID, term.Number, before))
	proveAt := func(input []byte) func(*drawTx) {
		return func(d *drawTx) { _, d.draw().Proof = who.vrf.Prove(input) }
	}
	for _, forged := range []struct {
		name   string
		change func(*drawTx)
		want   *errorsmod.Error
	}{
		{"by another candidate's key", func(d *drawTx) { _, d.draw().Proof = other.vrf.Prove(term.Input) }, committee.ErrProof},
		{"at another term's input", proveAt(election.TermInput(apptest.ChainID, term.Number+1, before)), committee.ErrProof},
		{"at another chain's input", proveAt(election.TermInput("cpchain-1", term.Number, before)), committee.ErrProof},
		{"at no input", proveAt(nil), committee.ErrProof},
		{"of 79 bytes", func(d *drawTx) { d.draw().Proof = d.draw().Proof[:79] }, committee.ErrProof},
		{"of 81 bytes", func(d *drawTx) { d.draw().Proof = append(d.draw().Proof, 0) }, committee.ErrProof},
		{"of no bytes", func(d *drawTx) { d.draw().Proof = nil }, committee.ErrProof},
		{"with a Gamma of small order", func(d *drawTx) { copy(d.draw().Proof, append([]byte{1}, make([]byte, 31)...)) }, committee.ErrProof},
		{"with a Gamma that is not canonical", func(d *drawTx) { copy(d.draw().Proof, bytes.Repeat([]byte{0xff}, 32)) }, committee.ErrProof},
		{"with a scalar above the order", func(d *drawTx) { addOrder(d.draw().Proof[48:]) }, committee.ErrProof},
		{"named for the term before", func(d *drawTx) { d.draw().Term-- }, committee.ErrTerm},
		{"named for the term after", func(d *drawTx) { d.draw().Term++ }, committee.ErrTerm},
		{"by another candidate's agent", func(d *drawTx) {
			d.signer, d.draw().Agent = other.agent, other.agentAddress().String()
		}, committee.ErrAgent},
		{"by the operator itself", func(d *drawTx) { d.signer, d.draw().Agent = who.Key, who.operator() }, committee.ErrAgent},
		{"signed by another than it says", func(d *drawTx) { d.signer = other.agent }, sdkerrors.ErrInvalidPubKey},
		{"of who is no candidate", func(d *drawTx) { d.draw().Operator = f.people[9].operator() }, committee.ErrNotFound},
	} {
		t.Run(forged.name, func(t *testing.T) {
			require.LessOrEqual(t, f.height()+1, term.Close, "the window is still open")
			f.refuse(t, who, forged.want, who.draw(t, f.chains[0], forged.change))
		})
	}
	require.Zero(t, f.block(who.draw(t, f.chains[0], nil)).TxResults[1].Code, "the draw itself counts")
	f.toHeight(f.term().Close + 1) // the mempool judges by the last block
	t.Run("after the window", func(t *testing.T) { f.refuse(t, other, committee.ErrWindow, other.draw(t, f.chains[0], nil)) })
	f.toTerm(4)
	t.Run("before the window", func(t *testing.T) { f.refuse(t, other, committee.ErrWindow, other.draw(t, f.chains[0], nil)) })
}

// addOrder makes the same scalar in a form that is not canonical.
func addOrder(scalar []byte) {
	carry := 0
	for i := range scalar {
		sum := int(scalar[i]) + int(groupOrder[i]) + carry
		scalar[i], carry = byte(sum), sum>>8
	}
}

// A copied draw in any other wrapper is never free and never stored.
func TestACopiedDrawInAnotherWrapperIsNeitherFreeNorStored(t *testing.T) {
	f := drawing(t)
	c, who, thief := f.chains[0], f.people[0], f.people[9]
	msg := who.drawMsg(t, c, who.vrf)
	for name, wrap := range map[string]struct {
		change func(*drawTx)
		want   *errorsmod.Error
	}{
		"beside a transfer": {func(d *drawTx) {
			d.msgs = append(d.msgs, banktypes.NewMsgSend(who.agentAddress(), thief.Address, apptest.Fee()))
		}, committee.ErrWrapped},
		"behind a transfer": {func(d *drawTx) {
			d.msgs = []sdk.Msg{banktypes.NewMsgSend(who.agentAddress(), thief.Address, apptest.Fee()), d.msgs[0]}
		}, committee.ErrWrapped},
		"with a memo":      {func(d *drawTx) { d.memo = "x" }, committee.ErrWrapped},
		"with a fee":       {func(d *drawTx) { d.fee = 1 }, committee.ErrWrapped},
		"with a granter":   {func(d *drawTx) { d.finish = func(b txChange) { b.SetFeeGranter(thief.Address) } }, committee.ErrWrapped},
		"with a past time": {func(d *drawTx) { d.finish = func(b txChange) { b.SetTimeoutHeight(1) } }, sdkerrors.ErrTxTimeoutHeight},
		"with a payer that did not sign": {func(d *drawTx) {
			d.finish = func(b txChange) { b.SetFeePayer(thief.Address) }
		}, sdkerrors.ErrUnauthorized},
		"by another signer": {func(d *drawTx) { d.signer, d.msgs = thief.Key, []sdk.Msg{stolenBy(msg, thief.operator())} }, committee.ErrAgent},
	} {
		t.Run(name, func(t *testing.T) { f.refuse(t, who, wrap.want, who.draw(t, c, wrap.change)) })
	}

	fees := func() sdk.Coins { return c.BankKeeper.GetAllBalances(f.ctx(), thief.Address) }
	inside := authz.NewMsgExec(thief.Address, []sdk.Msg{stolenBy(msg, thief.operator())})
	others := authz.NewMsgExec(thief.Address, []sdk.Msg{msg})
	nested := authz.NewMsgExec(thief.Address, []sdk.Msg{&inside})
	proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{stolenBy(msg, app.Authority())},
		sdk.NewCoins(ucpc(1_000_000_000)), thief.operator(), "", "a draw", "a draw", false)
	require.NoError(t, err)
	for name, outer := range map[string]sdk.Msg{
		"inside authz": &inside, "inside authz for the agent": &others, "inside authz twice": &nested, "inside a proposal": proposal,
	} {
		t.Run(name, func(t *testing.T) {
			before := fees()
			result := f.block(c.Sign(thief.Account, outer)).TxResults
			require.True(t, apptest.Fee().IsAllLTE(before.Sub(fees()...)), "it pays: %s", result[len(result)-1].Log)
			f.requireNoDraw(t, who)
		})
	}
	require.LessOrEqual(t, f.height(), f.term().Close-int64(fleetVoting.Seconds())/5, "the proposal's end is within the window")
	f.blocks(int(fleetVoting.Seconds())/5 + 1) // the proposal ends
	f.requireNoDraw(t, who)
}

// stolenBy is a draw with another signer.
func stolenBy(msg *committee.MsgSubmitSortition, signer string) *committee.MsgSubmitSortition {
	copied := *msg
	copied.Agent = signer
	return &copied
}

// A draw that waits in the mempool is checked anew after every block: it stays while it can still be taken, and goes when it can't.
func TestAWaitingDrawIsCheckedAnewAfterEveryBlock(t *testing.T) {
	f := drawing(t)
	c, who, other := f.chains[0], f.people[0], f.people[1]
	check := func(tx []byte, kind abci.CheckTxType) *abci.ResponseCheckTx {
		res, err := c.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: kind})
		require.NoError(t, err)
		return res
	}
	waiting, included := who.draw(t, c, nil), other.draw(t, c, nil)
	for _, tx := range [][]byte{waiting, included} {
		require.Zero(t, check(tx, abci.CheckTxType_New).Code)
		again := check(tx, abci.CheckTxType_New)
		requireRefused(t, committee.ErrDrawn, again.Codespace, again.Code, again.Log)
	}
	block := f.empty()
	block.Txs = [][]byte{included}
	require.Zero(t, f.apply(block).TxResults[0].Code)
	require.Zero(t, check(waiting, abci.CheckTxType_Recheck).Code, "nothing has changed for it")
	again := check(included, abci.CheckTxType_Recheck)
	requireRefused(t, committee.ErrDrawn, again.Codespace, again.Code, again.Log)
	for f.height() <= f.term().Close {
		f.apply(f.empty())
	}
	late := check(waiting, abci.CheckTxType_Recheck)
	requireRefused(t, committee.ErrWindow, late.Codespace, late.Code, late.Log)
	f.requireNoDraw(t, who)
}

// What changes after the snapshot changes no draw of its term: not the key, not the weight.
func TestKeyAndWeightAreThoseOfTheSnapshot(t *testing.T) {
	f := drawing(t)
	c := f.chains[0]
	var who *candidate
	for _, each := range f.people[:9] {
		if _, member := f.sets.Next.GetByAddress(each.consensus.PubKey().Address()); member == nil {
			who = each
			break
		}
	}
	require.NotNil(t, who)
	old, fresh := who.vrf, who.freshVRF()
	weight := func() uint64 {
		for _, s := range exportOf(t, f, c).Snapshots {
			if s.Term == f.term().Number && s.Operator == who.operator() {
				return s.Snapshot.Weight
			}
		}
		t.Fatal("not in the snapshot")
		return 0
	}
	before := weight()
	results := f.block(c.Sign(who.Account, who.changeVRF(fresh))).TxResults
	require.Zero(t, results[len(results)-1].Code, results[len(results)-1].Log)
	score, err := c.ReputationKeeper.Score(f.ctx(), who.Address)
	require.NoError(t, err)
	require.NotZero(t, score)
	require.Equal(t, before, weight())
	who.vrf = fresh
	f.refuse(t, who, committee.ErrProof, who.draw(t, c, nil))
	who.vrf = old
	results = f.block(who.draw(t, c, nil)).TxResults
	require.Zero(t, results[len(results)-1].Code, results[len(results)-1].Log)
	for number := uint64(4); number <= 5; number++ { // the next term's snapshot was taken before the change too
		f.toTerm(number)
		f.toHeight(f.term().Open)
		wrong, right := fresh, old
		if number == 5 {
			wrong, right = old, fresh
		}
		who.vrf = wrong
		f.refuse(t, who, committee.ErrProof, who.draw(t, c, nil))
		who.vrf = right
		results = f.block(who.draw(t, c, nil)).TxResults
		require.Zero(t, results[len(results)-1].Code, results[len(results)-1].Log)
	}
}
