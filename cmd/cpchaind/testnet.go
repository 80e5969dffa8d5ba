package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmttime "github.com/cometbft/cometbft/types/time"
	"github.com/spf13/cobra"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	srvconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/cpchain/cpchain/app"
	datarightstypes "github.com/cpchain/cpchain/x/datarights/types"
	providertypes "github.com/cpchain/cpchain/x/provider/types"
)

// testnetFlags are those of `testnet init-files`.
type testnetFlags struct {
	output, chainID, accounts, minGasPrices, listen string
	validators, basePort                            int
	blockTime                                       time.Duration
	disputeWindow                                   time.Duration
}

const (
	// selfBond of each testnet validator, and what its account holds besides.
	selfBond         = 1_000_000_000_000
	validatorBalance = 1_000_000_000_000
	// portsPerNode: p2p, rpc, grpc, rest, pprof.
	portsPerNode = 5
)

func testnetCmd(template *app.App) *cobra.Command {
	cmd := &cobra.Command{Use: "testnet", Short: "make a network of your own on this machine"}
	var f testnetFlags
	files := &cobra.Command{
		Use:   "init-files",
		Short: "write the homes of a local network's validators",
		Long: `Write the homes of a local network's validators: keys, genesis with funded accounts, and configuration with ports of
their own on loopback. Start each with: cpchaind start --home <output>/node<i>`,
		Example: "  cpchaind testnet init-files --validators 1 --output-dir net --accounts alice=1000000000ucpc,bob=1000000000ucpc",
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, err := client.GetClientQueryContext(cmd)
			if err != nil {
				return err
			}
			return writeTestnet(ctx, cmd, template, f)
		},
	}
	fl := files.Flags()
	fl.StringVar(&f.output, "output-dir", "testnet", "folder the homes are written to")
	fl.StringVar(&f.chainID, flags.FlagChainID, "cpchain-local-1", "chain id")
	fl.StringVar(&f.accounts, "accounts", "", "funded accounts, NAME=AMOUNT or ADDRESS=AMOUNT, comma separated; names get a key in node0's test keyring")
	fl.StringVar(&f.minGasPrices, "min-gas-prices", "0.001"+app.BaseDenom, "least gas price the nodes take")
	fl.StringVar(&f.listen, "listen", "127.0.0.1", "address the nodes listen on")
	fl.IntVar(&f.validators, "validators", 1, "number of validators")
	fl.IntVar(&f.basePort, "base-port", 26600, "first port; each node takes five; 0 takes free ones")
	fl.DurationVar(&f.blockTime, "block-time", time.Second, "pause between blocks")
	fl.DurationVar(&f.disputeWindow, "dispute-window", 7*24*time.Hour, "how long answers of an ended grant can be disputed")
	cmd.AddCommand(files)
	return cmd
}

// testNode is one validator being made.
type testNode struct {
	home, id, peer string
	ports          [portsPerNode]int
	cfg            *cmtcfg.Config
	pub            cryptotypes.PubKey
	addr           sdk.AccAddress
	keys           keyring.Keyring
}

func writeTestnet(ctx client.Context, cmd *cobra.Command, template *app.App, f testnetFlags) error {
	if f.validators < 1 || f.validators > 100 {
		return errors.New("--validators: give 1 to 100")
	}
	if _, err := os.Stat(f.output); err == nil {
		return fmt.Errorf("%s exists already: choose another --output-dir", f.output)
	}
	nodes := make([]*testNode, f.validators)
	for i := range nodes {
		node, err := newTestNode(template, f, i)
		if err != nil {
			return err
		}
		nodes[i] = node
	}
	balances, err := f.balances(nodes[0])
	if err != nil {
		return err
	}
	var genTxs []json.RawMessage
	for i, n := range nodes {
		balances = append(balances, banktypes.Balance{Address: n.addr.String(), Coins: sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, selfBond+validatorBalance))})
		bz, err := n.genTx(cmd, ctx.WithCodec(template.Codec()).WithTxConfig(template.TxConfig()), f, i)
		if err != nil {
			return err
		}
		genTxs = append(genTxs, bz)
	}
	genesis, err := f.genesis(template, balances, genTxs)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		if err := n.write(nodes, genesis, f); err != nil {
			return err
		}
	}
	return printTestnet(cmd, nodes, f)
}

func newTestNode(template *app.App, f testnetFlags, i int) (*testNode, error) {
	n := &testNode{home: filepath.Join(f.output, fmt.Sprintf("node%d", i)), cfg: cometConfig()}
	n.cfg.SetRoot(n.home)
	n.cfg.Moniker = fmt.Sprintf("node%d", i)
	for _, dir := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(n.home, dir), 0o755); err != nil {
			return nil, err
		}
	}
	var err error
	if n.id, n.pub, err = genutil.InitializeNodeValidatorFiles(n.cfg); err != nil {
		return nil, err
	}
	for p := range n.ports {
		if n.ports[p], err = f.port(i, p); err != nil {
			return nil, err
		}
	}
	n.peer = fmt.Sprintf("%s@%s:%d", n.id, f.listen, n.ports[0])
	if n.keys, err = keyring.New("cpchaind", keyring.BackendTest, n.home, bufio.NewReader(strings.NewReader("")), template.Codec()); err != nil {
		return nil, err
	}
	n.addr, err = newKey(n.keys, "validator")
	return n, err
}

// port of a node: a fixed one, or one that is free now.
func (f testnetFlags) port(node, i int) (int, error) {
	if f.basePort != 0 {
		return f.basePort + node*portsPerNode + i, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(f.listen, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func newKey(keys keyring.Keyring, name string) (sdk.AccAddress, error) {
	record, _, err := keys.NewMnemonic(name, keyring.English, sdk.GetConfig().GetFullBIP44Path(), keyring.DefaultBIP39Passphrase, hd.Secp256k1)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", name, err)
	}
	return record.GetAddress()
}

// balances of the accounts asked for.
func (f testnetFlags) balances(first *testNode) ([]banktypes.Balance, error) {
	var list []banktypes.Balance
	for _, entry := range strings.Split(f.accounts, ",") {
		if entry == "" {
			continue
		}
		name, amount, ok := strings.Cut(entry, "=")
		coins, err := sdk.ParseCoinsNormalized(amount)
		if !ok || err != nil {
			return nil, fmt.Errorf("--accounts: %q: write it like alice=1000000ucpc", entry)
		}
		addr, err := sdk.AccAddressFromBech32(name)
		if err != nil {
			if addr, err = newKey(first.keys, name); err != nil {
				return nil, err
			}
		}
		list = append(list, banktypes.Balance{Address: addr.String(), Coins: coins})
	}
	return list, nil
}

// genTx is the validator's own genesis transaction.
func (n *testNode) genTx(cmd *cobra.Command, ctx client.Context, f testnetFlags, i int) (json.RawMessage, error) {
	rate := stakingtypes.NewCommissionRates(math.LegacyNewDecWithPrec(5, 2), math.LegacyOneDec(), math.LegacyNewDecWithPrec(1, 2))
	msg, err := stakingtypes.NewMsgCreateValidator(sdk.ValAddress(n.addr).String(), n.pub, sdk.NewInt64Coin(app.BaseDenom, selfBond),
		stakingtypes.NewDescription(n.cfg.Moniker, "", "", "", ""), rate, math.OneInt())
	if err != nil {
		return nil, err
	}
	builder := ctx.TxConfig.NewTxBuilder()
	if err := builder.SetMsgs(msg); err != nil {
		return nil, err
	}
	builder.SetMemo(n.peer)
	builder.SetGasLimit(200_000)
	factory := tx.Factory{}.WithChainID(f.chainID).WithKeybase(n.keys).WithTxConfig(ctx.TxConfig).WithSignMode(1)
	if err := tx.Sign(cmd.Context(), factory, "validator", builder, true); err != nil {
		return nil, fmt.Errorf("genesis transaction of node%d: %w", i, err)
	}
	return ctx.TxConfig.TxJSONEncoder()(builder.GetTx())
}

// genesis of the network: default state, the accounts, the validators; boundaries close together and short waits, so that
// a local network shows in minutes what takes days on a real one.
func (f testnetFlags) genesis(template *app.App, balances []banktypes.Balance, genTxs []json.RawMessage) (*genutiltypes.AppGenesis, error) {
	cdc := template.Codec()
	state := template.DefaultGenesis()
	var accounts authtypes.GenesisAccounts
	supply := sdk.NewCoins()
	for _, b := range balances {
		addr, err := sdk.AccAddressFromBech32(b.Address)
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, authtypes.NewBaseAccount(addr, nil, 0, 0))
		supply = supply.Add(b.Coins...)
	}
	packed, err := authtypes.PackAccounts(accounts)
	if err != nil {
		return nil, err
	}
	var auth authtypes.GenesisState
	cdc.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	auth.Accounts = packed
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(&auth)

	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	bank.Balances, bank.Supply = banktypes.SanitizeGenesisBalances(balances), supply
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)

	var provider providertypes.GenesisState
	cdc.MustUnmarshalJSON(state[providertypes.ModuleName], &provider)
	provider.Params.BoundaryBlocks = 20
	state[providertypes.ModuleName] = cdc.MustMarshalJSON(&provider)

	var rights datarightstypes.GenesisState
	cdc.MustUnmarshalJSON(state[datarightstypes.ModuleName], &rights)
	rights.Params.DisputeWindowSeconds = int64(f.disputeWindow / time.Second)
	state[datarightstypes.ModuleName] = cdc.MustMarshalJSON(&rights)

	state[genutiltypes.ModuleName] = cdc.MustMarshalJSON(&genutiltypes.GenesisState{GenTxs: genTxs})
	bz, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return nil, err
	}
	genesis := genutiltypes.NewAppGenesisWithVersion(f.chainID, bz)
	genesis.GenesisTime = cmttime.Now()
	return genesis, nil
}

// write puts genesis and configuration into the node's home.
func (n *testNode) write(nodes []*testNode, genesis *genutiltypes.AppGenesis, f testnetFlags) error {
	if err := genesis.SaveAs(n.cfg.GenesisFile()); err != nil {
		return err
	}
	var peers []string
	for _, other := range nodes {
		if other != n {
			peers = append(peers, other.peer)
		}
	}
	at := func(scheme string, port int) string { return fmt.Sprintf("%s%s:%d", scheme, f.listen, n.ports[port]) }
	n.cfg.P2P.ListenAddress, n.cfg.RPC.ListenAddress, n.cfg.RPC.PprofListenAddress = at("tcp://", 0), at("tcp://", 1), at("", 4)
	n.cfg.P2P.PersistentPeers = strings.Join(peers, ",")
	n.cfg.P2P.AllowDuplicateIP, n.cfg.P2P.AddrBookStrict = true, false
	n.cfg.Consensus.TimeoutCommit = f.blockTime
	n.cfg.Consensus.TimeoutPropose = max(f.blockTime, 500*time.Millisecond)
	cmtcfg.WriteConfigFile(filepath.Join(n.home, "config", "config.toml"), n.cfg)

	cfg := appConfig()
	cfg.MinGasPrices = f.minGasPrices
	cfg.GRPC.Address, cfg.API.Address = at("", 2), at("tcp://", 3)
	srvconfig.SetConfigTemplate(srvconfig.DefaultConfigTemplate)
	srvconfig.WriteConfigFile(filepath.Join(n.home, "config", "app.toml"), cfg)
	return nil
}

func printTestnet(cmd *cobra.Command, nodes []*testNode, f testnetFlags) error {
	type out struct {
		Home string `json:"home"`
		RPC  string `json:"rpc"`
		GRPC string `json:"grpc"`
		REST string `json:"rest"`
		Peer string `json:"peer"`
	}
	list := []out{}
	for _, n := range nodes {
		list = append(list, out{
			n.home, fmt.Sprintf("http://%s:%d", f.listen, n.ports[1]), fmt.Sprintf("%s:%d", f.listen, n.ports[2]),
			fmt.Sprintf("http://%s:%d", f.listen, n.ports[3]), n.peer,
		})
	}
	return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"chain_id": f.chainID, "nodes": list})
}
