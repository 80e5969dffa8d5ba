package publish

import (
	"context"
	"crypto/ed25519"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// nodes is the Network of real storage nodes.
type nodes struct {
	client *client.Client
	key    ed25519.PrivateKey
}

// Over is the network reached by a storage client, acting as the writer with this key.
func Over(c *client.Client, key ed25519.PrivateKey) Network { return nodes{client: c, key: key} }

// PutShard implements Network.
func (n nodes) PutShard(ctx context.Context, to provider.Provider, t wire.Ticket, shard []byte) (wire.Receipt, error) {
	conn, err := n.client.Dial(ctx, to)
	if err != nil {
		return wire.Receipt{}, err
	}
	return conn.PutShard(ctx, t, shard)
}

// PutManifest implements Network.
func (n nodes) PutManifest(ctx context.Context, to provider.Provider, stream, seq uint64, manifest []byte, receipts []wire.Receipt) error {
	conn, err := n.client.With(client.WriterIdentity(stream, n.key)).Dial(ctx, to)
	if err != nil {
		return err
	}
	return conn.PutManifest(ctx, stream, seq, manifest, receipts)
}
