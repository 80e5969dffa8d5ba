package keytree

import (
	"errors"
	"fmt"
	"math/bits"
)

var (
	// ErrRange means that a range of intervals is empty or backwards.
	ErrRange = errors.New("malformed interval range")
	// ErrTooManyNodes means that a cover would need more nodes than allowed.
	ErrTooManyNodes = errors.New("too many key tree nodes")
)

// Cover is the list of nodes that a grant of intervals [a, b] consists of, ascending, disjoint and exact. c is the first
// interval still open: the closed part, below c, is covered by as few nodes as there can be (at most 62), the open part by
// nodes of at most 2^g intervals, so that what is not yet open can be revoked in that grain. It is the same for owner,
// chain, proxy and reader. ErrRange for a > b or g above the tree's depth, ErrTooManyNodes for more than maxNodes; the work
// done is bounded by maxNodes whatever the range.
func Cover(epoch, a, b uint32, c uint64, g uint8, maxNodes int) ([]Node, error) {
	if a > b {
		return nil, fmt.Errorf("%w: %d to %d", ErrRange, a, b)
	}
	if g > Depth {
		return nil, fmt.Errorf("%w: grain %d above the tree's depth", ErrRange, g)
	}
	end := uint64(b) + 1
	split := min(max(c, uint64(a)), end)
	nodes, err := span(nil, epoch, uint64(a), split, Depth, maxNodes)
	if err != nil {
		return nil, err
	}
	return span(nodes, epoch, split, end, uint(g), maxNodes)
}

// span appends the nodes of [from, end), none higher than height.
func span(nodes []Node, epoch uint32, from, end uint64, height uint, maxNodes int) ([]Node, error) {
	for from < end {
		if len(nodes) >= maxNodes {
			return nil, fmt.Errorf("%w: more than %d: grant less at once, or with a coarser grain", ErrTooManyNodes, maxNodes)
		}
		h := min(height, uint(bits.TrailingZeros64(from|1<<Depth)), uint(bits.Len64(end-from))-1)
		nodes = append(nodes, Node{Epoch: epoch, Depth: uint8(Depth - h), Index: uint32(from >> h)})
		from += 1 << h
	}
	return nodes, nil
}
