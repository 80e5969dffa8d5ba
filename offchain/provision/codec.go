package provision

import (
	"encoding/binary"
	"fmt"

	"github.com/cpchain/cpchain/pkg/keytree"
)

// Binary form, numbers big endian:
//
//	version 0x01 ‖ suite 0x01 ‖ body ‖ owner key (33) ‖ signature (64)
//	body = len(chain id) (1) ‖ chain id ‖ stream (8) ‖ key epoch (4) ‖ seeds (2) ‖ {node (9) ‖ seed (32)} …
const (
	version       = 0x01
	suite         = 0x01
	maxChainID    = 64
	ownerSize     = 33
	signatureSize = 64
	entrySize     = keytree.NodeSize + len(keytree.Seed{})
)

// body is the part that is signed. The parcel is valid: its nodes marshal.
func (p Parcel) body() []byte {
	bz := append([]byte{byte(len(p.ChainID))}, p.ChainID...)
	bz = binary.BigEndian.AppendUint64(bz, p.Stream)
	bz = binary.BigEndian.AppendUint32(bz, p.KeyEpoch)
	bz = binary.BigEndian.AppendUint16(bz, uint16(len(p.Seeds)))
	for _, s := range p.Seeds {
		node, err := s.Node.MarshalBinary()
		if err != nil {
			panic(err) // validate has seen the node
		}
		bz = append(append(bz, node...), s.Seed[:]...)
	}
	return bz
}

func (p Parcel) marshal() ([]byte, error) {
	if len(p.Owner) != ownerSize || len(p.Signature) != signatureSize {
		return nil, fmt.Errorf("owner key of %d bytes with a signature of %d: sign with a secp256k1 account key", len(p.Owner), len(p.Signature))
	}
	bz := append([]byte{version, suite}, p.body()...)
	return append(append(bz, p.Owner...), p.Signature...), nil
}

// parse is strict: every parcel has one binary form.
func parse(bz []byte) (Parcel, error) {
	r := reader{left: bz}
	if v, s := r.take(1), r.take(1); r.failed || v[0] != version || s[0] != suite {
		return Parcel{}, fmt.Errorf("%w: not version %d, suite %d", ErrParcel, version, suite)
	}
	var p Parcel
	p.ChainID = string(r.take(int(r.uint(1))))
	p.Stream = r.uint(8)
	p.KeyEpoch = uint32(r.uint(4))
	for range min(r.uint(2), MaxSeeds+1) {
		entry := r.take(entrySize)
		if r.failed {
			break
		}
		node, err := keytree.ParseNode(entry[:keytree.NodeSize])
		if err != nil {
			return Parcel{}, fmt.Errorf("%w: %w", ErrParcel, err)
		}
		p.Seeds = append(p.Seeds, keytree.NodeSeed{Node: node, Seed: keytree.Seed(entry[keytree.NodeSize:])})
	}
	p.Owner, p.Signature = r.take(ownerSize), r.take(signatureSize)
	if r.failed || len(r.left) > 0 {
		return Parcel{}, fmt.Errorf("%w: wrong length", ErrParcel)
	}
	return p, p.validate()
}

// reader takes bytes off the front; past the end it gives none and remembers.
type reader struct {
	left   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n > len(r.left) {
		r.failed = true
		return nil
	}
	bz := r.left[:n]
	r.left = r.left[n:]
	return bz
}

func (r *reader) uint(size int) uint64 {
	var n uint64
	for _, b := range r.take(size) {
		n = n<<8 | uint64(b)
	}
	return n
}
