package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/mempool"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// Signer signs and sends transactions of one account, one at a time, keeping its sequence.
type Signer struct {
	client *Client
	keys   keyring.Keyring
	name   string
	addr   sdk.AccAddress
	pub    cryptotypes.PubKey

	mu       sync.Mutex
	number   uint64
	sequence uint64
	known    bool // number and sequence have been read from the chain
}

// TxOptions of one transaction.
type TxOptions struct {
	// FeeGranter pays the fee by its feegrant to the signer; empty: the signer pays.
	FeeGranter string
	// Gas limit; 0 estimates it by simulation and adds a third.
	Gas  uint64
	Memo string
}

// Prepared is a signed transaction that has not been sent.
type Prepared struct {
	Gas   uint64
	Fee   sdk.Coins
	Bytes []byte
	// Hash as the chain will know it, upper-case hex.
	Hash string
}

// NewSigner signs with a key of the keyring.
func NewSigner(c *Client, keys keyring.Keyring, name string) (*Signer, error) {
	setAddressPrefix()
	record, err := KeyOf(keys, name)
	if err != nil {
		return nil, err
	}
	addr, err := record.GetAddress()
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	pub, err := record.GetPubKey()
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return &Signer{client: c, keys: keys, name: name, addr: addr, pub: pub}, nil
}

// Address of the signing account.
func (s *Signer) Address() string { return s.addr.String() }

// Submit prepares, broadcasts and waits. A sequence that went stale is read anew and tried once more.
func (s *Signer) Submit(ctx context.Context, opts TxOptions, msgs ...sdk.Msg) (*TxResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for try := 0; ; try++ {
		prepared, err := s.prepare(ctx, opts, msgs)
		if err == nil {
			err = s.broadcast(ctx, prepared)
		}
		if err == nil {
			return s.client.WaitTx(ctx, prepared.Hash)
		}
		if try > 0 || !errors.Is(err, sdkerrors.ErrWrongSequence) {
			return nil, err
		}
	}
}

// Prepare estimates gas, sets the fee and signs.
func (s *Signer) Prepare(ctx context.Context, opts TxOptions, msgs ...sdk.Msg) (*Prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prepare(ctx, opts, msgs)
}

// Broadcast hands a prepared transaction to the node's mempool. One that is there already is no error.
func (s *Signer) Broadcast(ctx context.Context, p *Prepared) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broadcast(ctx, p)
}

// Unsigned returns the transaction as JSON for signing elsewhere (cpchaind tx sign).
func (s *Signer) Unsigned(ctx context.Context, opts TxOptions, msgs ...sdk.Msg) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	builder, _, err := s.build(ctx, opts, msgs)
	if err != nil {
		return nil, err
	}
	// the simulation's placeholder would count as a signer who has signed
	if err := builder.SetSignatures(); err != nil {
		return nil, err
	}
	return s.client.txConfig.TxJSONEncoder()(builder.GetTx())
}

func (s *Signer) prepare(ctx context.Context, opts TxOptions, msgs []sdk.Msg) (*Prepared, error) {
	builder, gas, err := s.build(ctx, opts, msgs)
	if err != nil {
		return nil, err
	}
	if err := s.sign(ctx, builder); err != nil {
		return nil, err
	}
	bz, err := s.client.txConfig.TxEncoder()(builder.GetTx())
	if err != nil {
		return nil, err
	}
	return &Prepared{Gas: gas, Fee: builder.GetTx().GetFee(), Bytes: bz, Hash: fmt.Sprintf("%X", cmttypes.Tx(bz).Hash())}, nil
}

func (s *Signer) broadcast(ctx context.Context, p *Prepared) error {
	ctx, cancel := context.WithTimeout(ctx, s.client.timeout)
	defer cancel()
	res, err := s.client.rpc.BroadcastTxSync(ctx, p.Bytes)
	if err != nil {
		if strings.Contains(err.Error(), mempool.ErrTxInCache.Error()) { // the RPC carries no codes
			return nil
		}
		s.known = false
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if res.Code != abci.CodeTypeOK && !inMempool(res.Codespace, res.Code) {
		s.known = false
		return &TxError{Hash: p.Hash, Codespace: res.Codespace, Code: res.Code, Log: res.Log}
	}
	s.sequence++
	return nil
}

func inMempool(codespace string, code uint32) bool {
	return codespace == sdkerrors.RootCodespace && code == sdkerrors.ErrTxInMempoolCache.ABCICode()
}

// build makes the unsigned transaction with gas and fee set.
func (s *Signer) build(ctx context.Context, opts TxOptions, msgs []sdk.Msg) (client.TxBuilder, uint64, error) {
	if err := s.refresh(ctx); err != nil {
		return nil, 0, err
	}
	builder := s.client.txConfig.NewTxBuilder()
	if err := builder.SetMsgs(msgs...); err != nil {
		return nil, 0, err
	}
	builder.SetMemo(opts.Memo)
	if opts.FeeGranter != "" {
		granter, err := sdk.AccAddressFromBech32(opts.FeeGranter)
		if err != nil {
			return nil, 0, fmt.Errorf("fee granter: %w", err)
		}
		builder.SetFeeGranter(granter)
	}
	gas := opts.Gas
	if gas == 0 {
		// a fee costs gas itself, which for a small message is more than what is added below
		builder.SetFeeAmount(feeFor(s.client.gasPrices, 1))
		used, err := s.simulate(ctx, builder)
		if err != nil {
			return nil, 0, err
		}
		gas = used + used/3
	}
	builder.SetGasLimit(gas)
	builder.SetFeeAmount(feeFor(s.client.gasPrices, gas))
	return builder, gas, nil
}

// feeFor rounds up, so that the price per gas is never below the asked one.
func feeFor(prices sdk.DecCoins, gas uint64) sdk.Coins {
	fee := sdk.Coins{}
	limit := math.LegacyNewDecFromInt(math.NewIntFromUint64(gas))
	for _, price := range prices {
		fee = fee.Add(sdk.NewCoin(price.Denom, price.Amount.Mul(limit).Ceil().TruncateInt()))
	}
	return fee
}

func (s *Signer) simulate(ctx context.Context, builder client.TxBuilder) (uint64, error) {
	placeholder := signing.SignatureV2{
		PubKey:   s.pub,
		Data:     &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
		Sequence: s.sequence,
	}
	if err := builder.SetSignatures(placeholder); err != nil {
		return 0, err
	}
	bz, err := s.client.txConfig.TxEncoder()(builder.GetTx())
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.client.timeout)
	defer cancel()
	// Not the gRPC service of the same purpose: that one keeps a refusal's text and loses its code.
	res, err := s.client.rpc.ABCIQuery(ctx, "/app/simulate", bz)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if r := res.Response; !r.IsOK() {
		s.known = false // a stale sequence shows here first
		return 0, &TxError{Codespace: r.Codespace, Code: r.Code, Log: r.Log}
	}
	return gasUsed(res.Response.Value)
}

// gasUsed reads the one figure that is needed of an sdk.SimulationResponse in JSON.
func gasUsed(answer []byte) (uint64, error) {
	var sim struct {
		GasInfo struct {
			GasUsed uint64 `json:"gas_used,string"`
		} `json:"gas_info"`
	}
	if err := json.Unmarshal(answer, &sim); err != nil {
		return 0, fmt.Errorf("simulation: node sent a malformed answer: %w", err)
	}
	if sim.GasInfo.GasUsed == 0 {
		return 0, errors.New("simulation: node sent no gas figure: is it a Cosmos SDK node?")
	}
	return sim.GasInfo.GasUsed, nil
}

func (s *Signer) sign(ctx context.Context, builder client.TxBuilder) error {
	mode := signing.SignMode_SIGN_MODE_DIRECT
	empty := signing.SignatureV2{PubKey: s.pub, Data: &signing.SingleSignatureData{SignMode: mode}, Sequence: s.sequence}
	if err := builder.SetSignatures(empty); err != nil {
		return err
	}
	data := authsigning.SignerData{
		Address: s.Address(), ChainID: s.client.chainID, AccountNumber: s.number, Sequence: s.sequence, PubKey: s.pub,
	}
	bz, err := authsigning.GetSignBytesAdapter(ctx, s.client.txConfig.SignModeHandler(), mode, data, builder.GetTx())
	if err != nil {
		return err
	}
	sig, _, err := s.keys.Sign(s.name, bz, mode)
	if err != nil {
		return fmt.Errorf("sign with key %q: %w", s.name, err)
	}
	empty.Data = &signing.SingleSignatureData{SignMode: mode, Signature: sig}
	return builder.SetSignatures(empty)
}

// refresh reads account number and sequence unless they are known.
func (s *Signer) refresh(ctx context.Context) error {
	if s.known {
		return nil
	}
	res, err := s.client.auth.AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: s.Address()})
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("account %s does not exist on chain: send it some ucpc, or have its fees granted: %w", s.Address(), err)
	}
	if err != nil {
		return err
	}
	s.number, s.sequence, s.known = res.Info.AccountNumber, res.Info.Sequence, true
	return nil
}

// SignBytes signs a 32-byte digest or any message with the account key, outside of a transaction (sessions, parcels).
// The signature is over sha256(message), as secp256k1 keys of the SDK make it.
func (s *Signer) SignBytes(message []byte) (signature, publicKey []byte, err error) {
	sig, pub, err := s.keys.Sign(s.name, message, signing.SignMode_SIGN_MODE_DIRECT)
	if err != nil {
		return nil, nil, fmt.Errorf("sign with key %q: %w", s.name, err)
	}
	return sig, pub.Bytes(), nil
}
