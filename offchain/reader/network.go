package reader

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Nodes is the Network of real storage nodes, one connection each.
type Nodes struct {
	client *client.Client
	reader *client.Reader

	mu    sync.Mutex
	conns map[uint64]*client.Conn
	lost  map[uint64]error // who could not be reached, and why: nobody is waited for twice
}

// fragmentsTimeout is how long a proxy may take for one request, connecting included: it holds what it needs and computes
// for milliseconds, and the next proxy is asked only after it.
const fragmentsTimeout = 15 * time.Second

// NewNodes asks through an authenticated client. reader signs requests for fragments; owners have none.
func NewNodes(c *client.Client, reader *client.Reader) *Nodes {
	return &Nodes{client: c, reader: reader, conns: map[uint64]*client.Conn{}, lost: map[uint64]error{}}
}

// Manifest implements Network.
func (n *Nodes) Manifest(ctx context.Context, from provider.Provider, ref BundleRef) ([]byte, error) {
	conn, err := n.conn(ctx, from)
	if err != nil {
		return nil, err
	}
	bz, _, err := conn.GetManifest(ctx, ref.Stream, ref.Seq, ref.CID, ref.Grant)
	return bz, refusal(err)
}

// Shard implements Network.
func (n *Nodes) Shard(ctx context.Context, from provider.Provider, ref BundleRef, maxBytes uint64) ([]byte, error) {
	conn, err := n.conn(ctx, from)
	if err != nil {
		return nil, err
	}
	bz, err := conn.GetShard(ctx, ref.Stream, ref.Seq, ref.CID, ref.Grant, int(maxBytes))
	return bz, refusal(err)
}

// Fragments implements Network.
func (n *Nodes) Fragments(ctx context.Context, from provider.Provider, grant uint64, nodes [][]byte) ([]datarights.SignedAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, fragmentsTimeout)
	defer cancel()
	conn, err := n.conn(ctx, from)
	if err != nil {
		return nil, err
	}
	answers, err := conn.GetFragments(ctx, grant, nodes, n.reader)
	return answers, refusal(err)
}

func (n *Nodes) conn(ctx context.Context, p provider.Provider) (*client.Conn, error) {
	n.mu.Lock()
	conn, lost := n.conns[p.Id], n.lost[p.Id]
	n.mu.Unlock()
	if conn != nil || lost != nil {
		return conn, lost
	}
	conn, err := n.client.Dial(ctx, p)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.lost[p.Id] = err
		return nil, err
	}
	n.conns[p.Id] = conn
	return conn, nil
}

// refusal marks a node's word that the right is missing, as against its being unreachable or at fault.
func refusal(err error) error {
	var r *client.Refusal
	if errors.As(err, &r) && r.Code == wire.CODE_DENIED {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}
