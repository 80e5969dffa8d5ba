package storage

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

// ConfigFile is the name of the config inside a node's home.
const ConfigFile = "config.toml"

// Config of a node, as config.toml holds it.
type Config struct {
	Chain  ChainConfig  `toml:"chain"`
	P2P    P2PConfig    `toml:"p2p"`
	Store  StoreConfig  `toml:"store"`
	Proxy  ProxyConfig  `toml:"proxy"`
	Limits LimitsConfig `toml:"limits"`
	HTTP   HTTPConfig   `toml:"http"`
	Log    LogConfig    `toml:"log"`
}

// ChainConfig is where the node learns of rights, and how it pays.
type ChainConfig struct {
	// RPC is the CometBFT RPC address of a chain node the operator trusts.
	RPC string `toml:"rpc"`
	// ID of the chain.
	ID string `toml:"chain_id"`
	// GasPrices paid per unit of gas.
	GasPrices string `toml:"gas_prices"`
	// KeyringBackend holds the operator's account key: file, os or test.
	KeyringBackend string `toml:"keyring_backend"`
	// Key is the account key's name.
	Key string `toml:"key"`
	// MaxAgeSeconds is how old the newest known block may be before the node stops answering (CODE_CHAIN_STALE).
	MaxAgeSeconds int64 `toml:"max_age_seconds"`
	// Trust is how the node is believed: trust, witnesses, trust_height, trust_hash, trust_period_seconds.
	chain.Trust
}

// P2PConfig is how peers reach the node.
type P2PConfig struct {
	// Listen and Announce are multiaddresses; announced ones go on chain, and are the listened ones when empty.
	Listen   []string `toml:"listen"`
	Announce []string `toml:"announce"`
	// Bootstrap peers end in /p2p/<peer id>.
	Bootstrap []string `toml:"bootstrap"`
	// BucketSize is Kademlia's k: how many peers keep a record. All nodes of a network should agree.
	BucketSize int `toml:"bucket_size"`
}

// StoreConfig bounds the disk.
type StoreConfig struct {
	// CapacityBytes of shards and manifests together.
	CapacityBytes uint64 `toml:"capacity_bytes"`
	// MaxPendingBytes one stream may have here that no anchor names yet.
	MaxPendingBytes uint64 `toml:"max_pending_bytes"`
	// UnanchoredTTLBlocks is how many blocks a shard may wait for its anchor.
	UnanchoredTTLBlocks int64 `toml:"unanchored_ttl_blocks"`
	// AnchorPollSeconds is how often the chain is asked for missing anchors.
	AnchorPollSeconds int64 `toml:"anchor_poll_seconds"`
	// ProvePollSeconds is how often the chain is asked what is to be proved.
	ProvePollSeconds int64 `toml:"prove_poll_seconds"`
	// RepairPollSeconds is how often the chain is asked for bundles to repair.
	RepairPollSeconds int64 `toml:"repair_poll_seconds"`
	// SweepSeconds is how often what is held is compared with the chain's deals.
	SweepSeconds int64 `toml:"sweep_seconds"`
}

// ProxyConfig is about grants.
type ProxyConfig struct {
	// AcceptBatchMillis is how long a stored parcel waits for others to be accepted in one transaction.
	AcceptBatchMillis int64 `toml:"accept_batch_ms"`
	// ReviewSeconds is how often grants are compared with the chain.
	ReviewSeconds int64 `toml:"review_seconds"`
	// DemandSeconds is how often the chain is asked for demands to be answered, and, while leaving, for parcels to be handed over.
	DemandSeconds int64 `toml:"demand_seconds"`
}

// LimitsConfig bounds what peers can make the node do.
type LimitsConfig struct {
	MaxStreams        int `toml:"max_streams"`
	MaxRequests       int `toml:"max_requests"`
	RequestsPerSecond int `toml:"requests_per_second"`
	RequestBurst      int `toml:"request_burst"`
}

// HTTPConfig is the loopback listener with /metrics, /healthz and /v1/status.
type HTTPConfig struct {
	Listen string `toml:"listen"`
}

// LogConfig is what goes to standard error.
type LogConfig struct {
	// Level is debug, info, warn or error; Format text or json.
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// Default config: safe and local. The chain id is the operator's to fill in.
func Default() Config {
	return Config{
		Chain: ChainConfig{
			RPC: "http://127.0.0.1:26657", GasPrices: "0.001ucpc", KeyringBackend: "file", Key: "operator", MaxAgeSeconds: 30, Trust: chain.DefaultTrust(),
		},
		P2P:   P2PConfig{Listen: []string{"/ip4/127.0.0.1/tcp/4180"}, BucketSize: 20},
		Store: StoreConfig{CapacityBytes: 10 << 30, MaxPendingBytes: 256 << 20, UnanchoredTTLBlocks: 600, AnchorPollSeconds: 5, ProvePollSeconds: 30, RepairPollSeconds: 60, SweepSeconds: 600},
		Proxy: ProxyConfig{AcceptBatchMillis: 500, ReviewSeconds: 30, DemandSeconds: 15},
		Limits: LimitsConfig{
			MaxStreams: 512, MaxRequests: 128, RequestsPerSecond: 500, RequestBurst: 1000,
		},
		HTTP: HTTPConfig{Listen: "127.0.0.1:4181"},
		Log:  LogConfig{Level: "info", Format: "text"},
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
	check(c.Chain.MaxAgeSeconds > 0, "chain.max_age_seconds is %d: it must be positive", c.Chain.MaxAgeSeconds)
	check(len(c.P2P.Listen) > 0, "p2p.listen is empty: give an address like /ip4/0.0.0.0/tcp/4180")
	check(c.P2P.BucketSize >= 1, "p2p.bucket_size is %d: it must be at least 1", c.P2P.BucketSize)
	for _, a := range append(append([]string{}, c.P2P.Listen...), c.P2P.Announce...) {
		_, err := multiaddr.NewMultiaddr(a)
		check(err == nil, "p2p address %q: %v", a, err)
	}
	for _, a := range c.P2P.Bootstrap {
		_, err := multiaddr.NewMultiaddr(a)
		check(err == nil && strings.Contains(a, "/p2p/"), "p2p.bootstrap address %q must be a multiaddress ending in /p2p/<peer id>", a)
	}
	check(c.Store.CapacityBytes > 0, "store.capacity_bytes is 0: say how much this node may hold")
	check(c.Store.MaxPendingBytes > 0, "store.max_pending_bytes is 0: no shard could be put")
	check(c.Store.UnanchoredTTLBlocks > 0, "store.unanchored_ttl_blocks is %d: it must be positive", c.Store.UnanchoredTTLBlocks)
	check(c.Store.AnchorPollSeconds > 0, "store.anchor_poll_seconds is %d: it must be positive", c.Store.AnchorPollSeconds)
	check(c.Store.ProvePollSeconds > 0 && c.Store.RepairPollSeconds > 0 && c.Store.SweepSeconds > 0,
		"store.prove_poll_seconds, repair_poll_seconds and sweep_seconds must be positive")
	check(c.Proxy.AcceptBatchMillis >= 0, "proxy.accept_batch_ms is %d: it must not be negative", c.Proxy.AcceptBatchMillis)
	check(c.Proxy.DemandSeconds > 0, "proxy.demand_seconds is %d: it must be positive", c.Proxy.DemandSeconds)
	check(c.Proxy.ReviewSeconds > 0, "proxy.review_seconds is %d: it must be positive", c.Proxy.ReviewSeconds)
	check(c.Limits.MaxStreams > 0 && c.Limits.MaxRequests > 0 && c.Limits.RequestsPerSecond > 0 && c.Limits.RequestBurst > 0,
		"limits must all be positive")
	host, _, err := net.SplitHostPort(c.HTTP.Listen)
	ip := net.ParseIP(host)
	check(err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()),
		"http.listen is %q: it must be a loopback address with a port, for it is open to whoever reaches it", c.HTTP.Listen)
	check(c.Log.Format == "text" || c.Log.Format == "json", "log.format is %q: use text or json", c.Log.Format)
	return errors.Join(errs...)
}

// maxAge of the newest known block.
func (c ChainConfig) maxAge() time.Duration { return time.Duration(c.MaxAgeSeconds) * time.Second }

// Client is the config of the chain adapter of a home.
func (c ChainConfig) Client(home string) chain.Config {
	return chain.Config{RPC: c.RPC, ChainID: c.ID, GasPrices: c.GasPrices, Trust: c.Trust, Home: home, MaxAge: c.maxAge()}
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
