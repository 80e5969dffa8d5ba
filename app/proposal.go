package app

import (
	"bytes"
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/mempool"

	"github.com/cpchain/cpchain/pkg/vrf"
)

const blockSigned = cmtproto.BlockIDFlagCommit

// randomnessTag starts the first entry of a block's transactions where the proposer proved its randomness there. No
// transaction starts like this: 0xff is no protobuf field.
var randomnessTag = []byte("\xffcpchain/randomness/v1")

// randomnessEntry is a proposer's proof as it stands in a block.
func randomnessEntry(proof []byte) []byte { return append(bytes.Clone(randomnessTag), proof...) }

// splitRandomness takes the proof off a block's transactions; nil where there is none. More than one, or one in another
// place, are left among the transactions, where well tells of them.
func splitRandomness(txs [][]byte) (proof []byte, rest [][]byte) {
	if len(txs) == 0 || !bytes.HasPrefix(txs[0], randomnessTag) {
		return nil, txs
	}
	return txs[0][len(randomnessTag):], txs[1:]
}

func hasRandomness(txs [][]byte) bool {
	for _, tx := range txs {
		if bytes.HasPrefix(tx, randomnessTag) {
			return true
		}
	}
	return false
}

// BlockTxConfig reads every entry of a block, the proposer's randomness among them, which it shows as a transaction without messages. It
// is for those who look at blocks: the application itself refuses such an entry as undecodable.
type BlockTxConfig struct{ client.TxConfig }

// TxDecoder implements client.TxConfig.
func (c BlockTxConfig) TxDecoder() sdk.TxDecoder {
	decode := c.TxConfig.TxDecoder()
	return func(entry []byte) (sdk.Tx, error) {
		proof, rest := splitRandomness([][]byte{entry})
		if len(rest) > 0 {
			return decode(entry)
		}
		builder := c.NewTxBuilder()
		builder.SetMemo(fmt.Sprintf("randomness of the block's proposer: %x", proof))
		return builder.GetTx(), nil
	}
}

// randomness is what proposals ask of x/committee.
type randomness interface {
	ProposerKey(ctx context.Context, proposer sdk.ConsAddress) (vrf.PublicKey, bool, error)
	BlockInput(ctx context.Context, height int64) ([]byte, error)
	Mix(ctx context.Context, proposer sdk.ConsAddress, proof []byte) error
}

// proposals adds this node's randomness to what it proposes and checks others'; all else is the SDK's default.
type proposals struct {
	randomness
	key     *vrf.PrivateKey // nil on a node without one, which proposes all the same
	logger  log.Logger
	prepare sdk.PrepareProposalHandler
	process sdk.ProcessProposalHandler
}

// newProposals proposes from the node's mempool. What a node votes for does not depend on its mempool: where some refused what others
// propose, as a draw whose window has just closed, no round would end with a block.
func newProposals(app *App, r randomness) *proposals {
	return &proposals{
		randomness: r, logger: app.Logger(),
		prepare: baseapp.NewDefaultProposalHandler(app.Mempool(), app).PrepareProposalHandler(),
		process: baseapp.NewDefaultProposalHandler(mempool.NoOpMempool{}, app).ProcessProposalHandler(),
	}
}

// Prepare implements sdk.PrepareProposalHandler. The default handler gets the room that the proof leaves: CometBFT drops a
// proposal that is one byte too long.
func (p *proposals) Prepare(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	entry := p.entry(ctx, req)
	if entry == nil {
		return p.prepare(ctx, req)
	}
	room := *req
	room.MaxTxBytes -= cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{entry})
	res, err := p.prepare(ctx, &room)
	if err != nil {
		return nil, err
	}
	return &abci.ResponsePrepareProposal{Txs: append([][]byte{entry}, res.Txs...)}, nil
}

// entry proves this node's randomness; nil where it has no key, or not the registered one.
func (p *proposals) entry(ctx sdk.Context, req *abci.RequestPrepareProposal) []byte {
	if p.key == nil {
		return nil
	}
	registered, known, err := p.ProposerKey(ctx, req.ProposerAddress)
	if err != nil || !known || registered != p.key.Public() {
		p.logger.Error("proposing without randomness, which costs reputation: the VRF key of this node is not the registered one",
			"height", req.Height, "registered", known, "err", err)
		return nil
	}
	input, err := p.BlockInput(ctx, req.Height)
	if err != nil {
		p.logger.Error("proposing without randomness", "height", req.Height, "err", err)
		return nil
	}
	_, proof := p.key.Prove(input)
	return randomnessEntry(proof)
}

// Process implements sdk.ProcessProposalHandler: refuses proofs that are wrong, misplaced or doubled. A proposal without one
// is valid; the proposer pays for it when the block is mixed.
func (p *proposals) Process(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	proof, rest := splitRandomness(req.Txs)
	if hasRandomness(rest) || proof != nil && !p.valid(ctx, req, proof) {
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	stripped := *req
	stripped.Txs = rest
	return p.process(ctx, &stripped)
}

func (p *proposals) valid(ctx sdk.Context, req *abci.RequestProcessProposal, proof []byte) bool {
	key, known, err := p.ProposerKey(ctx, req.ProposerAddress)
	if err != nil || !known {
		return false
	}
	input, err := p.BlockInput(ctx, req.Height)
	if err != nil {
		return false
	}
	_, err = key.Verify(input, proof)
	return err == nil
}

// PreBlock mixes the block's randomness. It checks the proof again: blocks that are replayed or synced never pass Process.
func (p *proposals) PreBlock(ctx sdk.Context, req *abci.RequestFinalizeBlock) error {
	proof, _ := splitRandomness(req.Txs)
	return p.Mix(ctx, req.ProposerAddress, proof)
}
