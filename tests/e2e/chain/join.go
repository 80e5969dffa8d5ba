package chain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/spf13/viper"
)

// Join makes the home of a node that is no validator: keys of its own, the network's genesis, and node 0's configuration with other
// ports. It is not started and not among Nodes; cleanup ends it.
func (n *Network) Join(ctx context.Context, env Env, name string) (*Node, error) {
	home := filepath.Join(n.Dir, name)
	if _, err := n.run(ctx, []string{"init", name, "--chain-id", n.ChainID, "--home", home}); err != nil {
		return nil, err
	}
	base, err := ReservePorts(env, portsPerNode)
	if err != nil {
		return nil, err
	}
	first := n.Nodes[0]
	node := &Node{
		Name: name, Home: home, RPC: "http://" + address(base+1), GRPC: address(base + 2), REST: "http://" + address(base+3),
		LogFile: filepath.Join(home, "node.log"), binary: n.binary, env: env,
	}
	for _, file := range []string{"genesis.json", "app.toml", "client.toml"} {
		text, err := os.ReadFile(filepath.Join(first.Home, "config", file))
		if err != nil {
			return nil, err
		}
		replaced := strings.NewReplacer(hostOf(first.RPC), hostOf(node.RPC), first.GRPC, node.GRPC, hostOf(first.REST), hostOf(node.REST)).Replace(string(text))
		if err := os.WriteFile(filepath.Join(home, "config", file), []byte(replaced), 0o600); err != nil {
			return nil, err
		}
	}
	cfg, err := first.CometConfig()
	if err != nil {
		return nil, err
	}
	cfg.SetRoot(home)
	cfg.Moniker, cfg.P2P.ListenAddress = name, "tcp://"+address(base)
	cfg.RPC.ListenAddress, cfg.RPC.PprofListenAddress = "tcp://"+hostOf(node.RPC), address(base+4)
	cmtcfg.WriteConfigFile(filepath.Join(home, "config", "config.toml"), cfg)
	key, err := p2p.LoadNodeKey(cfg.NodeKeyFile())
	if err != nil {
		return nil, err
	}
	node.Peer = fmt.Sprintf("%s@%s", key.ID(), address(base))
	env.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		if err := node.Stop(ctx); err != nil {
			env.Logf("chain: %v", err)
		}
	})
	return node, nil
}

func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }

// CometConfig reads the node's config.toml.
func (n *Node) CometConfig() (*cmtcfg.Config, error) {
	v := viper.New()
	v.SetConfigFile(filepath.Join(n.Home, "config", "config.toml"))
	if err := v.ReadInConfig(); err != nil {
		return nil, err
	}
	cfg := cmtcfg.DefaultConfig()
	if err := v.Unmarshal(cfg); err != nil {
		return nil, err
	}
	return cfg.SetRoot(n.Home), nil
}
