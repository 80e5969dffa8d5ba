package simulation

import (
	"crypto/sha256"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// capsuleOf is the capsule of a node in any simulated grant.
func capsuleOf(name []byte) ([]byte, error) {
	return pre.NewCapsule(sha256.Sum256(name), name)
}

// leavesOf are the leaves of a simulated grant: factories of later blocks find them again. Their points are none, so there are no
// answers to them.
func leavesOf(g types.Grant) ([][]byte, []merkle.Hash, error) {
	cover, err := types.GrantCover(g, 1<<12)
	if err != nil {
		return nil, nil, err
	}
	var leaves [][]byte
	var hashes []merkle.Hash
	for _, node := range cover {
		name, err := node.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		capsule, err := capsuleOf(name)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range g.Proxies {
			leaf, err := pre.Leaf{Node: [keytree.NodeSize]byte(name), Proxy: p.Provider, CapsuleHash: pre.CapsuleHash(capsule)}.MarshalBinary()
			if err != nil {
				return nil, nil, err
			}
			leaves, hashes = append(leaves, leaf), append(hashes, merkle.LeafHash(leaf))
		}
	}
	return leaves, hashes, nil
}

// rootOf commits a simulated grant to its leaves.
func rootOf(m *types.MsgGrant) ([]byte, error) {
	g := types.Grant{KeyEpoch: m.KeyEpoch, FirstInterval: m.FirstInterval, LastInterval: m.LastInterval, Split: m.Split, Grain: m.Grain}
	for _, id := range m.Ranks() {
		g.Proxies = append(g.Proxies, types.GrantProxy{Provider: id})
	}
	_, hashes, err := leavesOf(g)
	if err != nil {
		return nil, err
	}
	root := merkle.Root(hashes)
	return root[:], nil
}

// provedLeaf is one leaf of a simulated grant with its path.
func provedLeaf(g types.Grant, position uint32) (leaf []byte, path [][]byte, err error) {
	leaves, hashes, err := leavesOf(g)
	if err != nil {
		return nil, nil, err
	}
	proof, err := merkle.Proof(hashes, int(position))
	for _, h := range proof {
		path = append(path, h[:])
	}
	return leaves[position], path, err
}
