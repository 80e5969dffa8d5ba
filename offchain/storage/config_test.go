package storage

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func validConfig() Config {
	c := Default()
	c.Chain.ID = "cpchain-1"
	return c
}

func TestConfigComesBackAsItWasSaved(t *testing.T) {
	home := t.TempDir()
	c := validConfig()
	c.P2P.Bootstrap = []string{"/ip4/10.0.0.1/tcp/4180/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"}
	c.P2P.Announce = []string{"/dns4/a.example/tcp/1", "/ip6/::1/tcp/2"}
	c.Store.CapacityBytes = 1 << 40
	require.NoError(t, c.Save(home))
	got, err := Load(home)
	require.NoError(t, err)
	if got.P2P.Announce == nil {
		got.P2P.Announce = []string{}
	}
	require.Equal(t, c, got)
	info, err := os.Stat(filepath.Join(home, ConfigFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	home := t.TempDir()
	_, err := Load(home)
	require.ErrorContains(t, err, "run init first")
	write := func(text string) {
		require.NoError(t, os.WriteFile(filepath.Join(home, ConfigFile), []byte(text), 0o600))
	}
	write("[chain]\nchain_id = \"c\"\nmax_agee = 3\n")
	_, err = Load(home)
	require.ErrorContains(t, err, "unknown key chain.max_agee")
	write("[chain]\nchain_id = \"c\"\n")
	got, err := Load(home)
	require.NoError(t, err)
	require.Equal(t, Default().Store, got.Store, "absent keys keep their default")
	write("rubbish")
	_, err = Load(home)
	require.Error(t, err)
}

func TestConfigRules(t *testing.T) {
	require.NoError(t, validConfig().Validate())
	require.ErrorContains(t, Default().Validate(), "chain_id", "a chain is never assumed")
	for words, change := range map[string]func(*Config){
		"chain.rpc":             func(c *Config) { c.Chain.RPC = "" },
		"chain.key":             func(c *Config) { c.Chain.Key = "" },
		"max_age_seconds":       func(c *Config) { c.Chain.MaxAgeSeconds = 0 },
		"p2p.listen is empty":   func(c *Config) { c.P2P.Listen = nil },
		"p2p address \"here\"":  func(c *Config) { c.P2P.Listen = []string{"here"} },
		"/p2p/<peer id>":        func(c *Config) { c.P2P.Bootstrap = []string{"/ip4/1.2.3.4/tcp/1"} },
		"bucket_size":           func(c *Config) { c.P2P.BucketSize = 0 },
		"capacity_bytes":        func(c *Config) { c.Store.CapacityBytes = 0 },
		"max_pending_bytes":     func(c *Config) { c.Store.MaxPendingBytes = 0 },
		"unanchored_ttl_blocks": func(c *Config) { c.Store.UnanchoredTTLBlocks = 0 },
		"anchor_poll_seconds":   func(c *Config) { c.Store.AnchorPollSeconds = 0 },
		"accept_batch_ms":       func(c *Config) { c.Proxy.AcceptBatchMillis = -1 },
		"demand_seconds":        func(c *Config) { c.Proxy.DemandSeconds = 0 },
		"review_seconds":        func(c *Config) { c.Proxy.ReviewSeconds = 0 },
		"limits":                func(c *Config) { c.Limits.MaxStreams = 0 },
		"loopback":              func(c *Config) { c.HTTP.Listen = "0.0.0.0:1" },
		"log.format":            func(c *Config) { c.Log.Format = "xml" },
	} {
		c := validConfig()
		change(&c)
		require.ErrorContains(t, c.Validate(), words)
	}
}
