package gateway

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func historical(s *datarights.Stream) { s.Historical = true }

func TestLateRecordsGoToTheIntervalOpenNowWithTheirOwnTimes(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.clock(1)
	w.mustSend("in time", at(1, 1))
	w.clock(perBundle)
	w.mustPass()
	w.mustSend("late", at(1, 2))
	w.mustSend("in time too", at(perBundle, 1))
	require.Equal(t, 2, w.lane.status().PendingRecords)
	w.mustOpen() // what is late is known again after a restart
	require.Equal(t, 2, w.lane.status().PendingRecords)
	w.clock(2 * perBundle)
	w.mustPass()
	got, _ := w.fetch()
	require.Equal(t, []fetched{
		{"in time", int64(at(1, 1) * 1e9), 1, false},
		{"late", int64(at(1, 2) * 1e9), perBundle, true},
		{"in time too", int64(at(perBundle, 1) * 1e9), perBundle, false},
	}, got)
}

func TestTheLatenessBoundKeepsIntervalsOpen(t *testing.T) {
	w := newWorld(t, nil)
	w.cfg.Seal.LatenessSeconds = 30
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.clock(perBundle)
	w.now = w.now.Add(29 * time.Second)
	w.mustPass()
	require.Empty(t, w.chain.anchors)
	w.mustSend("just in time", at(0, 1))
	w.now = w.now.Add(time.Second)
	w.mustPass()
	got, _ := w.fetch()
	require.Equal(t, []fetched{{"just in time", int64(at(0, 1) * 1e9), 0, false}}, got)
}

func TestTimeTheGatewayWasDownIsDeclared(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("before", at(0, 1))
	w.mustPass()
	w.kill()
	w.clock(3) // down for intervals 1 and 2
	w.now = w.now.Add(30 * time.Second)
	w.mustOpen()
	w.mustSend("of interval 2, measured while the gateway was down", at(2, 5))
	w.clock(perBundle)
	w.mustPass()
	_, gaps := w.fetch()
	require.Equal(t, map[uint32]string{1: reasonDown}, gaps, "an interval with records is no gap")

	w.kill()
	w.clock(4*perBundle + 1) // down over whole uploads
	w.mustOpen()
	w.mustSend("after", at(4*perBundle+1, 1))
	w.clock(5 * perBundle)
	w.mustPass()
	require.Len(t, w.chain.anchors, 3)
	require.Equal(t, uint64(perBundle-1), w.chain.anchors[1].Blocks, "the window it went down in: gaps after the interval it ran in")
	a := w.chain.anchors[2]
	require.Equal(t, reasonDown, a.SkipReason)
	require.Equal(t, uint32(4*perBundle+1), a.FirstInterval)
	require.Equal(t, a.FirstInterval-2*perBundle, a.Skipped, "whole windows are left out")
}

func TestEmptyIntervalsOfARunningGatewayAreNoGap(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.clock(perBundle)
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	require.Zero(t, w.chain.anchors[0].Records)
	got, gaps := w.fetch()
	require.Empty(t, got)
	require.Empty(t, gaps)
}

func TestKeysThatRunOutRefuseRecordsAndSayWhatToDo(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	_, err := w.send("", pack("a", at(0, 1), "1"))
	require.True(t, isReason(err, ReasonNoKeys))
	require.NoError(t, w.provision(0, 0, 6))
	require.Equal(t, uint64(7), w.lane.status().KeysLeft)
	w.mustSend("a", at(0, 1))
	w.clock(6)
	require.Equal(t, uint64(1), w.lane.status().KeysLeft)
	w.mustSend("b", at(6, 1))
	w.clock(7)
	require.Zero(t, w.lane.status().KeysLeft)
	_, err = w.send("", pack("c", at(7, 1), "1"))
	require.True(t, isReason(err, ReasonNoKeys))
	require.ErrorContains(t, err, "cpdata stream provision cars")
	w.clock(2 * perBundle)
	require.ErrorContains(t, w.pass(), "no keys to seal interval 7")
	require.Equal(t, uint64(7), w.lane.status().NextInterval, "what has keys is anchored")
	require.Contains(t, w.lane.status().Trouble, "no keys")

	require.NoError(t, w.provision(0, 9, 99)) // the owner comes late: intervals 7 and 8 can't be sealed any more
	w.mustSend("d", at(10, 1))
	w.clock(3 * perBundle)
	w.mustPass()
	got, gaps := w.fetch()
	require.Equal(t, []string{"a", "b", "d"}, cars(got))
	require.Equal(t, map[uint32]string{7: reasonNoKeys, 8: reasonNoKeys}, gaps)
}

func TestForgottenKeysDoNotComeBackByAnOldParcel(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.clock(perBundle)
	w.mustPass()
	_, err := w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	require.NoError(t, w.provision(0, 0, 99), "the same parcel again")
	_, err = w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	w.mustOpen()
	_, err = w.lane.keys.Key(0, 0)
	require.ErrorIs(t, err, keytree.ErrNoKey)
	_, err = w.lane.keys.Key(0, perBundle)
	require.NoError(t, err)
}

func TestOnlyTheOwnerProvisionsAndOnlyTheWriterSeals(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.ErrorContains(t, w.provisionAs(secp256k1.GenPrivKey(), 0, 0, 99), "does not own")
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.stream.Writer.Key = make([]byte, 32)
	require.ErrorContains(t, w.pass(), "set-writer")
	require.Empty(t, w.stages)
	require.ErrorContains(t, w.provision(0, 0, 99), "set-writer")
}

func TestANewWriterEpochSealsAStagedBundleAnew(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.refuse = func(sdkMsg) error { return errDown }
	require.Error(t, w.pass())
	w.chain.refuse = nil
	w.chain.stream.Writer.Epoch = 5 // the owner handed over and back
	w.mustPass()
	require.Len(t, w.stages, 2)
	require.Equal(t, uint32(5), w.chain.anchors[0].WriterEpoch)
	w.distinctKeys()
	got, _ := w.fetch()
	require.Equal(t, []string{"a"}, cars(got))
}

func TestARefusedPlacementIsMadeAnew(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	moved := false
	w.chain.refuse = func(sdkMsg) error {
		if !moved {
			moved = true
			w.chain.boundary += 100
		}
		return nil
	}
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	require.Equal(t, int64(200), w.chain.anchors[0].Boundary)
	require.Len(t, w.stages, 1, "the bundle stays as it is")
}

func TestARekeyCutsABundle(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("old key", at(0, 1))
	w.chain.stream.KeyEpochs = append(w.chain.stream.KeyEpochs, datarights.KeyEpoch{Epoch: 1, Start: 3})
	w.clock(4)
	w.mustSend("new key", at(4, 1))
	w.clock(perBundle)
	require.ErrorContains(t, w.pass(), "no keys to seal interval 3")
	require.NoError(t, w.provision(1, 3, 99))
	w.mustPass()
	require.Len(t, w.chain.anchors, 2)
	require.Equal(t, uint32(3), w.chain.anchors[0].Intervals)
	require.Equal(t, uint32(1), w.chain.anchors[1].KeyEpoch)
	got, _ := w.fetch()
	require.Equal(t, []string{"old key", "new key"}, cars(got))
}

func TestHistoricalStreamsCloseByTheirOwnTime(t *testing.T) {
	w := newWorld(t, historical)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 999))
	w.now = w.now.AddDate(10, 0, 0)
	w.mustSend("a", at(0, 1))
	w.mustSend("b", at(perBundle-1, 1))
	w.mustPass()
	require.Empty(t, w.chain.anchors, "the newest record's window is open")
	w.mustSend("c", at(perBundle, 1))
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	require.NoError(t, w.lane.flush(t.Context(), perBundle+1))
	w.mustPass()
	require.Len(t, w.chain.anchors, 2)
	require.Equal(t, uint64(perBundle+1), w.lane.status().NextInterval)
	w.mustSend("d", at(10*perBundle, 1))
	require.NoError(t, w.lane.flush(t.Context(), 10*perBundle+1))
	w.mustOpen() // a flush is remembered
	w.mustPass()
	got, gaps := w.fetch()
	require.Equal(t, []string{"a", "b", "c", "d"}, cars(got))
	require.Equal(t, reasonNoData, gaps[2*perBundle], "whole empty windows are skipped")
	require.Zero(t, w.lane.status().PendingRecords)
}

func TestAFlushOfALiveStreamLeavesWhatHasNotEnded(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(2)
	require.NoError(t, w.lane.flush(t.Context(), 50))
	w.mustPass()
	require.Equal(t, uint64(2), w.lane.status().NextInterval)
}

func TestABundleIsMadeEarlyWhenItIsFull(t *testing.T) {
	w := newWorld(t, historical)
	w.cfg.Seal.MaxBundleBytes = 1 << 10
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	var want []string
	for i := range 4 {
		for j := range 30 {
			name := fmt.Sprintf("car-%d-%02d", i, j)
			w.mustSend(name, at(i, float64(j)))
			want = append(want, name)
		}
	}
	w.mustPass()
	require.Len(t, w.chain.anchors, 2, "one interval each, the third does not fill a bundle")
	require.NoError(t, w.lane.flush(t.Context(), 4))
	w.mustPass()
	got, _ := w.fetch()
	require.Equal(t, want, cars(got))
}

func TestARetryIsStoredOnceEvenAfterItsBatchHasLeftTheLog(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	body := pack("a", at(0, 1), "1")
	a, err := w.send("n1", body)
	require.NoError(t, err)
	require.False(t, a.Duplicate)
	for range 2 {
		a, err = w.send("n1", body)
		require.NoError(t, err)
		require.True(t, a.Duplicate)
		w.mustOpen()
	}
	w.clock(perBundle)
	w.mustPass()
	w.mustOpen()
	require.Zero(t, w.lane.status().WALBytes)
	a, err = w.send("n1", body)
	require.NoError(t, err)
	require.True(t, a.Duplicate)
	_, err = w.send("n1", pack("b", at(0, 1), "1"))
	require.True(t, isReason(err, ReasonConflict))
}

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
	w.mustPass()
	name, err := node.MarshalBinary()
	require.NoError(t, err)
	want, err := pre.NewCapsule(w.seed(node), pre.CapsuleContext(w.name(), name))
	require.NoError(t, err)
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

// counted sums a counter or gauge over all labels whose values include the given ones.
func counted(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if !slices.ContainsFunc(labels, func(want string) bool { return !slices.Contains(values, want) }) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
