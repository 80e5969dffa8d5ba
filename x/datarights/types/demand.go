package types

import (
	"encoding/binary"

	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/pkg/keytree"
)

// Ended tells whether a demand needs no answer any more.
func (d Demand) Ended() bool { return d.State != DEMAND_STATE_OPEN }

// Queued tells whether the demand waits for the end-block work: to lapse at its deadline or, once ended, to let go of its bytes.
func (d Demand) Queued() bool {
	return d.Deadline != 0 && (!d.Ended() || len(d.Capsule) > 0 || d.Answer != nil)
}

// Once is what a demand can be made for only once: grant, kind, leaf, and who is to answer.
func (d Demand) Once() []byte {
	return binary.BigEndian.AppendUint64(onceLeaf(d.Grant, d.Kind, d.Position), d.Provider)
}

func onceLeaf(grant uint64, kind DemandKind, position uint32) []byte {
	bz := append(binary.BigEndian.AppendUint64(nil, grant), byte(kind)) //nolint:gosec // one of three
	return binary.BigEndian.AppendUint32(bz, position)
}

// OnceOfNode bounds the Once of all demands for fragments of a grant's node-th node.
func OnceOfNode(g Grant, node uint32) (from, to []byte) {
	n := uint32(len(g.Proxies)) //nolint:gosec // at most MaxProxies
	return onceLeaf(g.Id, DEMAND_KIND_FRAGMENT, node*n), onceLeaf(g.Id, DEMAND_KIND_FRAGMENT, (node+1)*n)
}

// NodeAt finds a key tree node (9-byte form) in a grant's cover: its number and itself. Errors: ErrNode.
func NodeAt(g Grant, name []byte) (uint32, keytree.Node, error) {
	cover, err := GrantCover(g, int(g.Leaves))
	if err != nil {
		return 0, keytree.Node{}, Because(ErrNode, err)
	}
	node, err := keytree.ParseNode(name)
	if err != nil {
		return 0, keytree.Node{}, Because(ErrNode, err)
	}
	for i, n := range cover {
		if n == node {
			return uint32(i), n, nil
		}
	}
	return 0, keytree.Node{}, ErrNode.Wrapf("%s is not one of grant %d's %d nodes", node, g.Id, len(cover))
}

// NewPot is empty.
func NewPot() Pot { return Pot{Held: math.ZeroInt(), Least: math.ZeroInt()} }

// CutAt is the height of a provider's last cut, 0 where there was none.
func (p Pot) CutAt(provider uint64) int64 {
	for _, c := range p.Cuts {
		if c.Provider == provider {
			return c.Height
		}
	}
	return 0
}

// SetCut notes a cut at a height and keeps its share.
func (p *Pot) SetCut(provider uint64, height int64, share math.Int) {
	if len(p.Cuts) == 0 || share.LT(p.Least) {
		p.Least = share
	}
	p.Held = p.Held.Add(share)
	for i := range p.Cuts {
		if p.Cuts[i].Provider == provider {
			p.Cuts[i].Height = height
			return
		}
	}
	p.Cuts = append(p.Cuts, Cut{Provider: provider, Height: height})
}

// OnceOfGrant bounds the Once of all demands of a grant.
func OnceOfGrant(grant uint64) (from, to []byte) {
	return onceLeaf(grant, 0, 0), onceLeaf(grant, DEMAND_KIND_CAPSULE+1, 0)
}
