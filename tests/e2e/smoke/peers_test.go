package smoke

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cometbft/cometbft/p2p"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/tests/e2e/chain"
)

// Three members of whom two know the first one only, without peer exchange: they find each other by the committee on the chain.
func TestMembersFindEachOtherByTheCommittee(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	network, err := chain.New(ctx, t, chain.Config{
		Binary: filepath.Join(build(ctx, t), "cpchaind"), Validators: 3, BlockTime: 200 * time.Millisecond,
	})
	require.NoError(t, err)
	first := peerOf(t, network.Nodes[1], nodeID(t, network.Nodes[0]))
	require.NoError(t, network.Nodes[0].Start("--p2p.persistent_peers", ""))
	require.NoError(t, network.Nodes[1].Start("--p2p.persistent_peers", first, "--committee-peers", "0"))
	require.NoError(t, network.Nodes[2].Start("--p2p.persistent_peers", first))
	require.NoError(t, network.Nodes[2].WaitHeight(ctx, 1))

	known := network.Nodes[2]
	client, err := rpchttp.New(known.RPC, "/websocket")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		net, err := client.NetInfo(ctx)
		return err == nil && slices.ContainsFunc(net.Peers, func(p coretypes.Peer) bool { return p.NodeInfo.ID() == nodeID(t, network.Nodes[1]) && p.IsOutbound })
	}, 45*time.Second, 100*time.Millisecond, "node2 dials node1, which was in nobody's configuration")
}

func nodeID(t *testing.T, n *chain.Node) p2p.ID {
	key, err := p2p.LoadNodeKey(filepath.Join(n.Home, "config", "node_key.json"))
	require.NoError(t, err)
	return key.ID()
}

// peerOf is what a node's configuration says of another: id@host:port.
func peerOf(t *testing.T, n *chain.Node, id p2p.ID) string {
	cfg, err := n.CometConfig()
	require.NoError(t, err)
	for peer := range strings.SplitSeq(cfg.P2P.PersistentPeers, ",") {
		if strings.HasPrefix(peer, string(id)+"@") {
			return peer
		}
	}
	require.Fail(t, "no such peer", "%s", id)
	return ""
}
