package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
)

// config is what `cpdata init` writes to config.toml; flags go before it.
type config struct {
	// Node is the CometBFT RPC address of a chain node.
	Node string `toml:"node"`
	// ChainID the node must be on; empty accepts any.
	ChainID string `toml:"chain_id"`
	// Bootstrap are libp2p addresses to join the storage network by.
	Bootstrap []string `toml:"bootstrap"`
	// KeyringBackend keeps account keys: file, os or test.
	KeyringBackend string `toml:"keyring_backend"`
	// GasPrices is what is paid per gas.
	GasPrices string `toml:"gas_prices"`
	// Trust is how the node is believed: trust, witnesses, trust_height, trust_hash, trust_period_seconds.
	chain.Trust
}

func defaultConfig() config {
	return config{Node: "http://127.0.0.1:26657", KeyringBackend: "file", GasPrices: "0.001ucpc", Trust: chain.DefaultTrust()}
}

func configPath(home string) string { return filepath.Join(home, "config.toml") }

// loadConfig reads config.toml; a missing file means the defaults, an unknown key is an error.
func loadConfig(home string) (config, error) {
	cfg := defaultConfig()
	meta, err := toml.DecodeFile(configPath(home), &cfg)
	if errors.Is(err, os.ErrNotExist) {
		return cfg, nil
	}
	if err != nil {
		return cfg, fmt.Errorf("%s: %w", configPath(home), err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return cfg, fmt.Errorf("%s: unknown key %s: remove or correct it", configPath(home), unknown[0])
	}
	return cfg, nil
}

// override puts the flags the user gave over the file.
func (c *config) override(cmd *cobra.Command) error {
	flags := cmd.Flags()
	for name, field := range map[string]*string{
		"node": &c.Node, "chain-id": &c.ChainID, "keyring-backend": &c.KeyringBackend, "gas-prices": &c.GasPrices,
	} {
		if !flags.Changed(name) {
			continue
		}
		value, err := flags.GetString(name)
		if err != nil {
			return err
		}
		*field = value
	}
	if !flags.Changed("bootstrap") {
		return nil
	}
	var err error
	c.Bootstrap, err = flags.GetStringSlice("bootstrap")
	return err
}

func initCmd(a *app) *cobra.Command {
	var trust chain.Trust
	cmd := &cobra.Command{
		Use:     "init",
		Short:   "write the configuration: which node, which storage network",
		Example: "  cpdata init --node http://127.0.0.1:26657 --bootstrap /ip4/127.0.0.1/tcp/4001/p2p/12D3KooW...",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := trust.Complete(cmd.Context(), a.cfg.ChainID, a.cfg.Node, a.tell); err != nil {
				return err
			}
			a.cfg.Trust = trust
			if _, err := os.Stat(configPath(a.home)); err == nil {
				return fmt.Errorf("%s exists already: edit it, or choose another --home", configPath(a.home))
			}
			if err := os.MkdirAll(a.home, 0o700); err != nil {
				return err
			}
			var file bytes.Buffer
			if err := toml.NewEncoder(&file).Encode(a.cfg); err != nil {
				return err
			}
			if err := os.WriteFile(configPath(a.home), file.Bytes(), 0o600); err != nil {
				return err
			}
			return a.print(map[string]any{"config": configPath(a.home), "node": a.cfg.Node},
				fmt.Sprintf("wrote %s; next: cpdata keys init", configPath(a.home)))
		},
	}
	trust.AddFlags(cmd.Flags())
	return cmd
}
