package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoregistry"

	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/client/v2/autocli/flag"
	"cosmossdk.io/log"
	confixcmd "cosmossdk.io/tools/confix/cmd"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	"github.com/cosmos/cosmos-sdk/x/auth/tx"
	txconfig "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/cpchain/cpchain/app"
	committeetypes "github.com/cpchain/cpchain/x/committee/types"
)

// envPrefix starts the environment variables that stand for flags: CPCHAIND_HOME for --home.
const envPrefix = "CPCHAIND"

// newRootCmd builds the command tree.
func newRootCmd() *cobra.Command {
	// An application that never runs, built for what it knows of messages, modules and default genesis.
	template := app.New(log.NewNopLogger(), dbm.NewMemDB(), nil, false, simtestutil.NewAppOptionsWithFlagHome(os.TempDir()))
	ctx := client.Context{}.
		WithCodec(template.Codec()).WithInterfaceRegistry(template.Registry()).WithTxConfig(template.TxConfig()).
		WithLegacyAmino(template.Amino()).WithInput(os.Stdin).WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultHome).WithViper(envPrefix)
	root := &cobra.Command{
		Use:   app.Name,
		Short: "CPChain node and command line",
		Long: `cpchaind runs a node of CPChain and is the command line of its chain.

  cpchaind testnet init-files --validators 4   # write the homes of a local network
  cpchaind start                               # run a node
  cpchaind query ...                           # ask the chain
  cpchaind tx ...                              # make, sign and send transactions

Owners and readers of data use cpdata, providers of storage and re-encryption run cpstoraged, gateways run cpgatewayd.`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return prepare(cmd, ctx) },
	}
	addCommands(root, template)
	if err := addModuleCommands(root, template, ctx); err != nil {
		panic(err) // only a broken build gets here
	}
	return root
}

// prepare reads flags, environment and configuration files into a command's contexts.
func prepare(cmd *cobra.Command, ctx client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	cmd.SetErr(cmd.ErrOrStderr())
	if err := flagsFromEnv(cmd.Flags()); err != nil {
		return err
	}
	ctx, err := client.ReadPersistentCommandFlags(ctx.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	if ctx, err = config.ReadFromClientConfig(ctx); err != nil {
		return err
	}
	if !ctx.Offline {
		// Only an online client can ask for the coins' display units, which textual signing shows.
		ctx.TxConfig, err = tx.NewTxConfigWithOptions(ctx.Codec, tx.ConfigOptions{
			EnabledSignModes:           append(tx.DefaultSignModes, signing.SignMode_SIGN_MODE_TEXTUAL),
			TextualCoinMetadataQueryFn: txconfig.NewGRPCCoinMetadataQueryFn(ctx),
		})
		if err != nil {
			return err
		}
	}
	ctx.TxConfig = app.BlockTxConfig{TxConfig: ctx.TxConfig}
	if err := client.SetCmdClientContextHandler(ctx, cmd); err != nil || asksChain(cmd) {
		return err
	}
	return server.InterceptConfigsPreRunHandler(cmd, serverconfig.DefaultConfigTemplate, appConfig(), cometConfig())
}

// asksChain tells the commands that need a chain node and no node's home. They must not read config.toml and app.toml: the
// SDK fills flags that were not given from keys of the same name, so that "moniker" of the home would rename a provider.
func asksChain(cmd *cobra.Command) bool {
	for ; cmd.HasParent(); cmd = cmd.Parent() {
		if !cmd.Parent().HasParent() {
			return cmd.Name() == "tx" || cmd.Name() == "query"
		}
	}
	return false
}

// flagsFromEnv sets the flags that were not given and have an environment variable: CPCHAIND_CHAIN_ID for --chain-id.
func flagsFromEnv(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := os.Getenv(name)
		if value == "" || f.Changed {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("environment variable %s: %w", name, err))
		}
	})
	return errors.Join(errs...)
}

// addModuleCommands adds the modules' own query and tx commands, from their descriptions.
func addModuleCommands(root *cobra.Command, template *app.App, ctx client.Context) error {
	opts := template.AutoCLI()
	opts.AddressCodec = address.NewBech32Codec(app.AccountPrefix)
	opts.ValidatorAddressCodec = address.NewBech32Codec(app.AccountPrefix + "valoper")
	opts.ConsensusAddressCodec = address.NewBech32Codec(app.AccountPrefix + "valcons")
	opts.ClientCtx = ctx
	// Not the interface registry's descriptors: gogoproto registers files in the order of their names, and what a file imports
	// from one that comes later stays an empty message there. Answers of such types would be printed without their fields.
	files, err := proto.MergedRegistry()
	if err != nil {
		return err
	}
	builder := &autocli.Builder{
		Builder: flag.Builder{
			TypeResolver: protoregistry.GlobalTypes, FileResolver: files, AddressCodec: opts.AddressCodec,
			ValidatorAddressCodec: opts.ValidatorAddressCodec, ConsensusAddressCodec: opts.ConsensusAddressCodec,
		},
		GetClientConn: func(cmd *cobra.Command) (grpc.ClientConnInterface, error) { return client.GetClientQueryContext(cmd) },
		AddQueryConnFlags: func(cmd *cobra.Command) {
			flags.AddQueryFlagsToCmd(cmd)
			flags.AddKeyringFlags(cmd.Flags())
		},
		AddTxConnFlags: flags.AddTxFlagsToCmd,
	}
	builder.DefineMessageFlagType("cosmos.base.v1beta1.Coin", coinType{})
	if err := opts.EnhanceRootCommandWithBuilder(root, builder); err != nil {
		return err
	}
	return addCandidateCommands(root)
}

// addCandidateCommands adds the committee's commands that read a node's keys to those made from its description.
func addCandidateCommands(root *cobra.Command) error {
	parent, _, err := root.Find([]string{"tx", committeetypes.ModuleName})
	if err != nil {
		return err
	}
	parent.AddCommand(registerCmd(), updateCmd())
	explain(root)
	return nil
}

func addCommands(root *cobra.Command, template *app.App) {
	root.AddCommand(
		initCmd(template), vrfKeyCmd(), testnetCmd(template),
		genutilcli.Commands(template.TxConfig(), template.Basics(), app.DefaultHome),
		server.StatusCommand(), keys.Commands(), queryCommand(), txCommand(),
		committeeCmd(), confixcmd.ConfigCommand(), pruning.Cmd(newApp, app.DefaultHome), snapshot.Cmd(newApp), debug.Cmd(),
	)
	server.AddCommandsWithStartCmdOptions(root, app.DefaultHome, newApp, export, startOptions())
}

func queryCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "query", Aliases: []string{"q"}, Short: "Ask the chain", RunE: client.ValidateCmd}
	cmd.AddCommand(
		rpc.WaitTxCmd(), rpc.ValidatorCommand(), server.QueryBlockCmd(), server.QueryBlocksCmd(), server.QueryBlockResultsCmd(),
		authcmd.QueryTxsByEventsCmd(), authcmd.QueryTxCmd(),
	)
	return cmd
}

func txCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tx", Short: "Make, sign and send transactions", RunE: client.ValidateCmd}
	cmd.AddCommand(
		authcmd.GetSignCommand(), authcmd.GetSignBatchCommand(), authcmd.GetMultiSignCommand(), authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(), authcmd.GetBroadcastCommand(), authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(), authcmd.GetSimulateCmd(),
	)
	return cmd
}
