package owner

import (
	"fmt"
	"io"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Terms are what a grant is about. Intervals are inclusive and lie in one key epoch.
type Terms struct {
	Stream        datarights.Stream
	Reader        uint64
	ReaderVersion uint32
	ReaderKey     pre.PublicKey
	KeyEpoch      uint32
	First, Last   uint32
	// Split is the first interval still open now; Grain bounds open nodes to 2^Grain intervals.
	Split uint64
	Grain uint8
	// Threshold of Proxies answers open a node. Proxies in row order, and Spares, which come after them.
	Threshold int
	Proxies   []provider.Provider
	Spares    []provider.Provider
	// Boundary is the draw boundary the proxies were drawn under.
	Boundary      int64
	AcceptanceFee sdk.Coin
	// ExpiresAt is unix seconds.
	ExpiresAt int64
	// MaxNodes is the chain's limit on nodes per grant.
	MaxNodes int
}

// Built is a grant ready to be sent: the message for the chain and, per proxy and spare, the entries of its parcel.
type Built struct {
	Msg     datarights.MsgGrant
	Nodes   []keytree.Node
	Entries [][]wire.ParcelEntry
}

// Build makes all key shares of a grant. The random sharing polynomials are fresh for every node.
func Build(rand io.Reader, chainID string, root keytree.Seed, t Terms) (*Built, error) {
	nodes, err := keytree.Cover(t.KeyEpoch, t.First, t.Last, t.Split, t.Grain, t.MaxNodes)
	if err != nil {
		return nil, fmt.Errorf("cover of intervals %d to %d: %w", t.First, t.Last, err)
	}
	stream := datarights.StreamID(chainID, t.Stream.Id)
	treeRoot, err := keytree.StreamRoot(root, stream, t.KeyEpoch)
	if err != nil {
		return nil, err
	}
	var ids []uint64
	for _, p := range slices.Concat(t.Proxies, t.Spares) {
		ids = append(ids, p.Id)
	}
	b := &Built{Nodes: nodes, Entries: make([][]wire.ParcelEntry, len(ids))}
	var leaves []merkle.Hash
	for _, node := range nodes {
		entries, err := nodeEntries(rand, stream, treeRoot, node, t, ids)
		if err != nil {
			return nil, fmt.Errorf("key shares of %s: %w", node, err)
		}
		for i, e := range entries {
			e.Position = uint32(len(leaves))
			leaves = append(leaves, merkle.LeafHash(e.Leaf))
			b.Entries[i] = append(b.Entries[i], e)
		}
	}
	if err := b.prove(leaves); err != nil {
		return nil, err
	}
	b.Msg = t.msg(ids, merkle.Root(leaves))
	return b, nil
}

// nodeEntries splits one node's key among the proxies.
func nodeEntries(rand io.Reader, stream string, root keytree.Seed, node keytree.Node, t Terms, proxies []uint64) ([]wire.ParcelEntry, error) {
	seed, err := keytree.Derive(root, keytree.Node{Epoch: node.Epoch}, node)
	if err != nil {
		return nil, err
	}
	label, err := node.MarshalBinary()
	if err != nil {
		return nil, err
	}
	context := pre.CapsuleContext(stream, label)
	shares, err := pre.Split(rand, seed, context, [keytree.NodeSize]byte(label), t.ReaderKey, t.Threshold, proxies)
	if err != nil {
		return nil, err
	}
	var capsule []byte
	if uint64(node.Last()) < t.Split {
		if capsule, err = pre.NewCapsule(seed, context); err != nil {
			return nil, err
		}
	}
	entries := make([]wire.ParcelEntry, len(shares))
	for i, s := range shares {
		leaf, err := s.Leaf.MarshalBinary()
		if err != nil {
			return nil, err
		}
		entries[i] = wire.ParcelEntry{Leaf: leaf, FragmentKey: s.RK[:], Capsule: capsule}
	}
	return entries, nil
}

// prove fills in the Merkle paths once all leaves are known.
func (b *Built) prove(leaves []merkle.Hash) error {
	for i := range b.Entries {
		for j := range b.Entries[i] {
			e := &b.Entries[i][j]
			path, err := merkle.Proof(leaves, int(e.Position))
			if err != nil {
				return err
			}
			for _, h := range path {
				e.Path = append(e.Path, h[:])
			}
		}
	}
	return nil
}

func (t Terms) msg(proxies []uint64, root merkle.Hash) datarights.MsgGrant {
	msg := datarights.MsgGrant{
		Owner:         t.Stream.Owner,
		Stream:        t.Stream.Id,
		Reader:        t.Reader,
		ReaderVersion: t.ReaderVersion,
		KeyEpoch:      t.KeyEpoch,
		FirstInterval: t.First,
		LastInterval:  t.Last,
		Split:         t.Split,
		Grain:         uint32(t.Grain),
		Threshold:     uint32(t.Threshold),
		Boundary:      t.Boundary,
		Proxies:       proxies[:len(t.Proxies)],
		Root:          root[:],
		AcceptanceFee: t.AcceptanceFee,
		ExpiresAt:     t.ExpiresAt,
	}
	if len(t.Spares) > 0 {
		msg.Spares = proxies[len(t.Proxies):]
	}
	return msg
}

// SealParcel seals the parcel of proxy i (row order) to its seal key, bound to the grant's id on chain.
func (b *Built) SealParcel(chainID string, grant uint64, i int, to provider.Provider) ([]byte, error) {
	if len(to.SealKey) != len(seal.BoxPublic{}) {
		return nil, fmt.Errorf("provider %d has a malformed seal key", to.Id)
	}
	parcel := wire.Parcel{ChainId: chainID, Grant: grant, Provider: to.Id, Entries: b.Entries[i]}
	bz, err := parcel.Marshal()
	if err != nil {
		return nil, err
	}
	return seal.SealTo(seal.BoxPublic(to.SealKey), []byte(wire.ParcelInfo), wire.ParcelAAD(chainID, grant, to.Id), bz)
}
