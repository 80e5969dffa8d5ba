package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	"github.com/cpchain/cpchain/offchain/candidate"
)

// operatorKey is the name of a local validator's account in its keyring.
const operatorKey = "validator"

// write makes every home and the genesis they share.
func (network *localNet) write(ctx client.Context, template *app.App) error {
	if _, err := os.Stat(network.Dir); err == nil {
		return fmt.Errorf("%s exists already: remove it, or give another --output-dir", network.Dir)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	ctx = ctx.WithTxConfig(template.TxConfig()).WithOffline(true)
	genesis := network.newGenesis(template)
	for i := range network.Nodes {
		if err := network.makeNode(&network.Nodes[i], ctx, genesis); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	if err := network.makeAccounts(ctx, genesis); err != nil {
		return err
	}
	doc, err := genesis.document(network.ChainID, network.profile, network.changes)
	if err != nil {
		return err
	}
	for _, n := range network.Nodes {
		if err := network.configure(n, doc); err != nil {
			return err
		}
	}
	return nil
}

// makeNode makes a validator's keys and has it join the genesis by a signed transaction.
func (network *localNet) makeNode(n *localNode, ctx client.Context, genesis *genesisBuilder) error {
	cfg := cmtcfg.DefaultConfig().SetRoot(n.Home)
	if err := os.MkdirAll(filepath.Join(n.Home, "config"), 0o700); err != nil {
		return err
	}
	nodeID, consensusKey, err := genutil.InitializeNodeValidatorFiles(cfg)
	if err != nil {
		return err
	}
	ring, err := keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, n.Home, nil, ctx.Codec)
	if err != nil {
		return err
	}
	operator, _, err := newKey(ring, operatorKey)
	if err != nil {
		return err
	}
	n.NodeID, n.Peer = nodeID, nodeID+"@"+n.p2p
	n.Operator, n.Validator = operator.String(), sdk.ValAddress(operator).String()
	genesis.fund(operator, sdk.NewCoins(sdk.NewCoin(network.stake.Denom, network.stake.Amount.MulRaw(2))))
	if _, err := candidate.MakeKeys(n.Home); err != nil {
		return err
	}
	gentx, err := network.genesisTx(cfg, n, ctx, ring, consensusKey)
	if err != nil {
		return err
	}
	genesis.transactions = append(genesis.transactions, gentx)
	return nil
}

func newKey(ring keyring.Keyring, name string) (sdk.AccAddress, string, error) {
	record, mnemonic, err := ring.NewMnemonic(name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return nil, "", err
	}
	address, err := record.GetAddress()
	return address, mnemonic, err
}

func (network *localNet) genesisTx(cfg *cmtcfg.Config, n *localNode, ctx client.Context, ring keyring.Keyring, key cryptotypes.PubKey) (sdk.Tx, error) {
	rates := stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(5, 2), math.LegacyNewDecWithPrec(20, 2), math.LegacyNewDecWithPrec(1, 2))
	msg, err := stakingtypes.NewMsgCreateValidator(n.Validator, key, network.stake,
		stakingtypes.NewDescription(n.Moniker, "", "", "", ""), rates, math.OneInt())
	if err != nil {
		return nil, err
	}
	register, err := candidate.Registration(cfg, network.ChainID, n.Operator, n.p2p)
	if err != nil {
		return nil, err
	}
	builder := ctx.TxConfig.NewTxBuilder()
	if err := builder.SetMsgs(msg, register); err != nil {
		return nil, err
	}
	builder.SetGasLimit(400_000)
	builder.SetMemo(n.Peer)
	factory := tx.Factory{}.WithChainID(network.ChainID).WithKeybase(ring).WithTxConfig(ctx.TxConfig).
		WithSignMode(signing.SignMode_SIGN_MODE_DIRECT)
	if err := tx.Sign(ctx.CmdContext, factory, operatorKey, builder, true); err != nil {
		return nil, err
	}
	return builder.GetTx(), nil
}

// makeAccounts makes the keys of named accounts in node 0's keyring, and funds all.
func (network *localNet) makeAccounts(ctx client.Context, genesis *genesisBuilder) error {
	ring, err := keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, network.Nodes[0].Home, nil, ctx.Codec)
	if err != nil {
		return err
	}
	for i := range network.Accounts {
		a := &network.Accounts[i]
		if a.Address == "" {
			address, mnemonic, err := newKey(ring, a.Name)
			if err != nil {
				return fmt.Errorf("account %s: %w", a.Name, err)
			}
			a.Address, a.Mnemonic = address.String(), mnemonic
		}
		address, err := sdk.AccAddressFromBech32(a.Address)
		if err != nil {
			return err
		}
		genesis.fund(address, a.Coins)
	}
	return nil
}

// configure writes a home's genesis and its three configuration files.
func (network *localNet) configure(n localNode, genesis *genutiltypes.AppGenesis) error {
	cfg := cometConfig().SetRoot(n.Home)
	cfg.Moniker = n.Moniker
	cfg.Consensus.TimeoutCommit = network.blockTime
	cfg.Consensus.TimeoutPropose = max(network.blockTime, 500*time.Millisecond) // peers are near
	cfg.Consensus.PeerGossipSleepDuration = 10 * time.Millisecond
	cfg.P2P.ListenAddress = "tcp://" + n.p2p
	cfg.P2P.PersistentPeers = network.peersOf(n)
	cfg.P2P.AddrBookStrict, cfg.P2P.AllowDuplicateIP, cfg.P2P.PexReactor = false, true, false // all on one address
	cfg.RPC.ListenAddress = "tcp" + strings.TrimPrefix(n.RPC, "http")
	cfg.RPC.PprofListenAddress = n.pprof
	if err := genesis.SaveAs(cfg.GenesisFile()); err != nil {
		return err
	}
	cmtcfg.WriteConfigFile(filepath.Join(n.Home, "config", "config.toml"), cfg)

	appCfg := appConfig()
	appCfg.MinGasPrices = network.minGasPrices
	appCfg.IAVLCacheSize = 50_000 // many nodes share the machine
	appCfg.API.Address = "tcp" + strings.TrimPrefix(n.REST, "http")
	appCfg.GRPC.Address = n.GRPC
	serverconfig.SetConfigTemplate(serverconfig.DefaultConfigTemplate)
	serverconfig.WriteConfigFile(filepath.Join(n.Home, "config", "app.toml"), appCfg)

	clientCfg := fmt.Sprintf("chain-id = %q\nkeyring-backend = %q\noutput = \"text\"\nnode = %q\nbroadcast-mode = \"sync\"\n",
		network.ChainID, keyring.BackendTest, "tcp"+strings.TrimPrefix(n.RPC, "http"))
	return os.WriteFile(filepath.Join(n.Home, "config", "client.toml"), []byte(clientCfg), 0o600)
}

func (network *localNet) peersOf(n localNode) string {
	var peers []string
	for _, other := range network.Nodes {
		if other.NodeID != n.NodeID {
			peers = append(peers, other.Peer)
		}
	}
	return strings.Join(peers, ",")
}
