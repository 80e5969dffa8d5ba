package stack

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/cpchain/cpchain/offchain/gateway"
)

// Gateway is the edge gateway.
type Gateway struct {
	Home, Log string
	// URL of its HTTP interface, MQTT its broker's address.
	URL, MQTT string

	s *Stack
	p *process
}

// StartGateway makes and starts a gateway. It needs no coins: owners grant it its fees.
func (s *Stack) StartGateway(ctx context.Context) (*Gateway, error) {
	http, err := freePort()
	if err != nil {
		return nil, err
	}
	mqtt, err := freePort()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		Home: filepath.Join(s.cfg.Dir, "gateway"), Log: filepath.Join(s.cfg.Dir, "logs", "gateway.log"),
		URL: fmt.Sprintf("http://127.0.0.1:%d", http), MQTT: fmt.Sprintf("127.0.0.1:%d", mqtt), s: s,
	}
	err = s.runJSON(ctx, nil, nil, "cpgatewayd", "init", "--home", g.Home, "--node", s.RPC(), "--chain-id", s.Chain.ChainID,
		"--keyring-backend", "test", "--bootstrap", s.Bootstrap(), "--http", fmt.Sprintf("127.0.0.1:%d", http), "--mqtt", g.MQTT)
	if err != nil {
		return nil, err
	}
	if err := g.configure(); err != nil {
		return nil, err
	}
	s.env.Cleanup(g.Stop)
	return g, g.Start(ctx)
}

// configure applies what the stack's config changes.
func (g *Gateway) configure() error {
	if g.s.cfg.Gateway == nil {
		return nil
	}
	cfg, err := gateway.Load(g.Home)
	if err != nil {
		return err
	}
	g.s.cfg.Gateway(&cfg)
	return cfg.Save(g.Home)
}

// Start starts the gateway and waits until it is healthy.
func (g *Gateway) Start(ctx context.Context) error {
	if err := g.Launch(); err != nil {
		return err
	}
	return g.p.waitHealthy(ctx, g.URL+"/healthz")
}

// Launch starts the gateway's process and waits for nothing.
func (g *Gateway) Launch() error {
	var err error
	g.p, err = start("gateway", g.Log, nil, filepath.Join(g.s.cfg.Bin, "cpgatewayd"), "start", "--home", g.Home)
	return err
}

// Replay sends a file to the running gateway and waits until all of it is anchored.
func (g *Gateway) Replay(ctx context.Context, file string, stream uint64, into any) error {
	return g.s.runJSON(ctx, nil, into, "cpgatewayd", "replay", file, "--home", g.Home, "--stream", strconv.FormatUint(stream, 10), "--gateway", g.URL, "--flush")
}

// Stop ends the gateway in good order.
func (g *Gateway) Stop() { g.p.stop() }

// Kill ends the gateway as a power cut would.
func (g *Gateway) Kill() { g.p.kill() }
