package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/multiformats/go-multiaddr"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/secretfile"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/overlay"
	"github.com/cpchain/cpchain/pkg/keytree"
)

// app is what the commands of one run share; connections are made when first needed.
type app struct {
	in          io.Reader
	out, errOut io.Writer

	home, from, output, passphraseFile, tz string
	yes, dryRun                            bool

	cfg        config
	zone       *time.Location
	passphrase string
	client     *chain.Client
	host       host.Host
	dht        *client.DHT
}

// load reads configuration and checks the global flags.
func (a *app) load(cmd *cobra.Command) error {
	if a.output != "text" && a.output != "json" {
		return fmt.Errorf("--output %q: use text or json", a.output)
	}
	var err error
	if a.zone, err = time.LoadLocation(a.tz); err != nil {
		return fmt.Errorf("--tz %q: use a zone name like UTC or Asia/Tokyo: %w", a.tz, err)
	}
	if a.cfg, err = loadConfig(a.home); err != nil {
		return err
	}
	return a.cfg.override(cmd)
}

func (a *app) close() {
	if a.dht != nil {
		_ = a.dht.Close() // the program is ending
	}
	if a.host != nil {
		_ = a.host.Close()
	}
}

// print writes a result: as one JSON object, or as text. Rows of the chain are written as `cpchaind query` does.
func (a *app) print(result any, text string) error {
	if a.output == "json" {
		return a.encode(a.out, result)
	}
	_, err := fmt.Fprintln(a.out, strings.TrimRight(text, "\n"))
	return err
}

func (a *app) encode(w io.Writer, result any) error {
	row, ok := result.(proto.Message)
	if !ok {
		return json.NewEncoder(w).Encode(result)
	}
	bz, err := a.client.Codec().MarshalJSON(row)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", bz)
	return err
}

// note writes a line of progress for people.
func (a *app) note(format string, args ...any) { a.tell(format+"\n", args...) }

// tell writes to people. When their terminal is gone there is nobody left to tell.
func (a *app) tell(format string, args ...any) { _, _ = fmt.Fprintf(a.errOut, format, args...) }

func (a *app) chain(ctx context.Context) (*chain.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	c, err := chain.Dial(ctx, chain.Config{
		RPC: a.cfg.Node, ChainID: a.cfg.ChainID, GasPrices: a.cfg.GasPrices, Trust: a.cfg.Trust, Home: a.home,
	})
	if err != nil {
		return nil, fmt.Errorf("chain node %s: %w", a.cfg.Node, err)
	}
	a.client = c
	return c, nil
}

func (a *app) keyring() (keyring.Keyring, error) {
	in := a.in
	if a.cfg.KeyringBackend == keyring.BackendFile {
		pass, err := a.secretPassphrase()
		if err != nil {
			return nil, err
		}
		// the file keyring asks twice when it is new
		in = strings.NewReader(pass + "\n" + pass + "\n")
	}
	return chain.OpenKeyring(a.home, a.cfg.KeyringBackend, in)
}

func (a *app) signer(ctx context.Context) (*chain.Signer, error) {
	c, err := a.chain(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := a.keyring()
	if err != nil {
		return nil, err
	}
	s, err := chain.NewSigner(c, keys, a.from)
	return s, withoutKey(err)
}

// withoutKey tells what to do when a key is missing.
func withoutKey(err error) error {
	if errors.Is(err, chain.ErrNoKey) {
		return fmt.Errorf("%w: run `cpdata keys init`, or name another key with --from", err)
	}
	return err
}

// onTerminal tells whether a person can be asked.
func (a *app) onTerminal() bool {
	f, ok := a.in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// secretPassphrase protects the root seed, reader keys and the file keyring.
func (a *app) secretPassphrase() (string, error) {
	if a.passphrase != "" {
		return a.passphrase, nil
	}
	switch {
	case a.passphraseFile != "":
		bz, err := os.ReadFile(a.passphraseFile)
		if err != nil {
			return "", fmt.Errorf("--passphrase-file: %w", err)
		}
		a.passphrase = strings.TrimRight(string(bz), "\r\n")
	case os.Getenv("CPDATA_PASSPHRASE") != "":
		a.passphrase = os.Getenv("CPDATA_PASSPHRASE")
	default:
		if !a.onTerminal() {
			return "", errors.New("a passphrase is needed: give --passphrase-file, or set CPDATA_PASSPHRASE")
		}
		a.tell("passphrase: ")
		bz, err := term.ReadPassword(int(a.in.(*os.File).Fd()))
		a.tell("\n")
		if err != nil {
			return "", err
		}
		a.passphrase = string(bz)
	}
	if len(a.passphrase) < 8 {
		return "", errors.New("the passphrase needs at least 8 characters")
	}
	return a.passphrase, nil
}

func (a *app) rootPath() string { return filepath.Join(a.home, "root.age") }

// words are what the account and the root seed are derived from.
func (a *app) words() (string, error) {
	pass, err := a.secretPassphrase()
	if err != nil {
		return "", err
	}
	words, err := secretfile.Load(a.rootPath(), pass)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no root seed in %s: run `cpdata keys init` or `cpdata keys restore`", a.home)
	}
	return string(words), err
}

// root opens the owner's root seed.
func (a *app) root() (keytree.Seed, error) {
	words, err := a.words()
	if err != nil {
		return keytree.Seed{}, err
	}
	return owner.RootSeed(words)
}

// network joins the storage network as a client.
func (a *app) network(ctx context.Context) (*client.Client, error) {
	c, err := a.chain(ctx)
	if err != nil {
		return nil, err
	}
	if a.host == nil {
		if a.host, err = client.NewHost(nil, nil); err != nil {
			return nil, err
		}
	}
	if a.dht == nil && len(a.cfg.Bootstrap) > 0 {
		if a.dht, err = a.join(ctx, c); err != nil {
			// the rows on chain tell addresses too; the DHT finds those that moved
			a.note("going on without the DHT: %v", err)
		}
	}
	return client.New(a.host, c.ChainID(), client.Options{DHT: a.dht}), nil
}

// join joins the DHT; what it says of bundles and keys is believed only from those whom the chain lets speak of them.
func (a *app) join(ctx context.Context, c *chain.Client) (*client.DHT, error) {
	peers := make([]multiaddr.Multiaddr, len(a.cfg.Bootstrap))
	for i, s := range a.cfg.Bootstrap {
		addr, err := multiaddr.NewMultiaddr(s)
		if err != nil {
			return nil, fmt.Errorf("--bootstrap %q: write it like /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...: %w", s, err)
		}
		peers[i] = addr
	}
	authority := overlay.NewChainAuthority(c.ChainID(), c, time.Now)
	return client.JoinDHT(ctx, a.host, peers, overlay.WithAuthority(authority))
}

// errDryRun ends a command after the costs were shown. It is no failure.
var errDryRun = errors.New("dry run")

// submit shows what a transaction costs, asks, sends it and waits for it. burn is what the messages themselves take.
func (a *app) submit(ctx context.Context, s *chain.Signer, burn string, msgs ...sdk.Msg) (*chain.TxResult, error) {
	p, err := s.Prepare(ctx, chain.TxOptions{}, msgs...)
	if err != nil {
		return nil, err
	}
	if err := a.confirm(p, burn); err != nil {
		return nil, err
	}
	return s.Submit(ctx, chain.TxOptions{Gas: p.Gas}, msgs...)
}

func (a *app) confirm(p *chain.Prepared, burn string) error {
	if burn == "" {
		burn = "0ucpc"
	}
	a.note("gas %d, fee %s, deposit or burn %s", p.Gas, p.Fee, burn)
	if a.dryRun {
		return errors.Join(errDryRun, a.print(map[string]any{"dry_run": true, "gas": p.Gas, "fee": p.Fee.String(), "burn": burn}, "dry run: nothing was sent"))
	}
	if a.yes {
		return nil
	}
	if !a.onTerminal() {
		return errors.New("not signing without being asked to: give --yes")
	}
	a.tell("sign and send? [y/N] ")
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil || !strings.EqualFold(strings.TrimSpace(line), "y") {
		return errors.New("not sent")
	}
	return nil
}

// showTime writes a time in the user's zone.
func (a *app) showTime(unix int64) string {
	return time.Unix(unix, 0).In(a.zone).Format(time.RFC3339)
}
