// Package provision carries node seeds from a stream's owner to the gateway that writes the stream.
//
// A parcel is signed by the owner's account key and sealed by HPKE to the gateway's seal key. The signature covers the
// seal key, so that a gateway can't pass a parcel on as if it were meant for another. It says nothing about freshness:
// whoever opens a parcel must forget at once what lies before the intervals it still needs, else an old parcel sent
// again would bring forgotten seeds back.
package provision

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
)

// Info is the HPKE info of a sealed parcel.
const Info = "cpchain/provision/v1"

// signDomain separates the owner's signature from all others of the account key.
const signDomain = "cpchain/provision-sign/v1"

// MaxSeeds of one parcel: two minimal covers and then some.
const MaxSeeds = 256

// MaxSealed is the largest sealed parcel in bytes.
const MaxSealed = 32 << 10

// Errors of opening a parcel, matched with errors.Is.
var (
	// ErrParcel means that the bytes are no parcel sealed to this key.
	ErrParcel = errors.New("malformed provisioning parcel")
	// ErrSignature means that the parcel is not signed by the key it names, for this gateway.
	ErrSignature = errors.New("provisioning parcel is not signed by its owner")
)

// Parcel is what an owner hands to a gateway: the seeds of some nodes of one stream's tree.
type Parcel struct {
	ChainID  string
	Stream   uint64
	KeyEpoch uint32
	// Seeds of disjoint nodes of KeyEpoch, ascending.
	Seeds []keytree.NodeSeed
	// Owner is the compressed secp256k1 key (33 bytes) that signed. Whoever opens a parcel compares its address with
	// the owner of the stream's row.
	Owner     []byte
	Signature []byte
}

// Sign signs a message with an account key, as secp256k1 over its sha256, and returns the compressed public key too.
type Sign func(message []byte) (signature, publicKey []byte, err error)

// Seal signs a parcel for a gateway and seals it. Owner and Signature are filled in here.
func Seal(to seal.BoxPublic, p Parcel, sign Sign) ([]byte, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	sig, pub, err := sign(p.signBytes(to))
	if err != nil {
		return nil, fmt.Errorf("sign the provisioning parcel: %w", err)
	}
	p.Signature, p.Owner = sig, pub
	plain, err := p.marshal()
	if err != nil {
		return nil, err
	}
	return seal.SealTo(to, []byte(Info), nil, plain)
}

// Open opens a parcel sealed to this key and verifies the signature by the key it names. That this key is the owner's is
// for the caller to check.
func Open(secret seal.BoxSecret, sealed []byte) (Parcel, error) {
	if len(sealed) > MaxSealed {
		return Parcel{}, fmt.Errorf("%w: %d bytes, limit %d", ErrParcel, len(sealed), MaxSealed)
	}
	plain, err := secret.Open([]byte(Info), nil, sealed)
	if err != nil {
		return Parcel{}, fmt.Errorf("%w: %w: seal it to this gateway's present seal key", ErrParcel, err)
	}
	p, err := parse(plain)
	if err != nil {
		return Parcel{}, err
	}
	key := secp256k1.PubKey{Key: p.Owner}
	if len(p.Owner) != secp256k1.PubKeySize || !key.VerifySignature(p.signBytes(secret.Public()), p.Signature) {
		return Parcel{}, ErrSignature
	}
	return p, nil
}

func (p Parcel) validate() error {
	switch {
	case p.ChainID == "" || len(p.ChainID) > maxChainID:
		return fmt.Errorf("%w: chain id of %d bytes", ErrParcel, len(p.ChainID))
	case len(p.Seeds) == 0 || len(p.Seeds) > MaxSeeds:
		return fmt.Errorf("%w: %d seeds; give 1 to %d", ErrParcel, len(p.Seeds), MaxSeeds)
	}
	for i, s := range p.Seeds {
		if err := s.Node.Valid(); err != nil {
			return fmt.Errorf("%w: %w", ErrParcel, err)
		}
		if s.Node.Epoch != p.KeyEpoch {
			return fmt.Errorf("%w: node %s is not of key epoch %d", ErrParcel, s.Node, p.KeyEpoch)
		}
		if i > 0 && s.Node.First() <= p.Seeds[i-1].Node.Last() {
			return fmt.Errorf("%w: node %s does not come after %s", ErrParcel, s.Node, p.Seeds[i-1].Node)
		}
	}
	return nil
}

// signBytes is the 32-byte digest the owner signs: everything in the parcel, and whom it is for.
func (p Parcel) signBytes(to seal.BoxPublic) []byte {
	h := sha256.New()
	part := func(bz []byte) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(bz))))
		h.Write(bz)
	}
	part([]byte(signDomain))
	part(to[:])
	part(p.body())
	return h.Sum(nil)
}
