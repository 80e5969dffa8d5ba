package light

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/cometbft/cometbft/types"
)

// ErrNotYet means that the block that proves a transaction's result is not there yet.
var ErrNotYet = errors.New("not proved yet")

// CheckTx tells whether the chain holds a transaction (its bytes, its place and its result) as a node reported it: the
// transaction is in its block's data hash, and the result's code, data and gas are in the next block's hash of results.
func (c *Client) CheckTx(ctx context.Context, hash []byte, tx *coretypes.ResultTx) error {
	view, err := c.View(ctx)
	if err != nil {
		return err
	}
	claimed := fmt.Sprintf("transaction %X to be included with code %d", hash, tx.TxResult.Code)
	if view.Height() < tx.Height {
		return fmt.Errorf("%w: %s", ErrNotYet, claimed)
	}
	header, err := c.Header(ctx, tx.Height)
	if err != nil {
		return err
	}
	if !bytes.Equal(tx.Tx.Hash(), hash) || !bytes.Equal(tx.Proof.Data, tx.Tx) || tx.Proof.Proof.Index != int64(tx.Index) {
		return c.lie(tx.Height, claimed, errors.New("it is another transaction"))
	}
	if err := tx.Proof.Validate(header.DataHash); err != nil {
		return c.lie(tx.Height, claimed, fmt.Errorf("it is not in the verified header's data hash %X: %w", header.DataHash, err))
	}
	next, err := c.Header(ctx, tx.Height+1)
	if err != nil {
		return err
	}
	block, err := c.rpc.BlockResults(ctx, &tx.Height)
	if err != nil {
		return fmt.Errorf("%w: chain node %s: %w", ErrUnavailable, c.cfg.RPC, err)
	}
	results := types.NewResults(block.TxsResults)
	if !bytes.Equal(results.Hash(), next.LastResultsHash) || int(tx.Index) >= len(results) {
		return c.lie(tx.Height, claimed, fmt.Errorf("its block's results are not those of the verified header's hash %X", next.LastResultsHash))
	}
	proved := block.TxsResults[tx.Index]
	if proved.Code != tx.TxResult.Code || !bytes.Equal(proved.Data, tx.TxResult.Data) {
		return c.lie(tx.Height, claimed, fmt.Errorf("its result is proved to have code %d", proved.Code))
	}
	return nil
}
