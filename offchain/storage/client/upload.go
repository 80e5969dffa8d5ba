package client

import (
	"bytes"
	"context"
	"crypto/ed25519"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/merkle"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// PutShard uploads one shard under a ticket signed by the writer; it needs no session. The receipt that comes back has
// been checked: signature by the provider's peer key, CID, tree root, size, slot and ticket hash.
func (c *Conn) PutShard(ctx context.Context, ticket wire.Ticket, shard []byte) (wire.Receipt, error) {
	req := &wire.Request{Body: &wire.Request_PutShard{PutShard: &wire.PutShard{Ticket: ticket, Data: shard}}}
	resp, err := c.patient(ctx, req, wire.LimitSmall)
	if err != nil {
		return wire.Receipt{}, err
	}
	receipt := resp.GetReceipt()
	if receipt == nil {
		return wire.Receipt{}, c.bad("no receipt in the answer")
	}
	return *receipt, c.checkReceipt(*receipt, ticket, shard)
}

func (c *Conn) checkReceipt(r wire.Receipt, t wire.Ticket, shard []byte) error {
	root := merkle.ShardRoot(shard)
	switch {
	case r.ChainId != t.ChainId || r.Provider != c.provider.Id || r.PeerKeyVersion != c.provider.PeerKeyVersion:
		return c.bad("receipt is by provider %d of %s, key version %d", r.Provider, r.ChainId, r.PeerKeyVersion)
	case r.Stream != t.Stream || r.Seq != t.Seq || r.Index != t.Index:
		return c.bad("receipt is for shard %d of bundle %d of stream %d", r.Index, r.Seq, r.Stream)
	case !bytes.Equal(r.Cid, t.Cid) || r.Size_ != uint64(len(shard)):
		return c.bad("receipt is for other bytes")
	case !bytes.Equal(r.TreeRoot, root[:]):
		return c.bad("receipt has a wrong tree root")
	case !bytes.Equal(r.TicketHash, wire.TicketHash(t)):
		return c.bad("receipt is for another ticket")
	case !ed25519.Verify(c.provider.PeerKey, wire.ReceiptSignBytes(r), r.Signature):
		return c.bad("receipt is not signed by its peer key")
	}
	return nil
}

// PutManifest stores a bundle's manifest and its receipts (by slot) with a holder. The identity must be the writer's.
func (c *Conn) PutManifest(ctx context.Context, stream, seq uint64, manifest []byte, receipts []wire.Receipt) error {
	_, err := c.call(ctx, &wire.Request{Body: &wire.Request_PutManifest{PutManifest: &wire.PutManifest{
		Stream: stream, Seq: seq, Manifest: manifest, Receipts: receipts,
	}}}, wire.LimitSmall)
	return err
}

// PushParcel brings a proxy its sealed parcel (a wire.Parcel sealed with wire.ParcelInfo and wire.ParcelAAD). The identity
// must be the grant owner's, or the host that of the provider which offered the parcel, and grant or offer must be on chain. STORED means checked and on disk: the acceptance follows as a
// transaction. Pushing again is harmless and tells the present state.
func (c *Conn) PushParcel(ctx context.Context, grant uint64, sealed []byte) (wire.PushParcelReply, error) {
	resp, err := c.call(ctx, &wire.Request{Body: &wire.Request_PushParcel{PushParcel: &wire.PushParcel{
		Grant: grant, Sealed: sealed,
	}}}, wire.LimitSmall)
	if err != nil {
		return wire.PushParcelReply{}, err
	}
	reply := resp.GetParcel()
	if reply == nil {
		return wire.PushParcelReply{}, c.bad("no parcel state in the answer")
	}
	return *reply, nil
}

// PushParcel connects to a provider and brings it its parcel, as Conn.PushParcel does.
func (c *Client) PushParcel(ctx context.Context, to provider.Provider, grant uint64, sealed []byte) (wire.PushParcelReply, error) {
	conn, err := c.Dial(ctx, to)
	if err != nil {
		return wire.PushParcelReply{}, err
	}
	return conn.PushParcel(ctx, grant, sealed)
}

// PutCapsule brings a proxy the capsule of a node (9-byte form) whose window has closed. The identity must be the
// stream's writer or owner.
func (c *Conn) PutCapsule(ctx context.Context, grant uint64, node, capsule []byte) error {
	_, err := c.call(ctx, &wire.Request{Body: &wire.Request_PutCapsule{PutCapsule: &wire.PutCapsule{
		Grant: grant, Node: node, Capsule: capsule,
	}}}, wire.LimitSmall)
	return err
}
