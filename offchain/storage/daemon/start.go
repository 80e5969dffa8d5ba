package daemon

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/storage"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// stopTimeout is how long requests at work may take to finish when the node is told to stop.
const stopTimeout = 20 * time.Second

func (p *program) startCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "run the node until it is told to stop",
		Long: `start opens the store, joins the network and serves. On SIGINT or SIGTERM it takes no new requests, lets those at work
finish for up to 20 seconds, and closes the store. After a crash it takes up what was unfinished: half-written shards are
removed, stored parcels are accepted.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := p.open(cmd)
			if err != nil {
				return err
			}
			return p.run(cmd.Context(), a, cmd.ErrOrStderr())
		},
	}
}

// run starts a node and stops it when ctx ends.
func (p *program) run(ctx context.Context, a *account, stderr io.Writer) error {
	row, err := a.row(ctx)
	if err != nil {
		return err
	}
	if err := a.matches(row); err != nil {
		return err
	}
	log, err := newLog(a.cfg.Log, stderr)
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	deps := storage.Deps{
		Home: p.home, DiskKey: a.keys.disk, Chain: a.chain, Deals: a.chain, Intervals: a.chain, Demands: a.chain, Operator: a.signer,
		Rand: rand.Reader, Clock: time.Now, Metrics: metrics, Log: log,
		Self: storage.Self{
			ChainID: a.cfg.Chain.ID, Provider: row.Id, PeerKeyVersion: row.PeerKeyVersion,
			PeerKey: a.keys.peer, SealKey: a.keys.seal,
		},
	}
	for _, opt := range p.opts {
		opt(&deps)
	}
	node := storage.New(a.cfg, deps)
	if err := node.Start(ctx); err != nil {
		return err
	}
	<-ctx.Done()
	log.Info("stopping")
	stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return node.Stop(stop)
}

// matches refuses to run under a row that speaks of other keys: nothing this node signs would count.
func (a *account) matches(row provider.Provider) error {
	sealKey := a.keys.seal.Public()
	switch {
	case row.Status == provider.STATUS_LEFT:
		return fmt.Errorf("provider %d has left: it has nothing to serve", row.Id)
	case !bytes.Equal(row.PeerKey, a.keys.peer.Public().(ed25519.PublicKey)):
		return fmt.Errorf("provider %d has another peer key on chain: is this the right home, or was cpstoraged rotate cut off?", row.Id)
	case !bytes.Equal(row.SealKey, sealKey[:]):
		return fmt.Errorf("provider %d has another seal key on chain: is this the right home, or was cpstoraged rotate cut off?", row.Id)
	}
	return nil
}

func newLog(cfg storage.LogConfig, w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Level)); err != nil {
		return nil, errors.New("log.level must be debug, info, warn or error")
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return slog.New(slog.NewTextHandler(w, opts)), nil
}
