package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/app"
)

// portsPerNode: p2p, RPC, gRPC, REST and pprof, in this order from a node's first port.
const portsPerNode = 5

// localNet is what init-files makes; it is also the command's JSON output.
type localNet struct {
	ChainID  string         `json:"chain_id"`
	Dir      string         `json:"dir"`
	Nodes    []localNode    `json:"nodes"`
	Accounts []localAccount `json:"accounts"`

	blockTime    time.Duration
	minGasPrices string
	stake        sdk.Coin
	profile      profile
	changes      []genesisChange
}

// localNode is a validator's home and addresses.
type localNode struct {
	Moniker   string `json:"moniker"`
	Home      string `json:"home"`
	NodeID    string `json:"node_id"`
	Peer      string `json:"peer"` // node id@host:port
	RPC       string `json:"rpc"`
	GRPC      string `json:"grpc"`
	REST      string `json:"rest"`
	Operator  string `json:"operator"`
	Validator string `json:"validator"`

	p2p, pprof string
}

// localAccount is a funded account. Mnemonic is empty where only an address was given.
type localAccount struct {
	Name     string    `json:"name,omitempty"`
	Address  string    `json:"address"`
	Mnemonic string    `json:"mnemonic,omitempty"`
	Coins    sdk.Coins `json:"coins"`
}

// testnetFlags are those of `testnet init-files`.
type testnetFlags struct {
	dir, moniker, chainID, stake, minGasPrices, listen, profile string
	validators, basePort                                        int
	blockTime, disputeWindow                                    time.Duration
	accounts, changes                                           []string
}

func testnetCmd(template *app.App) *cobra.Command {
	cmd := &cobra.Command{Use: "testnet", Short: "Make a network of your own on this machine", RunE: client.ValidateCmd}
	cmd.AddCommand(initFilesCmd(template))
	return cmd
}

func initFilesCmd(template *app.App) *cobra.Command {
	var f testnetFlags
	cmd := &cobra.Command{
		Use:   "init-files",
		Short: "Write the homes of a local network's validators",
		Long: `Write the homes of a local network's validators: keys, a genesis with funded accounts, and configuration with ports of
their own on loopback. Start each with: cpchaind start --home <output-dir>/node<i>

Keys lie unprotected in each home's test keyring: never fund them on a real network. The names given to --accounts get a key in
node0's. Local networks record draw boundaries every 20 blocks; --set changes this and all else in the genesis state.`,
		Example: `  cpchaind testnet init-files --validators 1 --output-dir net --accounts alice=1000000000ucpc,bob=1000000000ucpc
  cpchaind testnet init-files --block-time 500ms --set gov.params.voting_period=30s --set staking.params.max_validators=7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			network, err := f.plan()
			if err != nil {
				return err
			}
			if err := network.write(client.GetClientContextFromCmd(cmd).WithCmdContext(cmd.Context()), template); err != nil {
				return err
			}
			return network.print(cmd)
		},
	}
	f.add(cmd)
	return cmd
}

func (f *testnetFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "output-dir", "testnet", "folder the homes are written to")
	fl.StringVar(&f.chainID, flags.FlagChainID, "cpchain-local-1", "chain id")
	// Not "moniker": the configuration of the home would set it.
	fl.StringVar(&f.moniker, "moniker-prefix", "node", "start of the nodes' names")
	fl.IntVar(&f.validators, "validators", 1, "number of validators")
	fl.StringVar(&f.stake, "stake", "1000000000000ucpc", "bond of each validator; its account gets twice as much")
	fl.StringSliceVar(&f.accounts, "accounts", nil, "funded accounts, NAME=AMOUNT or ADDRESS=AMOUNT, comma separated")
	fl.StringVar(&f.minGasPrices, "min-gas-prices", app.MinGasPrices, "least gas price the nodes take")
	fl.StringVar(&f.listen, "listen", "127.0.0.1", "address the nodes listen on")
	fl.IntVar(&f.basePort, "base-port", 26600, "first port; each node takes five; 0 takes free ones")
	fl.DurationVar(&f.blockTime, "block-time", time.Second, "pause between blocks")
	fl.DurationVar(&f.disputeWindow, "dispute-window", 7*24*time.Hour, "how long answers of an ended grant can be disputed")
	fl.StringVar(&f.profile, flagProfile, profileLocal, profileUsage)
	fl.StringArrayVar(&f.changes, "set", nil, "PATH=JSON changes a value of the genesis state (repeatable)")
	fl.StringP(flags.FlagOutput, "o", flags.OutputFormatJSON, "output format (text|json)")
}

// plan checks the flags and says what to make where, without making it.
func (f testnetFlags) plan() (*localNet, error) {
	if f.validators < 1 || f.validators > 100 {
		return nil, fmt.Errorf("--validators %d: give 1 to 100", f.validators)
	}
	if f.blockTime <= 0 {
		return nil, fmt.Errorf("--block-time %s: give a pause above zero, such as 500ms", f.blockTime)
	}
	stake, err := sdk.ParseCoinNormalized(f.stake)
	if err != nil || stake.Denom != app.BaseDenom || !stake.IsPositive() {
		return nil, fmt.Errorf("--stake %q: write it like 1000000000000%s", f.stake, app.BaseDenom)
	}
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return nil, err
	}
	network := &localNet{
		ChainID: f.chainID, Dir: dir, Accounts: []localAccount{}, blockTime: f.blockTime, minGasPrices: f.minGasPrices, stake: stake,
	}
	for i := range f.validators {
		node, err := f.planNode(dir, i)
		if err != nil {
			return nil, err
		}
		network.Nodes = append(network.Nodes, node)
	}
	if err := f.planAccounts(network); err != nil {
		return nil, err
	}
	return network, f.planChanges(network)
}

func (f testnetFlags) planNode(dir string, i int) (localNode, error) {
	var at [portsPerNode]string
	for p := range at {
		port, err := f.port(i, p)
		if err != nil {
			return localNode{}, err
		}
		at[p] = net.JoinHostPort(f.listen, fmt.Sprint(port))
	}
	return localNode{
		Moniker: fmt.Sprintf("%s%d", f.moniker, i), Home: filepath.Join(dir, fmt.Sprintf("node%d", i)),
		RPC: "http://" + at[1], GRPC: at[2], REST: "http://" + at[3], p2p: at[0], pprof: at[4],
	}, nil
}

// port of a node: a fixed one, or one that is free now.
func (f testnetFlags) port(node, i int) (int, error) {
	if f.basePort != 0 {
		port := f.basePort + node*portsPerNode + i
		if port < 1 || port > 65535 {
			return 0, fmt.Errorf("--base-port %d: node %d would need port %d; give a lower one", f.basePort, node, port)
		}
		return port, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(f.listen, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (f testnetFlags) planAccounts(network *localNet) error {
	for _, text := range f.accounts {
		who, amount, found := strings.Cut(text, "=")
		coins, err := sdk.ParseCoinsNormalized(amount)
		if !found || who == "" || err != nil || coins.Empty() {
			return fmt.Errorf("--accounts: %q: write it like alice=1000000000%s", text, app.BaseDenom)
		}
		account := localAccount{Name: who, Coins: coins}
		if _, err := sdk.AccAddressFromBech32(who); err == nil {
			account = localAccount{Address: who, Coins: coins}
		} else if strings.HasPrefix(who, app.AccountPrefix+"1") {
			return fmt.Errorf("--accounts: %q is not an address: %w", who, err)
		}
		network.Accounts = append(network.Accounts, account)
	}
	return nil
}

// planChanges: what local networks do otherwise than real ones, then what the user sets.
func (f testnetFlags) planChanges(network *localNet) error {
	var err error
	if network.profile, err = profileOf(f.profile); err != nil {
		return err
	}
	local := []string{
		"provider.params.boundary_blocks=10", // draws can follow each other within seconds
		"datarights.params.silent_blocks=30", // and so can regrants
		fmt.Sprintf("datarights.params.dispute_window_seconds=%d", int64(f.disputeWindow/time.Second)),
	}
	for _, text := range append(local, f.changes...) {
		change, err := parseChange(text)
		if err != nil {
			return err
		}
		network.changes = append(network.changes, change)
	}
	return nil
}

func (network *localNet) print(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	if format, _ := cmd.Flags().GetString(flags.FlagOutput); format == flags.OutputFormatJSON {
		return json.NewEncoder(out).Encode(network)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "chain %s in %s\n", network.ChainID, network.Dir)
	for _, n := range network.Nodes {
		fmt.Fprintf(&text, "%s  rpc %s  grpc %s  rest %s\n  cpchaind start --home %s\n", n.Moniker, n.RPC, n.GRPC, n.REST, n.Home)
	}
	for _, a := range network.Accounts {
		fmt.Fprintf(&text, "account %s %s %s\n", a.Name, a.Address, a.Coins)
	}
	_, err := io.WriteString(out, text.String())
	return err
}
