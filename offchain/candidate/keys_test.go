package candidate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/secretfile"
)

func TestKeysAreMadeOnceAndLoaded(t *testing.T) {
	t.Setenv(PassphraseEnv, "")
	home := t.TempDir()
	_, err := LoadKeys(home)
	require.ErrorIs(t, err, ErrNoKeys)
	made, err := MakeKeys(home)
	require.NoError(t, err)
	again, err := MakeKeys(home)
	require.NoError(t, err)
	require.Equal(t, made, again, "existing keys are kept")
	loaded, err := LoadKeys(home)
	require.NoError(t, err)
	require.Equal(t, made, loaded)
	require.NotEqual(t, made.VRF.Seed(), [32]byte(made.Agent.Key), "two secrets")

	for _, name := range []string{vrfFile, agentFile, passphraseFile} {
		info, err := os.Stat(filepath.Join(home, "config", name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
	sealed, err := os.ReadFile(filepath.Join(home, "config", vrfFile))
	require.NoError(t, err)
	seed := made.VRF.Seed()
	require.NotContains(t, string(sealed), string(seed[:]))
}

func TestTheEnvironmentGoesBeforeThePassphraseFile(t *testing.T) {
	home := t.TempDir()
	t.Setenv(PassphraseEnv, "")
	made, err := MakeKeys(home)
	require.NoError(t, err)

	t.Setenv(PassphraseEnv, "wrong")
	_, err = LoadKeys(home)
	require.ErrorIs(t, err, secretfile.ErrPassphrase)
	require.ErrorContains(t, err, PassphraseEnv, "the error says what to set")

	file := filepath.Join(home, "config", passphraseFile)
	passphrase, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	t.Setenv(PassphraseEnv, "")
	_, err = LoadKeys(home)
	require.ErrorContains(t, err, PassphraseEnv)
	t.Setenv(PassphraseEnv, string(passphrase[:len(passphrase)-1]))
	loaded, err := LoadKeys(home)
	require.NoError(t, err)
	require.Equal(t, made, loaded)
}
