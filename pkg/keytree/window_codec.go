package keytree

import (
	"fmt"
	"slices"
)

// The binary form of a window is version ‖ (node ‖ seed)*, ascending and disjoint.
const (
	windowVersion = 0x01
	windowEntry   = NodeSize + len(Seed{})
)

// MarshalBinary gives the secrets in clear: the caller seals them.
func (w *Window) MarshalBinary() ([]byte, error) {
	bz := make([]byte, 1, 1+len(w.nodes)*windowEntry)
	bz[0] = windowVersion
	for _, n := range w.nodes {
		node, err := n.Node.MarshalBinary()
		if err != nil {
			return nil, err
		}
		bz = append(append(bz, node...), n.Seed[:]...)
	}
	return bz, nil
}

// UnmarshalBinary reads what MarshalBinary gave and replaces what was held; else ErrWindow or ErrNode, and nothing changes.
// One window has one form: nodes out of order, overlapping or repeated are refused.
func (w *Window) UnmarshalBinary(bz []byte) error {
	if len(bz) == 0 || bz[0] != windowVersion {
		return fmt.Errorf("%w: not of version %d", ErrWindow, windowVersion)
	}
	rest := bz[1:]
	if len(rest)%windowEntry != 0 {
		return fmt.Errorf("%w: %d bytes are no whole number of nodes", ErrWindow, len(bz))
	}
	nodes := slices.Grow([]NodeSeed(nil), len(rest)/windowEntry)
	for ; len(rest) > 0; rest = rest[windowEntry:] {
		node, err := ParseNode(rest[:NodeSize])
		if err != nil {
			return err
		}
		if len(nodes) > 0 && !before(nodes[len(nodes)-1].Node, node) {
			return fmt.Errorf("%w: %s overlaps or precedes the node before it", ErrWindow, node)
		}
		nodes = append(nodes, NodeSeed{Node: node, Seed: Seed(rest[NodeSize:windowEntry])})
	}
	clear(w.nodes)
	w.nodes = nodes
	return nil
}

// before tells whether all of a lies before all of b.
func before(a, b Node) bool {
	if a.Epoch != b.Epoch {
		return a.Epoch < b.Epoch
	}
	return a.Last() < b.First()
}
