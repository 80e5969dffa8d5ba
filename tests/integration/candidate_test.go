package integration

import (
	"fmt"
	"testing"

	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/vrf"
	committee "github.com/cpchain/cpchain/x/committee/types"
)

// candidate is a validator's operator with all its keys.
type candidate struct {
	apptest.Account
	number    int
	consensus cmted25519.PrivKey
	node      cmted25519.PrivKey
	vrf       vrf.PrivateKey
	agent     cryptotypes.PrivKey
	// made counts the consensus keys and VRF keys it has had.
	made int
}

func newCandidate(account apptest.Account, number int) *candidate {
	return &candidate{
		Account: account, number: number, consensus: apptest.ConsensusKey(number),
		node:  cmted25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "node %d", number)),
		agent: secp256k1.GenPrivKeyFromSecret(fmt.Appendf(nil, "agent %d", number)),
		vrf:   vrf.FromSeed([vrf.SeedSize]byte{1, byte(number), byte(number >> 8)}),
	}
}

// freshVRF is a VRF key it has never had.
func (who *candidate) freshVRF() vrf.PrivateKey {
	who.made++
	return vrf.FromSeed([vrf.SeedSize]byte{2, byte(who.number), byte(who.number >> 8), byte(who.made), byte(who.made >> 8)})
}

// newConsensusKey gives a candidate's next validator a key of its own.
func (who *candidate) newConsensusKey() {
	who.made++
	who.consensus = cmted25519.GenPrivKeyFromSecret(fmt.Appendf(nil, "validator %d, key %d", who.number, who.made))
}

func (who *candidate) operator() string { return who.Address.String() }

func (who *candidate) validator() sdk.ValAddress { return sdk.ValAddress(who.Address) }

func (who *candidate) agentAddress() sdk.AccAddress {
	return sdk.AccAddress(who.agent.PubKey().Address())
}

// registration with all its proofs of possession.
func (who *candidate) registration(t testing.TB) *committee.MsgRegisterCandidate {
	t.Helper()
	proof := func(purpose string) []byte {
		return committee.PossessionBytes(purpose, apptest.ChainID, who.operator())
	}
	nodeProof, err := who.node.Sign(proof(committee.PurposeNode))
	require.NoError(t, err)
	consensusProof, err := who.consensus.Sign(proof(committee.PurposeConsensus))
	require.NoError(t, err)
	key, vrfProof := who.proveVRF(who.vrf)
	return &committee.MsgRegisterCandidate{
		Operator: who.operator(), ConsensusKeyProof: consensusProof, VrfKey: key, VrfKeyProof: vrfProof,
		NodeKey: who.node.PubKey().Bytes(), NodeKeyProof: nodeProof, Agent: who.agentAddress().String(),
	}
}

// changeVRF is the message that replaces the VRF key.
func (who *candidate) changeVRF(key vrf.PrivateKey) *committee.MsgUpdateCandidate {
	public, proof := who.proveVRF(key)
	return &committee.MsgUpdateCandidate{Operator: who.operator(), VrfKey: public, VrfKeyProof: proof}
}

func (who *candidate) proveVRF(key vrf.PrivateKey) (public, proof []byte) {
	point := key.Public()
	_, proof = key.Prove(committee.PossessionBytes(committee.PurposeVRF, apptest.ChainID, who.operator()))
	return point[:], proof
}

// drawMsg is the draw of the running term by a key.
func (who *candidate) drawMsg(t testing.TB, c *apptest.Chain, key vrf.PrivateKey) *committee.MsgSubmitSortition {
	t.Helper()
	term, err := c.CommitteeKeeper.RunningTerm(c.Context())
	require.NoError(t, err)
	_, proof := key.Prove(term.Input)
	return &committee.MsgSubmitSortition{Agent: who.agentAddress().String(), Operator: who.operator(), Term: term.Number, Proof: proof}
}

// draw makes the agent's transaction; change may spoil it before it is signed.
func (who *candidate) draw(t testing.TB, c *apptest.Chain, change func(*drawTx)) []byte {
	t.Helper()
	d := &drawTx{gas: committee.DrawGas, msgs: []sdk.Msg{who.drawMsg(t, c, who.vrf)}, signer: who.agent}
	if change != nil {
		change(d)
	}
	return d.sign(t, c)
}

// drawTx is a transaction without the test chain's usual fee.
type drawTx struct {
	msgs   []sdk.Msg
	gas    uint64
	fee    int64
	memo   string
	signer cryptotypes.PrivKey
	// finish changes what is about to be signed.
	finish func(txChange)
}

// txChange is what of a transaction is rarely set.
type txChange interface {
	SetFeePayer(payer sdk.AccAddress)
	SetFeeGranter(granter sdk.AccAddress)
	SetTimeoutHeight(height uint64)
}

// draw is the message it carries.
func (d *drawTx) draw() *committee.MsgSubmitSortition {
	return d.msgs[0].(*committee.MsgSubmitSortition)
}

func (d *drawTx) sign(t testing.TB, c *apptest.Chain) []byte {
	t.Helper()
	address := sdk.AccAddress(d.signer.PubKey().Address())
	account := c.AccountKeeper.GetAccount(c.Context(), address)
	require.NotNil(t, account, "registration makes the agent's account")
	builder := c.TxConfig().NewTxBuilder()
	require.NoError(t, builder.SetMsgs(d.msgs...))
	builder.SetGasLimit(d.gas)
	builder.SetMemo(d.memo)
	if d.fee > 0 {
		builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, d.fee)))
	}
	if d.finish != nil {
		d.finish(builder)
	}
	return c.SignTx(apptest.Account{Key: d.signer, Address: address}, apptest.ChainID, account.GetAccountNumber(), account.GetSequence(), builder)
}
