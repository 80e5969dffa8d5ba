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
		key, err := checkEntry(self, g, node, e)
		if err != nil {
			return nil, badParcel("entry %d (%s): %v", i, node, err)
		}
		entries[key] = e
	}
	return entries, nil
}

// columnOf is the provider's place among the grant's proxies.
func columnOf(g datarights.Grant, provider uint64) (int, bool) {
	for i, p := range g.Proxies {
		if p.Provider == provider {
			return i, true
		}
	}
	return 0, false
}

func checkEntry(self uint64, g datarights.Grant, node keytree.Node, e wire.ParcelEntry) (string, error) {
	share, err := shareOf(e)
	if err != nil {
		return "", err
	}
	key, err := node.MarshalBinary()
	if err != nil {
		return "", err
	}
	if string(share.Leaf.Node[:]) != string(key) || share.Leaf.Proxy != self {
		return "", fmt.Errorf("leaf is of node %x for provider %d", share.Leaf.Node, share.Leaf.Proxy)
	}
	if err := datarights.CheckLeaf(g, share.Leaf, e.Position, e.Path); err != nil {
		return "", err
	}
	if err := pre.CheckShare(share); err != nil {
		return "", err
	}
	closed := uint64(node.Last()) < g.Split
	if closed && len(e.Capsule) == 0 {
		return "", errors.New("its capsule is missing, though its window had closed")
	}
	if len(e.Capsule) > 0 {
		return string(key), checkCapsule(share.Leaf, e.Capsule)
	}
	return string(key), nil
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
