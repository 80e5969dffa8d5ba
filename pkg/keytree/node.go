package keytree

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Depth of the tree: a stream and key epoch has 2^32 intervals.
const Depth = 32

// NodeSize is the length of a node in binary: epoch (4) ‖ depth (1) ‖ index (4), big endian.
const NodeSize = 9

// ErrNode means that a node is malformed.
var ErrNode = errors.New("malformed key tree node")

// Node names a node of a key epoch's tree: depth 0 is the root, depth 32 a leaf, index counts from the left in its depth.
type Node struct {
	Epoch uint32
	Depth uint8
	Index uint32
}

// Leaf is the node of one interval.
func Leaf(epoch, interval uint32) Node { return Node{Epoch: epoch, Depth: Depth, Index: interval} }

// Valid checks that the index exists at the depth, else ErrNode.
func (n Node) Valid() error {
	if n.Depth > Depth || n.Depth < Depth && n.Index>>n.Depth != 0 {
		return fmt.Errorf("%w: depth %d, index %d", ErrNode, n.Depth, n.Index)
	}
	return nil
}

// height is the number of levels below the node.
func (n Node) height() uint { return Depth - uint(n.Depth) }

// First interval below the node.
func (n Node) First() uint32 { return uint32(uint64(n.Index) << n.height()) }

// Last interval below the node, inclusive.
func (n Node) Last() uint32 { return uint32((uint64(n.Index)+1)<<n.height() - 1) }

// Contains tells whether an interval is below the node.
func (n Node) Contains(interval uint32) bool {
	return uint64(interval)>>n.height() == uint64(n.Index)
}

// Covers tells whether other is the node itself or below it.
func (n Node) Covers(other Node) bool {
	return n.Epoch == other.Epoch && n.Depth <= other.Depth && uint64(other.Index)>>(other.Depth-n.Depth) == uint64(n.Index)
}

// Left child. A leaf has none: the result is then not Valid.
func (n Node) Left() Node { return Node{Epoch: n.Epoch, Depth: n.Depth + 1, Index: n.Index << 1} }

// Right child. A leaf has none: the result is then not Valid.
func (n Node) Right() Node { return Node{Epoch: n.Epoch, Depth: n.Depth + 1, Index: n.Index<<1 | 1} }

// Parent node. The root is its own parent.
func (n Node) Parent() Node {
	if n.Depth == 0 {
		return n
	}
	return Node{Epoch: n.Epoch, Depth: n.Depth - 1, Index: n.Index >> 1}
}

// String is like e0/d32/i17.
func (n Node) String() string { return fmt.Sprintf("e%d/d%d/i%d", n.Epoch, n.Depth, n.Index) }

// MarshalBinary gives the 9-byte form.
func (n Node) MarshalBinary() ([]byte, error) {
	if err := n.Valid(); err != nil {
		return nil, err
	}
	bz := make([]byte, 0, NodeSize)
	bz = binary.BigEndian.AppendUint32(bz, n.Epoch)
	bz = append(bz, n.Depth)
	return binary.BigEndian.AppendUint32(bz, n.Index), nil
}

// ParseNode reads the 9-byte form; ErrNode for any other length and for a node that does not exist.
func ParseNode(bz []byte) (Node, error) {
	if len(bz) != NodeSize {
		return Node{}, fmt.Errorf("%w: %d bytes, not %d", ErrNode, len(bz), NodeSize)
	}
	n := Node{Epoch: binary.BigEndian.Uint32(bz), Depth: bz[4], Index: binary.BigEndian.Uint32(bz[5:])}
	if err := n.Valid(); err != nil {
		return Node{}, err
	}
	return n, nil
}
