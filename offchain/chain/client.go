package chain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc"

	"cosmossdk.io/x/feegrant"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/cpchain/cpchain/offchain/chain/light"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

// Errors of reading the chain, matched with errors.Is.
var (
	// ErrNotFound means the row or transaction does not exist at the node's height.
	ErrNotFound = errors.New("not found on chain")
	// ErrUnavailable means that no answer came from the node.
	ErrUnavailable = errors.New("chain node does not answer")
)

// Config of a Client.
type Config struct {
	// RPC is the node's CometBFT RPC address, e.g. http://127.0.0.1:26657.
	RPC string
	// ChainID the node must be on; empty accepts the node's own.
	ChainID string
	// GasPrices paid per unit of gas, e.g. 0.001ucpc.
	GasPrices string
	// Timeout of one request; 0 means 10 seconds.
	Timeout time.Duration
	// Trust in the node; Home is where verified headers are kept.
	Trust Trust
	Home  string
	// MaxAge of the newest verified header; 0 means a minute.
	MaxAge time.Duration
	// Clock is nil for time.Now.
	Clock func() time.Time
}

// defaultTimeout of one request.
const defaultTimeout = 10 * time.Second

// Client reads chain facts and broadcasts transactions. It is safe for concurrent use.
type Client struct {
	rpc       *rpchttp.HTTP
	cdc       codec.Codec
	txConfig  client.TxConfig
	chainID   string
	gasPrices sdk.DecCoins
	timeout   time.Duration
	// light is nil when the node is trusted.
	light *light.Client

	datarights datarights.QueryClient
	provider   provider.QueryClient
	storage    storage.QueryClient
	auth       authtypes.QueryClient
	bank       banktypes.QueryClient
	feegrant   feegrant.QueryClient
}

// Dial connects to a node and checks that it is on the expected chain.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	prices, err := sdk.ParseDecCoins(cfg.GasPrices)
	if err != nil {
		return nil, fmt.Errorf("gas prices %q: write them like 0.001ucpc: %w", cfg.GasPrices, err)
	}
	timeout := cfg.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	rpc, err := rpchttp.NewWithTimeout(cfg.RPC, "/websocket", uint(max(timeout/time.Second, 1)))
	if err != nil {
		return nil, fmt.Errorf("rpc address %q: write it like http://127.0.0.1:26657: %w", cfg.RPC, err)
	}
	cdc, txConfig := newCodec()
	c := &Client{rpc: rpc, cdc: cdc, txConfig: txConfig, chainID: cfg.ChainID, gasPrices: prices, timeout: timeout}
	status, err := c.status(ctx)
	if err != nil {
		return nil, err
	}
	if cfg.ChainID == "" {
		c.chainID = status.chainID
	}
	if status.chainID != c.chainID {
		return nil, fmt.Errorf("node at %s is on chain %q, not %q: check the rpc address", cfg.RPC, status.chainID, c.chainID)
	}
	return c, c.ask(ctx, cfg)
}

// ask makes the clients of the modules' queries, which answer from proved rows when the node is not trusted.
func (c *Client) ask(ctx context.Context, cfg Config) error {
	node := queryConn{rpc: c.rpc, timeout: c.timeout, cdc: c.cdc}
	c.auth, c.bank, c.feegrant = authtypes.NewQueryClient(node), banktypes.NewQueryClient(node), feegrant.NewQueryClient(node)
	c.datarights, c.provider, c.storage = datarights.NewQueryClient(node), provider.NewQueryClient(node), storage.NewQueryClient(node)
	trust, err := cfg.Trust.of(cfg, c.chainID)
	if err != nil || trust == nil {
		return err
	}
	if c.light, err = light.Open(ctx, c.rpc, *trust); err != nil {
		return lightError(err)
	}
	proven := provenConn{queryConn: node, light: c.light}
	c.datarights, c.provider, c.storage = datarights.NewQueryClient(proven), provider.NewQueryClient(proven), storage.NewQueryClient(proven)
	return nil
}

// ChainID of the chain the client is on.
func (c *Client) ChainID() string { return c.chainID }

// Codec that knows every message and account type the off-chain programs meet.
func (c *Client) Codec() codec.Codec { return c.cdc }

// Tip is the newest block a node knows.
type Tip struct {
	Height     int64
	Time       time.Time
	CatchingUp bool
}

type nodeStatus struct {
	chainID string
	tip     Tip
}

// Tip is the newest block of the node, or the newest provable state when it is not trusted.
func (c *Client) Tip(ctx context.Context) (Tip, error) {
	if c.light == nil {
		s, err := c.status(ctx)
		return s.tip, err
	}
	view, err := c.light.View(ctx)
	return Tip{Height: view.Height(), Time: view.Time()}, lightError(err)
}

func (c *Client) status(ctx context.Context) (nodeStatus, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	res, err := c.rpc.Status(ctx)
	if err != nil {
		return nodeStatus{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nodeStatus{
		chainID: res.NodeInfo.Network,
		tip: Tip{
			Height:     res.SyncInfo.LatestBlockHeight,
			Time:       res.SyncInfo.LatestBlockTime,
			CatchingUp: res.SyncInfo.CatchingUp,
		},
	}, nil
}

// queryConn carries gRPC queries as ABCI queries, so that a CometBFT RPC address is all a program needs.
type queryConn struct {
	rpc     rpcclient.RemoteClient
	timeout time.Duration
	cdc     codec.Codec
}

// Invoke implements grpc.ClientConnInterface.
func (q queryConn) Invoke(ctx context.Context, method string, req, reply any, _ ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, q.timeout)
	defer cancel()
	request, ok := req.(proto.Message)
	if !ok {
		return fmt.Errorf("query %s: %T is no protobuf message", method, req)
	}
	response, ok := reply.(proto.Message)
	if !ok {
		return fmt.Errorf("query %s: %T is no protobuf message", method, reply)
	}
	bz, err := proto.Marshal(request)
	if err != nil {
		return fmt.Errorf("query %s: %w", method, err)
	}
	res, err := q.rpc.ABCIQuery(ctx, method, bz)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, method, err)
	}
	if !res.Response.IsOK() {
		return queryError(method, res.Response)
	}
	if err := proto.Unmarshal(res.Response.Value, response); err != nil {
		return fmt.Errorf("query %s: node sent a malformed answer: %w", method, err)
	}
	return codectypesUnpack(q.cdc, response)
}

// NewStream implements grpc.ClientConnInterface; the chain has no streaming queries.
func (queryConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("the chain has no streaming queries")
}

// queryError turns an ABCI refusal into an error; the SDK puts gRPC's NotFound into its own codespace.
func queryError(method string, res abci.ResponseQuery) error {
	if res.Codespace == sdkerrors.RootCodespace && res.Code == sdkerrors.ErrKeyNotFound.ABCICode() {
		return fmt.Errorf("%w: %s", ErrNotFound, forPeople(res.Log))
	}
	return fmt.Errorf("query %s: %s (%s code %d)", method, forPeople(res.Log), res.Codespace, res.Code)
}

// forPeople leaves out of a log what the layers between the rule and the wire have put around its words.
func forPeople(log string) string {
	if strings.HasPrefix(log, "rpc error:") {
		_, words, _ := strings.Cut(log, " desc = ")
		return strings.TrimSuffix(words, ": "+sdkerrors.ErrKeyNotFound.Error())
	}
	log = strings.TrimPrefix(log, "failed to simulate tx: ")
	return strings.TrimPrefix(log, "failed to execute message; message index: 0: ")
}

// IsConnectionError tells whether err means that the node could not be reached, so that trying again may help.
func IsConnectionError(err error) bool {
	var netErr net.Error
	return errors.Is(err, ErrUnavailable) || errors.As(err, &netErr)
}
