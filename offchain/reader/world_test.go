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
	// handed is whose parcel a provider took over.
	handed map[uint64]uint64
	// rotated is how often every provider has replaced its peer key since it accepted; version is the one they sign with.
	rotated, version uint32
}

func peerKey(id uint64) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte{byte(id)})
	return ed25519.NewKeyFromSeed(seed[:])
}

// newWorld has two bundles of four one-minute intervals and a grant of intervals 2 to 5, 2 of 3 proxies.
func newWorld(t *testing.T) *world { return newSignedWorld(t, nil) }

// newSignedWorld has blocks signed by a device.
func newSignedWorld(t *testing.T, sign func([32]byte) ([]byte, error)) *world {
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
			Stream: datarights.StreamID(testChain, 3), Seq: seq, WriterEpoch: 1, Grid: w.stream.Grid(), Schema: schema, K: 4, N: 8, Workers: 1, Chain: link, Sign: sign,
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
	drawn := id
	if from, ok := w.handed[id]; ok {
		drawn = from
	}
	i, _ := w.grant.ProxyOf(drawn)
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
