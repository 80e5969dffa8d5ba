package gateway

import (
	"errors"
	"time"

	"github.com/cpchain/cpchain/offchain/gateway/wal"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// seal turns what is due into a staged bundle. It tells whether there was anything.
func (l *lane) seal(now time.Time) (bool, error) {
	l.mu.Lock()
	s, ok, err := l.plan(now)
	cut, row := l.durable, l.row
	if ok && err == nil {
		l.pending.take(s.end) // what arrives from here on is not in it, and late
	}
	l.mu.Unlock()
	if !ok || err != nil {
		return false, err
	}
	staged, err := l.sealSpan(s, cut, row)
	if err == nil {
		err = putRecord(l.vault, bundleFile, staged)
	}
	if err != nil {
		return false, errors.Join(err, l.recount())
	}
	l.mu.Lock()
	l.stage, l.anchor = staged, nil
	l.mu.Unlock()
	if staged.Cut < cut {
		return true, l.recount()
	}
	return true, nil
}

func (l *lane) sealSpan(s span, cut uint64, row datarights.Stream) (*stage, error) {
	records, cut, err := l.collect(s, cut, int64(row.DataShards)*wire.MaxShard/2)
	if err != nil {
		return nil, err
	}
	b, err := timechain.SealBundle(l.ports.Rand, timechain.SealInput{
		Stream: l.name, Seq: l.state.NextSeq, KeyEpoch: s.epoch, WriterEpoch: row.Writer.Epoch,
		Grid: l.reading.grid, Schema: l.reading.schema, Intervals: l.intervals(s, records),
		K: int(row.DataShards), N: int(row.TotalShards), Workers: l.cfg.Seal.Workers,
		Chain: timechain.Chain{Seq: l.state.ChainSeq, Prev: l.state.ChainPrev}, Sign: l.self.deviceFor(row),
	}, func(interval uint32) (keytree.IntervalKey, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.keys.Key(s.epoch, interval)
	})
	if err != nil {
		return nil, err
	}
	return &stage{
		Seq: l.state.NextSeq, First: s.first, End: s.end, Skipped: s.skipped, Reason: s.reason, Cut: cut,
		WriterEpoch: row.Writer.Epoch, KeyEpoch: s.epoch, ChainSeq: b.Chain.Seq, ChainPrev: b.Chain.Prev,
		Manifest: b.ManifestBytes, Shards: b.Shards,
	}, nil
}

// errFullBundle ends the reading of the log early.
var errFullBundle = errors.New("bundle is full")

// collect reads the records of a span from the log, below a cut: those of its intervals, and late ones into its first. A
// flood of late records that one bundle can't hold is cut short: what lies behind in the log then comes late itself.
func (l *lane) collect(s span, cut uint64, limit int64) (map[uint64][]timechain.Record, uint64, error) {
	records := map[uint64][]timechain.Record{}
	var size int64
	err := l.wal.Read(cut, clamp(s.end), func(f wal.Frame) error {
		decoded, err := parseFrame(f.Payload)
		if err != nil {
			return err
		}
		if size > 0 && size+int64(len(f.Payload)) > limit {
			cut = f.Number
			return errFullBundle
		}
		for _, e := range decoded.entries {
			if uint64(e.interval) >= s.end || l.state.consumed(f.Number, e.interval) {
				continue
			}
			r, err := e.record()
			if err != nil {
				return err
			}
			at := max(uint64(e.interval), s.first)
			records[at] = append(records[at], r)
			size += int64(len(e.leaf))
		}
		return nil
	})
	if errors.Is(err, errFullBundle) {
		err = nil
	}
	return records, cut, err
}

// discard throws the staged bundle away: its records will be sealed anew, under fresh salts.
func (l *lane) discard(why string) error {
	l.log.Warn("sealing anew", "seq", l.stage.Seq, "reason", why)
	// The anchor first: a bundle without an anchor is uploaded again, an anchor without its bundle would be nothing.
	if err := l.vault.Delete(anchorFile); err != nil {
		return err
	}
	if err := l.vault.Delete(bundleFile); err != nil {
		return err
	}
	l.mu.Lock()
	l.stage, l.anchor = nil, nil
	l.mu.Unlock()
	return l.recount()
}

// discardAnchor keeps the bundle and has it placed anew.
func (l *lane) discardAnchor(why string) error {
	l.log.Warn("placing a bundle anew", "seq", l.stage.Seq, "reason", why)
	if err := l.vault.Delete(anchorFile); err != nil {
		return err
	}
	l.mu.Lock()
	l.anchor = nil
	l.mu.Unlock()
	return nil
}
