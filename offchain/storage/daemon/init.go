package daemon

import (
	"bufio"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage"
	"github.com/cpchain/cpchain/offchain/storage/client"
)

// accountPath is the BIP-44 path of the operator's account key.
const accountPath = "m/44'/118'/0'/0/0"

func (p *program) initCommand() *cobra.Command {
	cfg := storage.Default()
	var capacity string
	var recoverKey bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "make a home: config, node keys and the operator's account",
		Long: `init writes config.toml, makes the node's keys (peer, seal and disk key) and the operator's account key, whose 24 words
are printed once, on standard error. It refuses a home that has a config already. With --recover the words of an existing
account are read from standard input instead.

Prints operator (the account to fund), peer_id (others bootstrap through <listen address>/p2p/<peer_id>), seal_key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if cfg.Store.CapacityBytes, err = parseSize(capacity); err != nil {
				return err
			}
			return p.init(cmd, cfg, recoverKey)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Chain.RPC, "node", cfg.Chain.RPC, "CometBFT RPC address of a chain node")
	cfg.Chain.AddFlags(f)
	f.StringVar(&cfg.Chain.ID, "chain-id", "", "id of the chain (required)")
	f.StringVar(&cfg.Chain.GasPrices, "gas-prices", cfg.Chain.GasPrices, "price paid per unit of gas")
	f.StringVar(&cfg.Chain.KeyringBackend, "keyring-backend", cfg.Chain.KeyringBackend, "where the account key lies: file, os or test")
	f.StringVar(&cfg.Chain.Key, "key", cfg.Chain.Key, "name of the account key")
	f.StringArrayVar(&cfg.P2P.Listen, "listen", cfg.P2P.Listen, "multiaddress to listen on (repeatable)")
	f.StringArrayVar(&cfg.P2P.Announce, "announce", nil, "multiaddress to announce instead of the listened ones (repeatable)")
	f.StringArrayVar(&cfg.P2P.Bootstrap, "bootstrap", nil, "multiaddress of a peer to join the DHT through, ending in /p2p/<peer id> (repeatable)")
	f.StringVar(&capacity, "capacity", "10GiB", "how much to hold: bytes, or with KiB, MiB, GiB, TiB")
	f.StringVar(&cfg.HTTP.Listen, "http", cfg.HTTP.Listen, "loopback address of metrics, health and status")
	f.BoolVar(&recoverKey, "recover", false, "read the words of an existing operator account from standard input")
	return cmd
}

func (p *program) init(cmd *cobra.Command, cfg storage.Config, recoverKey bool) error {
	if err := cfg.Chain.Complete(cmd.Context(), cfg.Chain.ID, cfg.Chain.RPC, cmd.PrintErrf); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(p.home, storage.ConfigFile)); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s has a config already: choose another --home", p.home)
	}
	if err := os.MkdirAll(p.home, 0o700); err != nil {
		return err
	}
	in := bufio.NewReader(cmd.InOrStdin())
	keys, err := chain.OpenKeyring(p.home, cfg.Chain.KeyringBackend, in)
	if err != nil {
		return err
	}
	operator, words, err := makeAccount(keys, cfg.Chain.Key, in, recoverKey)
	if err != nil {
		return err
	}
	own, err := makeKeys(p.home)
	if err != nil {
		return err
	}
	if err := cfg.Save(p.home); err != nil {
		return err
	}
	peerID, err := client.PeerID(own.peer.Public().(ed25519.PublicKey))
	if err != nil {
		return err
	}
	if words != "" {
		cmd.PrintErrf("words of the operator account; write them down, they are not shown again:\n%s\n", words)
	}
	sealKey := own.seal.Public()
	return p.print(cmd, field{"operator", operator}, field{"peer_id", peerID.String()}, field{"seal_key", hex.EncodeToString(sealKey[:])},
		field{"home", p.home})
}

func makeAccount(keys keyring.Keyring, name string, in *bufio.Reader, recoverKey bool) (operator, words string, err error) {
	var record *keyring.Record
	if recoverKey {
		given, readErr := in.ReadString('\n')
		if given = strings.TrimSpace(given); given == "" {
			return "", "", errors.Join(errors.New("no words on standard input"), readErr)
		}
		record, err = keys.NewAccount(name, given, "", accountPath, hd.Secp256k1)
	} else {
		record, words, err = keys.NewMnemonic(name, keyring.English, accountPath, "", hd.Secp256k1)
	}
	if err != nil {
		return "", "", fmt.Errorf("account key %q: %w", name, err)
	}
	addr, err := record.GetAddress()
	return addr.String(), words, err
}

// sizeUnits are powers of two, as disks are cut.
var sizeUnits = map[string]uint64{"": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

// parseSize reads sizes like 1048576, 512MiB or 10GiB.
func parseSize(text string) (uint64, error) {
	digits := strings.TrimRight(text, "BKMGTi")
	n, err := strconv.ParseUint(digits, 10, 64)
	unit, ok := sizeUnits[text[len(digits):]]
	if err != nil || !ok || n > (1<<63)/unit {
		return 0, fmt.Errorf("size %q: write bytes, or a whole number with KiB, MiB, GiB or TiB", text)
	}
	return n * unit, nil
}
