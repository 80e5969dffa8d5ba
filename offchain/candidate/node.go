package candidate

import (
	"context"
	"fmt"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	committee "github.com/cpchain/cpchain/x/committee/types"
)

// pollInterval is how often the agent looks for a new block: well below any block time, and of its own node only.
const pollInterval = 250 * time.Millisecond

// Node is the agent's own node, asked over its RPC.
type Node struct {
	client   client.Context
	chainID  string
	agent    *secp256k1.PrivKey
	query    committee.QueryClient
	accounts authtypes.QueryClient
}

var _ Chain = (*Node)(nil)

// NewNode asks the node behind a client context, and signs with the agent's key.
func NewNode(ctx client.Context, chainID string, agent *secp256k1.PrivKey) *Node {
	return &Node{
		client: ctx, chainID: chainID, agent: agent,
		query: committee.NewQueryClient(ctx), accounts: authtypes.NewQueryClient(ctx),
	}
}

func (n *Node) address() string { return sdk.AccAddress(n.agent.PubKey().Address()).String() }

// Next implements Chain.
func (n *Node) Next(ctx context.Context, above int64) (int64, error) {
	return nextBlock(ctx, n.client.Client, above)
}

// nextBlock waits for a node's block above a height. A node that starts, or catches up, has no next block yet.
func nextBlock(ctx context.Context, node rpcclient.StatusClient, above int64) (int64, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		if s, err := node.Status(ctx); err == nil && !s.SyncInfo.CatchingUp && s.SyncInfo.LatestBlockHeight > above {
			return s.SyncInfo.LatestBlockHeight, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
		}
	}
}

// Turn implements Chain.
func (n *Node) Turn(ctx context.Context) (Turn, error) {
	candidate, err := n.query.CandidateByAgent(ctx, &committee.QueryCandidateByAgentRequest{Agent: n.address()})
	if status.Code(err) == codes.NotFound {
		return Turn{Reason: fmt.Sprintf("no candidate is registered with this node's agent %s: see cpchaind tx committee register", n.address())}, nil
	}
	if err != nil {
		return Turn{}, err
	}
	res, err := n.query.Turn(ctx, &committee.QueryTurnRequest{Operator: candidate.Candidate.Operator})
	if err != nil {
		return Turn{}, err
	}
	turn := Turn{
		Height: res.Height, Term: res.Term.Number, Input: res.Term.Input, Drawn: res.Drawn, Reason: res.Reason,
		// the mempool judges by the last block, and what is sent now is in the next one at the earliest
		Open: res.Height >= res.Term.Open && res.Height < res.Term.Close, Operator: candidate.Candidate.Operator,
	}
	if res.Snapshot != nil {
		turn.Weight, turn.Key = res.Snapshot.Weight, res.Snapshot.VrfKey
	}
	return turn, nil
}

// Submit implements Chain.
func (n *Node) Submit(ctx context.Context, turn Turn, proof []byte) error {
	msg := &committee.MsgSubmitSortition{Agent: n.address(), Operator: turn.Operator, Term: turn.Term, Proof: proof}
	raw, err := n.sign(ctx, msg)
	if err != nil {
		return err
	}
	res, err := n.client.Client.BroadcastTxSync(ctx, raw)
	if err != nil {
		return err
	}
	if res.Code == abci.CodeTypeOK || res.Codespace == sdkerrors.RootCodespace && res.Code == sdkerrors.ErrTxInMempoolCache.ABCICode() {
		return nil
	}
	if res.Codespace == committee.ModuleName && res.Code == committee.ErrDrawn.ABCICode() {
		return nil // the mempool has it already
	}
	return fmt.Errorf("the node refused it: %s (%s code %d)", res.Log, res.Codespace, res.Code)
}

// sign makes the transaction: one message, no fee.
func (n *Node) sign(ctx context.Context, msg sdk.Msg) ([]byte, error) {
	info, err := n.accounts.AccountInfo(ctx, &authtypes.QueryAccountInfoRequest{Address: n.address()})
	if err != nil {
		return nil, fmt.Errorf("account of the agent: %w", err)
	}
	builder := n.client.TxConfig.NewTxBuilder()
	if err := builder.SetMsgs(msg); err != nil {
		return nil, err
	}
	builder.SetGasLimit(committee.DrawGas)
	mode, public, sequence := signing.SignMode_SIGN_MODE_DIRECT, n.agent.PubKey(), info.Info.Sequence
	empty := signing.SignatureV2{PubKey: public, Data: &signing.SingleSignatureData{SignMode: mode}, Sequence: sequence}
	if err := builder.SetSignatures(empty); err != nil {
		return nil, err
	}
	signer := authsigning.SignerData{
		ChainID: n.chainID, AccountNumber: info.Info.AccountNumber, Sequence: sequence, PubKey: public, Address: n.address(),
	}
	signed, err := tx.SignWithPrivKey(ctx, mode, signer, builder, n.agent, n.client.TxConfig, sequence)
	if err != nil {
		return nil, err
	}
	if err := builder.SetSignatures(signed); err != nil {
		return nil, err
	}
	return n.client.TxConfig.TxEncoder()(builder.GetTx())
}
