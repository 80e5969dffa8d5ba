package types

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/cosmos/gogoproto/jsonpb"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec/address"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// update rewrites the checked-in vectors: a change of these is a change of the chain's formats.
var update = flag.Bool("update", false, "rewrite testdata")

// rowVector is one point key with its value, for whoever writes a light client.
type rowVector struct {
	Name  string          `json:"name"`
	Key   string          `json:"key_hex"`
	Value string          `json:"value_hex"`
	JSON  json.RawMessage `json:"json"`
}

type row interface {
	proto.Message
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

func sum(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}

func addressOf(n byte) string {
	text, err := address.NewBech32Codec("cpc").BytesToString(append(make([]byte, 19), n))
	if err != nil {
		panic(err)
	}
	return text
}

// examples are rows with every field set.
func examples() []struct {
	name string
	key  []byte
	row  row
} {
	params := DefaultParams()
	writer := Writer{Account: addressOf(2), Key: sum("writer"), SealKey: sum("seal"), Epoch: 2}
	anchor := exampleAnchor()
	anchorRow := anchor.Row(1234)
	return []struct {
		name string
		key  []byte
		row  row
	}{
		{"params", ParamsPoint(), &params},
		{"stream 7", StreamPoint(7), &Stream{
			Id: 7, Owner: addressOf(1), Name: "buoy-1", Kind: "weather", Tags: []string{"sea"}, Description: "North Sea",
			Schema: Schema{TimeField: "date", TimeFormat: "local", Fields: []Field{
				{Name: "pressure", Unit: "hPa", Type: FIELD_TYPE_FIXED, Decimals: 1, Min: "800.0", Max: "1100.0"}, {Name: "station", Type: FIELD_TYPE_TEXT, Key: true},
			}},
			OriginMs: 1_772_323_200_000, BlockMs: 1000, IntervalMs: 60_000, UploadMs: 900_000, DataShards: 4, TotalShards: 8, DeviceKey: sum("device"),
			Historical: true, Private: true, Writer: writer, KeyEpochs: []KeyEpoch{{}, {Epoch: 1, Start: 45}}, CreatedHeight: 110,
		}},
		{"head of stream 7", HeadPoint(7), &Head{
			NextSeq: 4, LastHash: AnchorHash("cpchain-1", anchor), NextInterval: 62, Records: 3600, Bytes: 400_000, FirstMs: 1_772_323_200_000, LastMs: 1_772_326_919_000,
		}},
		{"anchor 3 of stream 7", AnchorPoint(7, 3), &anchorRow},
		{"reader 5", ReaderPoint(5), &Reader{Id: 5, Owner: writer.Account, Name: "laptop", Version: 2}},
		{"keys of reader 5, version 1", ReaderKeysPoint(5, 1), &ReaderKeys{PreKey: sum("pre"), AuthKey: sum("auth"), Retired: true}},
		{"grant 300", GrantPoint(300), &Grant{
			Id: 300, Stream: 7, Owner: addressOf(1), Reader: 5, ReaderVersion: 2, KeyEpoch: 1, FirstInterval: 45, LastInterval: 61,
			Split: 62, Grain: 4, Threshold: 2, Boundary: 100, Root: sum("root"), Leaves: 16, Seed: sum("seed"), Withheld: []uint32{1, 3}, AcceptanceFee: sdk.NewInt64Coin(FeeDenom, 5),
			Proxies: []GrantProxy{
				{Provider: 4, State: PROXY_STATE_ACCEPTED, PeerKeyVersion: 1, Height: 120},
				{Provider: 5, State: PROXY_STATE_FAULTY, PeerKeyVersion: 2, Height: 121},
				{Provider: 6, State: PROXY_STATE_ASKED},
				{
					Provider: 7, State: PROXY_STATE_ACCEPTED, PeerKeyVersion: 1, Height: 122, HandedTo: []Holder{{Provider: 8, PeerKeyVersion: 3, Height: 130}},
					OfferedTo: 9, OfferedHeight: 140, Passed: []uint64{10, 11},
				},
			},
			ExpiresAt: 1_772_332_800, Status: GRANT_STATUS_REVOKED, CreatedHeight: 119, RevokedAt: 1_772_329_260, Settled: true, SettleAt: 1_772_934_060,
		}},
		{"demand 17", DemandPoint(17), &Demand{
			Id: 17, Kind: DEMAND_KIND_FRAGMENT, Grant: 300, Position: 2, Provider: 6, Demander: writer.Account, Fee: sdk.NewInt64Coin(FeeDenom, 10_000),
			Deadline: 900, State: DEMAND_STATE_ANSWERED, EndedHeight: 180, Capsule: []byte("capsule"), CapsuleHash: sum("capsule"),
			Answer:  &SignedAnswer{Grant: 300, Provider: 6, PeerKeyVersion: 1, Leaf: []byte("leaf"), Position: 2, Path: [][]byte{sum("a")}, Capsule: []byte("capsule"), Fragment: []byte("fragment"), Signature: []byte("signature")},
			Slashed: sdk.NewInt64Coin(FeeDenom, 0),
		}},
	}
}

func exampleAnchor() Anchor {
	return Anchor{
		Stream: 7, Seq: 3, Prev: sum("anchor 2"), KeyEpoch: 1, WriterEpoch: 2, FirstInterval: 47, Intervals: 15, Skipped: 2, SkipReason: "storm",
		Records: 900, Blocks: 900, FirstMs: 1_772_326_020_000, LastMs: 1_772_326_919_000,
		ManifestCid: append([]byte{1, 0x55, 0x12, 32}, sum("manifest")...), RecordRoot: sum("records"), CommitmentRoot: sum("commitments"),
		ShardRoot: sum("shards"), ReceiptRoot: sum("receipts"), PayloadBytes: 100_000, ShardBytes: 25_024, Boundary: 100,
		Placement: []uint64{1, 2, 3, 4, 5, 6, 7, 300}, Signature: append(sum("signature"), sum("of the writer")...),
	}
}

func TestPointKeysAndRows(t *testing.T) {
	var vectors []rowVector
	for _, e := range examples() {
		value, err := e.row.Marshal()
		require.NoError(t, err)
		text, err := (&jsonpb.Marshaler{OrigName: true, EmitDefaults: true}).MarshalToString(e.row)
		require.NoError(t, err)
		vectors = append(vectors, rowVector{e.name, hex.EncodeToString(e.key), hex.EncodeToString(value), json.RawMessage(text)})
	}
	var checkedIn []rowVector
	load(t, "testdata/rows.json", vectors, &checkedIn)
	require.Len(t, checkedIn, len(vectors))
	for i, e := range examples() {
		require.Equal(t, checkedIn[i].Key, vectors[i].Key, e.name)
		require.Equal(t, checkedIn[i].Value, vectors[i].Value, e.name)
		require.JSONEq(t, string(checkedIn[i].JSON), string(vectors[i].JSON), e.name)
		bz, err := hex.DecodeString(checkedIn[i].Value)
		require.NoError(t, err)
		back := reflect.New(reflect.TypeOf(e.row).Elem()).Interface().(row)
		require.NoError(t, back.Unmarshal(bz))
		require.Equal(t, e.row, back, e.name)
	}
}

// load reads a file of vectors, after rewriting it where asked to.
func load(t *testing.T, path string, fresh, into any) {
	if *update {
		bz, err := json.MarshalIndent(fresh, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(bz, '\n'), 0o600))
	}
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(bz, into))
}

func TestSignBytes(t *testing.T) {
	anchor := exampleAnchor()
	writer := Writer{Account: addressOf(2), Key: sum("writer"), SealKey: sum("seal"), Epoch: 9}
	answer := SignedAnswer{
		Grant: 300, Provider: 4, PeerKeyVersion: 1, Leaf: []byte("leaf"), Position: 2, Path: [][]byte{sum("a"), sum("b")},
		Capsule: []byte("capsule"), Fragment: []byte("fragment"), Signature: []byte("not signed"),
	}
	fresh := map[string]string{
		"anchor":     hex.EncodeToString(AnchorSignBytes("cpchain-1", anchor)),
		"anchorHash": hex.EncodeToString(AnchorHash("cpchain-1", anchor)),
		"writer":     hex.EncodeToString(WriterProofBytes("cpchain-1", addressOf(1), "buoy-1", writer)),
		"setWriter":  hex.EncodeToString(SetWriterProofBytes("cpchain-1", 7, writer)),
		"reader":     hex.EncodeToString(ReaderProofBytes("cpchain-1", writer.Account, sum("pre"), sum("auth"))),
		"answer":     hex.EncodeToString(AnswerSignBytes("cpchain-1", answer)),
	}
	var checkedIn map[string]string
	load(t, "testdata/signbytes.json", fresh, &checkedIn)
	require.Equal(t, checkedIn, fresh)
}

func TestSignBytesCoverWhatTheyShould(t *testing.T) {
	anchor := exampleAnchor()
	before := AnchorSignBytes("cpchain-1", anchor)
	hash := AnchorHash("cpchain-1", anchor)
	anchor.Signature = nil
	require.Equal(t, before, AnchorSignBytes("cpchain-1", anchor), "the signature does not sign itself")
	require.NotEqual(t, hash, AnchorHash("cpchain-1", anchor), "the hash names the signed anchor")
	require.NotEqual(t, before, AnchorSignBytes("cpchain-2", anchor))
	require.Len(t, before, sha256.Size)

	w := Writer{Account: "a", Key: make([]byte, ed25519.PublicKeySize), Epoch: 1}
	other := w
	other.Epoch = 2
	require.Equal(t, WriterProofBytes("c", "o", "n", w), WriterProofBytes("c", "o", "n", other), "the chain gives the epoch")
	other.SealKey = []byte{1}
	require.NotEqual(t, WriterProofBytes("c", "o", "n", w), WriterProofBytes("c", "o", "n", other), "nobody else's seal key")
	require.NotEqual(t, WriterProofBytes("c", "on", "", w), WriterProofBytes("c", "o", "n", w), "parts can't be pushed across their borders")

	a := SignedAnswer{Grant: 1, Path: [][]byte{{1}, {2}}}
	b := a
	b.Path = [][]byte{{1, 2}}
	require.NotEqual(t, AnswerSignBytes("c", a), AnswerSignBytes("c", b))
	b.Path, b.Position = a.Path, 1
	require.NotEqual(t, AnswerSignBytes("c", a), AnswerSignBytes("c", b))
}
