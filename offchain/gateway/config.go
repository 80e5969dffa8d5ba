package gateway

import (
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/multiformats/go-multiaddr"

	"github.com/cpchain/cpchain/offchain/chain"
)

// ConfigFile is the name of the config inside a gateway's home.
const ConfigFile = "config.toml"

// Config of a gateway, as config.toml holds it.
type Config struct {
	Chain  ChainConfig   `toml:"chain"`
	P2P    P2PConfig     `toml:"p2p"`
	HTTP   HTTPConfig    `toml:"http"`
	MQTT   MQTTConfig    `toml:"mqtt"`
	Limits LimitsConfig  `toml:"limits"`
	Log    WALConfig     `toml:"wal"`
	Seal   SealConfig    `toml:"seal"`
	Logs   LoggingConfig `toml:"log"`
}

// ChainConfig is where the gateway learns of its streams, and how it pays.
type ChainConfig struct {
	// RPC is the CometBFT RPC address of a chain node the operator trusts.
	RPC string `toml:"rpc"`
	// ID of the chain.
	ID string `toml:"chain_id"`
	// GasPrices paid per unit of gas, by the streams' owners.
	GasPrices string `toml:"gas_prices"`
	// KeyringBackend holds the gateway's account key: file, os or test.
	KeyringBackend string `toml:"keyring_backend"`
	// Key is the account key's name.
	Key string `toml:"key"`
	// TxTimeoutSeconds is how long to wait for a transaction before looking at the chain again.
	TxTimeoutSeconds int64 `toml:"tx_timeout_seconds"`
	// GrantsPollSeconds is how often grants are asked for.
	GrantsPollSeconds int64 `toml:"grants_poll_seconds"`
	// Trust is how the node is believed: trust, witnesses, trust_height, trust_hash, trust_period_seconds.
	chain.Trust
}

// P2PConfig is how the gateway reaches storage nodes and the DHT.
type P2PConfig struct {
	// Bootstrap peers of the DHT end in /p2p/<peer id>; without any, no hints are written.
	Bootstrap []string `toml:"bootstrap"`
	// ShardTimeoutSeconds is how long one provider may take for one shard.
	ShardTimeoutSeconds int64 `toml:"shard_timeout_seconds"`
}

// HTTPConfig is the listener for records, owners, metrics and health.
type HTTPConfig struct {
	Listen string `toml:"listen"`
	// MaxBodyBytes of one request.
	MaxBodyBytes int64 `toml:"max_body_bytes"`
	// AllowRemote permits a listener others than this machine can reach, over plain HTTP and without passwords.
	AllowRemote bool `toml:"allow_remote"`
}

// MQTTConfig is the listener for MQTT clients.
type MQTTConfig struct {
	// Listen is empty to turn MQTT off.
	Listen string `toml:"listen"`
	// MaxPayloadBytes of one message.
	MaxPayloadBytes int `toml:"max_payload_bytes"`
	// MaxClients connected at once.
	MaxClients  int  `toml:"max_clients"`
	AllowRemote bool `toml:"allow_remote"`
}

// LimitsConfig bounds the times of live records.
type LimitsConfig struct {
	// MaxAheadSeconds is how far a sensor's clock may be ahead.
	MaxAheadSeconds int64 `toml:"max_ahead_seconds"`
	// MaxBehindSeconds is how old a live record may be.
	MaxBehindSeconds int64 `toml:"max_behind_seconds"`
}

// WALConfig bounds the write-ahead log of each stream.
type WALConfig struct {
	SegmentBytes int64 `toml:"segment_bytes"`
	// MaxBytes waiting to be anchored; beyond it records are refused.
	MaxBytes int64 `toml:"max_bytes"`
}

// SealConfig is when and how intervals become bundles.
type SealConfig struct {
	// PollMillis is how often a stream is looked at.
	PollMillis int64 `toml:"poll_ms"`
	// LatenessSeconds is how long after its end an interval still takes records.
	LatenessSeconds int64 `toml:"lateness_seconds"`
	// MaxBundleBytes of records make a bundle before its upload window is over.
	MaxBundleBytes int64 `toml:"max_bundle_bytes"`
	// KeepKeysSeconds is how long keys of anchored intervals of a live stream stay, for grants under way.
	KeepKeysSeconds int64 `toml:"keep_keys_seconds"`
	// Workers at sealing and coding.
	Workers int `toml:"workers"`
}

// LoggingConfig is what goes to standard error.
type LoggingConfig struct {
	// Level is debug, info, warn or error; Format text or json.
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Default config: safe and local. The chain id is the operator's to fill in.
func Default() Config {
	return Config{
		Chain: ChainConfig{
			RPC: "http://127.0.0.1:26657", GasPrices: "0.001ucpc", KeyringBackend: "file", Key: "gateway",
			TxTimeoutSeconds: 60, GrantsPollSeconds: 15, Trust: chain.DefaultTrust(),
		},
		P2P:    P2PConfig{ShardTimeoutSeconds: 30},
		HTTP:   HTTPConfig{Listen: "127.0.0.1:8480", MaxBodyBytes: 4 << 20},
		MQTT:   MQTTConfig{Listen: "127.0.0.1:1883", MaxPayloadBytes: 256 << 10, MaxClients: 1000},
		Limits: LimitsConfig{MaxAheadSeconds: 30, MaxBehindSeconds: 7 * 24 * 3600},
		Log:    WALConfig{SegmentBytes: 16 << 20, MaxBytes: 1 << 30},
		Seal: SealConfig{
			PollMillis: 1000, LatenessSeconds: 5, MaxBundleBytes: 4 << 20, KeepKeysSeconds: 600, Workers: 2,
		},
		Logs: LoggingConfig{Level: "info", Format: "text"},
	}
}

// Validate says all that is wrong with a config at once.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(c.Chain.ID != "", "chain.chain_id is empty: name the chain")
	check(c.Chain.RPC != "", "chain.rpc is empty: name a chain node, e.g. http://127.0.0.1:26657")
	check(c.Chain.Key != "", "chain.key is empty: name the account key")
	trust := c.Chain.Validate()
	check(trust == nil, "chain: %v", trust)
	for _, a := range c.P2P.Bootstrap {
		_, err := multiaddr.NewMultiaddr(a)
		check(err == nil && strings.Contains(a, "/p2p/"), "p2p.bootstrap address %q must be a multiaddress ending in /p2p/<peer id>", a)
	}
	check(c.HTTP.AllowRemote || loopback(c.HTTP.Listen),
		"http.listen is %q: it must be a loopback address with a port; http.allow_remote opens it to whoever reaches it", c.HTTP.Listen)
	check(c.MQTT.Listen == "" || c.MQTT.AllowRemote || loopback(c.MQTT.Listen),
		"mqtt.listen is %q: it must be a loopback address with a port; mqtt.allow_remote opens it to whoever reaches it", c.MQTT.Listen)
	for _, n := range []struct {
		name       string
		value, low int64
	}{
		{"chain.tx_timeout_seconds", c.Chain.TxTimeoutSeconds, 1},
		{"chain.grants_poll_seconds", c.Chain.GrantsPollSeconds, 0},
		{"p2p.shard_timeout_seconds", c.P2P.ShardTimeoutSeconds, 1},
		{"http.max_body_bytes", c.HTTP.MaxBodyBytes, 1 << 10},
		{"mqtt.max_payload_bytes", int64(c.MQTT.MaxPayloadBytes), 1 << 10},
		{"mqtt.max_clients", int64(c.MQTT.MaxClients), 1},
		{"limits.max_ahead_seconds", c.Limits.MaxAheadSeconds, 0},
		{"limits.max_behind_seconds", c.Limits.MaxBehindSeconds, 1},
		{"wal.segment_bytes", c.Log.SegmentBytes, 1 << 12},
		{"wal.max_bytes", c.Log.MaxBytes, 1 << 20},
		{"seal.poll_ms", c.Seal.PollMillis, 1},
		{"seal.lateness_seconds", c.Seal.LatenessSeconds, 0},
		{"seal.max_bundle_bytes", c.Seal.MaxBundleBytes, 1 << 10},
		{"seal.keep_keys_seconds", c.Seal.KeepKeysSeconds, 0},
		{"seal.workers", int64(c.Seal.Workers), 1},
	} {
		check(n.value >= n.low, "%s is %d: it must be at least %d", n.name, n.value, n.low)
	}
	check(c.HTTP.MaxBodyBytes <= maxRequest && c.MQTT.MaxPayloadBytes <= maxRequest,
		"http.max_body_bytes and mqtt.max_payload_bytes must be at most %d", maxRequest)
	check(c.Logs.Format == "text" || c.Logs.Format == "json", "log.format is %q: use text or json", c.Logs.Format)
	return errors.Join(errs...)
}

// maxRequest bounds one request: a batch is one frame of the log, which is somewhat larger than its SenML.
const maxRequest = 16 << 20

// maxFrame of the log: records take more room than the SenML they come from only where it is very terse.
func (WALConfig) maxFrame() int { return 2 * maxRequest }

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func seconds(s int64) time.Duration { return time.Duration(s) * time.Second }

func (c ChainConfig) txTimeout() time.Duration   { return seconds(c.TxTimeoutSeconds) }
func (c ChainConfig) grantsEvery() time.Duration { return seconds(c.GrantsPollSeconds) }
func (c LimitsConfig) ahead() time.Duration      { return seconds(c.MaxAheadSeconds) }
func (c LimitsConfig) behind() time.Duration     { return seconds(c.MaxBehindSeconds) }
func (c SealConfig) lateness() time.Duration     { return seconds(c.LatenessSeconds) }
func (c SealConfig) keepKeys() time.Duration     { return seconds(c.KeepKeysSeconds) }
func (c SealConfig) pollEvery() time.Duration    { return time.Duration(c.PollMillis) * time.Millisecond }

// ShardTimeout is how long one provider may take for one shard.
func (c P2PConfig) ShardTimeout() time.Duration { return seconds(c.ShardTimeoutSeconds) }

// Client is the config of the chain adapter of a home.
func (c ChainConfig) Client(home string) chain.Config {
	return chain.Config{RPC: c.RPC, ChainID: c.ID, GasPrices: c.GasPrices, Trust: c.Trust, Home: home}
}

// Load reads a home's config. Keys that are absent keep their default, unknown ones are an error.
func Load(home string) (Config, error) {
	c := Default()
	path := filepath.Join(home, ConfigFile)
	meta, err := toml.DecodeFile(path, &c)
	if errors.Is(err, os.ErrNotExist) {
		return c, fmt.Errorf("no %s in %s: run init first", ConfigFile, home)
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, fmt.Errorf("%s: unknown key %s", path, unknown[0])
	}
	if err := c.Validate(); err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

//go:embed config.toml.tmpl
var configText string

var configTemplate = template.Must(template.New(ConfigFile).Funcs(template.FuncMap{
	"list": func(items []string) string {
		quoted := make([]string, len(items))
		for i, item := range items {
			quoted[i] = fmt.Sprintf("%q", item)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
}).Parse(configText))

// Save writes a home's config with its comments.
func (c Config) Save(home string) error {
	var b strings.Builder
	if err := configTemplate.Execute(&b, c); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, ConfigFile), []byte(b.String()), 0o600)
}
