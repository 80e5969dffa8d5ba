package gateway

import (
	"time"
)

// aliveEvery is how often the gateway notes that it runs.
const aliveEvery = 10 * time.Second

// alive is when the gateway last ran, unix ms.
type alive struct{ At int64 }

// markAlive notes the time, not more often than needed. After a kill up to aliveEvery of running counts as down.
func (l *lane) markAlive() error {
	now := l.ports.Clock()
	if now.Sub(l.lastAlive).Abs() < aliveEvery {
		return nil
	}
	if err := putRecord(l.vault, aliveFile, alive{At: now.UnixMilli()}); err != nil {
		return err
	}
	l.lastAlive = now
	return nil
}

// noteOutage records, at start, the whole intervals since the gateway last ran. Historical streams have no outages: their
// time is not the clock's.
func (l *lane) noteOutage() error {
	var last alive
	found, err := getRecord(l.vault, aliveFile, &last)
	if err != nil {
		return err
	}
	if !found || l.row.Historical {
		return l.markAlive()
	}
	grid := l.reading.grid
	from, err := grid.IntervalOf(last.At * 1e6)
	if err != nil {
		return l.markAlive()
	}
	to, err := grid.IntervalOf(l.ports.Clock().UnixNano())
	if err != nil {
		return l.markAlive()
	}
	if first := uint64(from) + 1; uint64(to) > first {
		err = l.saveState(func(st *state) {
			st.Outages = append(st.Outages, outage{From: first, To: uint64(to), Reason: reasonDown})
		})
		if err != nil {
			return err
		}
	}
	return l.markAlive()
}

// outagesFrom drops what lies before an interval.
func outagesFrom(list []outage, interval uint64) []outage {
	var kept []outage
	for _, o := range list {
		if o.To > interval {
			kept = append(kept, o)
		}
	}
	return kept
}
