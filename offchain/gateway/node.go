package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cpchain/cpchain/offchain/gateway/mqtt"
	"github.com/cpchain/cpchain/offchain/provision"
)

// streamsDir holds a folder for each stream, named by its id.
const streamsDir = "streams"

// Ports are how a gateway reaches the world.
type Ports struct {
	Chain    Chain
	Uploader Uploader
	Network  Network
	Rand     io.Reader
	Clock    func() time.Time
}

// Deps are what a node is given. All are needed.
type Deps struct {
	Home    string
	Self    Self
	Ports   Ports
	Metrics *prometheus.Registry
	Log     *slog.Logger
}

// Node is a gateway.
type Node struct {
	cfg     Config
	deps    Deps
	metrics *metrics

	mu      sync.RWMutex
	streams map[uint64]*lane
	faulty  map[uint64]error // streams whose disk state could not be read

	provisioning sync.Mutex // one parcel at a time

	http     *http.Server
	httpAddr string
	mqtt     *mqtt.Server

	ctx     context.Context // of the lanes
	stop    context.CancelFunc
	running sync.WaitGroup
}

// New returns a node that has done nothing yet.
func New(cfg Config, deps Deps) *Node {
	return &Node{cfg: cfg, deps: deps, streams: map[uint64]*lane{}, faulty: map[uint64]error{}}
}

// Start brings the node up: streams from disk, then the listeners. It needs no chain: records are taken at once and wait.
// On error nothing is left running.
func (n *Node) Start(ctx context.Context) error {
	m, err := newMetrics(n.deps.Metrics)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	n.metrics = m
	if err := n.deps.Metrics.Register(collector{n.lanes}); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	n.ctx, n.stop = context.WithCancel(context.Background())
	for _, start := range []func() error{n.openStreams, n.startMQTT, n.startHTTP} {
		if err := start(); err != nil {
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return errors.Join(err, n.Stop(stop))
		}
	}
	n.deps.Log.Warn("keys are files on this disk, without secure hardware: whoever has the disk has the keys of the window that has not passed")
	n.deps.Log.Info("gateway is up", "http", n.httpAddr, "mqtt", n.MQTTAddr(), "streams", len(n.lanes()))
	return nil
}

// Stop undoes Start in reverse. Requests at work may finish until ctx ends.
func (n *Node) Stop(ctx context.Context) error {
	var errs []error
	if n.http != nil {
		errs = append(errs, n.http.Shutdown(ctx))
	}
	if n.mqtt != nil {
		errs = append(errs, n.mqtt.Stop())
	}
	if n.stop != nil {
		n.stop()
	}
	n.running.Wait()
	for _, l := range n.lanes() {
		errs = append(errs, l.close())
	}
	return errors.Join(errs...)
}

// HTTPAddr and MQTTAddr are where a started node listens; MQTTAddr is empty when MQTT is off.
func (n *Node) HTTPAddr() string { return n.httpAddr }

// MQTTAddr is described at HTTPAddr.
func (n *Node) MQTTAddr() string {
	if n.mqtt == nil {
		return ""
	}
	return n.mqtt.Addr()
}

// Identity of the gateway.
func (n *Node) Identity() Identity { return n.deps.Self.Identity() }

// openStreams takes up every stream on disk. One that can't be read is reported and refused; the others go on.
func (n *Node) openStreams() error {
	dir := filepath.Join(n.deps.Home, streamsDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil || !e.IsDir() {
			return fmt.Errorf("%s is no stream's folder: move it away", filepath.Join(dir, e.Name()))
		}
		if _, err := os.Stat(filepath.Join(dir, e.Name(), rowFile)); errors.Is(err, os.ErrNotExist) {
			continue // a first provisioning that did not finish
		}
		if _, err := n.openStream(id); err != nil {
			n.faulty[id] = err
			n.deps.Log.Error("stream can't be served", "stream", id, "err", err)
		}
	}
	return nil
}

// openStream opens a stream's lane and sets it going.
func (n *Node) openStream(id uint64) (*lane, error) {
	l, err := openLane(n.laneDeps(), id, n.vault(id), filepath.Join(n.streamDir(id), walDir))
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.streams[id] = l
	n.mu.Unlock()
	n.running.Go(func() { l.run(n.ctx) })
	return l, nil
}

func (n *Node) laneDeps() laneDeps {
	return laneDeps{self: n.deps.Self, cfg: n.cfg, ports: n.deps.Ports, log: n.deps.Log, metrics: n.metrics}
}

func (n *Node) streamDir(id uint64) string {
	return filepath.Join(n.deps.Home, streamsDir, strconv.FormatUint(id, 10))
}

func (n *Node) vault(id uint64) vault {
	return diskVault{
		dir: n.streamDir(id), label: n.deps.Self.ChainID + "/" + strconv.FormatUint(id, 10), key: n.deps.Self.DiskKey,
		rand: n.deps.Ports.Rand,
	}
}

func (n *Node) lanes() []*lane {
	n.mu.RLock()
	defer n.mu.RUnlock()
	list := make([]*lane, 0, len(n.streams))
	for _, l := range n.streams {
		list = append(list, l)
	}
	return list
}

// lane of a stream, or why there is none.
func (n *Node) lane(id uint64) (*lane, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if l, ok := n.streams[id]; ok {
		return l, nil
	}
	if _, ok := n.faulty[id]; ok {
		return nil, refuse(ReasonUnavailable, id, "its state on disk can't be read: see the gateway's log")
	}
	return nil, refuse(ReasonUnknownStream, id, "not provisioned on this gateway: its owner must run `cpdata stream provision %d --gateway URL`", id)
}

// Provision opens a parcel of seeds from a stream's owner, and takes the stream in if it is new here.
func (n *Node) Provision(ctx context.Context, sealed []byte) (Provisioned, error) {
	p, err := provision.Open(n.deps.Self.SealKey, sealed)
	if err != nil {
		return Provisioned{}, refuse(ReasonMalformed, 0, "%v", err)
	}
	if p.ChainID != n.deps.Self.ChainID {
		return Provisioned{}, refuse(ReasonMalformed, 0, "the parcel is for chain %q, this gateway is on %q", p.ChainID, n.deps.Self.ChainID)
	}
	row, _, err := n.deps.Ports.Chain.Stream(ctx, p.Stream)
	if err != nil {
		return Provisioned{}, refuse(ReasonUnavailable, p.Stream, "its row can't be read from the chain: %v", err)
	}
	if err := n.deps.Self.checkParcel(p, row); err != nil {
		return Provisioned{}, err
	}
	n.provisioning.Lock()
	defer n.provisioning.Unlock()
	l, err := n.lane(p.Stream)
	if isReason(err, ReasonUnknownStream) {
		bz, marshalErr := row.Marshal()
		if marshalErr != nil {
			return Provisioned{}, marshalErr
		}
		if err := os.MkdirAll(n.streamDir(p.Stream), 0o700); err != nil {
			return Provisioned{}, err
		}
		if err := n.vault(p.Stream).Put(rowFile, bz); err != nil {
			return Provisioned{}, err
		}
		l, err = n.openStream(p.Stream)
	}
	if err != nil {
		return Provisioned{}, err
	}
	done, err := l.addKeys(p)
	l.poke()
	return done, err
}

func isReason(err error, reason Reason) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Reason == reason
}
