package keytree

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
)

// ErrNotBelow means that a key was asked for that does not follow from the seed at hand.
var ErrNotBelow = errors.New("key tree node is not below the seed at hand")

// Labels keep the derivations apart. The stream root's stands in an HKDF, the others before a zero byte.
const (
	labelRoot   = "cpchain/keytree/root/v1"
	labelLeft   = "cpchain/keytree/left/v1"
	labelRight  = "cpchain/keytree/right/v1"
	labelKey    = "cpchain/keytree/key/v1"
	labelCommit = "cpchain/keytree/commit/v1"
)

// Seed of a node, or of an owner. It prints as [redacted].
type Seed [32]byte

// IntervalKey is the key of one interval. It prints as [redacted].
type IntervalKey [32]byte

const redacted = "[redacted]"

// String never shows the secret.
func (Seed) String() string { return redacted }

// GoString never shows the secret.
func (Seed) GoString() string { return redacted }

// LogValue never shows the secret.
func (Seed) LogValue() slog.Value { return slog.StringValue(redacted) }

// String never shows the secret.
func (IntervalKey) String() string { return redacted }

// GoString never shows the secret.
func (IntervalKey) GoString() string { return redacted }

// LogValue never shows the secret.
func (IntervalKey) LogValue() slog.Value { return slog.StringValue(redacted) }

// StreamRoot is the root seed of a stream's tree in a key epoch. stream is "<chain-id>/<number>".
func StreamRoot(owner Seed, stream string, epoch uint32) (Seed, error) {
	if stream == "" || len(stream) > 255 {
		return Seed{}, fmt.Errorf("stream name of %d bytes: use 1 to 255", len(stream))
	}
	info := append([]byte(labelRoot), 0, byte(len(stream)))
	info = append(info, stream...)
	info = binary.BigEndian.AppendUint32(info, epoch)
	bz, err := hkdf.Key(sha256.New, owner[:], nil, string(info), len(Seed{}))
	if err != nil {
		return Seed{}, err
	}
	return Seed(bz), nil
}

// Derive walks from a node's seed down to another's.
func Derive(seed Seed, from, to Node) (Seed, error) {
	if err := errors.Join(from.Valid(), to.Valid()); err != nil {
		return Seed{}, err
	}
	if !from.Covers(to) {
		return Seed{}, fmt.Errorf("%w: %s from %s", ErrNotBelow, to, from)
	}
	for level := int(to.Depth-from.Depth) - 1; level >= 0; level-- {
		seed = child(seed, to.Index>>level&1 == 1)
	}
	return seed, nil
}

func child(seed Seed, right bool) Seed {
	if right {
		return Seed(labelled(labelRight, seed))
	}
	return Seed(labelled(labelLeft, seed))
}

// KeyOf is the interval key of a leaf's seed. From the key the seed can't be had.
func KeyOf(leaf Seed) IntervalKey { return IntervalKey(labelled(labelKey, leaf)) }

// Commit is the public commitment to an interval key: it binds the sealer to one key.
func Commit(k IntervalKey) [32]byte { return labelled(labelCommit, k) }

// labelled is one SHA-256 block or two of label ‖ 0x00 ‖ secret; labels hold no zero byte, so no two inputs meet.
func labelled(label string, secret [32]byte) [32]byte {
	var buf [64]byte
	n := copy(buf[:], label)
	n++
	n += copy(buf[n:], secret[:])
	return sha256.Sum256(buf[:n])
}

// Keys derives the keys of intervals [from, to] below a node in order, each inner node hashed once, until yield says stop.
func Keys(seed Seed, node Node, from, to uint32, yield func(interval uint32, k IntervalKey) bool) error {
	if err := node.Valid(); err != nil {
		return err
	}
	if from > to || !node.Contains(from) || !node.Contains(to) {
		return fmt.Errorf("%w: intervals %d to %d from %s", ErrNotBelow, from, to, node)
	}
	walk(seed, node, from, to, yield)
	return nil
}

// walk visits the leaves in range from the left; false means stop.
func walk(seed Seed, n Node, from, to uint32, yield func(uint32, IntervalKey) bool) bool {
	if n.Last() < from || n.First() > to {
		return true
	}
	if n.Depth == Depth {
		return yield(n.Index, KeyOf(seed))
	}
	return walk(child(seed, false), n.Left(), from, to, yield) && walk(child(seed, true), n.Right(), from, to, yield)
}
