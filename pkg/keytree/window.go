package keytree

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrNoKey means that a window does not reach an interval: it was never handed over, or has been forgotten.
	ErrNoKey = errors.New("no key for this interval")
	// ErrContradiction means that two seeds given for overlapping nodes do not derive from one another.
	ErrContradiction = errors.New("seed contradicts one already held")
	// ErrWindow means that the binary form of a window is malformed.
	ErrWindow = errors.New("malformed key window")
)

// NodeSeed is a node with its seed.
type NodeSeed struct {
	Node Node
	Seed Seed
}

// Window is what a writer holds of a stream's keys: seeds of disjoint nodes, forgotten from the left as time passes. The
// zero Window holds nothing. It is not for concurrent use.
type Window struct {
	nodes []NodeSeed // ascending by epoch and first interval, disjoint
}

// NewWindow holds the given seeds, in any order.
func NewWindow(nodes []NodeSeed) (*Window, error) {
	w := &Window{}
	if err := w.Add(nodes); err != nil {
		return nil, err
	}
	return w, nil
}

// Add takes more seeds in, all or none. A node below or above one held must derive to or from the same seed
// (ErrContradiction); it is then held once, as the larger. What was forgotten and is handed over again is held again.
func (w *Window) Add(nodes []NodeSeed) error {
	merged := slices.Grow(slices.Clone(w.nodes), len(nodes))
	for _, n := range nodes {
		var err error
		if merged, err = insert(merged, n); err != nil {
			clear(merged[:cap(merged)])
			return err
		}
	}
	clear(w.nodes)
	w.nodes = merged
	return nil
}

// insert puts n at its place in held. Nodes of a tree nest or are disjoint, so what overlaps n is either one node above it
// or a run of nodes below it.
func insert(held []NodeSeed, n NodeSeed) ([]NodeSeed, error) {
	if err := n.Node.Valid(); err != nil {
		return held, err
	}
	at := search(held, n.Node.Epoch, n.Node.First())
	if at < len(held) && held[at].Node.Covers(n.Node) {
		return held, agree(held[at], n)
	}
	end := at
	for end < len(held) && n.Node.Covers(held[end].Node) {
		if err := agree(n, held[end]); err != nil {
			return held, err
		}
		end++
	}
	return slices.Replace(held, at, end, n), nil
}

// search finds the first node held that reaches up to an interval of an epoch, or beyond it.
func search(held []NodeSeed, epoch, interval uint32) int {
	at, _ := slices.BinarySearchFunc(held, interval, func(h NodeSeed, interval uint32) int {
		return cmp.Or(cmp.Compare(h.Node.Epoch, epoch), cmp.Compare(h.Node.Last(), interval))
	})
	return at
}

// agree checks that the seed of a node derives to the one given for a node below it.
func agree(above, below NodeSeed) error {
	seed, err := Derive(above.Seed, above.Node, below.Node)
	if err != nil {
		return err
	}
	if seed != below.Seed {
		return fmt.Errorf("%w: %s and %s", ErrContradiction, above.Node, below.Node)
	}
	return nil
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
	if err := n.Valid(); err != nil {
		return Seed{}, err
	}
	at := search(w.nodes, n.Epoch, n.First())
	if at == len(w.nodes) || !w.nodes[at].Node.Covers(n) {
		return Seed{}, fmt.Errorf("%w: %s", ErrNoKey, n)
	}
	return Derive(w.nodes[at].Seed, w.nodes[at].Node, n)
}

// Forget drops every key of an epoch up to and including interval through, overwriting the seeds: of a node that reaches
// beyond it only the seeds to the right survive.
func (w *Window) Forget(epoch, through uint32) {
	var kept []NodeSeed
	for _, n := range w.nodes {
		switch {
		case n.Node.Epoch != epoch || n.Node.First() > through:
			kept = append(kept, n)
		case n.Node.Last() > through:
			kept = append(kept, rightOf(n, through)...)
		}
	}
	clear(w.nodes)
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
	for _, n := range w.nodes[search(w.nodes, epoch, from):] {
		if n.Node.Epoch != epoch || uint64(n.Node.First()) > next {
			break
		}
		next = uint64(n.Node.Last()) + 1
	}
	return next - uint64(from)
}

// Nodes held, ascending. The caller keeps them secret.
func (w *Window) Nodes() []NodeSeed { return slices.Clone(w.nodes) }
