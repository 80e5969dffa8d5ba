package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/publish"
)

// stopTimeout is how long requests at work may take to finish when the gateway is told to stop.
const stopTimeout = 20 * time.Second

func (p *program) startCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "start",
		Short: "run the gateway until it is told to stop",
		Long: `start opens the streams on disk and takes records; the chain and the storage nodes may come later. After a crash it takes up
what was under way: a bundle that was sealed is uploaded as it is, an anchor that was sent is looked for on chain before it
is sent again. A gateway restored from an old disk image begins a new writer epoch before it seals anything.

It says at start that its keys are files, without secure hardware.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.start(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
		},
	}
}

func (p *program) start(ctx context.Context, stdin io.Reader, stderr io.Writer) error {
	cfg, err := gateway.Load(p.home)
	if err != nil {
		return err
	}
	unlock, err := lock(p.home)
	if err != nil {
		return err
	}
	defer unlock()
	log, err := newLog(cfg.Logs, stderr)
	if err != nil {
		return err
	}
	keys, err := loadKeys(p.home)
	if err != nil {
		return err
	}
	ring, err := chain.OpenKeyring(p.home, cfg.Chain.KeyringBackend, stdin)
	if err != nil {
		return err
	}
	self, err := identify(cfg, keys, ring)
	if err != nil {
		return err
	}
	net, err := newNetwork(cfg.Chain.ID, keys, cfg.P2P.Bootstrap, time.Now, log)
	if err != nil {
		return err
	}
	facts := &lazyChain{cfg: cfg.Chain.Client(p.home), ring: ring, key: cfg.Chain.Key}
	uploader := publish.New(facts, net, publish.Writer{Key: keys.writer}, publish.Options{ShardTimeout: cfg.P2P.ShardTimeout(), Log: log})
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	node := gateway.New(cfg, gateway.Deps{
		Home: p.home, Self: self, Metrics: metrics, Log: log,
		Ports: gateway.Ports{Chain: facts, Uploader: uploader, Network: net, Rand: rand.Reader, Clock: time.Now},
	})
	if err := node.Start(ctx); err != nil {
		return errors.Join(err, net.close())
	}
	<-ctx.Done()
	log.Info("stopping")
	stop, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	return errors.Join(node.Stop(stop), net.close())
}

// lock keeps a second process away from a home; the system lets go of it when this one ends, however it ends.
func lock(home string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(home, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another cpgatewayd runs on %s: stop it first", home), f.Close())
	}
	return func() { _ = f.Close() }, nil
}

func newLog(cfg gateway.LoggingConfig, w io.Writer) (*slog.Logger, error) {
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
