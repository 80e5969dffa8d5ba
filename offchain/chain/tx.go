package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain/light"
)

// pollInterval is how often WaitTx looks for a transaction. Polling, since it also works through a proxy that carries
// no websocket.
const pollInterval = 150 * time.Millisecond

// TxError is a refusal of a transaction by the chain: codespace and code name the rule.
type TxError struct {
	// Hash is empty when the refusal was met before the transaction was sent, while its gas was estimated.
	Hash      string
	Codespace string
	Code      uint32
	Log       string
}

// Error implements error.
func (e *TxError) Error() string {
	name := "transaction " + e.Hash
	if e.Hash == "" {
		name = "transaction"
	}
	return fmt.Sprintf("%s refused: %s (%s code %d)", name, forPeople(e.Log), e.Codespace, e.Code)
}

// Is tells whether the refusal is the registered error target, so that errors.Is works across the wire.
func (e *TxError) Is(target error) bool {
	coded, ok := target.(interface {
		Codespace() string
		ABCICode() uint32
	})
	return ok && coded.Codespace() == e.Codespace && coded.ABCICode() == e.Code
}

// TxResult is an included transaction that succeeded.
type TxResult struct {
	Hash         string
	Height       int64
	GasUsed      int64
	MsgResponses []*codectypes.Any
	Events       []abci.Event
}

// Tx returns an included transaction: ErrNotFound while it is not, *TxError when it failed. Of a node that is not trusted
// its inclusion and its result are proved; its events are what the node says.
func (c *Client) Tx(ctx context.Context, hash string) (*TxResult, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	digest, err := hex.DecodeString(hash)
	if err != nil {
		return nil, fmt.Errorf("transaction hash %q is not hex: %w", hash, err)
	}
	// a search, since asking for the one by its hash tells "not there" from a failure by words alone
	found, err := c.rpc.TxSearch(ctx, fmt.Sprintf("tx.hash='%s'", hash), c.light != nil, nil, nil, "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if len(found.Txs) == 0 {
		return nil, fmt.Errorf("%w: transaction %s", ErrNotFound, hash)
	}
	if c.light != nil {
		if err := c.light.CheckTx(ctx, digest, found.Txs[0]); err != nil {
			return nil, notYet(err)
		}
	}
	return txResult(found.Txs[0])
}

// notYet makes a transaction that is included, but whose result can be proved only by the next block, one to wait for.
func notYet(err error) error {
	if errors.Is(err, light.ErrNotYet) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return lightError(err)
}

func txResult(res *coretypes.ResultTx) (*TxResult, error) {
	hash := res.Hash.String()
	r := res.TxResult
	if r.Code != abci.CodeTypeOK {
		return nil, &TxError{Hash: hash, Codespace: r.Codespace, Code: r.Code, Log: r.Log}
	}
	var data sdk.TxMsgData
	if err := proto.Unmarshal(r.Data, &data); err != nil {
		return nil, fmt.Errorf("transaction %s: node sent malformed results: %w", hash, err)
	}
	return &TxResult{Hash: hash, Height: res.Height, GasUsed: r.GasUsed, MsgResponses: data.MsgResponses, Events: r.Events}, nil
}

// WaitTx waits until a transaction is included. It gives up when ctx ends, then with ErrNotFound.
func (c *Client) WaitTx(ctx context.Context, hash string) (*TxResult, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		res, err := c.Tx(ctx, hash)
		if err == nil || !errors.Is(err, ErrNotFound) && !IsConnectionError(err) {
			return res, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: transaction %s was not included in time: %w", ErrNotFound, hash, ctx.Err())
		case <-tick.C:
		}
	}
}

// MsgResponse decodes the response of message i of a transaction into the given message.
func MsgResponse(r *TxResult, i int, into proto.Message) error {
	if i < 0 || i >= len(r.MsgResponses) {
		return fmt.Errorf("transaction %s has %d responses, none at %d", r.Hash, len(r.MsgResponses), i)
	}
	if got, want := r.MsgResponses[i].TypeUrl, "/"+proto.MessageName(into); got != want {
		return fmt.Errorf("transaction %s: response %d is %s, not %s", r.Hash, i, got, want)
	}
	return proto.Unmarshal(r.MsgResponses[i].Value, into)
}
