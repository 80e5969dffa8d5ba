package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/pkg/keytree"
)

var update = flag.Bool("update", false, "write testdata anew")

var testKey = keytree.IntervalKey{1, 2, 3}

func segment() Segment {
	return Segment{Stream: "cpchain-1/3", KeyEpoch: 1, Interval: 99, WriterEpoch: 2, Part: 4, Salt: [32]byte{9}}
}

func noise(n int) []byte {
	bz := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(bz)
	return bz
}

func TestSegmentsOpenAsTheyWereSealed(t *testing.T) {
	for _, n := range []int{0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3 * ChunkSize, 3*ChunkSize + 17} {
		sealed, err := segment().Seal(testKey, noise(n))
		require.NoError(t, err)
		require.Len(t, sealed, SealedSize(n))
		opened, err := segment().Open(testKey, sealed)
		require.NoError(t, err)
		require.True(t, bytes.Equal(noise(n), opened), "%d bytes", n)
	}
}

func TestASegmentOpensUnderItsOwnNamesOnly(t *testing.T) {
	sealed, err := segment().Seal(testKey, noise(100))
	require.NoError(t, err)
	for name, change := range map[string]func(*Segment){
		"stream": func(s *Segment) { s.Stream = "cpchain-1/4" }, "key epoch": func(s *Segment) { s.KeyEpoch++ },
		"interval": func(s *Segment) { s.Interval++ }, "writer epoch": func(s *Segment) { s.WriterEpoch++ },
		"part": func(s *Segment) { s.Part++ }, "salt": func(s *Segment) { s.Salt[31] ^= 1 },
	} {
		other := segment()
		change(&other)
		_, err := other.Open(testKey, sealed)
		require.Error(t, err, name)
	}
	_, err = segment().Open(keytree.IntervalKey{9}, sealed)
	require.ErrorIs(t, err, ErrKey)
}

func TestCutDroppedReorderedSplicedAndExtendedSegmentsAreRefused(t *testing.T) {
	seg := segment()
	plain := noise(3*ChunkSize + 10)
	sealed, err := seg.Seal(testKey, plain)
	require.NoError(t, err)
	const c = ChunkSize + tagSize
	chunk := func(i int) []byte { return sealed[headSize+i*c : min(headSize+(i+1)*c, len(sealed))] }
	build := func(parts ...[]byte) []byte { return slices.Concat(append([][]byte{sealed[:headSize]}, parts...)...) }
	require.Equal(t, sealed, build(chunk(0), chunk(1), chunk(2), chunk(3)))
	other := seg
	other.Part++
	spliced, err := other.Seal(testKey, plain)
	require.NoError(t, err)
	for name, bad := range map[string][]byte{
		"nothing":               {},
		"head only":             sealed[:headSize],
		"last chunk dropped":    build(chunk(0), chunk(1), chunk(2)),
		"first chunk dropped":   build(chunk(1), chunk(2), chunk(3)),
		"two chunks swapped":    build(chunk(1), chunk(0), chunk(2), chunk(3)),
		"a chunk twice":         build(chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)),
		"a chunk of another":    build(chunk(0), spliced[headSize+c:headSize+2*c], chunk(2), chunk(3)),
		"the last not last":     build(chunk(0), chunk(1), chunk(2), chunk(3), chunk(3)),
		"cut inside a chunk":    sealed[:len(sealed)-1],
		"cut at a chunk's end":  sealed[:headSize+2*c],
		"a byte more":           append(bytes.Clone(sealed), 0),
		"another version":       append([]byte{2}, sealed[1:]...),
		"another suite":         append([]byte{1, 2}, sealed[2:]...),
		"commitment of another": slices.Concat(spliced[:headSize], sealed[headSize:]),
	} {
		_, err := seg.Open(testKey, bad)
		require.Error(t, err, name)
	}
	for i := 0; i < len(sealed); i += 997 {
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x10
		_, err := seg.Open(testKey, bad)
		require.Error(t, err, "byte %d", i)
	}
}

func TestNoTwoSealingsShareAKey(t *testing.T) {
	seen := map[[32]byte]string{}
	for name, change := range map[string]func(*Segment){
		"first": func(*Segment) {}, "fresh salt after a crash": func(s *Segment) { s.Salt = [32]byte{10} },
		"same salt, restored image in a new writer epoch": func(s *Segment) { s.WriterEpoch++ },
		"same salt, next part":                            func(s *Segment) { s.Part++ },
	} {
		s := segment()
		change(&s)
		id, err := s.KeyID(testKey)
		require.NoError(t, err)
		require.Empty(t, seen[id], name)
		seen[id] = name
	}
}

func TestRecordSaltsAreApartAndFollowTheSegment(t *testing.T) {
	salts, err := segment().RecordSalts(testKey, 1000)
	require.NoError(t, err)
	more, err := segment().RecordSalts(testKey, 1001)
	require.NoError(t, err)
	require.Equal(t, salts, more[:1000])
	seen := map[[16]byte]bool{}
	for _, s := range salts {
		require.False(t, seen[s])
		seen[s] = true
	}
	other := segment()
	other.Salt[0]++
	elsewhere, err := other.RecordSalts(testKey, 1000)
	require.NoError(t, err)
	require.False(t, seen[elsewhere[0]])
}

type sealVector struct{ Plain, Sealed, KeyID, FirstSalt string }

func TestSegmentVector(t *testing.T) {
	const path = "testdata/segment.json"
	plain := []byte("temperature 4.0 Cel")
	sealed, err := segment().Seal(testKey, plain)
	require.NoError(t, err)
	id, err := segment().KeyID(testKey)
	require.NoError(t, err)
	salts, err := segment().RecordSalts(testKey, 1)
	require.NoError(t, err)
	got := sealVector{hex.EncodeToString(plain), hex.EncodeToString(sealed), hex.EncodeToString(id[:]), hex.EncodeToString(salts[0][:])}
	if *update {
		bz, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(bz, '\n'), 0o600))
	}
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	var want sealVector
	require.NoError(t, json.Unmarshal(bz, &want))
	require.Equal(t, want, got)
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	require.Equal(t, "[redacted] [redacted] [redacted]", fmt.Sprintf("%v %#v %v", BoxSecret{1}, BoxSecret{1}, DiskKey{1}))
}

func FuzzSegmentOpen(f *testing.F) {
	good, err := segment().Seal(testKey, []byte("x"))
	require.NoError(f, err)
	f.Add(good)
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := segment().Open(testKey, sealed); err == nil && !bytes.Equal(sealed, good) {
			t.Fatal("a forged segment opens")
		}
	})
}

func BenchmarkSeal256KiB(b *testing.B) {
	plain := noise(256 << 10)
	b.SetBytes(int64(len(plain)))
	for b.Loop() {
		if _, err := segment().Seal(testKey, plain); err != nil {
			b.Fatal(err)
		}
	}
}
