package chain

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/spf13/pflag"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/offchain/chain/light"
)

// How a program comes to believe its chain node.
const (
	// TrustNode believes what the node says: for a node of one's own.
	TrustNode = "node"
	// TrustLight has every row proved against headers a light client verified.
	TrustLight = "light"
)

const (
	// localChain is how ids of chains begin that `cpchaind testnet` makes for one machine.
	localChain = "cpchain-local"
	// headersDir in a home keeps verified headers.
	headersDir = "headers"
	// defaultMaxAge of the newest header, for programs that have no setting of their own.
	defaultMaxAge = time.Minute
)

// Trust is how a program believes its chain node, as its config holds it.
type Trust struct {
	// Mode is TrustNode or TrustLight.
	Mode string `toml:"trust"`
	// Witnesses are RPC addresses of further nodes, whose headers must be those of the first.
	Witnesses []string `toml:"witnesses"`
	// Height and Hash (hex) of a block header that the user trusts.
	Height int64  `toml:"trust_height"`
	Hash   string `toml:"trust_hash"`
	// PeriodSeconds is the trusting period.
	PeriodSeconds int64 `toml:"trust_period_seconds"`
}

// DefaultTrust of configs from before there was a choice.
func DefaultTrust() Trust { return Trust{Mode: TrustNode, Witnesses: []string{}} }

// AddFlags adds the flags of init.
func (t *Trust) AddFlags(f *pflag.FlagSet) {
	t.Mode = ""
	f.StringVar(&t.Mode, "trust", "", `"light": prove every row to a light client; "node": believe the node (default: node on chains named `+localChain+`-*, else light)`)
	f.Int64Var(&t.Height, "trust-height", 0, "height of a recent block you trust")
	f.StringVar(&t.Hash, "trust-hash", "", "its hash, from an explorer or another node's RPC /commit?height=")
	f.Int64Var(&t.PeriodSeconds, "trust-period", 0, "trusting period in seconds (default: 2/3 of the unbonding period, read from the node and shown)")
	f.StringArrayVar(&t.Witnesses, "witness", nil, "CometBFT RPC address of another node whose headers must be the same (repeatable)")
}

// Complete fills in what the flags left open. note tells the user what was read from the node.
func (t *Trust) Complete(ctx context.Context, chainID, rpc string, note func(format string, args ...any)) error {
	if t.Mode == "" {
		t.Mode = defaultMode(chainID, rpc, t.Height)
	}
	if t.Mode == TrustLight && chainID == "" {
		return fmt.Errorf("--trust light needs --chain-id: headers of another chain would verify as well")
	}
	if t.Mode == TrustLight && t.PeriodSeconds == 0 && t.Height > 0 {
		unbonding, err := unbondingTime(ctx, rpc)
		if err != nil {
			return fmt.Errorf("read the unbonding period from %s, or give --trust-period: %w", rpc, err)
		}
		t.PeriodSeconds = int64(unbonding/time.Second) * 2 / 3
		note("trusting period: %s, which is 2/3 of the unbonding period of %s that %s told\n", time.Duration(t.PeriodSeconds)*time.Second, unbonding, rpc)
	}
	return t.Validate()
}

func defaultMode(chainID, rpc string, height int64) string {
	local := strings.HasPrefix(chainID, localChain)
	if u, err := url.Parse(rpc); chainID == "" && err == nil {
		local = u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" || u.Hostname() == "::1"
	}
	if local && height == 0 {
		return TrustNode
	}
	return TrustLight
}

// Validate says what is wrong.
func (t Trust) Validate() error {
	if t.Mode == TrustNode {
		return nil
	}
	if t.Mode != TrustLight {
		return fmt.Errorf("trust is %q: use %q or %q", t.Mode, TrustLight, TrustNode)
	}
	hash, err := hex.DecodeString(t.Hash)
	if err != nil || len(hash) != 32 || t.Height < 1 || t.PeriodSeconds < 1 {
		return fmt.Errorf(`trust = "light" needs trust_height, trust_hash (64 hex digits) and trust_period_seconds: give init --trust-height and --trust-hash ` +
			"of a recent block, from an explorer or another node's RPC /commit?height=; or --trust node, for a node of your own")
	}
	return nil
}

// of makes the config of a light client; nil when the node is believed.
func (t Trust) of(cfg Config, chainID string) (*light.Config, error) {
	if t.Mode == "" || t.Mode == TrustNode {
		return nil, nil
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	hash, err := hex.DecodeString(t.Hash)
	if err != nil {
		return nil, err
	}
	maxAge := cfg.MaxAge
	if maxAge == 0 {
		maxAge = defaultMaxAge
	}
	return &light.Config{
		ChainID: chainID, RPC: cfg.RPC, Witnesses: t.Witnesses, Height: t.Height, Hash: hash, Period: time.Duration(t.PeriodSeconds) * time.Second,
		Dir: filepath.Join(cfg.Home, headersDir), MaxAge: maxAge, Clock: cfg.Clock,
	}, nil
}

func unbondingTime(ctx context.Context, rpc string) (time.Duration, error) {
	node, err := rpchttp.New(rpc, "/websocket")
	if err != nil {
		return 0, err
	}
	cdc, _ := newCodec()
	res, err := stakingtypes.NewQueryClient(queryConn{rpc: node, timeout: defaultTimeout, cdc: cdc}).Params(ctx, &stakingtypes.QueryParamsRequest{})
	if err != nil {
		return 0, err
	}
	return res.Params.UnbondingTime, nil
}
