package keytree

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// ErrNoKey means that a window does not reach an interval: it was never handed over, or has been forgotten.
var ErrNoKey = errors.New("no key for this interval")

// NodeSeed is a node with its seed.
type NodeSeed struct {
	Node Node
	Seed Seed
}

// Window is what a writer holds of a stream's keys: seeds of disjoint nodes, forgotten from the left as time passes.
type Window struct {
	nodes []NodeSeed // ascending by epoch and first interval, disjoint
}

// windowVersion starts the binary form: version ‖ (node ‖ seed)*.
const windowVersion = 0x01

// NewWindow holds the given seeds.
func NewWindow(nodes []NodeSeed) (*Window, error) {
	w := &Window{}
	return w, w.Add(nodes)
}

// Add takes more seeds in. A node below or above one held must derive to or from the same seed; it is then held once.
func (w *Window) Add(nodes []NodeSeed) error {
	merged := slices.Clone(w.nodes)
	for _, n := range nodes {
		if err := n.Node.Valid(); err != nil {
			return err
		}
		var err error
		if merged, err = insert(merged, n); err != nil {
			return err
		}
	}
	slices.SortFunc(merged, func(a, b NodeSeed) int {
		return cmp.Or(cmp.Compare(a.Node.Epoch, b.Node.Epoch), cmp.Compare(a.Node.First(), b.Node.First()))
	})
	w.nodes = merged
	return nil
}

func insert(held []NodeSeed, n NodeSeed) ([]NodeSeed, error) {
	for _, h := range held {
		if !h.Node.Covers(n.Node) {
			continue
		}
		seed, err := Derive(h.Seed, h.Node, n.Node)
		if err != nil {
			return nil, err
		}
		if seed != n.Seed {
			return nil, fmt.Errorf("seed of %s contradicts the one held for %s", n.Node, h.Node)
		}
		return held, nil
	}
	kept := held[:0:0]
	for _, h := range held {
		if !n.Node.Covers(h.Node) {
			kept = append(kept, h)
			continue
		}
		seed, err := Derive(n.Seed, n.Node, h.Node)
		if err != nil {
			return nil, err
		}
		if seed != h.Seed {
			return nil, fmt.Errorf("seed of %s contradicts the one held for %s", n.Node, h.Node)
		}
	}
	return append(kept, n), nil
}

// Key of an interval, or ErrNoKey.
func (w *Window) Key(epoch, interval uint32) (IntervalKey, error) {
	seed, err := w.Seed(Leaf(epoch, interval))
	if err != nil {
		return IntervalKey{}, err
	}
	return KeyOf(seed), nil
}

// Seed of a node that lies wholly inside the window, or ErrNoKey. A node made whole only by several of the window's seeds
// has none: seeds can't be put together.
func (w *Window) Seed(n Node) (Seed, error) {
	for _, h := range w.nodes {
		if h.Node.Covers(n) {
			return Derive(h.Seed, h.Node, n)
		}
	}
	return Seed{}, fmt.Errorf("%w: %s", ErrNoKey, n)
}

// Forget drops every key of an epoch up to and including interval through: of a node that reaches beyond it only the seeds
// to the right survive.
func (w *Window) Forget(epoch, through uint32) {
	var kept []NodeSeed
	for i := range w.nodes {
		n := w.nodes[i]
		switch {
		case n.Node.Epoch != epoch || n.Node.First() > through:
			kept = append(kept, n)
		case n.Node.Last() > through:
			kept = append(kept, rightOf(n, through)...)
		}
		w.nodes[i].Seed = Seed{}
	}
	w.nodes = kept
}

// rightOf lists the seeds of everything below n and right of an interval that n contains, ascending.
func rightOf(n NodeSeed, through uint32) []NodeSeed {
	var right []NodeSeed
	for n.Node.Last() > through {
		l := NodeSeed{Node: n.Node.Left(), Seed: child(n.Seed, false)}
		r := NodeSeed{Node: n.Node.Right(), Seed: child(n.Seed, true)}
		if through > l.Node.Last() {
			n = r
			continue
		}
		right = append(right, r)
		n = l
	}
	slices.Reverse(right)
	return right
}

// Left counts the intervals held without a hole from one on.
func (w *Window) Left(epoch, from uint32) uint64 {
	next := uint64(from)
	for _, n := range w.nodes {
		if n.Node.Epoch != epoch || uint64(n.Node.Last()) < next {
			continue
		}
		if uint64(n.Node.First()) > next {
			break
		}
		next = uint64(n.Node.Last()) + 1
	}
	return next - uint64(from)
}

// Nodes held, ascending. The caller keeps them secret.
func (w *Window) Nodes() []NodeSeed { return slices.Clone(w.nodes) }

// MarshalBinary gives the secrets in clear: the caller seals them.
func (w *Window) MarshalBinary() ([]byte, error) {
	bz := []byte{windowVersion}
	for _, n := range w.nodes {
		node, err := n.Node.MarshalBinary()
		if err != nil {
			return nil, err
		}
		bz = append(append(bz, node...), n.Seed[:]...)
	}
	return bz, nil
}

// UnmarshalBinary reads what MarshalBinary gave.
func (w *Window) UnmarshalBinary(bz []byte) error {
	const entry = NodeSize + len(Seed{})
	if len(bz) == 0 || bz[0] != windowVersion || (len(bz)-1)%entry != 0 {
		return errors.New("malformed key window")
	}
	var nodes []NodeSeed
	for rest := bz[1:]; len(rest) > 0; rest = rest[entry:] {
		node, err := ParseNode(rest[:NodeSize])
		if err != nil {
			return err
		}
		nodes = append(nodes, NodeSeed{Node: node, Seed: Seed(rest[NodeSize:entry])})
	}
	fresh, err := NewWindow(nodes)
	if err != nil {
		return err
	}
	if len(fresh.nodes) != len(nodes) || !slices.Equal(fresh.nodes, nodes) {
		return errors.New("malformed key window: nodes overlap or are out of order")
	}
	*w = *fresh
	return nil
}
