package reader

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const testChain = "cpchain-1"

// world is a chain and eight providers in memory, each of which can be made to lie.
type world struct {
	t       *testing.T
	root    keytree.Seed
	stream  datarights.Stream
	anchors []datarights.QueryAnchorResponse
	grant   datarights.Grant
	built   *owner.Built
	reader  pre.SecretKey
	records []timechain.Record
	objects map[string][]byte
	// down, corrupt and wrong are providers that are unreachable, give altered shards, or sign wrong fragments
	down, corrupt, wrong map[uint64]bool
	refuse               error
	// rotated is how often every provider has replaced its peer key since it accepted; version is the one they sign with.
	rotated, version uint32
}

func peerKey(id uint64) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte{byte(id)})
	return ed25519.NewKeyFromSeed(seed[:])
}

// newWorld has two bundles of four one-minute intervals and a grant of intervals 2 to 5, 2 of 3 proxies.
func newWorld(t *testing.T) *world {
	w := &world{t: t, root: keytree.Seed{1}, objects: map[string][]byte{}, down: map[uint64]bool{}, corrupt: map[uint64]bool{}, wrong: map[uint64]bool{}}
	w.stream = datarights.Stream{
		Id: 3, Owner: "owner", OriginMs: 1_700_000_000_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 240_000, DataShards: 4, TotalShards: 8,
		KeyEpochs: []datarights.KeyEpoch{{}}, Historical: true,
		Schema: datarights.Schema{TimeField: "t", TimeFormat: "unix_s", Fields: []datarights.Field{{Name: "v", Type: datarights.FIELD_TYPE_INT}}},
	}
	schema, err := w.stream.Schema.Timechain()
	require.NoError(t, err)
	keys := OwnerKeys{Root: w.root, Chain: testChain, Stream: w.stream}
	var link timechain.Chain
	for seq := range uint64(2) {
		in := timechain.SealInput{
			Stream: datarights.StreamID(testChain, 3), Seq: seq, WriterEpoch: 1, Grid: w.stream.Grid(), Schema: schema, K: 4, N: 8, Workers: 1, Chain: link,
		}
		for i := range uint32(4) {
			interval := uint32(seq)*4 + i
			r := timechain.Record{T: (w.stream.OriginMs + int64(interval)*60_000) * 1e6, Seq: uint64(interval), Values: []timechain.Value{timechain.Int(int64(interval) * 10)}}
			w.records = append(w.records, r)
			in.Intervals = append(in.Intervals, timechain.IntervalRecords{Interval: interval, Records: []timechain.Record{r}})
		}
		b, err := timechain.SealBundle(rand.Reader, in, keys.Key)
		require.NoError(t, err)
		link = b.Chain
		w.anchor(b)
	}
	w.makeGrant()
	return w
}

func (w *world) anchor(b *timechain.Bundle) {
	m := b.Manifest
	record, commitment, shard := m.RecordRoot(), m.CommitmentRoot(), m.ShardRoot()
	cid := timechain.ManifestCID(b.ManifestBytes).Bytes()
	w.objects[string(cid)] = b.ManifestBytes
	for i, s := range b.Shards {
		w.objects[string(m.ShardCIDs[i])] = s
	}
	w.anchors = append(w.anchors, datarights.QueryAnchorResponse{
		Row: datarights.AnchorRow{Anchor: datarights.Anchor{
			Stream: 3, Seq: m.Seq, WriterEpoch: 1, FirstInterval: m.Lines[0].Interval, Intervals: uint32(len(m.Lines)), ManifestCid: cid,
			RecordRoot: record[:], CommitmentRoot: commitment[:], ShardRoot: shard[:], PayloadBytes: uint64(m.PayloadSize), ShardBytes: uint64(m.ShardSize),
		}},
		Placement: datarights.Placement{Providers: []uint64{1, 2, 3, 4, 5, 6, 7, 8}},
	})
}

// outage has the second anchor begin two intervals later, after a declared outage.
func (w *world) outage() {
	a := &w.anchors[1].Row.Anchor
	a.FirstInterval, a.Skipped, a.SkipReason = a.FirstInterval+2, 2, "power cut"
}

func (w *world) makeGrant() {
	var err error
	w.reader, err = pre.NewReaderKey(rand.Reader)
	require.NoError(w.t, err)
	w.built, err = owner.Build(rand.Reader, testChain, w.root, owner.Terms{
		Stream: w.stream, Reader: 9, ReaderVersion: 1, ReaderKey: w.reader.Public(), First: 2, Last: 5, Split: 8, Threshold: 2,
		Proxies: []provider.Provider{{Id: 1}, {Id: 2}, {Id: 3}}, AcceptanceFee: sdk.NewInt64Coin("ucpc", 0), ExpiresAt: 1 << 40, MaxNodes: 62,
	})
	require.NoError(w.t, err)
	m := w.built.Msg
	w.grant = datarights.Grant{
		Id: 12, Stream: 3, Reader: 9, ReaderVersion: 1, FirstInterval: 2, LastInterval: 5, Split: 8, Threshold: 2, Root: m.Root,
		Leaves: uint32(len(w.built.Nodes) * 3), ExpiresAt: m.ExpiresAt, Status: datarights.GRANT_STATUS_LIVE,
	}
	for _, id := range m.Proxies {
		w.grant.Proxies = append(w.grant.Proxies, datarights.GrantProxy{Provider: id, State: datarights.PROXY_STATE_ACCEPTED, PeerKeyVersion: 1})
	}
}

func (w *world) ChainID() string { return testChain }

func (w *world) Stream(context.Context, uint64) (datarights.Stream, datarights.Head, error) {
	return w.stream, datarights.Head{}, nil
}

func (w *world) Grant(context.Context, uint64) (datarights.Grant, error) { return w.grant, nil }

func (w *world) AnchorOf(_ context.Context, _ uint64, interval uint32) (datarights.QueryAnchorResponse, error) {
	for _, row := range w.anchors {
		if a := row.Row.Anchor; interval >= a.FirstInterval-a.Skipped && interval < a.FirstInterval+a.Intervals {
			return row, nil
		}
	}
	return datarights.QueryAnchorResponse{}, chain.ErrNotFound
}

func (w *world) Provider(_ context.Context, id uint64) (provider.Provider, error) {
	return provider.Provider{Id: id}, nil
}

func (w *world) PeerKey(_ context.Context, id uint64, version uint32) ([]byte, error) {
	if version > 1+w.rotated {
		return nil, chain.ErrNotFound
	}
	return signKey(id, version).Public().(ed25519.PublicKey), nil
}

// signKey is a provider's peer key of a version.
func signKey(id uint64, version uint32) ed25519.PrivateKey {
	if version == 1 {
		return peerKey(id)
	}
	return peerKey(id + uint64(version)*100)
}

var errDown = errors.New("connection refused")

func (w *world) Manifest(_ context.Context, from provider.Provider, ref BundleRef) ([]byte, error) {
	if w.down[from.Id] {
		return nil, errDown
	}
	return w.objects[string(ref.CID)], nil
}

func (w *world) Shard(_ context.Context, from provider.Provider, ref BundleRef, _ uint64) ([]byte, error) {
	if w.down[from.Id] {
		return nil, errDown
	}
	bz := bytes.Clone(w.objects[string(ref.CID)])
	if w.corrupt[from.Id] {
		bz[7] ^= 1
	}
	return bz, nil
}

func (w *world) Fragments(_ context.Context, from provider.Provider, grant uint64, nodes [][]byte) ([]datarights.SignedAnswer, error) {
	if w.down[from.Id] {
		return nil, errDown
	}
	if w.refuse != nil {
		return nil, w.refuse
	}
	var answers []datarights.SignedAnswer
	for _, node := range nodes {
		a, err := w.answer(from.Id, grant, node)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

func (w *world) answer(id, grant uint64, node []byte) (datarights.SignedAnswer, error) {
	i, _ := w.grant.ProxyOf(id)
	for _, e := range w.built.Entries[i] {
		leaf, err := pre.ParseLeaf(e.Leaf)
		if err != nil || !bytes.Equal(leaf.Node[:], node) {
			continue
		}
		f, err := pre.ReEncrypt(rand.Reader, pre.Share{Leaf: leaf, RK: pre.SecretKey(e.FragmentKey)}, e.Capsule, pre.Binding{ChainID: testChain, Grant: grant})
		if err != nil {
			return datarights.SignedAnswer{}, err
		}
		if w.wrong[id] {
			f[70] ^= 1
		}
		version := max(w.version, 1)
		a := datarights.SignedAnswer{Grant: grant, Provider: id, PeerKeyVersion: version, Leaf: e.Leaf, Position: e.Position, Path: e.Path, Capsule: e.Capsule, Fragment: f}
		a.Signature = ed25519.Sign(signKey(id, version), datarights.AnswerSignBytes(testChain, a))
		return a, nil
	}
	return datarights.SignedAnswer{}, ErrRefused
}

// fetch reads [from, to] by the grant.
func (w *world) fetch(sk pre.SecretKey, network Network, from, to uint32) ([]timechain.Record, *Report, error) {
	f := &Fetcher{Chain: w, Network: network, Workers: 3}
	keys, err := f.OpenNodes(context.Background(), w.grant, sk, from, to)
	if err != nil {
		return nil, &f.Report, err
	}
	var got []timechain.Record
	err = f.Fetch(context.Background(), w.stream, w.grant.Id, keys, from, to, func(_ timechain.Line, r []timechain.Record) error {
		got = append(got, r...)
		return nil
	})
	return got, &f.Report, err
}

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
