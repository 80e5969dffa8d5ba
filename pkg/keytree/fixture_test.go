package keytree

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata anew")

func owner() Seed { return Seed{1, 2, 3} }

func tree(t testing.TB, epoch uint32) Seed {
	t.Helper()
	root, err := StreamRoot(owner(), "cpchain-1/7", epoch)
	require.NoError(t, err)
	return root
}

func derive(t testing.TB, seed Seed, from, to Node) Seed {
	t.Helper()
	s, err := Derive(seed, from, to)
	require.NoError(t, err)
	return s
}

func key(t testing.TB, root Seed, epoch, interval uint32) IntervalKey {
	t.Helper()
	return KeyOf(derive(t, root, Node{Epoch: epoch}, Leaf(epoch, interval)))
}

// hash is the construction in the package's doc, spelt out.
func hash(label string, secret [32]byte) [32]byte {
	return sha256.Sum256(append([]byte("cpchain/keytree/"+label+"\x00"), secret[:]...))
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
	bz, err := os.ReadFile(path)
	require.NoError(t, err)
	var want T
	require.NoError(t, json.Unmarshal(bz, &want))
	require.Equal(t, want, made)
	return want
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	bz, err := hex.DecodeString(text)
	require.NoError(t, err)
	return bz
}
