package timechain

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/merkle"
)

var update = flag.Bool("update", false, "write testdata anew")

const vectorsPath = "testdata/vectors.json"

// vectors hold every format's bytes, in hexadecimal: the bundle of testInput under testKey with codec 2 and salts that
// count up from 0.
type vectors struct {
	Record, RecordLeaf         string
	Header, HeaderHash         string
	SignBytes                  string
	Plain                      string // a segment with codec 2
	Zstd                       string // the same with codec 1, as one version of the compressor wrote it
	Manifest, CID              string
	RecordRoot, CommitmentRoot string
	ShardRoot                  string
	Payload                    string
	Line, LineLeaf             string
	Proof                      string
	Bad                        []badVector
}

// badVector is something that must be refused.
type badVector struct{ What, Why, Bytes, Error string }

func goodVectors(t testing.TB) vectors {
	in := testInput()
	in.Codec = CodecPlain
	b, err := SealBundle(newCounter(0), in, keysOf(2))
	require.NoError(t, err)
	records, headers := openAll(t, b, testSchema, testGrid)
	segment := Segment{Headers: headersFor(7), Records: in.Intervals[0].Records}
	plain, err := EncodeSegment(CodecPlain, testSchema, segment)
	require.NoError(t, err)
	zstd, err := EncodeSegment(CodecZstd, testSchema, segment)
	require.NoError(t, err)
	sum := func(h merkle.Hash) string { return hex.EncodeToString(h[:]) }
	return vectors{
		Record: hex.EncodeToString(records[0].Leaf()), RecordLeaf: sum(new(leafHasher).record(&records[0], &[16]byte{1})),
		Header: hex.EncodeToString(headers[0].Marshal()), HeaderHash: sum(headers[0].Hash()), SignBytes: sum(headers[0].SignBytes()),
		Plain: hex.EncodeToString(plain), Zstd: hex.EncodeToString(zstd), Manifest: hex.EncodeToString(b.ManifestBytes), CID: ManifestCID(b.ManifestBytes).String(),
		RecordRoot: sum(b.Manifest.RecordRoot()), CommitmentRoot: sum(b.Manifest.CommitmentRoot()), ShardRoot: sum(b.Manifest.ShardRoot()),
		Payload: hex.EncodeToString(payloadOf(t, b)), Line: hex.EncodeToString(b.Manifest.Lines[2].Leaf()),
		LineLeaf: sum(merkle.LeafHash(b.Manifest.Lines[2].Leaf())), Proof: hex.EncodeToString(prove(t, b, 0, 3).Marshal()),
	}
}

// badVectors are good ones with one thing wrong.
func badVectors(t testing.TB, good vectors) []badVector {
	change := func(s string, edit func([]byte) []byte) string { return hex.EncodeToString(edit(unhex(t, s))) }
	version2 := func(b []byte) []byte { b[0] = 2; return b }
	suite2 := func(b []byte) []byte { b[1] = 2; return b }
	cut := func(b []byte) []byte { return b[:len(b)-1] }
	trail := func(b []byte) []byte { return append(b, 0) }
	return []badVector{
		{"record", "another version", change(good.Record, version2), "malformed encoding"},
		{"record", "cut short", change(good.Record, cut), "malformed encoding"},
		{"record", "a trailing byte", change(good.Record, trail), "malformed encoding"},
		{"record", "a number not in its shortest form", "01830018028100", "malformed encoding"},
		{"record", "an array of indefinite length", "018300029f00ff", "malformed encoding"},
		{"header", "another suite", change(good.Header, suite2), "malformed encoding"},
		{"header", "a trailing byte", change(good.Header, trail), "malformed encoding"},
		{"segment", "an unknown codec", change(good.Plain, func(b []byte) []byte { b[0] = 9; return b }), "malformed segment"},
		{"segment", "cut short", change(good.Plain, cut), "malformed segment"},
		{"segment", "a trailing byte", change(good.Plain, trail), "malformed segment"},
		{"manifest", "another version", change(good.Manifest, version2), "malformed encoding"},
		{"manifest", "another suite", change(good.Manifest, suite2), "malformed encoding"},
		{"manifest", "cut short", change(good.Manifest, cut), "malformed encoding"},
		{"manifest", "a trailing byte", change(good.Manifest, trail), "malformed encoding"},
		{"proof", "another suite", change(good.Proof, suite2), "malformed encoding"},
		{"proof", "a neighbour's hash altered", change(good.Proof, func(b []byte) []byte {
			p, err := ParseRecordProof(b)
			require.NoError(t, err)
			p.Path[0][0] ^= 1
			return p.Marshal()
		}), "record proof does not verify"},
		{"proof", "the place in the group moved", change(good.Proof, func(b []byte) []byte {
			p, err := ParseRecordProof(b)
			require.NoError(t, err)
			p.Index--
			return p.Marshal()
		}), "record proof does not verify"},
		{"proof", "the group a hash short", change(good.Proof, func(b []byte) []byte {
			p, err := ParseRecordProof(b)
			require.NoError(t, err)
			p.Path = p.Path[1:]
			return p.Marshal()
		}), "record proof does not verify"},
		{"proof", "the last path hash altered", change(good.Proof, func(b []byte) []byte { b[len(b)-1] ^= 1; return b }), "record proof does not verify"},
	}
}

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func TestFormatsMatchTheVectors(t *testing.T) {
	got := goodVectors(t)
	got.Bad = badVectors(t, got)
	if *update {
		b, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(vectorsPath, append(b, '\n'), 0o600))
	}
	b, err := os.ReadFile(vectorsPath)
	require.NoError(t, err)
	var want vectors
	require.NoError(t, json.Unmarshal(b, &want))
	same, err := DecodeSegment(testSchema, unhex(t, want.Plain))
	require.NoError(t, err)
	unpacked, err := DecodeSegment(testSchema, unhex(t, want.Zstd))
	require.NoError(t, err)
	require.Equal(t, same, unpacked)
	got.Zstd = want.Zstd // another version of the compressor may write it otherwise
	require.Equal(t, want, got)
}

func TestBadVectorsAreRefused(t *testing.T) {
	good := goodVectors(t)
	root := merkle.Hash(unhex(t, good.RecordRoot))
	parse := map[string]func([]byte) error{
		"record":   func(b []byte) error { _, err := ParseRecord(b); return err },
		"header":   func(b []byte) error { _, err := ParseBlockHeader(b); return err },
		"segment":  func(b []byte) error { _, err := DecodeSegment(testSchema, b); return err },
		"manifest": func(b []byte) error { _, err := ParseManifest(b); return err },
		"proof": func(b []byte) error {
			p, err := ParseRecordProof(b)
			if err == nil {
				_, err = p.Verify(root, 3)
			}
			return err
		},
	}
	for what, s := range map[string]string{"record": good.Record, "header": good.Header, "segment": good.Plain, "manifest": good.Manifest, "proof": good.Proof} {
		require.NoError(t, parse[what](unhex(t, s)), what)
	}
	b, err := os.ReadFile(vectorsPath)
	require.NoError(t, err)
	var file vectors
	require.NoError(t, json.Unmarshal(b, &file))
	require.NotEmpty(t, file.Bad)
	for _, bad := range file.Bad {
		err := parse[bad.What](unhex(t, bad.Bytes))
		require.ErrorContains(t, err, bad.Error, "%s: %s", bad.What, bad.Why)
		require.True(t, errors.Is(err, ErrFormat) || errors.Is(err, ErrSegment) || errors.Is(err, ErrProof))
	}
}
