package types

import (
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
)

// Reason is why a grant does or doesn't open an interval.
type Reason string

// Reasons Allows gives.
const (
	ReasonOK          Reason = "ok"
	ReasonPending     Reason = "the grant waits for its proxies' acceptance"
	ReasonRevoked     Reason = "the grant has been revoked"
	ReasonExpired     Reason = "the grant has expired"
	ReasonBeforeRange Reason = "the interval lies before the granted range"
	ReasonAfterRange  Reason = "the interval lies after the granted range"
)

// Allows tells whether a grant opens an interval at a time (unix seconds). It is a pure function of the row, so that
// whoever has the row proved can answer alone. The tombstone wins over everything; at its expiry second a grant is over.
func Allows(g Grant, interval uint32, unix int64) (bool, Reason) {
	switch {
	case g.Status == GRANT_STATUS_REVOKED:
		return false, ReasonRevoked
	case unix >= g.ExpiresAt:
		return false, ReasonExpired
	case g.Status != GRANT_STATUS_LIVE:
		return false, ReasonPending
	case interval < g.FirstInterval:
		return false, ReasonBeforeRange
	case interval > g.LastInterval:
		return false, ReasonAfterRange
	}
	return true, ReasonOK
}

// GrantCover lists the key tree nodes of a grant, in the order of its leaves.
func GrantCover(g Grant, maxNodes int) ([]keytree.Node, error) {
	return keytree.Cover(g.KeyEpoch, g.FirstInterval, g.LastInterval, g.Split, uint8(g.Grain), maxNodes)
}

// CheckLeaf checks that a leaf is the one the grant committed to at a position: it is under the root, and its node and proxy
// are those the position stands for.
func CheckLeaf(g Grant, leaf pre.Leaf, position uint32, path [][]byte) error {
	if position >= g.Leaves || len(g.Proxies) == 0 {
		return ErrLeaf.Wrapf("position %d of %d", position, g.Leaves)
	}
	cover, err := GrantCover(g, int(g.Leaves))
	if err != nil {
		return ErrLeaf.Wrap(err.Error())
	}
	n := uint32(len(g.Proxies))
	node, err := cover[position/n].MarshalBinary()
	if err != nil {
		return ErrLeaf.Wrap(err.Error())
	}
	if [keytree.NodeSize]byte(node) != leaf.Node || g.Proxies[position%n].Provider != leaf.Proxy {
		return ErrLeaf.Wrapf("position %d is of %s and provider %d", position, cover[position/n], g.Proxies[position%n].Provider)
	}
	bz, err := leaf.MarshalBinary()
	if err != nil {
		return ErrLeaf.Wrap(err.Error())
	}
	hashes := make([]merkle.Hash, len(path))
	for i, h := range path {
		if len(h) != len(merkle.Hash{}) {
			return ErrLeaf.Wrapf("path element of %d bytes", len(h))
		}
		hashes[i] = merkle.Hash(h)
	}
	if len(g.Root) != len(merkle.Hash{}) {
		return ErrLeaf.Wrap("the grant's root is malformed")
	}
	if err := merkle.Verify(merkle.Hash(g.Root), merkle.LeafHash(bz), uint64(position), uint64(g.Leaves), hashes); err != nil {
		return ErrLeaf.Wrap(err.Error())
	}
	return nil
}

// ProxyOf finds a provider among a grant's proxies.
func (g Grant) ProxyOf(provider uint64) (int, bool) {
	for i, p := range g.Proxies {
		if p.Provider == provider {
			return i, true
		}
	}
	return 0, false
}

// Accepted counts the proxies that hold a good parcel and were not proved wrong.
func (g Grant) Accepted() int {
	n := 0
	for _, p := range g.Proxies {
		if p.State == PROXY_STATE_ACCEPTED {
			n++
		}
	}
	return n
}

// End is when the right is over (unix seconds): at its expiry or its revocation.
func (g Grant) End() int64 {
	if g.Status == GRANT_STATUS_REVOKED {
		return min(g.RevokedAt, g.ExpiresAt)
	}
	return g.ExpiresAt
}

// String of a reason is its text.
func (r Reason) String() string { return string(r) }

var _ fmt.Stringer = ReasonOK
