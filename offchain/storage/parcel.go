package storage

import (
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// errParcel means that a parcel does not hold what its grant promises; the text goes on chain as the reason of refusal.
var errParcel = errors.New("bad parcel")

func badParcel(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errParcel, fmt.Sprintf(format, args...))
}

// checkParcel checks a parcel against its grant's row: exactly one entry for each node of the grant's cover, in cover
// order, each leaf under the grant's root at its place and made for this provider, each key share matching its leaf, and
// a capsule for every node that was closed when the grant was made. It returns the entries by node (9-byte form).
func checkParcel(chainID string, self uint64, g datarights.Grant, p wire.Parcel) (map[string]wire.ParcelEntry, error) {
	if p.ChainId != chainID || p.Grant != g.Id || p.Provider != self {
		return nil, badParcel("it is for provider %d and grant %d of %s", p.Provider, p.Grant, p.ChainId)
	}
	column, ok := columnOf(g, self)
	if !ok {
		return nil, badParcel("provider %d is no proxy of grant %d", self, g.Id)
	}
	nodes, err := datarights.GrantCover(g, int(g.Leaves)/len(g.Proxies))
	if err != nil {
		return nil, badParcel("cover of the grant: %v", err)
	}
	if len(p.Entries) != len(nodes) {
		return nil, badParcel("%d entries for %d nodes", len(p.Entries), len(nodes))
	}
	entries := make(map[string]wire.ParcelEntry, len(nodes))
	for i, node := range nodes {
		e := p.Entries[i]
		if want := uint32(i*len(g.Proxies) + column); e.Position != want {
			return nil, badParcel("entry %d is for leaf %d, not %d", i, e.Position, want)
		}
		leaf, err := checkEntry(g, node, e)
		if err != nil {
			return nil, badParcel("entry %d (%s): %v", i, node, err)
		}
		entries[string(leaf.Node[:])] = e
	}
	return entries, nil
}

// checkEntry checks one entry and returns its leaf, which CheckLeaf has tied to the node and the provider.
func checkEntry(g datarights.Grant, node keytree.Node, e wire.ParcelEntry) (pre.Leaf, error) {
	share, err := shareOf(e)
	if err != nil {
		return pre.Leaf{}, err
	}
	if err := datarights.CheckLeaf(g, share.Leaf, e.Position, e.Path); err != nil {
		return pre.Leaf{}, err
	}
	if err := pre.CheckShare(share); err != nil {
		return pre.Leaf{}, err
	}
	closed := uint64(node.Last()) < g.Split
	if closed && len(e.Capsule) == 0 {
		return pre.Leaf{}, errors.New("its capsule is missing, though its window had closed")
	}
	if len(e.Capsule) == 0 {
		return share.Leaf, nil
	}
	return share.Leaf, checkCapsule(share.Leaf, e.Capsule)
}

// checkCapsule checks that a capsule is the one the leaf promises.
func checkCapsule(leaf pre.Leaf, capsule []byte) error {
	if pre.CapsuleHash(capsule) != leaf.CapsuleHash {
		return errors.New("capsule does not match the leaf")
	}
	return pre.CheckCapsule(capsule)
}

// shareOf decodes the key share in an entry.
func shareOf(e wire.ParcelEntry) (pre.Share, error) {
	leaf, err := pre.ParseLeaf(e.Leaf)
	if err != nil {
		return pre.Share{}, err
	}
	s := pre.Share{Leaf: leaf}
	if len(e.FragmentKey) != len(s.RK) {
		return pre.Share{}, fmt.Errorf("key share has %d bytes, not %d", len(e.FragmentKey), len(s.RK))
	}
	copy(s.RK[:], e.FragmentKey)
	return s, nil
}
