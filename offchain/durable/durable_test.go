package durable_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/durable"
)

func TestCreateNeverOverwritesAndReplaceDoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "file")
	require.NoError(t, durable.Create(path, []byte("first")))
	require.ErrorIs(t, durable.Create(path, []byte("second")), os.ErrExist)
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(kept))

	require.NoError(t, durable.Replace(path, []byte("third")))
	replaced, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "third", string(replaced))

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing staged is left behind")
}

func TestAFileThatCantBePlacedLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	require.NoError(t, os.Mkdir(taken, 0o700))
	require.Error(t, durable.Replace(taken, []byte("data")))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}
