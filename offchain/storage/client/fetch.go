package client

import (
	"context"
	"crypto/ed25519"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// GetManifest fetches the manifest an anchor names, checked against its CID, with the receipts that lie beside it
// (unchecked: their root is in the anchor). grant is the right used, 0 for the owner and the writer.
func (c *Conn) GetManifest(ctx context.Context, stream, seq uint64, cid []byte, grant uint64) ([]byte, []wire.Receipt, error) {
	resp, err := c.call(ctx, &wire.Request{Body: &wire.Request_GetManifest{GetManifest: &wire.GetManifest{
		Stream: stream, Seq: seq, Cid: cid, Grant: grant,
	}}}, wire.LimitManifest)
	if err != nil {
		return nil, nil, err
	}
	reply := resp.GetManifest()
	if reply == nil {
		return nil, nil, c.bad("no manifest in the answer")
	}
	if err := wire.CheckCID(cid, reply.Manifest); err != nil {
		return nil, nil, c.bad("manifest: %v", err)
	}
	return reply.Manifest, reply.Receipts, nil
}

// GetShard fetches one shard of at most maxSize bytes, checked against its CID. grant is as in GetManifest.
func (c *Conn) GetShard(ctx context.Context, stream, seq uint64, cid []byte, grant uint64, maxSize int) ([]byte, error) {
	resp, err := c.call(ctx, &wire.Request{Body: &wire.Request_GetShard{GetShard: &wire.GetShard{
		Stream: stream, Seq: seq, Cid: cid, Grant: grant,
	}}}, wire.LimitShard(maxSize))
	if err != nil {
		return nil, err
	}
	reply := resp.GetShard()
	if reply == nil {
		return nil, c.bad("no shard in the answer")
	}
	if err := wire.CheckCID(cid, reply.Data); err != nil {
		return nil, c.bad("shard: %v", err)
	}
	return reply.Data, nil
}

// GetFragments asks a proxy to re-encrypt for nodes (9-byte form, at most wire.MaxNodes); the connection's identity must
// be the same reader. The answers are in the order of the nodes and signed by the provider's peer key, so that a wrong
// one can be disputed; whether a fragment is right is for the caller to check (pre.VerifyFragment).
func (c *Conn) GetFragments(ctx context.Context, grant uint64, nodes [][]byte, reader *Reader) ([]datarights.SignedAnswer, error) {
	g := reader.fragments(c.client.chainID, c.provider.Id, grant, nodes, c.client.opts.Clock())
	resp, err := c.call(ctx, &wire.Request{Body: &wire.Request_GetFragments{GetFragments: &g}}, wire.LimitFragments)
	if err != nil {
		return nil, err
	}
	reply := resp.GetFragments()
	if reply == nil || len(reply.Answers) != len(nodes) {
		return nil, c.bad("not one answer for each of %d nodes", len(nodes))
	}
	for i, node := range nodes {
		if err := c.checkAnswer(reply.Answers[i], grant, node); err != nil {
			return nil, err
		}
	}
	return reply.Answers, nil
}

// GetLeaves asks a proxy for its leaves of nodes (9-byte form, at most wire.MaxNodes), in their order; the connection's identity must be
// the grant's reader. Whether they are under the grant's root is for the caller to check (datarights.CheckLeaf).
func (c *Conn) GetLeaves(ctx context.Context, grant uint64, nodes [][]byte) ([]wire.ProvedLeaf, error) {
	resp, err := c.call(ctx, &wire.Request{Body: &wire.Request_GetLeaves{GetLeaves: &wire.GetLeaves{Grant: grant, Nodes: nodes}}}, wire.LimitFragments)
	if err != nil {
		return nil, err
	}
	reply := resp.GetLeaves()
	if reply == nil || len(reply.Leaves) != len(nodes) {
		return nil, c.bad("not one leaf for each of %d nodes", len(nodes))
	}
	return reply.Leaves, nil
}

func (c *Conn) checkAnswer(a datarights.SignedAnswer, grant uint64, node []byte) error {
	if a.Grant != grant || a.Provider != c.provider.Id || a.PeerKeyVersion != c.provider.PeerKeyVersion {
		return c.bad("answer is by provider %d, key version %d, for grant %d", a.Provider, a.PeerKeyVersion, a.Grant)
	}
	leaf, err := pre.ParseLeaf(a.Leaf)
	if err != nil {
		return c.bad("answer holds no leaf: %v", err)
	}
	if string(leaf.Node[:]) != string(node) {
		return c.bad("answer is for node %x, not %x", leaf.Node, node)
	}
	if !ed25519.Verify(c.provider.PeerKey, datarights.AnswerSignBytes(c.client.chainID, a), a.Signature) {
		return c.bad("answer is not signed by its peer key")
	}
	return nil
}

// Status asks for the node's public state; it needs no session.
func (c *Conn) Status(ctx context.Context) (wire.StatusReply, error) {
	resp, err := c.patient(ctx, &wire.Request{Body: &wire.Request_Status{Status: &wire.Status{}}}, wire.LimitSmall)
	if err != nil {
		return wire.StatusReply{}, err
	}
	reply := resp.GetStatus()
	if reply == nil {
		return wire.StatusReply{}, c.bad("no status in the answer")
	}
	return *reply, nil
}
