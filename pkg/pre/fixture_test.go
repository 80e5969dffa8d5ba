package pre

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata anew")

// grant is one node granted to one reader over n proxies.
type grant struct {
	rand    io.Reader
	seed    [32]byte
	context []byte
	capsule []byte
	reader  SecretKey
	shares  []Share
	binding Binding
	t       int
}

var testNode = [9]byte{0, 0, 0, 0, 30, 0, 0, 0, 5}

// newGrant is deterministic: same t and n, same grant.
func newGrant(tb testing.TB, t, n int) *grant {
	tb.Helper()
	g := &grant{
		rand: rand.NewChaCha8([32]byte{byte(t), byte(n)}), seed: [32]byte{7}, t: t,
		context: CapsuleContext("cpchain-1/3", testNode[:]), binding: Binding{ChainID: "cpchain-1", Grant: 12},
	}
	var err error
	g.reader, err = NewReaderKey(g.rand)
	require.NoError(tb, err)
	g.capsule, err = NewCapsule(g.seed, g.context)
	require.NoError(tb, err)
	g.shares, err = Split(g.rand, g.seed, g.context, testNode, g.reader.Public(), t, proxies(n))
	require.NoError(tb, err)
	return g
}

func proxies(n int) []uint64 {
	var ps []uint64
	for i := range n {
		ps = append(ps, uint64(100+i))
	}
	return ps
}

func (g *grant) answer(tb testing.TB, i int) Answer {
	tb.Helper()
	f, err := ReEncrypt(g.rand, g.shares[i], g.capsule, g.binding)
	require.NoError(tb, err)
	return Answer{Leaf: g.shares[i].Leaf, Fragment: f}
}

func (g *grant) answers(tb testing.TB) []Answer {
	tb.Helper()
	var as []Answer
	for i := range g.shares {
		as = append(as, g.answer(tb, i))
	}
	return as
}

func (g *grant) open(answers ...Answer) ([32]byte, error) {
	return Open(g.reader, g.context, g.capsule, g.t, answers, g.binding)
}

// commit has every leaf commit to the grant's capsule, as an owner who replaces it would.
func (g *grant) commit() {
	for i := range g.shares {
		g.shares[i].Leaf.CapsuleHash = CapsuleHash(g.capsule)
	}
}

// link is what the reader can compute of a grant.
func (g *grant) link(tb testing.TB) link {
	tb.Helper()
	l, err := readerLink(mustScalar(tb, g.reader), g.shares[0].Leaf.X)
	require.NoError(tb, err)
	return l
}

func mustScalar(tb testing.TB, bz [32]byte) *scalar {
	tb.Helper()
	s, err := parseScalar(bz[:])
	require.NoError(tb, err)
	return s
}

func randomScalar(tb testing.TB, rand io.Reader) *scalar {
	tb.Helper()
	key, err := NewReaderKey(rand)
	require.NoError(tb, err)
	return mustScalar(tb, key)
}

// constant is a broken random source: the same bytes for ever.
type constant struct{}

func (constant) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// dry is a random source that has nothing to give.
func dry() io.Reader { return bytes.NewReader(nil) }

func flip(bz []byte, i int) []byte {
	bad := bytes.Clone(bz)
	bad[i] ^= 1 << (i % 8)
	return bad
}

// golden compares what a deterministic generator makes with the file checked in, and returns the file's content. With
// -update it writes the file first.
func golden[T any](t *testing.T, file string, made T) T {
	t.Helper()
	path := "testdata/" + file
	if *update {
		bz, err := json.MarshalIndent(made, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, append(bz, '\n'), 0o600))
	}
	want := load[T](t, file)
	require.Equal(t, want, made, "same seeds, same bytes")
	return want
}

func load[T any](t testing.TB, file string) T {
	t.Helper()
	bz, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	var v T
	require.NoError(t, json.Unmarshal(bz, &v))
	return v
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	bz, err := hex.DecodeString(text)
	require.NoError(t, err)
	return bz
}
