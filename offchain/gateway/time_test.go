package gateway

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
