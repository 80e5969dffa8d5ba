package main

import (
	"context"
	"encoding/json"
	"fmt"

	"cosmossdk.io/math"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/pkg/vrf"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

const (
	sendGas = 200_000
	sendFee = 200
	// accountBalance in ucpc.
	accountBalance = 1_000_000_000
)

// people are a chain's candidates and those who send coins. The account of number i, below the number of candidates, is a
// candidate's operator; the next as many are the candidates' agents; then come the senders.
type people struct {
	genesis    *apptest.Genesis
	cdc        codec.Codec
	params     committeetypes.Params
	candidates int
	keys       map[string]vrf.PrivateKey // by consensus address
}

// newPeople makes a genesis with so many bonded candidates.
func newPeople(candidates, senders int, params committeetypes.Params) (*people, error) {
	template := apptest.Template()
	genesis, err := apptest.NewGenesis(template, 2*candidates+senders, candidates)
	if err != nil {
		return nil, err
	}
	lessCoins(template.Codec(), genesis)
	p := &people{genesis: genesis, cdc: template.Codec(), params: params, candidates: candidates, keys: map[string]vrf.PrivateKey{}}
	for i := range candidates {
		p.keys[string(apptest.ConsensusKey(i).PubKey().Address())] = p.vrf(i)
	}
	return p, nil
}

// lessCoins leaves every account less than test accounts have, so that there is enough for thousands.
func lessCoins(cdc codec.JSONCodec, genesis *apptest.Genesis) {
	bank := banktypes.GetGenesisStateFromAppState(cdc, genesis.State)
	for i := range genesis.Accounts {
		bank.Balances[i].Coins = sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, accountBalance))
	}
	genesis.State[banktypes.ModuleName] = cdc.MustMarshalJSON(bank)
}

func (p *people) vrf(i int) vrf.PrivateKey {
	var seed [vrf.SeedSize]byte
	copy(seed[:], fmt.Sprintf("vrf key %d", i))
	return vrf.FromSeed(seed)
}

func (p *people) vrfKey(consensus []byte) (vrf.PrivateKey, bool) {
	key, found := p.keys[string(consensus)]
	return key, found
}

func (p *people) agent(i int) apptest.Account  { return p.genesis.Accounts[p.candidates+i] }
func (p *people) sender(i int) apptest.Account { return p.genesis.Accounts[2*p.candidates+i] }

// state of the genesis as JSON. On a plain chain x/staking seats as many as the committee would have.
func (p *people) state(plain bool) []byte {
	state := app.GenesisState{}
	for module, part := range p.genesis.State {
		state[module] = part
	}
	staking := stakingtypes.GetGenesisStateFromAppState(p.cdc, state)
	staking.Params.MaxValidators = uint32(p.candidates)
	if plain {
		staking.Params.MaxValidators = p.params.Seats
	}
	state[stakingtypes.ModuleName] = p.cdc.MustMarshalJSON(staking)

	if delete(state, committeetypes.ModuleName); !plain {
		state[committeetypes.ModuleName] = p.cdc.MustMarshalJSON(p.committee())
	}
	raw, err := json.Marshal(state)
	if err != nil {
		panic(err) // messages that were just marshalled
	}
	return raw
}

func (p *people) committee() *committeetypes.GenesisState {
	g := committeetypes.DefaultGenesis()
	g.Params = p.params
	for i := range p.candidates {
		public := p.vrf(i).Public()
		g.Candidates = append(g.Candidates, committeetypes.Candidate{
			Operator: p.genesis.Accounts[i].Address.String(), ConsensusKey: apptest.ConsensusKey(i).PubKey().Bytes(), VrfKey: public[:],
			NodeId: fmt.Sprintf("%040x", i), Agent: p.agent(i).Address.String(),
		})
	}
	return g
}

// shortTerms are the main profile with the shortest terms it may have, and bonds that test validators have.
func shortTerms() committeetypes.Params {
	params := committeetypes.MainParams()
	params.SelfBondMinUcpc = math.NewInt(apptest.Stake)
	params.TermBlocks = 4 * int64(params.Seats)
	params.DrawOpenBlocks, params.DrawCloseBlocks = 1, params.TermBlocks-2
	return params
}

// sends makes a transfer of each of the first n senders, the nth that it signs.
func (p *people) sends(l *ledger, n int, sequence uint64) ([][]byte, error) {
	txs := make([][]byte, n)
	for i := range txs {
		from, to := p.sender(i), p.sender((i+1)%n)
		msg := banktypes.NewMsgSend(from.Address, to.Address, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 1)))
		tx, err := p.sign(l, from, uint64(2*p.candidates+i), sequence, sendGas, sendFee, msg)
		if err != nil {
			return nil, err
		}
		txs[i] = tx
	}
	return txs, nil
}

// draw makes the transaction of a candidate's draw in the running term.
func (p *people) draw(l *ledger, i int) ([]byte, error) {
	ctx := l.NewUncachedContext(false, l.header())
	term, err := l.CommitteeKeeper.RunningTerm(ctx)
	if err != nil {
		return nil, err
	}
	_, proof := p.vrf(i).Prove(term.Input)
	agent := p.agent(i)
	account := l.AccountKeeper.GetAccount(ctx, agent.Address)
	return p.sign(l, agent, account.GetAccountNumber(), account.GetSequence(), committeetypes.DrawGas, 0, &committeetypes.MsgSubmitSortition{
		Agent: agent.Address.String(), Operator: p.genesis.Accounts[i].Address.String(), Term: term.Number, Proof: proof,
	})
}

func (p *people) sign(l *ledger, from apptest.Account, number, sequence, gas uint64, fee int64, msg sdk.Msg) ([]byte, error) {
	builder := l.TxConfig().NewTxBuilder()
	if err := builder.SetMsgs(msg); err != nil {
		return nil, err
	}
	builder.SetGasLimit(gas)
	if fee > 0 {
		builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, fee)))
	}
	mode := signing.SignMode_SIGN_MODE_DIRECT
	unsigned := signing.SignatureV2{PubKey: from.Key.PubKey(), Data: &signing.SingleSignatureData{SignMode: mode}, Sequence: sequence}
	if err := builder.SetSignatures(unsigned); err != nil {
		return nil, err
	}
	signer := authsigning.SignerData{
		ChainID: apptest.ChainID, AccountNumber: number, Sequence: sequence, PubKey: from.Key.PubKey(), Address: from.Address.String(),
	}
	signed, err := clienttx.SignWithPrivKey(context.Background(), mode, signer, builder, from.Key, l.TxConfig(), sequence)
	if err != nil {
		return nil, err
	}
	if err := builder.SetSignatures(signed); err != nil {
		return nil, err
	}
	return l.TxConfig().TxEncoder()(builder.GetTx())
}
