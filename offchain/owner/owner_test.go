package owner

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const testChain = "cpchain-1"

func stream() datarights.Stream {
	return datarights.Stream{
		Id: 7, Owner: "owner", OriginMs: 1_000_000_000_000, BlockMs: 60_000, IntervalMs: 3_600_000, UploadMs: 86_400_000,
		KeyEpochs: []datarights.KeyEpoch{{}, {Epoch: 1, Start: 100}},
	}
}

func at(interval int64) time.Time { return time.UnixMilli(1_000_000_000_000 + interval*3_600_000) }

// terms of a grant over intervals 3 to 20, of which 3 to 9 are closed, for three proxies.
func terms(t *testing.T) (Terms, []seal.BoxSecret, pre.SecretKey) {
	reader, err := pre.NewReaderKey(rand.Reader)
	require.NoError(t, err)
	var boxes []seal.BoxSecret
	var proxies []provider.Provider
	for i := range 3 {
		box, err := seal.NewBox(rand.Reader)
		require.NoError(t, err)
		public := box.Public()
		boxes = append(boxes, box)
		proxies = append(proxies, provider.Provider{Id: uint64(11 + i), SealKey: public[:]})
	}
	return Terms{
		Stream: stream(), Reader: 5, ReaderVersion: 1, ReaderKey: reader.Public(), First: 3, Last: 20, Split: 10, Grain: 2,
		Threshold: 2, Proxies: proxies, AcceptanceFee: sdk.NewInt64Coin("ucpc", 0), ExpiresAt: 99, MaxNodes: 64,
	}, boxes, reader
}

// row is what the chain makes of the message.
func row(b *Built) datarights.Grant {
	m := b.Msg
	g := datarights.Grant{
		Id: 40, Stream: m.Stream, Reader: m.Reader, KeyEpoch: m.KeyEpoch, FirstInterval: m.FirstInterval, LastInterval: m.LastInterval,
		Split: m.Split, Grain: m.Grain, Threshold: m.Threshold, Root: m.Root, Leaves: uint32(len(b.Nodes) * len(m.Proxies)),
	}
	for _, p := range m.Proxies {
		g.Proxies = append(g.Proxies, datarights.GrantProxy{Provider: p, State: datarights.PROXY_STATE_ASKED})
	}
	return g
}

func TestAGrantIsWhatItsRootSaysAndOpensForItsReader(t *testing.T) {
	terms, boxes, reader := terms(t)
	root := keytree.Seed{9}
	b, err := Build(rand.Reader, testChain, root, terms)
	require.NoError(t, err)
	g := row(b)
	binding := pre.Binding{ChainID: testChain, Grant: g.Id}
	answers := map[[9]byte][]pre.Answer{}
	capsules := map[[9]byte][]byte{}
	for i, p := range terms.Proxies {
		sealed, err := b.SealParcel(testChain, g.Id, i, p)
		require.NoError(t, err)
		plain, err := boxes[i].Open([]byte(wire.ParcelInfo), wire.ParcelAAD(testChain, g.Id, p.Id), sealed)
		require.NoError(t, err)
		var parcel wire.Parcel
		require.NoError(t, parcel.Unmarshal(plain))
		require.Len(t, parcel.Entries, len(b.Nodes))
		for n, e := range parcel.Entries {
			leaf, err := pre.ParseLeaf(e.Leaf)
			require.NoError(t, err)
			require.NoError(t, datarights.CheckLeaf(g, leaf, e.Position, e.Path))
			share := pre.Share{Leaf: leaf, RK: pre.SecretKey(e.FragmentKey)}
			require.NoError(t, pre.CheckShare(share))
			require.Equal(t, uint64(b.Nodes[n].Last()) < terms.Split, e.Capsule != nil, "capsules of closed nodes, no others")
			if e.Capsule == nil {
				continue
			}
			fragment, err := pre.ReEncrypt(rand.Reader, share, e.Capsule, binding)
			require.NoError(t, err)
			answers[leaf.Node] = append(answers[leaf.Node], pre.Answer{Leaf: leaf, Fragment: fragment})
			capsules[leaf.Node] = e.Capsule
		}
	}
	require.NotEmpty(t, answers)
	tree, err := keytree.StreamRoot(root, datarights.StreamID(testChain, 7), 0)
	require.NoError(t, err)
	for label, got := range answers {
		node, err := keytree.ParseNode(label[:])
		require.NoError(t, err)
		want, err := keytree.Derive(tree, keytree.Node{}, node)
		require.NoError(t, err)
		seed, err := pre.Open(reader, pre.CapsuleContext(datarights.StreamID(testChain, 7), label[:]), capsules[label], 2, got, binding)
		require.NoError(t, err)
		require.Equal(t, [32]byte(want), seed)
	}
	_, err = boxes[0].Open([]byte(wire.ParcelInfo), wire.ParcelAAD(testChain, g.Id+1, 11), nil)
	require.Error(t, err)
}

func TestTheOutboxGivesBackWhatWasPutAndShowsNothing(t *testing.T) {
	terms, _, _ := terms(t)
	b, err := Build(rand.Reader, testChain, keytree.Seed{9}, terms)
	require.NoError(t, err)
	key, err := OutboxKey(keytree.Seed{9})
	require.NoError(t, err)
	dir := t.TempDir()
	box := OpenOutbox(dir, key, rand.Reader)
	_, err = box.Get(b.Msg.Root)
	require.ErrorIs(t, err, ErrNoParcels)
	require.NoError(t, box.Put(b))
	back, err := box.Get(b.Msg.Root)
	require.NoError(t, err)
	require.Equal(t, b.Msg, back.Msg)
	require.Equal(t, b.Entries, back.Entries)
	require.True(t, back.Matches(row(b)))
	roots, err := box.Roots()
	require.NoError(t, err)
	require.Equal(t, [][]byte{b.Msg.Root}, roots)

	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	bz, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NotContains(t, string(bz), string(b.Entries[0][0].FragmentKey))
	bz[len(bz)-1] ^= 1
	require.NoError(t, os.WriteFile(files[0], bz, 0o600))
	_, err = box.Get(b.Msg.Root)
	require.ErrorIs(t, err, seal.ErrDisk)
	require.NoError(t, box.Drop(b.Msg.Root))
	require.NoError(t, box.Drop(b.Msg.Root), "dropping twice is no error")
}

func TestEveryGrantHasAnotherRoot(t *testing.T) {
	terms, _, _ := terms(t)
	one, err := Build(rand.Reader, testChain, keytree.Seed{9}, terms)
	require.NoError(t, err)
	two, err := Build(rand.Reader, testChain, keytree.Seed{9}, terms)
	require.NoError(t, err)
	require.NotEqual(t, one.Msg.Root, two.Msg.Root)
	require.Len(t, one.Msg.Root, len(merkle.Hash{}))
}

func TestTimesMustBeIntervalBoundaries(t *testing.T) {
	n, err := AlignedInterval(stream(), at(12))
	require.NoError(t, err)
	require.EqualValues(t, 12, n)
	_, err = AlignedInterval(stream(), at(12).Add(time.Second))
	require.ErrorIs(t, err, ErrUnaligned)
	require.ErrorContains(t, err, at(13).UTC().Format(time.RFC3339), "it names the nearest ones")
	_, err = AlignedInterval(stream(), at(-1))
	require.ErrorContains(t, err, "origin")
}

func TestGrainAndClosedIntervals(t *testing.T) {
	for grain, want := range map[time.Duration]uint8{time.Minute: 0, time.Hour: 0, 2 * time.Hour: 1, 3 * time.Hour: 1, 24 * time.Hour: 4} {
		require.Equal(t, want, grainLevels(stream(), grain), grain)
	}
	require.Zero(t, closedIntervals(stream(), at(-5)))
	require.EqualValues(t, 0, closedIntervals(stream(), at(1).Add(-time.Millisecond)), "an interval is closed when it has ended")
	require.EqualValues(t, 1, closedIntervals(stream(), at(1)))
}

func TestWordsRestoreTheSameRootAndFilesNeedTheirPassphrase(t *testing.T) {
	words, err := NewWords(rand.Reader)
	require.NoError(t, err)
	one, err := RootSeed(words)
	require.NoError(t, err)
	two, err := RootSeed("  " + words + "\n")
	require.NoError(t, err)
	require.Equal(t, one, two)
	_, err = RootSeed("abandon " + words)
	require.Error(t, err)
}

func TestADemandedCapsuleIsMadeFromTheRootSeedAlone(t *testing.T) {
	tm, _, _ := terms(t)
	b, err := Build(rand.Reader, testChain, keytree.Seed{5}, tm)
	require.NoError(t, err)
	g := row(b)
	last := uint32(len(b.Nodes)-1) * uint32(len(g.Proxies))
	for _, position := range []uint32{0, 1, last} {
		leaf, err := pre.ParseLeaf(b.Entries[position%3][position/3].Leaf)
		require.NoError(t, err)
		d := datarights.Demand{Id: 1, Kind: datarights.DEMAND_KIND_CAPSULE, Grant: g.Id, Position: position, CapsuleHash: leaf.CapsuleHash[:]}
		capsule, err := DemandedCapsule(keytree.Seed{5}, testChain, g, d)
		require.NoError(t, err)
		require.Equal(t, leaf.CapsuleHash, pre.CapsuleHash(capsule))
		_, err = DemandedCapsule(keytree.Seed{6}, testChain, g, d)
		require.ErrorContains(t, err, "another root seed")
		d.Position = g.Leaves
		_, err = DemandedCapsule(keytree.Seed{5}, testChain, g, d)
		require.ErrorContains(t, err, "nodes")
		d.Kind = datarights.DEMAND_KIND_FRAGMENT
		_, err = DemandedCapsule(keytree.Seed{5}, testChain, g, d)
		require.ErrorContains(t, err, "not for a capsule")
	}
}
