package owner

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/cpchain/cpchain/offchain/durable"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Outbox keeps built grants on disk, sealed, from before the grant transaction until every proxy has answered: the key
// shares are random, so a grant whose parcels are lost could never be served.
type Outbox struct {
	dir  string
	key  seal.DiskKey
	rand io.Reader
}

// ErrNoParcels means that the outbox holds no parcels of a grant (any more).
var ErrNoParcels = errors.New("no parcels kept for this grant")

const outboxSuffix = ".grant"

// OpenOutbox keeps its files in dir.
func OpenOutbox(dir string, key seal.DiskKey, rand io.Reader) *Outbox {
	return &Outbox{dir: dir, key: key, rand: rand}
}

// stored is the file's content; protobuf messages keep their own encoding.
type stored struct {
	Version uint8      `cbor:"1,keyasint"`
	Msg     []byte     `cbor:"2,keyasint"`
	Entries [][][]byte `cbor:"3,keyasint"`
}

// Put keeps a built grant under its root.
func (o *Outbox) Put(b *Built) error {
	msg, err := b.Msg.Marshal()
	if err != nil {
		return err
	}
	s := stored{Version: 1, Msg: msg, Entries: make([][][]byte, len(b.Entries))}
	for i, entries := range b.Entries {
		for _, e := range entries {
			bz, err := e.Marshal()
			if err != nil {
				return err
			}
			s.Entries[i] = append(s.Entries[i], bz)
		}
	}
	plain, err := cbor.Marshal(s)
	if err != nil {
		return err
	}
	sealed, err := o.key.Seal(o.rand, b.Msg.Root, plain)
	if err != nil {
		return err
	}
	return durable.Replace(o.path(b.Msg.Root), sealed)
}

// Get returns the built grant with a root, or ErrNoParcels.
func (o *Outbox) Get(root []byte) (*Built, error) {
	sealed, err := os.ReadFile(o.path(root))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoParcels
	}
	if err != nil {
		return nil, err
	}
	plain, err := o.key.Open(root, sealed)
	if err != nil {
		return nil, fmt.Errorf("parcels in %s: %w", o.path(root), err)
	}
	var s stored
	if err := cbor.Unmarshal(plain, &s); err != nil {
		return nil, fmt.Errorf("parcels in %s: %w", o.path(root), err)
	}
	b := &Built{Entries: make([][]wire.ParcelEntry, len(s.Entries))}
	if err := b.Msg.Unmarshal(s.Msg); err != nil {
		return nil, err
	}
	for i, entries := range s.Entries {
		for _, bz := range entries {
			var e wire.ParcelEntry
			if err := e.Unmarshal(bz); err != nil {
				return nil, err
			}
			b.Entries[i] = append(b.Entries[i], e)
		}
	}
	return b, nil
}

// Drop forgets a grant's parcels.
func (o *Outbox) Drop(root []byte) error {
	err := os.Remove(o.path(root))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Roots lists the grants kept, so that a later run can finish what a crash cut off.
func (o *Outbox) Roots() ([][]byte, error) {
	names, err := filepath.Glob(filepath.Join(o.dir, "*"+outboxSuffix))
	if err != nil {
		return nil, err
	}
	var roots [][]byte
	for _, name := range names {
		root, err := hex.DecodeString(strings.TrimSuffix(filepath.Base(name), outboxSuffix))
		if err != nil {
			return nil, fmt.Errorf("%s does not belong in the outbox: move it away: %w", name, err)
		}
		roots = append(roots, root)
	}
	return roots, nil
}

func (o *Outbox) path(root []byte) string {
	return filepath.Join(o.dir, hex.EncodeToString(root)+outboxSuffix)
}

// Matches tells whether a row on chain is the grant that was built.
func (b *Built) Matches(g datarights.Grant) bool {
	return string(b.Msg.Root) == string(g.Root) && b.Msg.Stream == g.Stream && b.Msg.Reader == g.Reader
}
