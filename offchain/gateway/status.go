package gateway

import (
	"cmp"
	"slices"
	"time"
)

// Status of a gateway.
type Status struct {
	Identity
	// SoftwareKeys tells that keys are files, without secure hardware.
	SoftwareKeys bool           `json:"software_keys"`
	Streams      []StreamStatus `json:"streams"`
}

// StreamStatus is how one stream stands.
type StreamStatus struct {
	Stream uint64 `json:"stream"`
	Owner  string `json:"owner"`
	Name   string `json:"name"`
	// Historical streams hold data measured before; a window used up is no trouble there.
	Historical bool   `json:"historical"`
	KeysLeft   uint64 `json:"keys_left"`
	NextSeq    uint64 `json:"next_seq"`
	// NextInterval is the first interval not anchored, AnchoredTo where its time begins.
	NextInterval uint64 `json:"next_interval"`
	AnchoredTo   string `json:"anchored_to"`
	// PendingRecords are neither anchored nor staged.
	PendingRecords int   `json:"pending_records"`
	Staged         bool  `json:"staged"`
	WALBytes       int64 `json:"wal_bytes"`
	// WriterEpoch is the one this gateway seals in; 0 while it has not read the chain yet.
	WriterEpoch uint32 `json:"writer_epoch"`
	// Trouble is why the stream does not get on, empty when it does.
	Trouble string `json:"trouble"`
}

func (l *lane) status() StreamStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	from, _ := l.reading.grid.Bounds(clamp(l.state.NextInterval))
	s := StreamStatus{
		Stream: l.id, Owner: l.row.Owner, Name: l.row.Name, Historical: l.row.Historical, KeysLeft: l.keysLeft(), NextSeq: l.state.NextSeq,
		NextInterval: l.state.NextInterval, AnchoredTo: time.UnixMilli(from).UTC().Format(time.RFC3339Nano),
		PendingRecords: l.pending.records, Staged: l.stage != nil, WALBytes: l.wal.Bytes(), WriterEpoch: l.state.WriterEpoch,
	}
	if err := cmp.Or(l.fault, l.trouble); err != nil {
		s.Trouble = err.Error()
	}
	return s
}

// Status of all streams, by id.
func (n *Node) Status() Status {
	s := Status{Identity: n.Identity(), SoftwareKeys: true, Streams: []StreamStatus{}}
	for _, l := range n.lanes() {
		s.Streams = append(s.Streams, l.status())
	}
	slices.SortFunc(s.Streams, func(a, b StreamStatus) int { return cmp.Compare(a.Stream, b.Stream) })
	return s
}
