package types

import (
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
)

// Validate checks everything that needs no state. A capsule that no proxy could re-encrypt is refused here already.
func (m *MsgDemandFragment) Validate() error {
	if len(m.Node) != keytree.NodeSize {
		return ErrNode.Wrapf("%d bytes, not %d", len(m.Node), keytree.NodeSize)
	}
	if err := pre.CheckCapsule(m.Capsule); err != nil {
		return Because(ErrCapsule, err)
	}
	return nil
}

// Validate checks sizes before anything is hashed or decoded.
func (m *MsgAnswerDemand) Validate() error { return m.Answer.validSize() }

// Validate checks sizes before anything is hashed or decoded.
func (m *MsgRefuteDemand) Validate() error { return validLeaf(m.Leaf, m.Path) }

// Validate checks sizes before anything is hashed or decoded.
func (m *MsgDemandCapsule) Validate() error { return validLeaf(m.Leaf, m.Path) }

func validLeaf(leaf []byte, path [][]byte) error {
	if len(leaf) != pre.LeafSize {
		return ErrEvidence.Wrapf("a leaf of %d bytes, not %d", len(leaf), pre.LeafSize)
	}
	return validPath(path)
}

// Validate checks the size before anything is hashed.
func (m *MsgAnswerCapsule) Validate() error {
	if len(m.Capsule) != pre.CapsuleSize {
		return ErrCapsule.Wrapf("%d bytes, not %d", len(m.Capsule), pre.CapsuleSize)
	}
	return nil
}

// Validate checks everything that needs no state.
func (m *MsgDeclineHandOver) Validate() error { return validRefusal(m.Reason) }
