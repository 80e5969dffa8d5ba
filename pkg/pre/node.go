package pre

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	// nodeSize is the length of a key tree node in binary.
	nodeSize = 9
	// seedSize is the length of a node's seed.
	seedSize = 32
)

// ErrContext means that a capsule's context does not name the node it is used for.
var ErrContext = errors.New("context is not of this node")

// nodeKeys are the scalars that follow from a node's seed.
type nodeKeys struct{ a, r, u *scalar }

func deriveNode(seed [seedSize]byte) (nodeKeys, error) {
	k := nodeKeys{
		a: hashToScalar("cpchain/pre/node-a/v1", seed[:]),
		r: hashToScalar("cpchain/pre/node-r/v1", seed[:]),
		u: hashToScalar("cpchain/pre/node-u/v1", seed[:]),
	}
	if isZero(k.a) || isZero(k.r) || isZero(k.u) {
		return k, ErrScalar
	}
	return k, nil
}

// NodePublic is the public key A of a node, from its seed.
func NodePublic(seed [seedSize]byte) (PublicKey, error) {
	k, err := deriveNode(seed)
	if err != nil {
		return PublicKey{}, err
	}
	return encodePoint(mulGen(k.a)), nil
}

// CapsuleContext names what a capsule belongs to: stream "<chain-id>/<number>" and key tree node in 9-byte form. It is bound
// into the wrapping key and the associated data.
func CapsuleContext(stream string, node []byte) []byte {
	return join([]byte("cpchain/pre/capsule/v1"), []byte(stream), node)
}

// checkContext keeps a mistaken context from looking like an owner's fault: CapsuleContext ends with its node.
func checkContext(context []byte, node [nodeSize]byte) error {
	if !bytes.HasSuffix(context, join(node[:])) {
		return fmt.Errorf("%w: %x", ErrContext, node)
	}
	return nil
}
