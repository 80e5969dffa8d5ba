// Package daemon is the command line of cpstoraged: init, register, start, status, rotate, leave.
package daemon

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/storage"
)

// Option changes what a node is started with.
type Option func(*storage.Deps)

// WithReEncrypt replaces the node's re-encryption: the seam the tests use that show how readers deal with bad proxies.
func WithReEncrypt(f storage.ReEncrypt) Option {
	return func(d *storage.Deps) { d.ReEncrypt = f }
}

// program is what every command works on.
type program struct {
	home   string
	output string
	opts   []Option
}

// Command is cpstoraged's root command.
func Command(opts ...Option) *cobra.Command {
	p := &program{opts: opts}
	root := &cobra.Command{
		Use:   "cpstoraged",
		Short: "storage and re-encryption node of CPChain",
		Long: `cpstoraged keeps encrypted shards for data owners, and re-encrypts keys for the readers of live grants.
It can read neither. It serves only those whose right stands on chain, and proves what it stores with signed receipts.

A new node:
  cpstoraged init --chain-id cpchain-1 --node http://127.0.0.1:26657 --listen /ip4/0.0.0.0/tcp/4180
  (send the printed operator account its bond and some ucpc for fees)
  cpstoraged register --bond 1000000000ucpc
  cpstoraged start

The home (--home, default ~/.cpstoraged) holds config.toml, the node's keys, its data, and the operator's keyring. Back up
the folders keys and keyring-*: without them neither the node's identity nor its bond can be recovered.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if p.output != "text" && p.output != "json" {
				return fmt.Errorf("--output is %q: use text or json", p.output)
			}
			return nil
		},
	}
	root.PersistentFlags().StringVar(&p.home, "home", defaultHome(), "folder of the node's config, keys and data")
	root.PersistentFlags().StringVar(&p.output, "output", "text", "text or json (one object on standard output)")
	root.AddCommand(p.initCommand(), p.registerCommand(), p.startCommand(), p.statusCommand(), p.rotateCommand(), p.leaveCommand())
	return root
}

func defaultHome() string {
	user, err := os.UserHomeDir()
	if err != nil {
		return ".cpstoraged"
	}
	return filepath.Join(user, ".cpstoraged")
}
