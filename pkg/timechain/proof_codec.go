package timechain

import (
	"bytes"
	"fmt"

	"github.com/cpchain/cpchain/pkg/merkle"
)

const (
	proofFields = 10
	// MaxProof bounds a proof's encoding in bytes: a line can have many parts.
	MaxProof = MaxRecord + 1<<20
	// maxPath bounds a path: no tree here has more than 2^32 leaves, and a record has the others of its group.
	maxPath = 32 + groupSize - 1
)

// Marshal is the proof's canonical encoding: version ‖ suite ‖ CBOR array in the order of the struct, the record, header and
// line as byte strings.
func (p RecordProof) Marshal() []byte {
	b := appendArray([]byte{version, suite}, proofFields)
	b = appendBytes(b, p.Record.Leaf())
	b = appendBytes(b, p.Salt[:])
	b = appendUint(b, uint64(p.Index))
	b = appendPath(b, p.Path)
	b = appendBytes(b, p.Header.Marshal())
	b = appendUint(b, uint64(p.Block))
	b = appendPath(b, p.HeaderPath)
	b = appendBytes(b, p.Line.Leaf())
	b = appendUint(b, uint64(p.LineIndex))
	return appendPath(b, p.LinePath)
}

func appendPath(b []byte, path []merkle.Hash) []byte {
	b = appendArray(b, len(path))
	for i := range path {
		b = appendBytes(b, path[i][:])
	}
	return b
}

// wireProof is a proof as CBOR.
type wireProof struct {
	_          struct{} `cbor:",toarray"`
	Record     []byte
	Salt       []byte
	Index      uint32
	Path       [][]byte
	Header     []byte
	Block      uint32
	HeaderPath [][]byte
	Line       []byte
	LineIndex  uint32
	LinePath   [][]byte
}

// ParseRecordProof reads what Marshal gave.
func ParseRecordProof(b []byte) (RecordProof, error) {
	if len(b) > MaxProof {
		return RecordProof{}, fmt.Errorf("%w: proof of %d bytes", ErrTooLarge, len(b))
	}
	if len(b) < 2 || b[0] != version || b[1] != suite {
		return RecordProof{}, fmt.Errorf("%w: proof of unknown version or suite", ErrFormat)
	}
	var w wireProof
	if err := unmarshal(b[2:], &w); err != nil {
		return RecordProof{}, err
	}
	p, err := w.proof()
	if err != nil {
		return RecordProof{}, err
	}
	if !bytes.Equal(p.Marshal(), b) {
		return RecordProof{}, fmt.Errorf("%w: proof %w", ErrFormat, errNotCanonical)
	}
	return p, nil
}

func (w *wireProof) proof() (p RecordProof, err error) {
	p = RecordProof{Index: w.Index, Block: w.Block, LineIndex: w.LineIndex}
	if len(w.Salt) != len(p.Salt) {
		return p, fmt.Errorf("%w: salt of %d bytes", ErrFormat, len(w.Salt))
	}
	p.Salt = [16]byte(w.Salt)
	if p.Record, err = ParseRecord(w.Record); err != nil {
		return p, err
	}
	if p.Header, err = ParseBlockHeader(w.Header); err != nil {
		return p, err
	}
	if p.Line, err = parseLine(w.Line); err != nil {
		return p, err
	}
	for _, path := range []struct {
		to   *[]merkle.Hash
		from [][]byte
	}{{&p.Path, w.Path}, {&p.HeaderPath, w.HeaderPath}, {&p.LinePath, w.LinePath}} {
		if *path.to, err = parsePath(path.from); err != nil {
			return p, err
		}
	}
	return p, nil
}

func parsePath(from [][]byte) ([]merkle.Hash, error) {
	if len(from) > maxPath {
		return nil, fmt.Errorf("%w: path of %d hashes", ErrTooLarge, len(from))
	}
	var path []merkle.Hash
	for _, h := range from {
		var hash merkle.Hash
		if err := copyHash(&hash, h); err != nil {
			return nil, err
		}
		path = append(path, hash)
	}
	return path, nil
}
