package wire

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cpchain/cpchain/pkg/merkle"
)

// Domains of what is signed. libp2p's handshake signs with the same peer key: the domains keep the uses apart.
const (
	domainAuth      = "cpchain/auth/v1"
	domainFragments = "cpchain/fragments/v1"
	domainTicket    = "cpchain/ticket/v1"
	domainReceipt   = "cpchain/receipt/v1"
	domainHint      = "cpchain/hint/v1"
	domainKeyHint   = "cpchain/keyhint/v1"
	domainParcel    = "cpchain/parcel-aad/v1"
)

// ParcelInfo is the HPKE info of a sealed parcel.
const ParcelInfo = "cpchain/parcel/v1"

// AuthSignBytes is the 32-byte digest that opens a session: it binds the chain, both peers and everything in a but its
// signature (nonce, role, keys, expiry). Readers and writers sign it with ed25519; an owner's account key signs it as a
// message, i.e. secp256k1 over its sha256.
func AuthSignBytes(chainID string, client, server peer.ID, a Auth) []byte {
	a.Signature = nil
	return digest(domainAuth, []byte(chainID), []byte(client), []byte(server), encode(&a))
}

// FragmentsSignBytes is the 32-byte digest a reader's auth key signs for each request of fragments: it is what an owner
// finds in the access log of the provider.
func FragmentsSignBytes(chainID string, provider, reader uint64, version uint32, g GetFragments) []byte {
	g.Signature = nil
	return digest(domainFragments, []byte(chainID), number(provider), number(reader), number(uint64(version)), encode(&g))
}

// TicketSignBytes is the 32-byte digest the stream's writer key signs.
func TicketSignBytes(t Ticket) []byte {
	t.Signature = nil
	return digest(domainTicket, encode(&t))
}

// TicketHash is what a receipt names its ticket by: the sha256 of the signed ticket.
func TicketHash(t Ticket) []byte {
	sum := sha256.Sum256(encode(&t))
	return sum[:]
}

// ReceiptSignBytes is the 32-byte digest the provider's peer key signs.
func ReceiptSignBytes(r Receipt) []byte {
	r.Signature = nil
	return digest(domainReceipt, encode(&r))
}

// HintSignBytes is the 32-byte digest the hint's signer signs with ed25519.
func HintSignBytes(h Hint) []byte {
	h.Signature = nil
	return digest(domainHint, encode(&h))
}

// KeyHintSignBytes is the 32-byte digest the key hint's signer signs with ed25519.
func KeyHintSignBytes(k KeyHint) []byte {
	k.Signature = nil
	return digest(domainKeyHint, encode(&k))
}

// ReceiptRoot is the RFC 6962 root (32 bytes) over the receipts' bytes, in slot order: what an anchor carries.
func ReceiptRoot(receipts []Receipt) []byte {
	leaves := make([]merkle.Hash, len(receipts))
	for i := range receipts {
		leaves[i] = merkle.LeafHash(encode(&receipts[i]))
	}
	root := merkle.Root(leaves)
	return root[:]
}

// ParcelAAD is the associated data of a sealed parcel: a parcel moved to another grant or provider does not open.
func ParcelAAD(chainID string, grant, provider uint64) []byte {
	return digest(domainParcel, []byte(chainID), number(grant), number(provider))
}

// digest hashes the domain and the parts, each behind its length (uint32, big endian).
func digest(domain string, parts ...[]byte) []byte {
	h := sha256.New()
	put := func(b []byte) {
		var size [4]byte
		binary.BigEndian.PutUint32(size[:], uint32(len(b)))
		h.Write(size[:])
		h.Write(b)
	}
	put([]byte(domain))
	for _, p := range parts {
		put(p)
	}
	return h.Sum(nil)
}

func number(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// encode is the message's protobuf form; gogoproto writes fields in order of their numbers, and these messages hold no
// map, so equal messages have equal bytes.
func encode(m marshaler) []byte {
	bz := make([]byte, m.Size())
	if _, err := m.MarshalToSizedBuffer(bz); err != nil {
		panic(err) // the buffer has the size the message asked for
	}
	return bz
}
