package pre

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// LeafSize is version ‖ suite ‖ node ‖ A ‖ H(capsule) ‖ proxy ‖ id ‖ X ‖ U1.
const LeafSize = 2 + nodeSize + pointSize + 32 + 8 + 32 + 2*pointSize

// ErrLeaf means that a leaf is malformed.
var ErrLeaf = errors.New("malformed grant leaf")

// Leaf is the public side of one proxy's share for one node; a grant commits to the Merkle root over its leaves.
type Leaf struct {
	// Node is the key tree node in its 9-byte form.
	Node [nodeSize]byte
	// A is the node's public key, CapsuleHash the hash of its one capsule.
	A           PublicKey
	CapsuleHash [32]byte
	// Proxy is the provider's number, ID the random name its share's place is hashed from.
	Proxy uint64
	ID    [32]byte
	// X is the owner's ephemeral key for this node and grant, U1 the share times the second generator.
	X, U1 [pointSize]byte
}

// MarshalBinary gives the LeafSize bytes that are hashed into the tree.
func (l Leaf) MarshalBinary() ([]byte, error) {
	bz := make([]byte, 0, LeafSize)
	bz = append(bz, version, Suite)
	bz = append(bz, l.Node[:]...)
	bz = append(bz, l.A[:]...)
	bz = append(bz, l.CapsuleHash[:]...)
	bz = binary.BigEndian.AppendUint64(bz, l.Proxy)
	bz = append(bz, l.ID[:]...)
	bz = append(bz, l.X[:]...)
	return append(bz, l.U1[:]...), nil
}

// ParseLeaf reads the binary form, else ErrLeaf. Points are checked where they are used: by CheckShare, VerifyFragment and Open.
func ParseLeaf(bz []byte) (Leaf, error) {
	if len(bz) != LeafSize {
		return Leaf{}, fmt.Errorf("%w: %d bytes, not %d", ErrLeaf, len(bz), LeafSize)
	}
	if bz[0] != version || bz[1] != Suite {
		return Leaf{}, fmt.Errorf("%w: version %d, suite %d", ErrLeaf, bz[0], bz[1])
	}
	var l Leaf
	rest := bz[2:]
	next := func(n int) []byte {
		field := rest[:n]
		rest = rest[n:]
		return field
	}
	l.Node = [nodeSize]byte(next(nodeSize))
	l.A = PublicKey(next(pointSize))
	l.CapsuleHash = [32]byte(next(32))
	l.Proxy = binary.BigEndian.Uint64(next(8))
	l.ID = [32]byte(next(32))
	l.X = [pointSize]byte(next(pointSize))
	l.U1 = [pointSize]byte(next(pointSize))
	return l, nil
}
