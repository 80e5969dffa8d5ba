package keytree

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

var (
	// ErrNotBelow means that a key was asked for that does not follow from the seed at hand.
	ErrNotBelow = errors.New("key tree node is not below the seed at hand")
	// ErrStream means that a stream's name can't be bound into its root.
	ErrStream = errors.New("malformed stream name")
)

// Labels keep the derivations apart. Those of the tree hold at most labelMax bytes, so that a derivation is one compression.
const (
	labelRoot   = "cpchain/keytree/root"
	labelLeft   = "cpchain/keytree/left"
	labelRight  = "cpchain/keytree/right"
	labelKey    = "cpchain/keytree/key"
	labelCommit = "cpchain/keytree/commit"
)

// labelMax is what fits one SHA-256 block beside a zero byte, 32 bytes of secret and 9 bytes of padding.
const labelMax = sha256.BlockSize - 1 - 32 - 9

// A longer label would be cut short; it fails to compile instead.
const (
	_ = uint(labelMax - len(labelLeft))
	_ = uint(labelMax - len(labelRight))
	_ = uint(labelMax - len(labelKey))
	_ = uint(labelMax - len(labelCommit))
)

// maxStream bounds a stream's name, whose length is one byte.
const maxStream = 255

// StreamRoot is the root seed of a stream's tree in a key epoch. stream is "<chain-id>/<number>", 1 to 255 bytes, else
// ErrStream.
func StreamRoot(owner Seed, stream string, epoch uint32) (Seed, error) {
	if stream == "" || len(stream) > maxStream {
		return Seed{}, fmt.Errorf("%w: %d bytes: use 1 to %d", ErrStream, len(stream), maxStream)
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

// Derive walks from a node's seed down to another's. ErrNode for a node that does not exist, ErrNotBelow for one that is
// not below from.
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
		return labelled(labelRight, seed)
	}
	return labelled(labelLeft, seed)
}

// KeyOf is the interval key of a leaf's seed. From the key the seed can't be had.
func KeyOf(leaf Seed) IntervalKey { return labelled(labelKey, leaf) }

// Commit is the public commitment to an interval key: it binds the sealer to one key.
func Commit(k IntervalKey) [32]byte { return labelled(labelCommit, k) }

// labelled is SHA-256 of label ‖ 0x00 ‖ secret; labels hold no zero byte, so no two inputs meet.
func labelled(label string, secret [32]byte) [32]byte {
	var buf [labelMax + 1 + 32]byte
	n := copy(buf[:labelMax], label) + 1
	n += copy(buf[n:], secret[:])
	return sha256.Sum256(buf[:n])
}

// Keys derives the keys of intervals [from, to], both inclusive, below a node in order, each inner node once, until yield
// returns false. ErrNotBelow if the range is backwards or not wholly below the node.
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

// walk visits the leaves in range from the left; false means stop. n overlaps the range.
func walk(seed Seed, n Node, from, to uint32, yield func(uint32, IntervalKey) bool) bool {
	if n.Depth == Depth {
		return yield(n.Index, KeyOf(seed))
	}
	left, right := n.Left(), n.Right()
	if from <= left.Last() && !walk(child(seed, false), left, from, to, yield) {
		return false
	}
	return to < right.First() || walk(child(seed, true), right, from, to, yield)
}
