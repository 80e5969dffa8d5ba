package secretfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/secretfile"
)

func TestSecretOpensWithItsPassphraseOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "root.age")
	const secret = "twenty-four words"
	require.NoError(t, secretfile.Save(path, "passphrase", []byte(secret)))
	require.ErrorIs(t, secretfile.Save(path, "passphrase", nil), os.ErrExist, "keys are never overwritten")
	got, err := secretfile.Load(path, "passphrase")
	require.NoError(t, err)
	require.Equal(t, secret, string(got))
	_, err = secretfile.Load(path, "another")
	require.ErrorIs(t, err, secretfile.ErrPassphrase)
	_, err = secretfile.Load(path+"x", "passphrase")
	require.ErrorIs(t, err, os.ErrNotExist)

	sealed, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(sealed), secret)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.WriteFile(path, sealed[:len(sealed)-1], 0o600))
	_, err = secretfile.Load(path, "passphrase")
	require.Error(t, err, "a file cut short does not open")
}

func TestSecretOfARandomPassphraseOpensTheSameWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.age")
	require.NoError(t, secretfile.SaveRandom(path, "5f1c9a4e8b3d27605f1c9a4e8b3d2760", []byte("secret")))
	got, err := secretfile.Load(path, "5f1c9a4e8b3d27605f1c9a4e8b3d2760")
	require.NoError(t, err)
	require.Equal(t, "secret", string(got))
}
