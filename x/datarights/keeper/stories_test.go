package keeper

import (
	"crypto/ed25519"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// writerKey signs the anchors of every test stream.
var writerKey = signer("writer")

// newStream is a good message of alice, written by the gateway.
func (f *fixture) newStream(name string) *types.MsgCreateStream {
	m := &types.MsgCreateStream{
		Owner: f.text(f.alice), Name: name, Kind: "weather", Tags: []string{"sea", "buoy"}, Description: "North Sea",
		Schema: types.Schema{
			TimeField: "date", TimeFormat: "local",
			Fields: []types.Field{
				{Name: "pressure", Unit: "hPa", Type: types.FIELD_TYPE_FIXED, Decimals: 1, Min: "800.0", Max: "1100.0"},
				{Name: "station", Type: types.FIELD_TYPE_TEXT, Key: true},
			},
		},
		OriginMs: testOrigin.UnixMilli(), BlockMs: 1000, IntervalMs: 60_000, UploadMs: 900_000, DataShards: 4, TotalShards: 8,
		Writer: types.Writer{Account: f.text(f.gateway), Key: public(writerKey), SealKey: hash("seal")},
	}
	f.prove(m)
	return m
}

func (f *fixture) prove(m *types.MsgCreateStream) {
	m.WriterProof = ed25519.Sign(writerKey, types.WriterProofBytes(testChain, m.Owner, m.Name, m.Writer))
}

func (f *fixture) create(m *types.MsgCreateStream) uint64 {
	res, err := f.msg.CreateStream(f.ctx, m)
	require.NoError(f.t, err)
	return res.Id
}

// stream makes a stream of alice.
func (f *fixture) stream(name string) uint64 { return f.create(f.newStream(name)) }

// rawCID is the CID of a raw block.
func rawCID(data string) []byte {
	sum, err := multihash.Sum([]byte(data), multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(cid.Raw, sum).Bytes()
}

// nextAnchor is a good anchor of 15 intervals that goes on where the stream ended.
func (f *fixture) nextAnchor(stream uint64) *types.MsgAnchor {
	s, err := f.k.Stream(f.ctx, stream)
	require.NoError(f.t, err)
	head, err := f.k.Head(f.ctx, stream)
	require.NoError(f.t, err)
	from, _ := s.Grid().Bounds(head.NextInterval)
	label := fmt.Sprint(stream, head.NextSeq)
	m := &types.MsgAnchor{Writer: f.text(f.gateway), Anchor: types.Anchor{
		Stream: stream, Seq: head.NextSeq, Prev: head.LastHash, KeyEpoch: s.KeyEpochAt(head.NextInterval), WriterEpoch: s.Writer.Epoch,
		FirstInterval: head.NextInterval, Intervals: 15, Records: 900, Blocks: 900, FirstMs: from, LastMs: from + 899_000,
		ManifestCid: rawCID(label), RecordRoot: hash("records" + label), CommitmentRoot: hash("commitments" + label),
		ShardRoot: hash("shards" + label), ReceiptRoot: hash("receipts" + label),
		PayloadBytes: 100_000, ShardBytes: 25_024, Boundary: testBoundary, Placement: []uint64{1, 2, 3, 4, 5, 6, 7, 8},
	}}
	f.sign(m)
	return m
}

func (f *fixture) sign(m *types.MsgAnchor) {
	m.Anchor.Signature = ed25519.Sign(writerKey, types.AnchorSignBytes(testChain, m.Anchor))
}

// anchor adds n good anchors.
func (f *fixture) anchor(stream uint64, n int) {
	for range n {
		_, err := f.msg.Anchor(f.ctx, f.nextAnchor(stream))
		require.NoError(f.t, err)
	}
}

// readerKeys are the secrets of one version of a reader.
type readerKeys struct {
	pre  pre.SecretKey
	auth ed25519.PrivateKey
}

func (f *fixture) newReaderKeys() readerKeys {
	sk, err := pre.NewReaderKey(f.rand)
	require.NoError(f.t, err)
	_, auth, err := ed25519.GenerateKey(f.rand)
	require.NoError(f.t, err)
	return readerKeys{sk, auth}
}

// newReader is a good message of bob.
func (f *fixture) newReader(name string, keys readerKeys) *types.MsgRegisterReader {
	m := &types.MsgRegisterReader{Owner: f.text(f.bob), Name: name, PreKey: bytesOf(keys.pre.Public()), AuthKey: public(keys.auth)}
	m.PreKeyProof, m.AuthKeyProof = f.readerProofs(m.Owner, keys)
	return m
}

func (f *fixture) readerProofs(owner string, keys readerKeys) (preProof, authProof []byte) {
	context := types.ReaderProofBytes(testChain, owner, bytesOf(keys.pre.Public()), public(keys.auth))
	proof, err := pre.ProvePossession(f.rand, keys.pre, context)
	require.NoError(f.t, err)
	return proof, ed25519.Sign(keys.auth, context)
}

func bytesOf(key pre.PublicKey) []byte { return key[:] }

func (f *fixture) reader(name string) (uint64, readerKeys) {
	keys := f.newReaderKeys()
	res, err := f.msg.RegisterReader(f.ctx, f.newReader(name, keys))
	require.NoError(f.t, err)
	return res.Id, keys
}

// dealt is what alice made for one grant: shares and leaves in the grant's order, capsules by node.
type dealt struct {
	id       uint64
	nodes    []keytree.Node
	shares   []pre.Share
	hashes   []merkle.Hash
	capsules [][]byte
}

// deal makes the key shares of a grant message and puts their root into it.
func (f *fixture) deal(m *types.MsgGrant, keys readerKeys) *dealt {
	d := &dealt{}
	name := types.StreamID(testChain, m.Stream)
	root, err := keytree.StreamRoot(keytree.Seed{9}, name, m.KeyEpoch)
	require.NoError(f.t, err)
	d.nodes, err = keytree.Cover(m.KeyEpoch, m.FirstInterval, m.LastInterval, m.Split, uint8(m.Grain), 1024)
	require.NoError(f.t, err)
	for _, n := range d.nodes {
		seed, err := keytree.Derive(root, keytree.Node{Epoch: m.KeyEpoch}, n)
		require.NoError(f.t, err)
		bz, err := n.MarshalBinary()
		require.NoError(f.t, err)
		context := pre.CapsuleContext(name, bz)
		shares, err := pre.Split(f.rand, seed, context, [9]byte(bz), keys.pre.Public(), int(m.Threshold), m.Ranks())
		require.NoError(f.t, err)
		capsule, err := pre.NewCapsule(seed, context)
		require.NoError(f.t, err)
		d.capsules = append(d.capsules, capsule)
		for _, s := range shares {
			leaf, err := s.Leaf.MarshalBinary()
			require.NoError(f.t, err)
			d.shares, d.hashes = append(d.shares, s), append(d.hashes, merkle.LeafHash(leaf))
		}
	}
	sum := merkle.Root(d.hashes)
	m.Root = sum[:]
	return d
}

// newGrant is a good message of alice: intervals 2 to 9, all closed, 2 of 3 proxies, 5 ucpc each.
func (f *fixture) newGrant(stream, reader uint64) *types.MsgGrant {
	return &types.MsgGrant{
		Owner: f.text(f.alice), Stream: stream, Reader: reader, ReaderVersion: 1, FirstInterval: 2, LastInterval: 9, Split: 10, Grain: 4,
		Threshold: 2, Boundary: testBoundary, Proxies: []uint64{4, 5, 6}, Root: hash("root"),
		AcceptanceFee: sdk.NewInt64Coin(types.FeeDenom, 5), ExpiresAt: testNow.Unix() + 3600,
	}
}

// grant makes a grant with real shares.
func (f *fixture) grant(stream, reader uint64, keys readerKeys) *dealt {
	m := f.newGrant(stream, reader)
	d := f.deal(m, keys)
	res, err := f.msg.Grant(f.ctx, m)
	require.NoError(f.t, err)
	d.id = res.Id
	return d
}

func (f *fixture) accept(provider uint64, grants ...uint64) error {
	_, err := f.msg.AcceptGrant(f.ctx, &types.MsgAcceptGrant{Operator: f.text(operator(provider)), Grants: grants})
	return err
}

func (f *fixture) refuse(provider, grant uint64) error {
	_, err := f.msg.RefuseGrant(f.ctx, &types.MsgRefuseGrant{Operator: f.text(operator(provider)), Grant: grant, Reason: "disk full"})
	return err
}

func (f *fixture) revoke(grant uint64) error {
	_, err := f.msg.RevokeGrant(f.ctx, &types.MsgRevokeGrant{Owner: f.text(f.alice), Grant: grant})
	return err
}

func (f *fixture) row(grant uint64) types.Grant {
	g, err := f.k.GrantRow(f.ctx, grant)
	require.NoError(f.t, err)
	return g
}

// world is a stream with four anchors, a reader, and one grant that two of its three proxies accepted.
type world struct {
	*fixture
	stream, reader uint64
	keys           readerKeys
	dealt          *dealt
}

func newWorld(f *fixture) world {
	w := world{fixture: f, stream: f.stream("buoy-1")}
	f.anchor(w.stream, 4)
	w.reader, w.keys = f.reader("laptop")
	w.dealt = f.grant(w.stream, w.reader, w.keys)
	require.NoError(f.t, f.accept(4, w.dealt.id))
	require.NoError(f.t, f.accept(5, w.dealt.id))
	return w
}

// answer is provider's honest answer for the node-th node of the grant.
func (w world) answer(node int, provider uint64) types.SignedAnswer {
	g := w.row(w.dealt.id)
	i, ok := g.ProxyOf(provider)
	require.True(w.t, ok)
	position := node*len(g.Proxies) + i
	share := w.dealt.shares[position]
	leaf, err := share.Leaf.MarshalBinary()
	require.NoError(w.t, err)
	fragment, err := pre.ReEncrypt(w.rand, share, w.dealt.capsules[node], pre.Binding{ChainID: testChain, Grant: g.Id})
	require.NoError(w.t, err)
	path, err := merkle.Proof(w.dealt.hashes, position)
	require.NoError(w.t, err)
	a := types.SignedAnswer{
		Grant: g.Id, Provider: provider, PeerKeyVersion: 1, Leaf: leaf, Position: uint32(position), Capsule: w.dealt.capsules[node], Fragment: fragment,
	}
	for _, h := range path {
		a.Path = append(a.Path, h[:])
	}
	return signAnswer(a)
}

// signAnswer signs with the provider's first key.
func signAnswer(a types.SignedAnswer) types.SignedAnswer {
	a.Signature = ed25519.Sign(peerKey(a.Provider), types.AnswerSignBytes(testChain, a))
	return a
}

func (w world) dispute(a types.SignedAnswer) error {
	_, err := w.msg.DisputeFragment(w.ctx, &types.MsgDisputeFragment{Sender: w.text(w.bob), Grant: w.dealt.id, Answer: a})
	return err
}
