package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway/wal"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// lane is the way of one stream from sensor to anchor. accept may be called concurrently with everything; pass has one
// caller at a time.
type lane struct {
	id      uint64
	name    string // "<chain-id>/<number>"
	self    Self
	cfg     Config
	ports   Ports
	vault   vault
	log     *slog.Logger
	metrics *metrics

	wal *wal.Log

	// written by pass alone, under mu; read by others under mu.
	mu      sync.Mutex
	row     datarights.Stream
	reading reading
	keys    *keytree.Window
	state   state
	stage   *stage
	anchor  *datarights.MsgAnchor // of stage, once uploaded
	pending pending
	durable uint64 // frames below have been counted in pending
	next    uint64 // next arrival number
	seen    *seen
	flight  map[[16]byte]chan struct{} // named batches being written
	fault   error                      // why this stream can't be served until a restart
	trouble error                      // why the last pass did not get through

	capsules  *capsules
	lastAlive time.Time
	wake      chan struct{}
}

// laneDeps are what all lanes of a node share.
type laneDeps struct {
	self    Self
	cfg     Config
	ports   Ports
	log     *slog.Logger
	metrics *metrics
}

// openLane reads a lane's files and its log. The vault holds at least the row.
func openLane(d laneDeps, id uint64, v vault, walDir string) (*lane, error) {
	l := &lane{
		id: id, name: datarights.StreamID(d.self.ChainID, id), self: d.self, cfg: d.cfg, ports: d.ports, vault: v,
		log: d.log.With("stream", id), metrics: d.metrics, keys: &keytree.Window{}, pending: newPending(), seen: newSeen(),
		flight: map[[16]byte]chan struct{}{}, wake: make(chan struct{}, 1),
	}
	if err := l.load(); err != nil {
		return nil, fmt.Errorf("stream %d: %w", id, err)
	}
	opts := wal.Options{
		Dir: walDir, Name: l.name, Key: d.self.DiskKey, Rand: d.ports.Rand, SegmentBytes: d.cfg.Log.SegmentBytes,
		MaxBytes: d.cfg.Log.MaxBytes, MaxFrame: d.cfg.Log.maxFrame(), Durable: l.written,
	}
	log, report, err := wal.Open(opts, l.replay)
	if err != nil {
		return nil, fmt.Errorf("stream %d: %w", id, err)
	}
	l.wal = log
	if l.durable = log.End(); l.durable < l.state.Cut {
		return nil, errors.Join(fmt.Errorf("stream %d: %w: it ends at frame %d, but %d were anchored", id, wal.ErrCorrupt, l.durable, l.state.Cut), log.Close())
	}
	if err := errors.Join(l.doubt(), l.noteOutage()); err != nil {
		return nil, errors.Join(fmt.Errorf("stream %d: %w", id, err), log.Close())
	}
	l.log.Info("stream is open", "frames", report.Frames, "pending", l.pending.records, "torn_bytes", report.TornBytes,
		"next_interval", l.state.NextInterval, "staged", l.stage != nil)
	return l, nil
}

// doubt notes that this disk may be an old image, until the chain has been read. Frames of the log from here on are
// surely of this life.
func (l *lane) doubt() error {
	if l.state.Unsure {
		return nil
	}
	return l.saveState(func(st *state) { st.Unsure, st.UnsureFrom = true, l.durable })
}

func (l *lane) load() error {
	bz, err := l.vault.Get(rowFile)
	if err != nil {
		return err
	}
	if err := l.row.Unmarshal(bz); err != nil {
		return fmt.Errorf("%s: %w", rowFile, err)
	}
	if l.reading, err = newReading(l.row, l.cfg.Limits); err != nil {
		return err
	}
	if _, err := getRecord(l.vault, stateFile, &l.state); err != nil {
		return err
	}
	if err := l.loadKeys(); err != nil {
		return err
	}
	if err := l.loadStage(); err != nil {
		return err
	}
	var names []byte
	if _, err := getRecord(l.vault, seenFile, &names); err != nil {
		return err
	}
	l.seen.load(names)
	l.next = l.state.NextRecord
	l.capsules, err = loadCapsules(l.vault)
	return err
}

// loadStage takes up a staged bundle, or clears away one that is anchored.
func (l *lane) loadStage() error {
	var s stage
	found, err := getRecord(l.vault, bundleFile, &s)
	if err != nil {
		return err
	}
	if !found || s.Seq < l.state.NextSeq {
		return errors.Join(l.vault.Delete(anchorFile), l.vault.Delete(bundleFile))
	}
	l.stage = &s
	var bz []byte
	if found, err = getRecord(l.vault, anchorFile, &bz); err != nil || !found {
		return err
	}
	var msg datarights.MsgAnchor
	if err := msg.Unmarshal(bz); err != nil {
		return fmt.Errorf("%s: %w", anchorFile, err)
	}
	if msg.Anchor.Seq == s.Seq && string(msg.Anchor.ManifestCid) == string(timechain.ManifestCID(s.Manifest).Bytes()) {
		l.anchor = &msg
	}
	return nil
}

// replay counts a frame of the log at opening.
func (l *lane) replay(f wal.Frame) error {
	decoded, err := parseFrame(f.Payload)
	if err != nil {
		return err
	}
	l.count(f.Number, decoded)
	for _, e := range decoded.entries {
		r, err := e.record()
		if err != nil {
			return err
		}
		l.next = max(l.next, r.Seq+1)
	}
	return nil
}

// written counts a frame that has become durable; the log calls it in order.
func (l *lane) written(f wal.Frame) {
	decoded, err := parseFrame(f.Payload)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.durable = f.Number + 1
	if err != nil {
		l.fault = err // what this program has just written itself
		return
	}
	l.count(f.Number, decoded)
}

// count adds a frame to what is pending and what has been seen.
func (l *lane) count(number uint64, f frame) {
	l.pending.add(f, func(interval uint32) bool {
		staged := l.stage != nil && number < l.stage.Cut && uint64(interval) < l.stage.End
		return staged || l.state.consumed(number, interval)
	})
	if f.id != nil {
		l.seen.add(*f.id)
	}
}

// recount counts the log anew, after a staged bundle was thrown away.
func (l *lane) recount() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	flush, high := l.pending.flush, l.pending.high
	l.pending = newPending()
	l.pending.flush, l.pending.high = flush, high
	return l.wal.Read(l.durable, ^uint32(0), func(f wal.Frame) error {
		decoded, err := parseFrame(f.Payload)
		if err != nil {
			return err
		}
		l.count(f.Number, decoded)
		return nil
	})
}

// run passes whenever something may be due, until ctx ends. After trouble it waits longer and longer.
func (l *lane) run(ctx context.Context) {
	pause := l.cfg.Seal.pollEvery()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-timer.C:
		}
		err := l.pass(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			pause = min(2*pause, maxPause)
		} else {
			pause = l.cfg.Seal.pollEvery()
		}
		timer.Reset(pause)
	}
}

// maxPause between two passes while something is wrong.
const maxPause = 30 * time.Second

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// close stops the log; what is acknowledged is on disk already.
func (l *lane) close() error { return errors.Join(l.markAlive(), l.wal.Close()) }

// saveState writes the state with a change, and only then takes the change over.
func (l *lane) saveState(change func(*state)) error {
	next := l.state
	change(&next)
	if err := putRecord(l.vault, stateFile, next); err != nil {
		return err
	}
	l.mu.Lock()
	l.state = next
	l.mu.Unlock()
	return nil
}

// saveRow keeps the newest row, so that records are taken while the chain can't be reached.
func (l *lane) saveRow(row datarights.Stream) error {
	old, err := l.row.Marshal()
	if err != nil {
		return err
	}
	bz, err := row.Marshal()
	if err != nil {
		return err
	}
	if string(old) == string(bz) {
		return nil
	}
	if err := l.vault.Put(rowFile, bz); err != nil {
		return err
	}
	l.mu.Lock()
	l.row = row
	l.mu.Unlock()
	return nil
}
