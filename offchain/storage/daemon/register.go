package daemon

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/seal"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// terms are what an operator offers.
type terms struct {
	bond, moniker                   string
	storagePrice, reencryptionPrice string
	roles                           []string
}

func (p *program) registerCommand() *cobra.Command {
	var t terms
	var flags sendFlags
	cmd := &cobra.Command{
		Use:   "register",
		Short: "become a provider on chain and lock the bond",
		Long: `register names this node on chain: its peer key and seal key with proofs of possession, its addresses, capacity, prices
and roles. Gas, fee and bond are printed first. The bond answers for wrong re-encryptions; it comes back after leave and
the unbonding time. How much is needed depends on the capacity (cpchaind query provider params).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.register(cmd, t, flags) },
	}
	f := cmd.Flags()
	f.StringVar(&t.bond, "bond", "", "bond to lock, e.g. 1000000000ucpc (required)")
	f.StringVar(&t.moniker, "moniker", "", "name for people")
	f.StringVar(&t.storagePrice, "price-storage", "0", "ucpc asked per GiB and 30 days")
	f.StringVar(&t.reencryptionPrice, "price-reencryption", "0", "ucpc asked per 1,000 re-encryptions")
	f.StringSliceVar(&t.roles, "roles", []string{roleStorage, roleProxy}, "roles offered: storage, proxy or both")
	flags.add(cmd)
	return cmd
}

// Roles as the command line names them.
const (
	roleStorage = "storage"
	roleProxy   = "proxy"
)

func (p *program) register(cmd *cobra.Command, t terms, flags sendFlags) error {
	a, err := p.open(cmd)
	if err != nil {
		return err
	}
	if err := a.unregistered(cmd.Context()); err != nil {
		return err
	}
	msg, err := a.registration(t)
	if err != nil {
		return err
	}
	res, err := a.send(cmd, flags, msg.Bond, msg)
	if res == nil || err != nil {
		return err
	}
	var reply provider.MsgRegisterResponse
	if err := chain.MsgResponse(res, 0, &reply); err != nil {
		return err
	}
	return p.print(cmd, field{"provider", reply.Id}, field{"operator", msg.Operator}, field{"bond", msg.Bond.String()},
		field{"tx", res.Hash}, field{"height", res.Height})
}

func (a *account) unregistered(ctx context.Context) error {
	row, err := a.chain.ProviderByOperator(ctx, a.signer.Address())
	if errors.Is(err, chain.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.Status == provider.STATUS_LEFT {
		return fmt.Errorf("operator %s has left as provider %d: make a new home with another account", row.Operator, row.Id)
	}
	return fmt.Errorf("operator %s is provider %d already: change it with cpchaind tx provider update", row.Operator, row.Id)
}

func (a *account) registration(t terms) (*provider.MsgRegister, error) {
	if t.bond == "" {
		return nil, errors.New("--bond is missing: say how much to lock, e.g. --bond 1000000000ucpc")
	}
	bond, err := sdk.ParseCoinNormalized(t.bond)
	if err != nil {
		return nil, fmt.Errorf("--bond %q: write it like 1000000000ucpc: %w", t.bond, err)
	}
	storagePrice, ok1 := math.NewIntFromString(t.storagePrice)
	reencryptionPrice, ok2 := math.NewIntFromString(t.reencryptionPrice)
	if !ok1 || !ok2 || storagePrice.IsNegative() || reencryptionPrice.IsNegative() {
		return nil, errors.New("prices are whole numbers of ucpc, not negative")
	}
	for _, r := range t.roles {
		if r != roleStorage && r != roleProxy {
			return nil, fmt.Errorf("--roles %q: use storage, proxy or both", r)
		}
	}
	addresses, err := a.addresses()
	if err != nil {
		return nil, err
	}
	msg := &provider.MsgRegister{
		Operator: a.signer.Address(), Moniker: t.moniker, Addresses: addresses, CapacityBytes: a.cfg.Store.CapacityBytes,
		StoragePriceUcpc: storagePrice, ReencryptionPriceUcpc: reencryptionPrice,
		Storage: slices.Contains(t.roles, roleStorage), Proxy: slices.Contains(t.roles, roleProxy), Bond: bond,
	}
	return msg, a.prove(msg)
}

// prove fills in the node's keys with proofs that it holds them.
func (a *account) prove(msg *provider.MsgRegister) error {
	msg.PeerKey, msg.PeerKeyProof = a.keys.peer.Public().(ed25519.PublicKey), a.provePeer(a.keys.peer)
	sealKey := a.keys.seal.Public()
	msg.SealKey = sealKey[:]
	var err error
	msg.SealKeyProof, err = a.proveSeal(a.keys.seal)
	return err
}

// provePeer is a peer key's signature that this operator may name it.
func (a *account) provePeer(key ed25519.PrivateKey) []byte {
	public := key.Public().(ed25519.PublicKey)
	return ed25519.Sign(key, provider.PeerKeyProofBytes(a.cfg.Chain.ID, a.signer.Address(), public))
}

// proveSeal is the same for a seal key.
func (a *account) proveSeal(key seal.BoxSecret) ([]byte, error) {
	public := key.Public()
	return key.ProvePossession(rand.Reader, provider.SealKeyProofBytes(a.cfg.Chain.ID, a.signer.Address(), public[:]))
}

// addresses to announce: an address that stands for "all interfaces" tells nobody where to connect.
func (a *account) addresses() ([]string, error) {
	addresses := a.cfg.P2P.Announce
	if len(addresses) == 0 {
		addresses = a.cfg.P2P.Listen
	}
	for _, addr := range addresses {
		if strings.Contains(addr, "/ip4/0.0.0.0/") || strings.Contains(addr, "/ip6/::/") || strings.HasSuffix(addr, "/tcp/0") {
			return nil, fmt.Errorf("address %s cannot be reached by others: set p2p.announce in config.toml", addr)
		}
	}
	return addresses, nil
}
