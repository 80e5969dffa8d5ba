package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/cpchain/cpchain/offchain/candidate"
)

const (
	// flagCommitteePeers of start.
	flagCommitteePeers = "committee-peers"
	// committeePeers is as many as CometBFT's default of outbound peers.
	committeePeers = 10
)

// startOptions are what this chain adds to the SDK's start.
func startOptions() server.StartCmdOptions {
	return server.StartCmdOptions{
		PostSetup: startCandidate,
		AddFlags: func(cmd *cobra.Command) {
			cmd.Flags().Uint(flagCommitteePeers, committeePeers,
				"while this node has a seat, keep it connected to so many other members, whose node ids and addresses are on the chain; 0 where sentries stand before it")
		},
	}
}

// startCandidate runs beside the node what a candidate needs: the committee as address book, and the sortition agent.
func startCandidate(srv *server.Context, node client.Context, ctx context.Context, group *errgroup.Group) error { //nolint:revive // the SDK says in which order
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("module", "candidate")
	metrics := candidate.NewMetrics(prometheus.DefaultRegisterer)
	if want := srv.Viper.GetInt(flagCommitteePeers); want > 0 {
		if network, err := candidate.NewLocalNetwork(node); err == nil {
			run(ctx, group, candidate.NewPeers(network, want, log, metrics).Run)
		} else {
			log.Warn("the committee is not this node's address book", "err", err)
		}
	}
	return startAgent(srv, node, ctx, group, log, metrics)
}

// startAgent draws in every term, from this node's keys. A node without keys validates all the same.
func startAgent(srv *server.Context, node client.Context, ctx context.Context, group *errgroup.Group, //nolint:revive // as above
	log *slog.Logger, metrics *candidate.Metrics,
) error {
	keys, err := candidate.LoadKeys(srv.Config.RootDir)
	metrics.KeysLoaded(err == nil)
	if errors.Is(err, candidate.ErrNoKeys) {
		log.Warn("this node does not draw: it keeps a seat it has until its cohort is up, and loses reputation for every block it "+
			"proposes without randomness", "mend", "cpchaind vrf-key, then cpchaind tx committee register")
		return nil
	}
	if err != nil {
		return err
	}
	rpc, err := rpchttp.New(srv.Config.RPC.ListenAddress, "/websocket")
	if err != nil {
		return fmt.Errorf("sortition agent: rpc.laddr of config.toml: %w", err)
	}
	genesis, err := genutiltypes.AppGenesisFromFile(srv.Config.GenesisFile())
	if err != nil {
		return fmt.Errorf("sortition agent: %w", err)
	}
	run(ctx, group, candidate.New(candidate.NewNode(node.WithClient(rpc), genesis.ChainID, keys.Agent), keys.VRF, log, metrics).Run)
	return nil
}

// run ends the node where its companion fails, and lets it end where the node does.
func run(ctx context.Context, group *errgroup.Group, companion func(context.Context) error) {
	group.Go(func() error {
		if err := companion(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		return nil
	})
}
