package gateway

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestCapsulesAreMadeOnEnteringANodeAndPublishedWhenItCloses(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	g := datarights.Grant{
		Id: 3, Stream: testStream, FirstInterval: 2, LastInterval: 15, Split: 4, Grain: 2, Status: datarights.GRANT_STATUS_LIVE,
		ExpiresAt: w.now.AddDate(0, 0, 1).Unix(), Leaves: 64,
		Proxies: []datarights.GrantProxy{{Provider: 1, State: datarights.PROXY_STATE_ACCEPTED}, {Provider: 2, State: datarights.PROXY_STATE_ACCEPTED}},
	}
	w.chain.grants = []datarights.Grant{g}
	node := keytree.Node{Depth: keytree.Depth - 2, Index: 1} // intervals 4 to 7
	w.clock(4)
	w.mustPass()
	w.clock(perBundle + 1)
	w.mustPass()
	require.Equal(t, uint64(perBundle), w.lane.status().NextInterval)
	_, err := w.lane.keys.Seed(node)
	require.Error(t, err, "the node's first interval has been forgotten")
	require.Empty(t, w.nodes.capsules, "its time is not over")

	w.nodes.down[2] = true
	w.clock(2 * perBundle)
	require.Error(t, w.pass())
	w.mustOpen() // it is kept over a restart
	w.nodes.down[2] = false
	name, err := node.MarshalBinary()
	require.NoError(t, err)
	want, err := pre.NewCapsule(w.seed(node), pre.CapsuleContext(w.name(), name))
	require.NoError(t, err)
	// a reader demands it on chain, and another that is the owner's to bring
	hash, other := pre.CapsuleHash(want), [32]byte{9}
	w.chain.demands = []datarights.Demand{{Id: 8, CapsuleHash: hash[:]}, {Id: 9, CapsuleHash: other[:]}}
	w.mustPass()
	require.Len(t, w.chain.demands, 1)
	require.EqualValues(t, 9, w.chain.demands[0].Id)
	require.Equal(t, 1.0, counted(t, w.reg, "cpgateway_capsules_demanded_total"))
	for _, p := range []int{1, 2} {
		require.Equal(t, want, w.nodes.capsules[fmt.Sprintf("3/%d/%x", p, name)])
	}
	require.Len(t, w.nodes.keyHints, 1)
	h := w.nodes.keyHints[0]
	require.Equal(t, want, h.Capsule)
	require.Equal(t, uint64(0), h.FirstSeq)
	require.Equal(t, uint64(1), h.LastSeq)

	w.chain.grants[0].Status = datarights.GRANT_STATUS_REVOKED
	w.clock(4 * perBundle)
	w.mustPass()
	require.Len(t, w.nodes.capsules, 2, "a revoked grant gets nothing more")
	require.Empty(t, w.lane.capsules.list)
}

func TestAGrantWhoseNodeHasPassedIsCountedAsMissing(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 6, 99)) // provisioned in the middle of the node 4 to 7
	w.chain.grants = []datarights.Grant{{
		Id: 3, FirstInterval: 4, LastInterval: 7, Split: 4, Grain: 2, Status: datarights.GRANT_STATUS_LIVE,
		ExpiresAt: w.now.AddDate(0, 0, 1).Unix(), Leaves: 64,
	}}
	w.clock(7)
	w.mustPass()
	w.mustPass()
	require.Equal(t, 1.0, counted(t, w.reg, "cpgateway_capsules_missing_total"))
}
