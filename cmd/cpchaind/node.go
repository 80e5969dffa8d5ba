package main

import (
	"errors"
	"io"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cast"

	"cosmossdk.io/log"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/offchain/candidate"
)

// blockPause is how long a node waits after a block before the next one.
const blockPause = 2 * time.Second

// cometConfig is the default of config.toml.
func cometConfig() *cmtcfg.Config {
	cfg := cmtcfg.DefaultConfig()
	cfg.Consensus.TimeoutCommit = blockPause
	return cfg
}

// appConfig is the default of app.toml: fees are asked for, REST is described, and snapshots for state sync are kept.
func appConfig() serverconfig.Config {
	cfg := serverconfig.DefaultConfig()
	cfg.MinGasPrices = app.MinGasPrices
	cfg.StateSync.SnapshotInterval = 1000
	cfg.StateSync.SnapshotKeepRecent = 2
	cfg.API.Enable = true
	cfg.API.Swagger = true
	return *cfg
}

// newApp is the application that a node runs.
func newApp(logger log.Logger, db dbm.DB, trace io.Writer, opts servertypes.AppOptions) servertypes.Application {
	node := app.New(logger, db, trace, true, opts, server.DefaultBaseappOptions(opts)...)
	keys, err := candidate.LoadKeys(cast.ToString(opts.Get(flags.FlagHome)))
	switch {
	case err == nil:
		node.SetVRFKey(keys.VRF)
	case !errors.Is(err, candidate.ErrNoKeys):
		logger.Error("the node runs without its VRF key", "err", err)
	}
	return node
}

// export reads the state of a height, -1 for the newest, as genesis.
func export(logger log.Logger, db dbm.DB, trace io.Writer, height int64, forZeroHeight bool, _ []string,
	opts servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	if cast.ToString(opts.Get(flags.FlagHome)) == "" {
		return servertypes.ExportedApp{}, errors.New("the node's home is not set: give --home")
	}
	exported := app.New(logger, db, trace, height == -1, opts)
	if height != -1 {
		if err := exported.LoadVersion(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return exported.Export(forZeroHeight, modules)
}
