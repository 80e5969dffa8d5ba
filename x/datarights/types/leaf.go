package types

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
)

// GrantCover lists the key tree nodes of a grant, in the order of its leaves: leaf (node i, proxy j) is number
// i × len(proxies) + j. Spares are among the proxies: a regrant moves no leaf and needs no new root.
func GrantCover(g Grant, maxNodes int) ([]keytree.Node, error) {
	if g.Grain > keytree.Depth {
		return nil, ErrGrain.Wrapf("%d, at most %d", g.Grain, keytree.Depth)
	}
	return keytree.Cover(g.KeyEpoch, g.FirstInterval, g.LastInterval, g.Split, uint8(g.Grain), maxNodes)
}

// CheckLeaf checks that a leaf is the one the grant committed to at a position: its node and proxy are those the position
// stands for, and its path leads to the grant's root. Every other leaf is ErrLeaf.
func CheckLeaf(g Grant, leaf pre.Leaf, position uint32, path [][]byte) error {
	node, proxy, err := leafAt(g, position)
	if err != nil {
		return Because(ErrLeaf, err)
	}
	name, err := node.MarshalBinary()
	if err != nil {
		return Because(ErrLeaf, err)
	}
	if [keytree.NodeSize]byte(name) != leaf.Node || proxy != leaf.Proxy {
		return ErrLeaf.Wrapf("position %d is of %s and provider %d, the leaf of %x and provider %d", position, node, proxy, leaf.Node, leaf.Proxy)
	}
	hashes, err := hashesOf(append([][]byte{g.Root}, path...))
	if err != nil {
		return Because(ErrLeaf, err)
	}
	bz, err := leaf.MarshalBinary()
	if err != nil {
		return Because(ErrLeaf, err)
	}
	if err := merkle.Verify(hashes[0], merkle.LeafHash(bz), uint64(position), uint64(g.Leaves), hashes[1:]); err != nil {
		return Because(ErrLeaf, err)
	}
	return nil
}

// leafAt is what a position stands for.
func leafAt(g Grant, position uint32) (node keytree.Node, proxy uint64, err error) {
	n := uint32(len(g.Proxies)) //nolint:gosec // at most MaxProxies
	if position >= g.Leaves || n == 0 {
		return node, 0, fmt.Errorf("position %d of %d", position, g.Leaves)
	}
	cover, err := GrantCover(g, int(g.Leaves/n))
	if err != nil {
		return node, 0, err
	}
	if uint64(len(cover))*uint64(n) != uint64(g.Leaves) {
		return node, 0, fmt.Errorf("the grant has %d leaves, not %d nodes for %d proxies", g.Leaves, len(cover), n)
	}
	return cover[position/n], g.Proxies[position%n].Provider, nil
}

func hashesOf(list [][]byte) ([]merkle.Hash, error) {
	hashes := make([]merkle.Hash, len(list))
	for i, h := range list {
		if len(h) != len(merkle.Hash{}) {
			return nil, fmt.Errorf("a hash of %d bytes", len(h))
		}
		hashes[i] = merkle.Hash(h)
	}
	return hashes, nil
}
