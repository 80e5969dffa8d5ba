package daemon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/device"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cpgatewayd": func() {
			if err := Command().ExecuteContext(context.Background()); err != nil {
				fmt.Fprintf(os.Stderr, "cpgatewayd: %v\n", err)
				os.Exit(1)
			}
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}

func TestKeysAreNeverReplaced(t *testing.T) {
	home := t.TempDir()
	keys, err := makeKeys(home, device.P256)
	require.NoError(t, err)
	_, err = makeKeys(home, "")
	require.ErrorIs(t, err, os.ErrExist)
	again, err := loadKeys(home)
	require.NoError(t, err)
	require.Equal(t, keys, again)
	require.NoError(t, os.WriteFile(filepath.Join(home, keysDir, deviceFile), []byte("zz"), 0o600))
	_, err = loadKeys(home)
	require.ErrorContains(t, err, "device.pem holds no PEM")
	require.NoError(t, os.Remove(filepath.Join(home, keysDir, deviceFile)))
	again, err = loadKeys(home)
	require.NoError(t, err)
	require.Nil(t, again.device, "a device key is optional")
	require.NoError(t, os.WriteFile(filepath.Join(home, keysDir, sealFile), []byte("zz"), 0o600))
	_, err = loadKeys(home)
	require.ErrorContains(t, err, "seal.key does not hold")
}

func TestAHomeHasOneProcess(t *testing.T) {
	home := t.TempDir()
	unlock, err := lock(home)
	require.NoError(t, err)
	_, err = lock(home)
	require.ErrorContains(t, err, "another cpgatewayd runs")
	unlock()
	unlock, err = lock(home)
	require.NoError(t, err)
	unlock()
}

func TestAGatewayStartsAndStopsWithoutAChain(t *testing.T) {
	home := t.TempDir()
	cmd := Command()
	cmd.SetArgs([]string{"init", "--home", home, "--chain-id", "c", "--trust", "node", "--keyring-backend", "test", "--node", "http://127.0.0.1:1", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"})
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetErr(&bytes.Buffer{})
	require.NoError(t, cmd.Execute())
	ctx, cancel := context.WithCancel(t.Context())
	logs := &stopper{stop: cancel}
	require.NoError(t, (&program{home: home, output: "text"}).start(ctx, nil, logs))
	require.Contains(t, logs.String(), "without secure hardware")
	require.Contains(t, logs.String(), "gateway is up")
}

// stopper is a log that stops the gateway once it says that it is up.
type stopper struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("gateway is up")) {
		s.stop()
	}
	return s.Buffer.Write(p)
}
