package candidate

import (
	"context"
	"errors"
	"fmt"

	rpcclient "github.com/cometbft/cometbft/rpc/client"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"

	"github.com/cosmos/cosmos-sdk/client"

	committee "github.com/cpchain/cpchain/x/committee/types"
)

// Local is the client of a node in this process; only that may tell it whom to dial.
type Local interface {
	rpcclient.NetworkClient
	rpcclient.StatusClient
	DialPeers(ctx context.Context, peers []string, persistent, unconditional, private bool) (*coretypes.ResultDialPeers, error)
}

// LocalNetwork is the node in this process, as Peers asks it.
type LocalNetwork struct {
	local Local
	query committee.QueryClient
}

var _ Network = (*LocalNetwork)(nil)

// NewLocalNetwork takes the context of a node in this process. An error says that it has no client of its own.
func NewLocalNetwork(ctx client.Context) (*LocalNetwork, error) {
	local, ok := ctx.Client.(Local)
	if !ok {
		return nil, errors.New("committee peers need the gRPC or the REST server of app.toml: enable one, or start with --committee-peers 0")
	}
	return &LocalNetwork{local: local, query: committee.NewQueryClient(ctx)}, nil
}

// Next implements Network.
func (n *LocalNetwork) Next(ctx context.Context, above int64) (int64, error) {
	return nextBlock(ctx, n.local, above)
}

// Committee implements Network.
func (n *LocalNetwork) Committee(ctx context.Context) ([]Member, error) {
	res, err := n.query.Committee(ctx, &committee.QueryCommitteeRequest{})
	if err != nil {
		return nil, err
	}
	members := make([]Member, 0, len(res.Members))
	for _, m := range res.Members {
		members = append(members, Member{NodeID: m.NodeId, Address: m.Address})
	}
	return members, nil
}

// Connected implements Network.
func (n *LocalNetwork) Connected(ctx context.Context) (string, []string, error) {
	status, err := n.local.Status(ctx)
	if err != nil {
		return "", nil, err
	}
	net, err := n.local.NetInfo(ctx)
	if err != nil {
		return "", nil, err
	}
	peers := make([]string, 0, len(net.Peers))
	for _, p := range net.Peers {
		peers = append(peers, string(p.NodeInfo.ID()))
	}
	return string(status.NodeInfo.ID()), peers, nil
}

// Dial implements Network. The node connects in the background; its log says if it can't.
func (n *LocalNetwork) Dial(ctx context.Context, m Member) error {
	_, err := n.local.DialPeers(ctx, []string{fmt.Sprintf("%s@%s", m.NodeID, m.Address)}, false, true, false)
	return err
}
