package chain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Env is where a network tells what it does and leaves its cleanup; *testing.T is one.
type Env interface {
	Cleanup(func())
	Logf(format string, args ...any)
}

// Config of a network. Binary is required.
type Config struct {
	// Binary is the path of cpchaind.
	Binary string
	// Dir is made for homes and logs, and kept; empty makes a temporary one that cleanup removes.
	Dir string
	// Validators is at least 1, at most 25; 0 means 1.
	Validators int
	// BlockTime is the pause between blocks; 0 means 500 ms.
	BlockTime time.Duration
	// Accounts to fund: NAME=COINS makes a key in node 0's keyring, ADDRESS=COINS funds a key of yours.
	Accounts []string
	// InitFlags are further flags of testnet init-files.
	InitFlags []string
}

// Network is a chain of local validators.
type Network struct {
	// ChainID as in genesis.
	ChainID string
	// Dir holds the homes node0, node1, ...
	Dir string
	// Nodes in the order of their homes.
	Nodes []*Node

	env    Env
	binary string
}

// portsPerNode is what testnet init-files takes from --base-port for each node.
const portsPerNode = 5

// stopTime is how long cleanup waits for a node to end by itself.
const stopTime = 10 * time.Second

// Start makes a network, starts all its nodes and waits for the first block.
func Start(ctx context.Context, env Env, cfg Config) (*Network, error) {
	network, err := New(ctx, env, cfg)
	if err != nil {
		return nil, err
	}
	if err := network.Start(); err != nil {
		return nil, err
	}
	for _, node := range network.Nodes { // one that has ended by now is no node that somebody stopped
		if err := node.WaitHeight(ctx, 1); err != nil {
			return network, err
		}
	}
	return network, nil
}

// New makes the homes of a network without starting it. Cleanup ends what was started.
func New(ctx context.Context, env Env, cfg Config) (*Network, error) {
	if cfg.Binary == "" {
		return nil, errors.New("chain: the path of cpchaind is missing")
	}
	dir, err := makeDir(env, cfg.Dir)
	if err != nil {
		return nil, err
	}
	count, pause := max(cfg.Validators, 1), cfg.BlockTime
	if pause == 0 {
		pause = 500 * time.Millisecond
	}
	base, err := ReservePorts(env, count*portsPerNode)
	if err != nil {
		return nil, err
	}
	homes := filepath.Join(dir, "homes")
	args := append([]string{
		"testnet", "init-files", "--output-dir", homes, "--validators", fmt.Sprint(count), "--base-port", fmt.Sprint(base),
		"--block-time", pause.String(), "--accounts", strings.Join(cfg.Accounts, ","),
	}, cfg.InitFlags...)
	args = append(args, "--output", "json")
	network := &Network{Dir: homes, env: env, binary: cfg.Binary}
	out, err := network.run(ctx, append(args, "--home", filepath.Join(dir, "cli")))
	if err != nil {
		return nil, err
	}
	if err := network.read(out); err != nil {
		return nil, fmt.Errorf("chain: what testnet init-files printed: %w", err)
	}
	env.Cleanup(network.cleanup)
	return network, nil
}

func makeDir(env Env, dir string) (string, error) {
	if dir != "" {
		return dir, os.MkdirAll(dir, 0o755)
	}
	dir, err := os.MkdirTemp("", "cpchain-net-")
	if err == nil {
		env.Cleanup(func() { _ = os.RemoveAll(dir) })
	}
	return dir, err
}

// read takes in the homes and addresses that testnet init-files printed.
func (n *Network) read(out []byte) error {
	var made struct {
		ChainID string `json:"chain_id"`
		Nodes   []struct {
			Home      string `json:"home"`
			RPC       string `json:"rpc"`
			GRPC      string `json:"grpc"`
			REST      string `json:"rest"`
			Peer      string `json:"peer"`
			Operator  string `json:"operator"`
			Validator string `json:"validator"`
		} `json:"nodes"`
	}
	if err := json.Unmarshal(out, &made); err != nil {
		return err
	}
	n.ChainID = made.ChainID
	for i, node := range made.Nodes {
		n.Nodes = append(n.Nodes, &Node{
			Name: fmt.Sprintf("node%d", i), Home: node.Home, RPC: node.RPC, GRPC: node.GRPC, REST: node.REST,
			Peer: node.Peer, Operator: node.Operator, Validator: node.Validator,
			LogFile: filepath.Join(node.Home, "node.log"), binary: n.binary, env: n.env,
		})
	}
	return nil
}

// Start starts every node that is not running.
func (n *Network) Start() error {
	for _, node := range n.Nodes {
		if node.Running() {
			continue
		}
		if err := node.Start(); err != nil {
			return err
		}
	}
	return nil
}

// Stop asks every running node to end, and waits for all.
func (n *Network) Stop(ctx context.Context) error {
	var errs []error
	for _, node := range n.Nodes {
		errs = append(errs, node.Stop(ctx))
	}
	return errors.Join(errs...)
}

// WaitHeight waits until every running node has the block of a height.
func (n *Network) WaitHeight(ctx context.Context, height int64) error {
	for _, node := range n.Nodes {
		if !node.Running() {
			continue
		}
		if err := node.WaitHeight(ctx, height); err != nil {
			return err
		}
	}
	return nil
}

// cleanup ends all nodes, roughly where they don't end when asked.
func (n *Network) cleanup() {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := n.Stop(ctx); err != nil {
		n.env.Logf("chain: %v", err)
	}
}

// run runs cpchaind to its end and returns what it wrote to stdout; its stderr is in the error.
func (n *Network) run(ctx context.Context, args []string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, n.binary, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("cpchaind %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), nil
}
