package candidate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// networkOf makes one block after the other until last; members that are up connect when dialed.
type networkOf struct {
	last    int64
	members []Member
	self    string
	peers   []string
	down    map[string]bool

	dialed map[string]int
	fail   error
}

func (n *networkOf) Next(ctx context.Context, above int64) (int64, error) {
	if above == n.last {
		return 0, errEnd
	}
	return above + 1, ctx.Err()
}

func (n *networkOf) Committee(context.Context) ([]Member, error) { return n.members, n.fail }

func (n *networkOf) Connected(context.Context) (string, []string, error) { return n.self, n.peers, nil }

func (n *networkOf) Dial(_ context.Context, m Member) error {
	n.dialed[m.NodeID]++
	if n.down[m.NodeID] {
		return nil // CometBFT dials in the background
	}
	n.peers = append(n.peers, m.NodeID)
	return nil
}

func members(n int) []Member {
	var all []Member
	for i := range n {
		all = append(all, Member{NodeID: fmt.Sprintf("%040x", i), Address: "node:26656"})
	}
	return all
}

func follow(t *testing.T, n *networkOf, want int) *Metrics {
	t.Helper()
	n.dialed = map[string]int{}
	m := NewMetrics(prometheus.NewRegistry())
	require.ErrorIs(t, NewPeers(n, want, slog.New(slog.DiscardHandler), m).Run(t.Context()), errEnd)
	return m
}

func TestAMemberDialsOthersUntilItKnowsEnough(t *testing.T) {
	all := members(12)
	n := &networkOf{last: 50, members: all, self: all[3].NodeID, peers: []string{all[5].NodeID, "stranger"}}
	m := follow(t, n, 4)
	require.Len(t, n.dialed, 3, "one of the four it knows already")
	require.NotContains(t, n.dialed, n.self)
	require.NotContains(t, n.dialed, all[5].NodeID)
	require.InDelta(t, 4, testutil.ToFloat64(m.peers), 0)
	require.InDelta(t, 1, testutil.ToFloat64(m.seated), 0)
}

func TestANodeWithoutASeatDialsNobody(t *testing.T) {
	n := &networkOf{last: 50, members: members(5), self: "somebody"}
	m := follow(t, n, 4)
	require.Empty(t, n.dialed)
	require.InDelta(t, 0, testutil.ToFloat64(m.seated), 0)
}

func TestMembersThatAreDownDoNotKeepANodeFromTheOthers(t *testing.T) {
	all := members(8)
	n := &networkOf{last: 400, members: all, self: all[0].NodeID, down: map[string]bool{}}
	for _, m := range all[1:6] {
		n.down[m.NodeID] = true
	}
	follow(t, n, 2)
	require.ElementsMatch(t, []string{all[6].NodeID, all[7].NodeID}, n.peers)
}

func TestMembersWithoutAnAddressOrNodeIDAreNotDialed(t *testing.T) {
	all := members(3)
	all[1].Address, all[2].NodeID = "", ""
	n := &networkOf{last: 20, members: all, self: all[0].NodeID}
	follow(t, n, 2)
	require.Empty(t, n.dialed)
}

func TestDifferentNodesDialDifferentMembers(t *testing.T) {
	all := members(40)
	first := func(self int) string {
		_, _, missing := sift(all, all[self].NodeID, nil, 10)
		return missing[0].NodeID
	}
	seen := map[string]bool{}
	for self := range 20 {
		seen[first(self)] = true
	}
	require.Greater(t, len(seen), 8)
}

func TestPeersGoOnAfterAFailure(t *testing.T) {
	n := &networkOf{last: 30, members: members(3), fail: errors.New("node does not answer")}
	follow(t, n, 2)
	require.Empty(t, n.dialed)
}
