package gateway

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/gateway/wal"
)

func TestRecordsAreSealedAnchoredAndFetchedOnceEach(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	for i := range 3 {
		w.clock(i)
		w.mustSend(fmt.Sprintf("car-%d", i), at(i, 1))
	}
	w.mustPass()
	require.Empty(t, w.chain.anchors, "the upload window is not over")
	w.clock(perBundle)
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	a := w.chain.anchors[0]
	require.Equal(t, uint32(perBundle), a.Intervals)
	require.Equal(t, uint64(3), a.Records)
	require.Equal(t, int64(at(0, 1)*1000), a.FirstMs)
	require.Equal(t, []string{w.chain.stream.Owner}, w.chain.granters, "the owner pays")
	got, gaps := w.fetch()
	require.Equal(t, []string{"car-0", "car-1", "car-2"}, cars(got))
	require.Empty(t, gaps)

	s := w.lane.status()
	require.Zero(t, s.PendingRecords)
	require.Zero(t, s.WALBytes, "the log has been trimmed")
	require.Equal(t, uint64(perBundle), s.NextInterval)
	_, err := w.lane.keys.Key(0, perBundle-1)
	require.Error(t, err, "keys of the past are forgotten")
	require.Len(t, w.nodes.hints, 1)
	require.Equal(t, a.Placement, w.nodes.hints[0].Providers)
}

func TestEveryCrashIsSurvivedWithNothingLostAndNothingTwice(t *testing.T) {
	for _, after := range []bool{false, true} {
		for moment := 1; ; moment++ {
			if !crashAt(t, moment, after) {
				require.Greater(t, moment, 20, "the crash points were reached")
				break
			}
		}
	}
}

// crashAt runs a client and a gateway that dies at a moment, comes back, and goes on. It tells whether it died.
func crashAt(t *testing.T, moment int, after bool) bool {
	t.Helper()
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	life := &mortal{at: moment, after: after}
	died := w.open(life) != nil
	var acked []string
	for i := range 2 * perBundle {
		w.clock(i)
		name := fmt.Sprintf("car-%d", i)
		for {
			if died || w.life.dead {
				died = true
				w.mustOpen()
			}
			_, err := w.send(name, pack(name, at(i, 1), "1.25"))
			if err != nil {
				continue // the client tries again
			}
			acked = append(acked, name)
			break
		}
		_ = w.pass()
	}
	w.clock(2 * perBundle)
	_ = w.pass()
	died = died || life.dead
	if life.dead {
		w.mustOpen()
		// The client never saw an answer to its last batches and sends them again.
		for i := 2*perBundle - 2; i < 2*perBundle; i++ {
			name := fmt.Sprintf("car-%d", i)
			a, err := w.send(name, pack(name, at(i, 1), "1.25"))
			require.NoError(t, err)
			require.True(t, a.Duplicate, "%s at %d", name, moment)
		}
	}
	w.mustPass()
	got, gaps := w.fetch()
	require.ElementsMatch(t, acked, cars(got), "died at %d, after the effect: %v", moment, after)
	require.Empty(t, gaps)
	for _, r := range got {
		require.False(t, r.late)
	}
	w.distinctKeys()
	require.Zero(t, w.lane.status().PendingRecords)
	return died
}

func TestTheAnswerToAnAnchorThatGotLostDoesNotMakeASecondOne(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.lose = true
	require.Error(t, w.pass(), "included, but nobody said so")
	require.Len(t, w.chain.anchors, 1)
	w.mustOpen()
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)
	require.Len(t, w.chain.granters, 1, "the chain was asked before anything was sent again")
	require.Equal(t, uint64(1), w.lane.status().NextSeq)
}

func TestARestoredImageSealsNothingBeforeItHasBegunANewEpoch(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("before the image", at(0, 1))
	w.clock(1)
	w.mustPass()
	image := w.image()
	w.mustSend("lost with the disk", at(1, 1))
	w.clock(perBundle)
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)

	w.restore(image)
	w.mustOpen()
	w.chain.down = true
	w.mustSend("late, of the new life", at(2, 1))
	w.mustSend("of the new life", at(perBundle, 1))
	w.clock(2 * perBundle)
	require.Error(t, w.pass())
	require.Len(t, w.stages, 1, "nothing is sealed on old knowledge")
	w.chain.down = false
	w.mustPass()
	require.Equal(t, uint32(2), w.chain.stream.Writer.Epoch)
	require.Len(t, w.chain.anchors, 2)
	require.Equal(t, uint32(2), w.chain.anchors[1].WriterEpoch)
	got, _ := w.fetch()
	require.ElementsMatch(t, []string{"before the image", "lost with the disk", "late, of the new life", "of the new life"}, cars(got),
		"what the old life anchored is not anchored twice, what the new life took is not lost")
	w.distinctKeys()
}

func TestAnImageWithAStagedBundleKnowsItsOwnAnchor(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.chain.boundary++ // the upload goes through, the anchor does not
	w.chain.refuse = func(sdkMsg) error { return errDown }
	require.Error(t, w.pass())
	require.NotNil(t, w.lane.stage)
	image := w.image()
	w.chain.refuse = nil
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)

	w.restore(image)
	w.mustOpen()
	w.mustSend("b", at(perBundle, 1))
	w.clock(2 * perBundle)
	w.mustPass()
	require.Equal(t, uint32(1), w.chain.stream.Writer.Epoch, "it is not behind: it only had not heard the answer")
	got, _ := w.fetch()
	require.Equal(t, []string{"a", "b"}, cars(got))
}

func TestTwoGatewaysWithOneDiskCantBothWrite(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(1)
	w.mustPass()
	image := w.image()
	w.clock(perBundle)
	w.chain.refuse = func(sdkMsg) error { return errDown }
	require.Error(t, w.pass(), "staged and uploaded, not anchored")
	old := w.image()
	w.chain.refuse = nil

	w.restore(image) // the twin, at the same anchor, is in step
	w.mustOpen()
	w.mustPass()
	require.Len(t, w.chain.anchors, 1)

	w.restore(old) // the first one finds a foreign anchor in its place
	w.mustOpen()
	w.mustSend("b", at(perBundle, 1))
	w.clock(2 * perBundle)
	w.mustPass()
	require.Equal(t, uint32(2), w.chain.stream.Writer.Epoch)
	require.Len(t, w.chain.anchors, 2)
	got, _ := w.fetch()
	require.Equal(t, []string{"a", "b"}, cars(got))
	w.distinctKeys()
}

func TestAChainNodeThatIsBehindIsNotBelieved(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	head := w.chain.head
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.mustPass()
	w.chain.head = head
	w.mustSend("b", at(perBundle, 1))
	w.clock(2 * perBundle)
	require.ErrorIs(t, w.pass(), errChainBehind)
	require.Equal(t, uint32(1), w.chain.stream.Writer.Epoch)
}

func TestALogShorterThanWhatWasAnchoredIsReported(t *testing.T) {
	w := newWorld(t, nil)
	w.mustOpen()
	require.NoError(t, w.provision(0, 0, 99))
	w.mustSend("a", at(0, 1))
	w.clock(perBundle)
	w.mustPass()
	w.kill()
	removeLog(t, w.dir)
	require.ErrorIs(t, w.open(&mortal{}), wal.ErrCorrupt)
}
