package owner

import (
	"bytes"
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// DemandedCapsule makes the capsule a demand asks for. Capsules are deterministic: the root seed is all it takes. One that does not hash
// to what the grant committed to is an error, since the chain would refuse it.
func DemandedCapsule(root keytree.Seed, chainID string, g datarights.Grant, d datarights.Demand) ([]byte, error) {
	if d.Kind != datarights.DEMAND_KIND_CAPSULE {
		return nil, fmt.Errorf("demand %d is not for a capsule", d.Id)
	}
	cover, err := datarights.GrantCover(g, int(g.Leaves))
	if err != nil {
		return nil, err
	}
	n := int(d.Position) / max(len(g.Proxies), 1)
	if n >= len(cover) {
		return nil, fmt.Errorf("leaf %d of %d nodes", d.Position, len(cover))
	}
	node, stream := cover[n], datarights.StreamID(chainID, g.Stream)
	tree, err := keytree.StreamRoot(root, stream, node.Epoch)
	if err != nil {
		return nil, err
	}
	seed, err := keytree.Derive(tree, keytree.Node{Epoch: node.Epoch}, node)
	if err != nil {
		return nil, err
	}
	name, err := node.MarshalBinary()
	if err != nil {
		return nil, err
	}
	capsule, err := pre.NewCapsule(seed, pre.CapsuleContext(stream, name))
	if err != nil {
		return nil, err
	}
	if hash := pre.CapsuleHash(capsule); !bytes.Equal(hash[:], d.CapsuleHash) {
		return nil, fmt.Errorf("the capsule of %s is not the one grant %d committed to: was it made from another root seed?", node, g.Id)
	}
	return capsule, nil
}
