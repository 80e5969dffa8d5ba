package reader

import (
	"context"
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func TestAReaderGetsExactlyWhatWasGranted(t *testing.T) {
	w := newWorld(t)
	got, report, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	require.Equal(t, w.records[2:6], got)
	require.Equal(t, []uint64{1, 2}, report.ProxiesUsed, "no more proxies are asked than are needed")
	require.EqualValues(t, 2, report.Bundles)
	require.EqualValues(t, 8, report.ShardsFetched)
	require.Empty(t, report.Failures)
}

func TestAProxyMayHaveRotatedItsPeerKeySinceItAccepted(t *testing.T) {
	w := newWorld(t)
	w.rotated, w.version = 1, 2
	_, _, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err, "signed by the new key")
	for i := range w.grant.Proxies {
		w.grant.Proxies[i].PeerKeyVersion = 2
	}
	_, _, err = w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	w.version = 1
	_, report, err := w.fetch(w.reader, w, 2, 5)
	require.ErrorIs(t, err, ErrTooFewAnswers)
	require.Contains(t, report.Failures[0].Why, "older than 2, with which it accepted")
	require.Empty(t, report.Wrong, "the chain would not take it as evidence")
	w.version = 3
	_, report, err = w.fetch(w.reader, w, 2, 5)
	require.ErrorIs(t, err, ErrTooFewAnswers)
	require.Contains(t, report.Failures[0].Why, "version 3 of its peer key")
}

func TestADeclaredOutageIsReadOverAndCounted(t *testing.T) {
	w := newWorld(t)
	w.outage()
	got, report, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	require.Equal(t, w.records[2:4], got, "of the second bundle nothing is in range: it begins at interval 6 now")
	require.EqualValues(t, 2, report.Skipped)
	require.EqualValues(t, 1, report.Bundles, "a bundle out of range is not asked for")
	require.Empty(t, report.Failures)

	f := &Fetcher{Chain: w, Network: w}
	_, err = f.Bundle(t.Context(), w.stream, w.grant.Id, 4)
	require.ErrorIs(t, err, ErrSkipped)
	require.ErrorContains(t, err, "power cut")
}

func TestTheOwnerReadsEverything(t *testing.T) {
	w := newWorld(t)
	f := &Fetcher{Chain: w, Network: w, Workers: 1}
	var got []timechain.Record
	err := f.Fetch(context.Background(), w.stream, 0, OwnerKeys{Root: w.root, Chain: testChain, Stream: w.stream}, 0, 7,
		func(_ timechain.Line, r []timechain.Record) error { got = append(got, r...); return nil })
	require.NoError(t, err)
	require.Equal(t, w.records, got)
}

func TestOutsideTheGrantProxiesRefuseAndOpenedKeysDoNotReach(t *testing.T) {
	w := newWorld(t)
	for _, r := range [][2]uint32{{1, 2}, {5, 6}, {0, 0}} {
		_, _, err := w.fetch(w.reader, w, r[0], r[1])
		require.ErrorIs(t, err, ErrRefused)
	}
	f := &Fetcher{Chain: w, Network: w, Workers: 1}
	keys, err := f.OpenNodes(context.Background(), w.grant, w.reader, 2, 5)
	require.NoError(t, err)
	_, err = keys.Key(1)
	require.ErrorIs(t, err, ErrOutsideGrant)
	// with a granted key in place of the one for interval 1, it does not open either
	bundle, err := f.Bundle(context.Background(), w.stream, w.grant.Id, 1)
	require.NoError(t, err)
	schema, err := w.stream.Schema.Timechain()
	require.NoError(t, err)
	for i := uint32(2); i <= 5; i++ {
		key, err := keys.Key(i)
		require.NoError(t, err)
		_, _, err = timechain.OpenInterval(bundle.Manifest, bundle.Payload, schema, w.stream.Grid(), 1, key, nil)
		require.ErrorIs(t, err, timechain.ErrCommitment)
	}
}

func TestCorruptAndMissingShardsAreRoutedAround(t *testing.T) {
	w := newWorld(t)
	w.corrupt[1], w.corrupt[2], w.down[5], w.down[7] = true, true, true, true
	got, report, err := w.fetch(w.reader, w, 2, 3)
	require.NoError(t, err)
	require.Equal(t, w.records[2:4], got)
	failed := map[uint64]bool{}
	for _, f := range report.Failures {
		failed[f.Provider] = true
	}
	require.Equal(t, map[uint64]bool{1: true, 2: true, 5: true, 7: true}, failed, "who failed is told")
}

func TestTooFewShardsSaysHowMany(t *testing.T) {
	w := newWorld(t)
	for _, id := range []uint64{4, 5, 6, 7, 8} {
		w.down[id] = true
	}
	_, _, err := w.fetch(w.reader, w, 2, 3)
	require.ErrorIs(t, err, ErrTooFewShards)
	require.ErrorContains(t, err, "have 3 of 4")
}

func TestAWrongAnswerIsKeptAsEvidenceAndTheOthersServe(t *testing.T) {
	w := newWorld(t)
	w.wrong[1] = true
	got, report, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	require.Equal(t, w.records[2:6], got)
	require.Equal(t, []uint64{2, 3}, report.ProxiesUsed)
	require.Len(t, report.Wrong, 1)
	require.EqualValues(t, 1, report.Wrong[0].Provider)
}

func TestASilentProxyIsNamedAndTwoSilentOnesAreTooMany(t *testing.T) {
	w := newWorld(t)
	w.down[2] = true
	_, report, err := w.fetch(w.reader, w, 2, 5)
	require.NoError(t, err)
	require.Equal(t, uint64(2), report.Failures[0].Provider)
	w.down[3] = true
	_, _, err = w.fetch(w.reader, w, 2, 5)
	require.ErrorIs(t, err, ErrTooFewAnswers)
	require.ErrorContains(t, err, "have 1 of 2")
	w.down[2], w.down[3], w.refuse = false, false, ErrRefused
	_, _, err = w.fetch(w.reader, w, 2, 5)
	require.ErrorIs(t, err, ErrRefused)
}

func TestAnotherReaderOpensNothing(t *testing.T) {
	w := newWorld(t)
	other, err := pre.NewReaderKey(rand.Reader)
	require.NoError(t, err)
	_, _, err = w.fetch(other, w, 2, 5)
	require.ErrorIs(t, err, pre.ErrOwnerFault)
}

func TestAManifestThatIsNotTheAnchorsIsRefused(t *testing.T) {
	for name, change := range map[string]func(*datarights.Anchor){
		"record root":     func(a *datarights.Anchor) { a.RecordRoot[0] ^= 1 },
		"commitment root": func(a *datarights.Anchor) { a.CommitmentRoot[0] ^= 1 },
		"shard root":      func(a *datarights.Anchor) { a.ShardRoot[0] ^= 1 },
		"writer epoch":    func(a *datarights.Anchor) { a.WriterEpoch++ },
		"payload size":    func(a *datarights.Anchor) { a.PayloadBytes++ },
		"interval range":  func(a *datarights.Anchor) { a.Intervals++ },
	} {
		w := newWorld(t)
		change(&w.anchors[0].Row.Anchor)
		_, _, err := w.fetch(w.reader, w, 2, 3)
		require.ErrorIs(t, err, ErrMismatch, name)
	}
}

func TestACacheOpensWithoutAnyNodeAndHelpsNobodyElse(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	online, err := NewCache(dir, w)
	require.NoError(t, err)
	want, _, err := w.fetch(w.reader, online, 2, 5)
	require.NoError(t, err)
	offline, err := NewCache(dir, nil)
	require.NoError(t, err)
	got, _, err := w.fetch(w.reader, offline, 2, 5)
	require.NoError(t, err)
	require.Equal(t, want, got)
	other, err := pre.NewReaderKey(rand.Reader)
	require.NoError(t, err)
	_, _, err = w.fetch(other, offline, 2, 5)
	require.Error(t, err)
	_, _, err = w.fetch(w.reader, offline, 1, 5)
	require.Error(t, err, "what was not granted is not in the cache")
}
