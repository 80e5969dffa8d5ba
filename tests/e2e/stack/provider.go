package stack

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/cpchain/cpchain/offchain/storage"
)

// Provider is one storage node.
type Provider struct {
	ID        uint64
	Operator  string
	PeerID    string
	Home, Log string
	// Multiaddr to dial it, with its peer id.
	Multiaddr string
	// HTTP is its local address of metrics and status.
	HTTP string

	s *Stack
	p *process
}

// providerFunds are what an operator gets: its bond and fees.
const providerFunds = "3000000000ucpc"

// AddProvider makes, funds, registers and starts one more storage node.
func (s *Stack) AddProvider(ctx context.Context) (*Provider, error) {
	n := len(s.Providers)
	p2p, err := freePort()
	if err != nil {
		return nil, err
	}
	http, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &Provider{
		Home: filepath.Join(s.cfg.Dir, fmt.Sprintf("storage%d", n)), Log: filepath.Join(s.cfg.Dir, "logs", fmt.Sprintf("storage%d.log", n)),
		HTTP: fmt.Sprintf("127.0.0.1:%d", http), s: s,
	}
	listen := fmt.Sprintf("/ip4/127.0.0.1/tcp/%d", p2p)
	args := []string{
		"init", "--home", p.Home, "--node", s.RPC(), "--chain-id", s.Chain.ChainID, "--keyring-backend", "test",
		"--listen", listen, "--capacity", "1GiB", "--http", p.HTTP,
	}
	if boot := s.Bootstrap(); boot != "" {
		args = append(args, "--bootstrap", boot)
	}
	var made struct {
		Operator string `json:"operator"`
		PeerID   string `json:"peer_id"`
	}
	if err := s.runJSON(ctx, nil, &made, "cpstoraged", args...); err != nil {
		return nil, err
	}
	p.Operator, p.PeerID, p.Multiaddr = made.Operator, made.PeerID, listen+"/p2p/"+made.PeerID
	if err := s.Fund(ctx, p.Operator, providerFunds); err != nil {
		return nil, err
	}
	var registered struct {
		Provider uint64 `json:"provider"`
	}
	err = s.runJSON(ctx, nil, &registered, "cpstoraged", "register", "--home", p.Home, "--bond", "2000000000ucpc", "--yes")
	if err != nil {
		return nil, err
	}
	p.ID = registered.Provider
	if err := p.configure(); err != nil {
		return nil, err
	}
	s.Providers = append(s.Providers, p)
	s.env.Cleanup(p.Stop)
	return p, p.Start(ctx)
}

// configure changes what init wrote, where the stack says so.
func (p *Provider) configure() error {
	if p.s.cfg.Storage == nil {
		return nil
	}
	cfg, err := storage.Load(p.Home)
	if err != nil {
		return err
	}
	p.s.cfg.Storage(&cfg)
	return cfg.Save(p.Home)
}

// Start starts the node and waits until it is healthy.
func (p *Provider) Start(ctx context.Context) error {
	return p.StartAs(ctx, filepath.Join(p.s.cfg.Bin, "cpstoraged"))
}

// StartAs starts the node's home with another binary, and env beside this process's own environment.
func (p *Provider) StartAs(ctx context.Context, binary string, env ...string) error {
	var err error
	if p.p, err = start(filepath.Base(p.Home), p.Log, env, binary, "start", "--home", p.Home); err != nil {
		return err
	}
	return p.p.waitHealthy(ctx, "http://"+p.HTTP+"/healthz")
}

// Freeze stops the node's process without ending it: it answers nobody, and its connections stay open.
func (p *Provider) Freeze() error { return p.p.signal(syscall.SIGSTOP) }

// Thaw lets a frozen node go on.
func (p *Provider) Thaw() error { return p.p.signal(syscall.SIGCONT) }

// Running tells whether the node's process lives.
func (p *Provider) Running() bool { return p.p.running() }

// Kill ends the node as a power cut would.
func (p *Provider) Kill() { p.p.kill() }

// Stop ends the node in good order.
func (p *Provider) Stop() { p.p.stop() }

// ByID finds a storage node by its number on chain.
func (s *Stack) ByID(id uint64) *Provider {
	for _, p := range s.Providers {
		if p.ID == id {
			return p
		}
	}
	return nil
}
