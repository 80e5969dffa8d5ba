// Package stack runs a whole CPChain on loopback: validators, storage nodes, a gateway, and people who type cpdata, all as
// processes of the binaries that ship. It ends only processes that it started.
package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	offchain "github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/storage"
	"github.com/cpchain/cpchain/tests/e2e/chain"
)

// Config of a stack.
type Config struct {
	// Bin is the folder of the binaries, Dir the folder for homes and logs.
	Bin, Dir string
	// Providers is how many storage nodes are registered and started.
	Providers int
	// InitFlags are further flags of cpchaind testnet init-files.
	InitFlags []string
	// Storage changes the configuration of a storage node before its first start; nil leaves what init wrote.
	Storage func(*storage.Config)
	// Gateway changes the configuration of a gateway before its first start; nil leaves what init wrote.
	Gateway func(*gateway.Config)
}

// Stack is a running network.
type Stack struct {
	Chain     *chain.Network
	Providers []*Provider

	env chain.Env
	cfg Config
}

// faucet pays everybody in the network.
const faucet = "faucet"

// Start starts a validator and the storage nodes.
func Start(ctx context.Context, env chain.Env, cfg Config) (*Stack, error) {
	network, err := chain.Start(ctx, env, chain.Config{
		Binary: filepath.Join(cfg.Bin, "cpchaind"), Dir: filepath.Join(cfg.Dir, "chain"),
		Accounts: []string{faucet + "=100000000000000ucpc"}, InitFlags: cfg.InitFlags,
	})
	if err != nil {
		return nil, err
	}
	s := &Stack{Chain: network, env: env, cfg: cfg}
	for range cfg.Providers {
		if _, err := s.AddProvider(ctx); err != nil {
			return nil, err
		}
	}
	return s, s.WaitDrawn(ctx)
}

// WaitDrawn waits for a draw boundary that sees all storage nodes: draws leave out who came later.
func (s *Stack) WaitDrawn(ctx context.Context) error {
	client, err := offchain.Dial(ctx, offchain.Config{RPC: s.RPC(), ChainID: s.Chain.ChainID})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for {
		boundaries, err := client.Boundaries(ctx)
		if err == nil && len(boundaries) > 0 && boundaries[0].Holders >= uint64(len(s.Providers)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no draw boundary sees all %d storage nodes: %w", len(s.Providers), errors.Join(ctx.Err(), err))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// RPC of the first validator.
func (s *Stack) RPC() string { return s.Chain.Nodes[0].RPC }

// Fund sends an account coins from the faucet.
func (s *Stack) Fund(ctx context.Context, address, coins string) error {
	_, err := s.Chain.Tx(ctx, faucet, "bank", "send", faucet, address, coins)
	return err
}

// Bootstrap is the address of a running storage node, the first unless it was stopped.
func (s *Stack) Bootstrap() string {
	for _, p := range s.Providers {
		if p.Running() {
			return p.Multiaddr
		}
	}
	return ""
}

// RunError is a command that ended with an error.
type RunError struct {
	Command  string
	ExitCode int
	Stderr   string
}

// Error implements error.
func (e *RunError) Error() string {
	return fmt.Sprintf("%s: exit code %d: %s", e.Command, e.ExitCode, strings.TrimSpace(e.Stderr))
}

// Run runs a command of the binaries and returns what it wrote to standard output.
func (s *Stack) Run(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.cfg.Bin, name), args...)
	cmd.Env = append(os.Environ(), env...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.Bytes(), &RunError{Command: name + " " + strings.Join(args, " "), ExitCode: exit.ExitCode(), Stderr: errOut.String()}
	}
	return out.Bytes(), err
}

// runJSON runs a command with --output json and decodes its answer.
func (s *Stack) runJSON(ctx context.Context, env []string, into any, name string, args ...string) error {
	bz, err := s.Run(ctx, env, name, append(args, "--output", "json")...)
	if err != nil {
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(bz, into); err != nil {
		return fmt.Errorf("%s %s printed no JSON: %w: %s", name, strings.Join(args, " "), err, bz)
	}
	return nil
}

// freePort is a TCP port nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
