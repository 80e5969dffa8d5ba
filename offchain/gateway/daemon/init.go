package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/device"
	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/storage/client"
)

// accountPath is the BIP-44 path of the gateway's account key.
const accountPath = "m/44'/118'/0'/0/0"

func (p *program) initCommand() *cobra.Command {
	cfg, deviceKind := gateway.Default(), ""
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make a home: config, keys and the gateway's account",
		Long: `init writes config.toml, makes the gateway's keys (writer, seal, disk and peer key) and its account key, whose 24 words are
printed once, on standard error. It refuses a home that has a config already. The account needs no money: the streams'
owners grant it the fees of its anchors (cpdata stream provision).

With --device-key a key that signs block headers is made too (keys/device.pem), for streams whose row names it. A device that
has a key already: put it there, as PKCS#8 in PEM form.

Prints account, writer_key, seal_key, peer_id, and device_key where there is one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.init(cmd, cfg, deviceKind) },
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Chain.RPC, "node", cfg.Chain.RPC, "CometBFT RPC address of a chain node")
	cfg.Chain.AddFlags(f)
	f.StringVar(&cfg.Chain.ID, "chain-id", "", "id of the chain (required)")
	f.StringVar(&cfg.Chain.GasPrices, "gas-prices", cfg.Chain.GasPrices, "price paid per unit of gas")
	f.StringVar(&cfg.Chain.KeyringBackend, "keyring-backend", cfg.Chain.KeyringBackend, "where the account key lies: file, os or test")
	f.StringVar(&cfg.Chain.Key, "key", cfg.Chain.Key, "name of the account key")
	f.StringArrayVar(&cfg.P2P.Bootstrap, "bootstrap", nil, "multiaddress of a DHT peer, ending in /p2p/<peer id> (repeatable)")
	f.StringVar(&cfg.HTTP.Listen, "http", cfg.HTTP.Listen, "address for records, owners, metrics and status")
	f.StringVar(&cfg.MQTT.Listen, "mqtt", cfg.MQTT.Listen, "address for MQTT clients; empty turns MQTT off")
	f.StringVar(&deviceKind, "device-key", "", "also make a device key: ed25519 or p256")
	return cmd
}

func (p *program) init(cmd *cobra.Command, cfg gateway.Config, deviceKind string) error {
	if err := cfg.Chain.Complete(cmd.Context(), cfg.Chain.ID, cfg.Chain.RPC, cmd.PrintErrf); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if deviceKind != "" && deviceKind != device.Ed25519 && deviceKind != device.P256 {
		return fmt.Errorf("--device-key %q: use %s or %s", deviceKind, device.Ed25519, device.P256)
	}
	if _, err := os.Stat(filepath.Join(p.home, gateway.ConfigFile)); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s has a config already: choose another --home", p.home)
	}
	if err := os.MkdirAll(p.home, 0o700); err != nil {
		return err
	}
	ring, err := chain.OpenKeyring(p.home, cfg.Chain.KeyringBackend, cmd.InOrStdin())
	if err != nil {
		return err
	}
	_, words, err := ring.NewMnemonic(cfg.Chain.Key, keyring.English, accountPath, "", hd.Secp256k1)
	if err != nil {
		return fmt.Errorf("account key %q: %w", cfg.Chain.Key, err)
	}
	keys, err := makeKeys(p.home, deviceKind)
	if err != nil {
		return err
	}
	self, err := identify(cfg, keys, ring)
	if err != nil {
		return err
	}
	if err := cfg.Save(p.home); err != nil {
		return err
	}
	cmd.PrintErrf("words of the gateway's account; write them down, they are not shown again:\n%s\n", words)
	id := self.Identity()
	fields := []field{{"account", id.Account}, {"writer_key", id.WriterKey}, {"seal_key", id.SealKey}, {"peer_id", id.PeerID}}
	if id.DeviceKey != "" {
		fields = append(fields, field{"device_key", id.DeviceKey})
	}
	return p.print(cmd, append(fields, field{"home", p.home})...)
}

// identify puts together who the gateway is.
func identify(cfg gateway.Config, keys gatewayKeys, ring keyring.Keyring) (gateway.Self, error) {
	record, err := ring.Key(cfg.Chain.Key)
	if err != nil {
		return gateway.Self{}, fmt.Errorf("key %q: %w", cfg.Chain.Key, err)
	}
	account, err := record.GetAddress()
	if err != nil {
		return gateway.Self{}, fmt.Errorf("key %q: %w", cfg.Chain.Key, err)
	}
	peer, err := client.PeerID(public(keys.peer))
	if err != nil {
		return gateway.Self{}, err
	}
	return gateway.Self{
		ChainID: cfg.Chain.ID, Account: account.String(), WriterKey: keys.writer, SealKey: keys.seal, DiskKey: keys.disk,
		PeerID: peer.String(), Device: keys.device,
	}, nil
}
