package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/pkg/timechain"
)

// A frame of the log is one accepted batch, or a mark:
//
//	version 0x01 ‖ kind (1) ‖ body
//	batch = has id (1) [‖ id (16) ‖ digest (16)] ‖ {interval (4) ‖ length (uvarint) ‖ record leaf} …
//	flush = interval (4): everything before it is complete
//
// The interval of a record follows from its time; it stands there so that a log can be counted without decoding it.
const (
	frameVersion = 0x01
	kindBatch    = 0x01
	kindFlush    = 0x02
)

var errFrame = errors.New("malformed frame of the log")

// entry is one record of a batch: its own interval and its canonical encoding.
type entry struct {
	interval uint32
	leaf     []byte
}

// frame is one decoded frame; the leaves are not.
type frame struct {
	kind    byte
	id      *batchID
	entries []entry
	flush   uint32
}

func (f frame) marshal() []byte {
	bz := []byte{frameVersion, f.kind}
	if f.kind == kindFlush {
		return binary.BigEndian.AppendUint32(bz, f.flush)
	}
	if f.id == nil {
		bz = append(bz, 0)
	} else {
		bz = append(append(append(bz, 1), f.id.key[:]...), f.id.digest[:]...)
	}
	for _, e := range f.entries {
		bz = binary.BigEndian.AppendUint32(bz, e.interval)
		bz = binary.AppendUvarint(bz, uint64(len(e.leaf)))
		bz = append(bz, e.leaf...)
	}
	return bz
}

func parseFrame(bz []byte) (frame, error) {
	if len(bz) < 3 || bz[0] != frameVersion {
		return frame{}, fmt.Errorf("%w: version", errFrame)
	}
	f, rest := frame{kind: bz[1]}, bz[2:]
	switch f.kind {
	case kindFlush:
		if len(rest) != 4 {
			return frame{}, fmt.Errorf("%w: flush of %d bytes", errFrame, len(rest))
		}
		f.flush = binary.BigEndian.Uint32(rest)
		return f, nil
	case kindBatch:
		return parseBatch(f, rest)
	}
	return frame{}, fmt.Errorf("%w: kind %d", errFrame, f.kind)
}

func parseBatch(f frame, rest []byte) (frame, error) {
	named := rest[0]
	if rest = rest[1:]; named > 1 || named == 1 && len(rest) < idSize {
		return frame{}, fmt.Errorf("%w: id", errFrame)
	}
	if named == 1 {
		f.id = &batchID{key: [16]byte(rest[:16]), digest: [16]byte(rest[16:idSize])}
		rest = rest[idSize:]
	}
	for len(rest) > 0 {
		if len(rest) < 4 {
			return frame{}, fmt.Errorf("%w: cut off", errFrame)
		}
		interval := binary.BigEndian.Uint32(rest)
		size, n := binary.Uvarint(rest[4:])
		if n <= 0 || size > uint64(len(rest)-4-n) {
			return frame{}, fmt.Errorf("%w: length", errFrame)
		}
		leaf := rest[4+n : 4+n+int(size)]
		f.entries = append(f.entries, entry{interval: interval, leaf: leaf})
		rest = rest[4+n+int(size):]
	}
	return f, nil
}

// bounds of the intervals a frame is about, for the log to order it by.
func (f frame) bounds() (low, high uint32) {
	if f.kind == kindFlush {
		at := max(f.flush, 1) - 1
		return at, at
	}
	for i, e := range f.entries {
		if i == 0 {
			low = e.interval
		}
		low, high = min(low, e.interval), max(high, e.interval)
	}
	return low, high
}

// record decodes an entry.
func (e entry) record() (timechain.Record, error) { return timechain.ParseRecord(e.leaf) }
