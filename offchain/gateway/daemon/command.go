// Package daemon is the command line of cpgatewayd: init, start, replay, status.
package daemon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// program is what every command works on.
type program struct {
	home   string
	output string
}

// Command is cpgatewayd's root command.
func Command() *cobra.Command {
	p := &program{}
	root := &cobra.Command{
		Use:   "cpgatewayd",
		Short: "edge gateway of CPChain",
		Long: `cpgatewayd takes sensor records by MQTT and HTTP, keeps them sealed on disk from the moment it acknowledges them, and turns
them into encrypted bundles on storage nodes, vouched for on chain.

A new gateway:
  cpgatewayd init --chain-id cpchain-1 --node http://127.0.0.1:26657 --bootstrap /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...
  cpgatewayd start
  (each owner: cpdata stream create NAME … --gateway http://127.0.0.1:8480, then cpdata stream provision NAME --gateway …)
  mosquitto_pub -q 1 -t cpc/<stream id> -m '[{"bn":"1:","bt":1700000000,"n":"temperature","u":"Cel","v":20.1}]'

It holds the keys of a window of the coming time alone, and forgets them as time passes. They are files: a gateway without
secure hardware protects what it has forgotten, and nothing else. Owners pay its fees through fee grants.

The home (--home, default ~/.cpgatewayd) holds config.toml, the keys, the keyring and the streams. Do not run two gateways
from copies of one home: the second to reach the chain begins a new writer epoch, and the first stops writing.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if p.output != "text" && p.output != "json" {
				return fmt.Errorf("--output is %q: use text or json", p.output)
			}
			return nil
		},
	}
	root.PersistentFlags().StringVar(&p.home, "home", defaultHome(), "folder of the gateway's config, keys and data")
	root.PersistentFlags().StringVar(&p.output, "output", "text", "text or json (one object on standard output)")
	root.AddCommand(p.initCommand(), p.startCommand(), p.replayCommand(), p.statusCommand())
	return root
}

func defaultHome() string {
	user, err := os.UserHomeDir()
	if err != nil {
		return ".cpgatewayd"
	}
	return filepath.Join(user, ".cpgatewayd")
}

// field is one line of a command's result.
type field struct {
	name  string
	value any
}

// print writes a result: as one JSON object, or as lines of name and value.
func (p *program) print(cmd *cobra.Command, fields ...field) error {
	if p.output == "json" {
		object := make(map[string]any, len(fields))
		for _, f := range fields {
			object[f.name] = f.value
		}
		return json.NewEncoder(cmd.OutOrStdout()).Encode(object)
	}
	for _, f := range fields {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%-16s %v\n", strings.ReplaceAll(f.name, "_", " "), f.value); err != nil {
			return err
		}
	}
	return nil
}
