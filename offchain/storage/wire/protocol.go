package wire

import (
	"fmt"
	"time"
)

// ProtocolID of the libp2p streams that carry requests and responses.
const ProtocolID = "/cpchain/node/1.0.0"

// A libp2p stream carries pairs of one request and one response. Each travels as a frame:
//
//	version byte 0x01 ‖ length (uvarint) ‖ protobuf message
//
// The first byte of a request's message is the tag of its one field, so the limit of its kind applies before the rest
// is read. Responses are limited by what the client asked for.
const frameVersion = 0x01

// Size limits in bytes. A message above its limit is refused before it is decoded.
const (
	// MaxShard is the largest shard a node stores.
	MaxShard = 4 << 20
	// MaxManifest is the largest manifest; MaxReceipts is how many receipts lie beside it.
	MaxManifest = 4 << 20
	MaxReceipts = 64
	// MaxParcel is the largest sealed parcel of one proxy for one grant.
	MaxParcel = 8 << 20
	// MaxNodes is how many key nodes one GetFragments may name.
	MaxNodes = 64
	// MaxRecord is the largest DHT record.
	MaxRecord = 4 << 10

	maxSmall    = 1 << 10  // requests of fixed shape
	maxTicket   = 1 << 10  // a ticket beside its shard
	maxReceipt  = 512      // one receipt
	maxMessage  = 1 << 10  // code and text of a refusal
	maxCapsules = 4 << 10  // one capsule with its names
	maxNodeList = 4 << 10  // MaxNodes nodes with a signature
	maxAnswer   = 4 << 10  // one signed answer: leaf, path, capsule, fragment
	readChunk   = 64 << 10 // memory grows with the bytes that arrived, not with the length announced
)

// Time limits of a stream.
const (
	// IdleTimeout is how long a stream may wait for its next request.
	IdleTimeout = 30 * time.Second
	// RequestTimeout bounds reading one request, serving it and writing the response.
	RequestTimeout = 60 * time.Second
	// MaxSession is the longest life of a session.
	MaxSession = time.Hour
	// MaxSkew is how far the time in a signed fragment request may lie from the node's clock.
	MaxSkew = time.Minute
	// RecordLife is how long a DHT record lives, RepublishEvery how often it is written again.
	RecordLife     = 48 * time.Hour
	RepublishEvery = 22 * time.Hour
)

// NonceSize and SignatureSize are in bytes; CIDSize is a CIDv1 of codec raw and hash sha2-256.
const (
	NonceSize     = 32
	SignatureSize = 64
	CIDSize       = 36
)

// Field numbers of Request.body, which are also the first byte of a request (number << 3 | 2).
const (
	kindHello = 1 + iota
	kindAuth
	kindPutShard
	kindPutManifest
	kindGetManifest
	kindGetShard
	kindPushParcel
	kindPutCapsule
	kindGetFragments
	kindStatus
	kindGetLeaves
)

// requestLimit is the frame table: kind of request to its largest message.
var requestLimit = map[byte]int{
	kindHello:        maxSmall,
	kindAuth:         maxSmall,
	kindPutShard:     MaxShard + maxTicket,
	kindPutManifest:  MaxManifest + MaxReceipts*maxReceipt + maxSmall,
	kindGetManifest:  maxSmall,
	kindGetShard:     maxSmall,
	kindPushParcel:   MaxParcel + maxSmall,
	kindPutCapsule:   maxCapsules,
	kindGetFragments: maxNodeList,
	kindStatus:       maxSmall,
	kindGetLeaves:    maxNodeList,
}

// Limits of responses, for ReadResponse.
const (
	LimitSmall     = maxSmall + maxMessage
	LimitManifest  = MaxManifest + MaxReceipts*maxReceipt + maxMessage
	LimitFragments = MaxNodes*maxAnswer + maxMessage
)

// LimitShard is the largest response that carries a shard of size bytes.
func LimitShard(size int) int { return min(size, MaxShard) + maxMessage }

// kind of a decoded request; 0 when it has no body.
func (m *Request) kind() byte {
	switch m.Body.(type) {
	case *Request_Hello:
		return kindHello
	case *Request_Auth:
		return kindAuth
	case *Request_PutShard:
		return kindPutShard
	case *Request_PutManifest:
		return kindPutManifest
	case *Request_GetManifest:
		return kindGetManifest
	case *Request_GetShard:
		return kindGetShard
	case *Request_PushParcel:
		return kindPushParcel
	case *Request_PutCapsule:
		return kindPutCapsule
	case *Request_GetFragments:
		return kindGetFragments
	case *Request_Status:
		return kindStatus
	case *Request_GetLeaves:
		return kindGetLeaves
	default:
		return 0
	}
}

// Kind names the request for logs and metrics: hello, auth, put_shard, …
func (m *Request) Kind() string {
	if name, ok := kindNames[m.kind()]; ok {
		return name
	}
	return "none"
}

var kindNames = map[byte]string{
	kindHello: "hello", kindAuth: "auth", kindPutShard: "put_shard", kindPutManifest: "put_manifest",
	kindGetManifest: "get_manifest", kindGetShard: "get_shard", kindPushParcel: "push_parcel",
	kindPutCapsule: "put_capsule", kindGetFragments: "get_fragments", kindStatus: "status",
	kindGetLeaves: "get_leaves",
}

// HintKey is the DHT key of a bundle's hint.
func HintKey(chainID string, stream, seq uint64) string {
	return fmt.Sprintf("/cpm/%s/%d/%d", chainID, stream, seq)
}

// KeyHintKey is the DHT key of a key node's hint; node is in 9-byte form.
func KeyHintKey(chainID string, stream uint64, node []byte) string {
	return fmt.Sprintf("/cpk/%s/%d/%x", chainID, stream, node)
}
