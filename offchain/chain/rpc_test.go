package chain_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/mempool"
	"github.com/cometbft/cometbft/p2p"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	rpcserver "github.com/cometbft/cometbft/rpc/jsonrpc/server"
	rpctypes "github.com/cometbft/cometbft/rpc/jsonrpc/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/cpchain/cpchain/app/apptest"
	"github.com/cpchain/cpchain/offchain/chain"
)

// rpcNode is the real application behind a CometBFT RPC of its own: a transaction that passes CheckTx gets a block at once.
type rpcNode struct {
	mu   sync.Mutex
	app  *apptest.Chain
	url  string
	seen map[string]*coretypes.ResultTx
	// between runs before the next transaction is checked: what another program does meanwhile.
	between func()
	// made hears of every block.
	made func(txs cmttypes.Txs, res *abci.ResponseFinalizeBlock)
}

// block makes a block.
func (n *rpcNode) block(txs ...[]byte) *abci.ResponseFinalizeBlock {
	res := n.app.Block(txs...)
	if n.made != nil {
		n.made(cmttypes.ToTxs(txs), res)
	}
	return res
}

func newRPCNode(t *testing.T) *rpcNode {
	t.Helper()
	n := &rpcNode{app: apptest.New(t, 3, 1), seen: map[string]*coretypes.ResultTx{}}
	mux := http.NewServeMux()
	rpcserver.RegisterRPCFuncs(mux, map[string]*rpcserver.RPCFunc{
		"status":            rpcserver.NewRPCFunc(n.status, ""),
		"abci_query":        rpcserver.NewRPCFunc(n.query, "path,data,height,prove"),
		"broadcast_tx_sync": rpcserver.NewRPCFunc(n.broadcast, "tx"),
		"tx_search":         rpcserver.NewRPCFunc(n.search, "query,prove,page,per_page,order_by"),
	}, log.NewNopLogger())
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	n.url = server.URL
	return n
}

func (n *rpcNode) status(*rpctypes.Context) (*coretypes.ResultStatus, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	height := n.app.LastBlockHeight()
	return &coretypes.ResultStatus{
		NodeInfo: p2p.DefaultNodeInfo{Network: apptest.ChainID},
		SyncInfo: coretypes.SyncInfo{LatestBlockHeight: height, LatestBlockTime: n.app.TimeAt(height)},
	}, nil
}

func (n *rpcNode) query(_ *rpctypes.Context, path string, data cmtbytes.HexBytes, height int64, prove bool) (*coretypes.ResultABCIQuery, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	res, err := n.app.Query(nil, &abci.RequestQuery{Path: path, Data: data, Height: height, Prove: prove}) //nolint:staticcheck // the application ignores the context
	if err != nil {
		return nil, err
	}
	return &coretypes.ResultABCIQuery{Response: *res}, nil
}

func (n *rpcNode) broadcast(_ *rpctypes.Context, tx cmttypes.Tx) (*coretypes.ResultBroadcastTx, error) {
	if meanwhile := n.between; meanwhile != nil {
		n.between = nil
		meanwhile()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	hash := cmtbytes.HexBytes(tx.Hash())
	if n.seen[hash.String()] != nil {
		return nil, mempool.ErrTxInCache
	}
	check, err := n.app.CheckTx(&abci.RequestCheckTx{Tx: tx, Type: abci.CheckTxType_New})
	if err != nil {
		return nil, err
	}
	if check.IsOK() {
		block := n.block(tx)
		n.seen[hash.String()] = &coretypes.ResultTx{Hash: hash, Height: n.app.LastBlockHeight(), TxResult: *block.TxResults[0], Tx: tx, Proof: cmttypes.Txs{tx}.Proof(0)}
	}
	return &coretypes.ResultBroadcastTx{Code: check.Code, Codespace: check.Codespace, Log: check.Log, Hash: hash}, nil
}

func (n *rpcNode) search(_ *rpctypes.Context, query string, _ bool, _, _ *int, _ string) (*coretypes.ResultTxSearch, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	hash := strings.TrimSuffix(strings.TrimPrefix(query, "tx.hash='"), "'")
	res, ok := n.seen[hash]
	if !ok {
		return &coretypes.ResultTxSearch{}, nil
	}
	return &coretypes.ResultTxSearch{Txs: []*coretypes.ResultTx{res}, TotalCount: 1}, nil
}

// dial connects to the node.
func (n *rpcNode) dial(t *testing.T) *chain.Client {
	t.Helper()
	c, err := chain.Dial(t.Context(), chain.Config{RPC: n.url, ChainID: apptest.ChainID, GasPrices: "0.001ucpc"})
	require.NoError(t, err)
	return c
}

// signer signs as one of the genesis accounts.
func (n *rpcNode) signer(t *testing.T, c *chain.Client, account int) *chain.Signer {
	t.Helper()
	keys, err := chain.OpenKeyring(t.TempDir(), keyring.BackendTest, nil)
	require.NoError(t, err)
	require.NoError(t, keys.ImportPrivKeyHex("key", hexKey(n.app.Genesis.Accounts[account]), "secp256k1"))
	s, err := chain.NewSigner(c, keys, "key")
	require.NoError(t, err)
	require.Equal(t, n.app.Genesis.Accounts[account].Address.String(), s.Address())
	return s
}
