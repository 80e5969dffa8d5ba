//go:build e2e

package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/tests/e2e/stack"
)

const (
	scripts = "testdata/script"
	// later are the scripts that stop storage nodes: they come after all others.
	later = "testdata/later"
	// storageNodes suffice for a grant over five proxies.
	storageNodes = 5
)

// world is the live stack the scripts talk to.
type world struct {
	*stack.Stack
	gateway *stack.Gateway
	bin     string
}

func TestCommands(t *testing.T) {
	began := time.Now()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, report(filepath.Join(root, "out/e2e/cli.json"), !t.Failed(), time.Since(began)))
	})
	w := &world{bin: filepath.Join(root, "build")}
	w.Stack, err = stack.Start(t.Context(), t, stack.Config{Bin: w.bin, Dir: t.TempDir(), Providers: storageNodes})
	require.NoError(t, err)
	w.gateway, err = w.StartGateway(t.Context())
	require.NoError(t, err)
	weather, err := os.ReadFile(filepath.Join(root, "tests/testdata/weather-hourly.csv"))
	require.NoError(t, err)
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: scripts, RequireExplicitExec: true, Cmds: w.commands(),
			Setup: func(env *testscript.Env) error { return w.setup(env, weather) },
		})
	})
	t.Run("later", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: later, RequireExplicitExec: true, Cmds: w.commands(),
			Setup: func(env *testscript.Env) error { return w.setup(env, weather) },
		})
	})
}

// setup gives a script the addresses of the stack, and the weather cut by month.
func (w *world) setup(env *testscript.Env, weather []byte) error {
	for name, value := range map[string]string{
		"HOME": env.WorkDir, "PATH": w.bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"RPC": w.RPC(), "NODE": strings.Replace(w.RPC(), "http", "tcp", 1), "CHAIN": w.Chain.ChainID, "BOOT": w.Bootstrap(), "GATEWAY": w.gateway.URL,
		"GATEWAYHOME": w.gateway.Home, "STORE": w.Providers[0].Home, "STORE2": w.Providers[1].Home,
		"CPDATA_PASSPHRASE": "correct horse battery staple", "CPCHAIND_NODE": strings.Replace(w.RPC(), "http", "tcp", 1),
		"CPCHAIND_KEYRING_BACKEND": "test", "CPCHAIND_CHAIN_ID": w.Chain.ChainID, "CPCHAIND_GAS": "auto", "CPCHAIND_GAS_ADJUSTMENT": "1.5",
		"CPCHAIND_GAS_PRICES": "0.001ucpc", "CPCHAIND_YES": "true", "CPCHAIND_HOME": filepath.Join(env.WorkDir, "plain"), "CPCHAIND_OUTPUT": "json",
	} {
		env.Setenv(name, value)
	}
	for name, days := range map[string]string{"jan.csv": "2010-01", "apr.csv": "2010-04", "two-days.csv": "2010-01-1[01]", "one-day.csv": "2010-01-15"} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), cut(weather, days), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// cut is the header and the lines whose time matches a pattern, by nothing of ours.
func cut(file []byte, pattern string) []byte {
	var out bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(file))
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		if ok, _ := filepath.Match(pattern+"*", line); ok || first {
			out.WriteString(line + "\n")
		}
	}
	return out.Bytes()
}

// report writes the story's result, with how much was typed.
func report(path string, ok bool, took time.Duration) error {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil {
		return err
	}
	commands, refusals := 0, 0
	for _, file := range files {
		bz, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		commands += strings.Count("\n"+string(bz), "\nexec cp") + strings.Count(string(bz), "\nawait ")
		refusals += strings.Count(string(bz), "\nexits ") + strings.Count(string(bz), "\n! exec cp")
	}
	bz, err := json.MarshalIndent(map[string]any{
		"story": "cli", "ok": ok, "wall_s": took.Seconds(),
		"checks": map[string]any{"scripts": len(files), "commands": commands, "refusals": refusals, "storage_nodes": storageNodes},
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(bz, '\n'), 0o644)
}
