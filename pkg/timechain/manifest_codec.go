package timechain

import (
	"bytes"
	"fmt"

	"github.com/cpchain/cpchain/pkg/merkle"
)

const (
	manifestFields = 13
	lineFields     = 10
	partFields     = 3
)

// Marshal is the manifest's canonical encoding: version ‖ suite ‖ CBOR array in the order of the struct. A manifest whose
// parts exceed the limits of ParseManifest has none.
func (m Manifest) Marshal() ([]byte, error) {
	if err := m.checkLimits(); err != nil {
		return nil, err
	}
	b := m.append(nil)
	if len(b) > MaxManifest {
		return nil, fmt.Errorf("%w: manifest of %d bytes: seal fewer intervals at once", ErrTooLarge, len(b))
	}
	return b, nil
}

func (m *Manifest) append(b []byte) []byte {
	b = append(b, version, suite)
	b = appendArray(b, manifestFields)
	b = appendText(b, m.Stream)
	for _, n := range []uint64{
		m.Seq, uint64(m.KeyEpoch), uint64(m.WriterEpoch), uint64(m.K), uint64(m.N),
		uint64(m.PayloadSize), uint64(m.ShardSize), m.Chain.Seq,
	} {
		b = appendUint(b, n)
	}
	b = appendBytes(b, m.Chain.Prev[:])
	b = appendArray(b, len(m.ShardCIDs))
	for _, cid := range m.ShardCIDs {
		b = appendBytes(b, cid)
	}
	b = appendArray(b, len(m.ShardRoots))
	for i := range m.ShardRoots {
		b = appendBytes(b, m.ShardRoots[i][:])
	}
	b = appendArray(b, len(m.Lines))
	for i := range m.Lines {
		b = m.Lines[i].append(b)
	}
	return b
}

// Leaf is the line's canonical encoding: version ‖ CBOR array.
func (l Line) Leaf() []byte { return l.append([]byte{version}) }

func (l *Line) append(b []byte) []byte {
	b = appendArray(b, lineFields)
	b = appendUint(b, uint64(l.Interval))
	b = appendUint(b, uint64(l.Count))
	b = appendUint(b, uint64(l.Blocks))
	b = appendInt(b, l.T0)
	b = appendInt(b, l.T1)
	b = appendBytes(b, l.LastHeader[:])
	b = appendBytes(b, l.HeaderRoot[:])
	b = appendBytes(b, l.Commitment[:])
	b = appendArray(b, len(l.Parts))
	for i := range l.Parts {
		b = appendArray(b, partFields)
		b = appendBytes(b, l.Parts[i].Salt[:])
		b = appendUint(b, uint64(l.Parts[i].Offset))
		b = appendUint(b, uint64(l.Parts[i].Size))
	}
	return appendText(b, l.Gap)
}

// The wire types are what CBOR is decoded into; lengths of byte strings are checked on the way to Manifest and Line.
type (
	wirePart struct {
		_            struct{} `cbor:",toarray"`
		Salt         []byte
		Offset, Size uint32
	}
	wireLine struct {
		_                                  struct{} `cbor:",toarray"`
		Interval, Count, Blocks            uint32
		T0, T1                             int64
		LastHeader, HeaderRoot, Commitment []byte
		Parts                              []wirePart
		Gap                                string
	}
	wireManifest struct {
		_                      struct{} `cbor:",toarray"`
		Stream                 string
		Seq                    uint64
		KeyEpoch, WriterEpoch  uint32
		K, N                   uint8
		PayloadSize, ShardSize uint32
		ChainSeq               uint64
		ChainPrev              []byte
		ShardCIDs, ShardRoots  [][]byte
		Lines                  []wireLine
	}
)

// ParseManifest reads what Marshal gave. What the fields say is checked by Validate.
func ParseManifest(b []byte) (Manifest, error) {
	if len(b) > MaxManifest {
		return Manifest{}, fmt.Errorf("%w: manifest of %d bytes", ErrTooLarge, len(b))
	}
	if len(b) < 2 || b[0] != version || b[1] != suite {
		return Manifest{}, fmt.Errorf("%w: manifest of unknown version or suite", ErrFormat)
	}
	var w wireManifest
	if err := unmarshal(b[2:], &w); err != nil {
		return Manifest{}, err
	}
	m, err := w.manifest()
	if err != nil {
		return Manifest{}, err
	}
	if err := m.checkLimits(); err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(m.append(make([]byte, 0, len(b))), b) {
		return Manifest{}, fmt.Errorf("%w: manifest %w", ErrFormat, errNotCanonical)
	}
	return m, nil
}

func (w *wireManifest) manifest() (Manifest, error) {
	m := Manifest{
		Stream: w.Stream, Seq: w.Seq, KeyEpoch: w.KeyEpoch, WriterEpoch: w.WriterEpoch, K: w.K, N: w.N,
		PayloadSize: w.PayloadSize, ShardSize: w.ShardSize, Chain: Chain{Seq: w.ChainSeq},
		ShardCIDs: w.ShardCIDs, ShardRoots: make([]merkle.Hash, len(w.ShardRoots)), Lines: make([]Line, len(w.Lines)),
	}
	if err := copyHash(&m.Chain.Prev, w.ChainPrev); err != nil {
		return m, err
	}
	for i, root := range w.ShardRoots {
		if err := copyHash(&m.ShardRoots[i], root); err != nil {
			return m, err
		}
	}
	for i := range w.Lines {
		var err error
		if m.Lines[i], err = w.Lines[i].line(); err != nil {
			return m, fmt.Errorf("line %d: %w", i, err)
		}
	}
	return m, nil
}

func (w *wireLine) line() (Line, error) {
	l := Line{Interval: w.Interval, Count: w.Count, Blocks: w.Blocks, T0: w.T0, T1: w.T1, Gap: w.Gap, Parts: make([]Part, len(w.Parts))}
	for _, h := range []struct {
		to   *[32]byte
		from []byte
	}{{&l.LastHeader, w.LastHeader}, {&l.HeaderRoot, w.HeaderRoot}, {&l.Commitment, w.Commitment}} {
		if err := copyHash(h.to, h.from); err != nil {
			return l, err
		}
	}
	for i, p := range w.Parts {
		l.Parts[i].Offset, l.Parts[i].Size = p.Offset, p.Size
		if err := copyHash(&l.Parts[i].Salt, p.Salt); err != nil {
			return l, err
		}
	}
	return l, nil
}

func copyHash(to *[32]byte, from []byte) error {
	if len(from) != len(to) {
		return fmt.Errorf("%w: %d bytes where 32 belong", ErrFormat, len(from))
	}
	*to = [32]byte(from)
	return nil
}

// parseLine reads what Leaf gave.
func parseLine(b []byte) (Line, error) {
	if len(b) == 0 || b[0] != version {
		return Line{}, fmt.Errorf("%w: line of unknown version", ErrFormat)
	}
	var w wireLine
	if err := unmarshal(b[1:], &w); err != nil {
		return Line{}, err
	}
	l, err := w.line()
	if err != nil {
		return Line{}, err
	}
	if !bytes.Equal(l.Leaf(), b) {
		return Line{}, fmt.Errorf("%w: line %w", ErrFormat, errNotCanonical)
	}
	return l, nil
}
