package main

import (
	"io"
	"os"

	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"

	"cosmossdk.io/client/v2/autocli"
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
	addresscodec "github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/cpchain/cpchain/app"
)

// newRootCmd builds the command tree. A throw-away application tells autocli what modules there are.
func newRootCmd() *cobra.Command {
	app.SetConfig()
	temp, err := os.MkdirTemp("", "cpchaind")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(temp)
	template := app.New(log.NewNopLogger(), dbm.NewMemDB(), nil, true, simtestutil.NewAppOptionsWithFlagHome(temp))

	ctx := client.Context{}.
		WithCodec(template.Codec()).WithInterfaceRegistry(template.Registry()).WithTxConfig(template.TxConfig()).
		WithLegacyAmino(template.Amino()).WithInput(os.Stdin).WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultHome).WithViper("CPCHAIND")
	root := &cobra.Command{
		Use:           app.Name,
		Short:         "CPChain node and command line",
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(cmd.OutOrStdout())
			cmd.SetErr(cmd.ErrOrStderr())
			ctx = ctx.WithCmdContext(cmd.Context())
			read, err := client.ReadPersistentCommandFlags(ctx, cmd.Flags())
			if err != nil {
				return err
			}
			if read, err = config.ReadFromClientConfig(read); err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(read, cmd); err != nil {
				return err
			}
			return server.InterceptConfigsPreRunHandler(cmd, serverconfig.DefaultConfigTemplate, appConfig(), cometConfig())
		},
	}
	addCommands(root, template)
	if err := enhance(root, template.AutoCLI(), ctx); err != nil {
		panic(err)
	}
	return root
}

// enhance adds the modules' own query and tx commands.
func enhance(root *cobra.Command, opts autocli.AppOptions, ctx client.Context) error {
	opts.AddressCodec = addresscodec.NewBech32Codec(app.AccountPrefix)
	opts.ValidatorAddressCodec = addresscodec.NewBech32Codec(app.AccountPrefix + "valoper")
	opts.ConsensusAddressCodec = addresscodec.NewBech32Codec(app.AccountPrefix + "valcons")
	read, err := config.ReadFromClientConfig(ctx)
	if err != nil {
		return err
	}
	opts.ClientCtx = read
	return opts.EnhanceRootCommand(root)
}

// cometConfig is the default of config.toml.
func cometConfig() *cmtcfg.Config { return cmtcfg.DefaultConfig() }

// appConfig is the default of app.toml: fees are asked for, and state sync snapshots are kept.
func appConfig() serverconfig.Config {
	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = "0.001" + app.BaseDenom
	cfg.StateSync.SnapshotInterval = 1000
	cfg.StateSync.SnapshotKeepRecent = 2
	cfg.API.Enable = true
	cfg.API.Swagger = true
	return *cfg
}

func addCommands(root *cobra.Command, template *app.App) {
	root.AddCommand(
		initCmd(template), testnetCmd(template),
		debug.Cmd(), confixcmd.ConfigCommand(), pruning.Cmd(newApp, app.DefaultHome), snapshot.Cmd(newApp),
		server.QueryBlockResultsCmd(), server.StatusCommand(),
		genutilcli.Commands(template.TxConfig(), template.Basics(), app.DefaultHome),
		txCommand(), queryCommand(), keys.Commands(),
	)
	server.AddCommands(root, app.DefaultHome, newApp, export, func(*cobra.Command) {})
}

func queryCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "query", Aliases: []string{"q"}, Short: "Ask the chain", RunE: client.ValidateCmd}
	cmd.AddCommand(
		rpc.ValidatorCommand(), server.QueryBlockCmd(), server.QueryBlocksCmd(),
		authcmd.QueryTxsByEventsCmd(), authcmd.QueryTxCmd(), authcmd.GetSimulateCmd(),
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

func newApp(logger log.Logger, db dbm.DB, trace io.Writer, opts servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, trace, true, opts, server.DefaultBaseappOptions(opts)...)
}

func export(logger log.Logger, db dbm.DB, trace io.Writer, height int64, forZeroHeight bool, _ []string, opts servertypes.AppOptions, modules []string) (servertypes.ExportedApp, error) {
	exported := app.New(logger, db, trace, height == -1, opts)
	if height != -1 {
		if err := exported.LoadVersion(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return exported.Export(forZeroHeight, modules)
}

// initCmd is the SDK's init with CPC's denom and metadata in the genesis file.
func initCmd(template *app.App) *cobra.Command {
	cmd := genutilcli.InitCmd(template.Basics(), app.DefaultHome)
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := run(cmd, args); err != nil {
			return err
		}
		home, err := cmd.Flags().GetString(flags.FlagHome)
		if err != nil {
			return err
		}
		return addMetadata(template, home)
	}
	return cmd
}
