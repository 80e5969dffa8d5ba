package gateway

import (
	"crypto/rand"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/offchain/gateway/mqtt"
	"github.com/cpchain/cpchain/pkg/seal"
)

func mqttMessage(dup bool, body string) mqtt.Message {
	return mqtt.Message{Client: "c", Topic: "cpc/7", Payload: []byte(body), PacketID: 1, Duplicate: dup, Acknowledged: true}
}

func FuzzParseFrame(f *testing.F) {
	id := newBatchID([]byte("body"), []byte("name"))
	f.Add(frame{kind: kindFlush, flush: 9}.marshal())
	f.Add(frame{kind: kindBatch, entries: []entry{{interval: 3, leaf: []byte("leaf")}, {interval: 1}}}.marshal())
	f.Add(frame{kind: kindBatch, id: &id, entries: []entry{{interval: 3, leaf: []byte("leaf")}}}.marshal())
	f.Fuzz(func(t *testing.T, bz []byte) {
		decoded, err := parseFrame(bz)
		if err != nil {
			require.ErrorIs(t, err, errFrame)
			return
		}
		again, err := parseFrame(decoded.marshal())
		require.NoError(t, err)
		require.Equal(t, decoded.marshal(), again.marshal())
		low, high := decoded.bounds()
		require.LessOrEqual(t, low, high)
	})
}

func TestVaultFilesAreBoundToTheirPlace(t *testing.T) {
	v := diskVault{dir: t.TempDir(), label: "7", key: seal.DiskKey{1}, rand: rand.Reader}
	require.NoError(t, v.Put("a", []byte("secret")))
	got, err := v.Get("a")
	require.NoError(t, err)
	require.Equal(t, "secret", string(got))
	bz, err := os.ReadFile(v.dir + "/a")
	require.NoError(t, err)
	require.NotContains(t, string(bz), "secret")
	require.NoError(t, os.WriteFile(v.dir+"/b", bz, 0o600))
	_, err = v.Get("b")
	require.ErrorIs(t, err, seal.ErrDisk)
	other := v
	other.label = "8"
	_, err = other.Get("a")
	require.ErrorIs(t, err, seal.ErrDisk)
	require.NoError(t, v.Delete("a"))
	require.NoError(t, v.Delete("a"))
	_, err = v.Get("a")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestConfigIsSavedWithItsCommentsAndChecked(t *testing.T) {
	home := t.TempDir()
	_, err := Load(home)
	require.ErrorContains(t, err, "run init first")
	c := Default()
	require.ErrorContains(t, c.Validate(), "chain.chain_id")
	c.Chain.ID = "cpchain-1"
	c.P2P.Bootstrap = []string{"/ip4/127.0.0.1/tcp/1/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"}
	require.NoError(t, c.Save(home))
	got, err := Load(home)
	require.NoError(t, err)
	require.Equal(t, c, got)
	for words, change := range map[string]func(*Config){
		"http.allow_remote":     func(c *Config) { c.HTTP.Listen = "0.0.0.0:8480" },
		"mqtt.allow_remote":     func(c *Config) { c.MQTT.Listen = "0.0.0.0:1883" },
		"p2p.bootstrap":         func(c *Config) { c.P2P.Bootstrap = []string{"nowhere"} },
		"seal.max_bundle_bytes": func(c *Config) { c.Seal.MaxBundleBytes = 0 },
		"log.format":            func(c *Config) { c.Logs.Format = "xml" },
		"must be at most":       func(c *Config) { c.HTTP.MaxBodyBytes = 1 << 30 },
	} {
		bad := c
		change(&bad)
		require.ErrorContains(t, bad.Validate(), words)
	}
	f, err := os.OpenFile(home+"/"+ConfigFile, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = f.WriteString("\ncolour = \"red\"\n")
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = Load(home)
	require.ErrorContains(t, err, "unknown key log.colour")
}
