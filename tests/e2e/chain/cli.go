package chain

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	cmthttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
)

// GasPrices that Tx pays.
const GasPrices = "0.001ucpc"

// CLI runs a cpchaind command against node 0, with its home and keyring, and returns what it printed.
func (n *Network) CLI(ctx context.Context, args ...string) ([]byte, error) {
	return n.run(ctx, append(args, "--home", n.Nodes[0].Home))
}

// Address of a key in node 0's keyring.
func (n *Network) Address(ctx context.Context, key string) (string, error) {
	out, err := n.CLI(ctx, "keys", "show", key, "--address", "--keyring-backend", "test")
	return strings.TrimSpace(string(out)), err
}

// Query runs "cpchaind query ARGS" against node 0 and decodes the JSON answer into out.
func (n *Network) Query(ctx context.Context, out any, args ...string) error {
	args = append([]string{"query"}, args...)
	answer, err := n.CLI(ctx, append(args, "--node", n.rpc(), "--output", "json")...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("answer of %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// TxResult is a transaction in a block.
type TxResult struct {
	Hash    string
	Height  int64
	GasUsed int64
	Events  []abci.Event
}

// Tx runs "cpchaind tx ARGS" signed by a key of node 0's keyring and waits for the block that has it. A transaction that is
// refused, before or in the block, is an error that says why.
func (n *Network) Tx(ctx context.Context, from string, args ...string) (TxResult, error) {
	return n.TxAt(ctx, n.Nodes[0].Home, from, args...)
}

// TxAt is Tx with the keys of another home.
func (n *Network) TxAt(ctx context.Context, home, from string, args ...string) (TxResult, error) {
	client, err := n.Nodes[0].dial(ctx)
	if err != nil {
		return TxResult{}, err
	}
	defer n.Nodes[0].hangUp(client)
	args = append([]string{"tx"}, args...)
	out, err := n.run(ctx, append(args, "--home", home, "--from", from, "--node", n.rpc(), "--chain-id", n.ChainID, "--keyring-backend", "test",
		"--gas", "auto", "--gas-adjustment", "1.5", "--gas-prices", GasPrices, "--yes", "--output", "json"))
	if err != nil {
		return TxResult{}, err
	}
	var sent struct {
		TxHash string `json:"txhash"`
		Code   uint32 `json:"code"`
		RawLog string `json:"raw_log"`
	}
	if err := json.Unmarshal(out, &sent); err != nil {
		return TxResult{}, fmt.Errorf("answer of %s: %w", strings.Join(args, " "), err)
	}
	if sent.Code != 0 {
		return TxResult{}, fmt.Errorf("%s refused, code %d: %s", strings.Join(args, " "), sent.Code, sent.RawLog)
	}
	return n.WaitTx(ctx, client, sent.TxHash)
}

// WaitTx waits for a transaction to be in a block of node 0. A transaction that failed there is an error.
func (n *Network) WaitTx(ctx context.Context, client *cmthttp.HTTP, hash string) (TxResult, error) {
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return TxResult{}, fmt.Errorf("transaction hash %q: %w", hash, err)
	}
	query := fmt.Sprintf("tm.event='Tx' AND tx.hash='%s'", strings.ToUpper(hash))
	included, err := client.Subscribe(ctx, "tx-"+hash, query, 1)
	if err != nil {
		return TxResult{}, err
	}
	// It may have come before the subscription.
	if found, err := client.Tx(ctx, raw, false); err == nil {
		return txResult(hash, found.Height, found.TxResult)
	}
	select {
	case event := <-included:
		data, ok := event.Data.(cmttypes.EventDataTx)
		if !ok {
			return TxResult{}, fmt.Errorf("transaction %s: unexpected event %T", hash, event.Data)
		}
		return txResult(hash, data.Height, data.Result)
	case <-n.Nodes[0].ended:
		return TxResult{}, n.Nodes[0].unexpectedEnd()
	case <-ctx.Done():
		return TxResult{}, fmt.Errorf("waiting for transaction %s: %w", hash, ctx.Err())
	}
}

func txResult(hash string, height int64, r abci.ExecTxResult) (TxResult, error) {
	result := TxResult{Hash: hash, Height: height, GasUsed: r.GasUsed, Events: r.Events}
	if r.Code != abci.CodeTypeOK {
		return result, fmt.Errorf("transaction %s failed, code %d: %s", hash, r.Code, r.Log)
	}
	return result, nil
}

func (n *Network) rpc() string { return strings.Replace(n.Nodes[0].RPC, "http://", "tcp://", 1) }
