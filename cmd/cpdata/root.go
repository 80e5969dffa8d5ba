package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/reader"
)

// Exit codes, told in the root help.
const (
	exitError   = 1
	exitRefused = 3
	exitMissing = 4
)

const rootHelp = `cpdata owns and reads CPChain data streams.

Owners make a stream, hand a gateway its keys, grant readers exact time ranges and revoke; readers fetch what they were
granted, verified against the chain. Start with:

  cpdata init --node http://127.0.0.1:26657 --bootstrap /ip4/127.0.0.1/tcp/4001/p2p/...
  cpdata keys init

Exit codes: 0 done, 1 error, 3 refused (no right), 4 too few shards or answers to be had.
Every command takes --output json: one object on standard output; progress and costs go to standard error.`

func rootCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "cpdata",
		Short:         "own, grant and read CPChain data streams",
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.load(cmd)
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&a.home, "home", defaultHome(), "folder of configuration and keys")
	flags.String("node", "", "CometBFT RPC address of a chain node")
	flags.String("chain-id", "", "chain the node must be on (empty: whatever it is on)")
	flags.StringSlice("bootstrap", nil, "libp2p address of a storage node to join the network by (repeatable)")
	flags.String("keyring-backend", "", "where account keys are kept: file, os or test")
	flags.String("gas-prices", "", "price per gas, e.g. 0.001ucpc")
	flags.StringVar(&a.from, "from", "default", "name of the account key that signs")
	flags.StringVar(&a.output, "output", "text", "text or json")
	flags.StringVar(&a.passphraseFile, "passphrase-file", "", "file with the passphrase of the secrets in the home (else CPDATA_PASSPHRASE, else asked)")
	flags.BoolVar(&a.yes, "yes", false, "sign without asking")
	flags.BoolVar(&a.dryRun, "dry-run", false, "stop after showing what a transaction would cost")
	flags.StringVar(&a.tz, "tz", "UTC", "time zone for showing times; times are always read as RFC 3339")
	cmd.AddCommand(
		initCmd(a), keysCmd(a), streamCmd(a), publishCmd(a), searchCmd(a), estimateCmd(a), readerCmd(a),
		grantCmd(a), grantsCmd(a), revokeCmd(a), disputeCmd(a), demandsCmd(a), fetchCmd(a), verifyCmd(a), proveCmd(a),
	)
	explain(cmd)
	return cmd
}

// explain makes commands say how they are used when their arguments are wrong, and groups refuse what they don't have:
// cobra prints help then, and calls that a success.
func explain(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		explain(sub)
	}
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q for %q: see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())
			}
			return cmd.Help()
		}
		return
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return fmt.Errorf("%w: %s", err, cmd.UseLine())
			}
			return nil
		}
	}
}

func defaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ".cpdata"
	}
	return filepath.Join(home, ".cpdata")
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, reader.ErrRefused), errors.Is(err, reader.ErrOutsideGrant):
		return exitRefused
	case errors.Is(err, reader.ErrTooFewShards), errors.Is(err, reader.ErrTooFewAnswers), errors.Is(err, reader.ErrNoManifest):
		return exitMissing
	}
	return exitError
}
