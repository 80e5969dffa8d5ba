package daemon

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/gateway"
	"github.com/cpchain/cpchain/offchain/gateway/replay"
)

func (p *program) statusCommand() *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "how the running gateway's streams stand",
		Long: `status asks the running gateway: who it is, and for each stream how far it is anchored, what waits, how many intervals of
keys are left, and what is in the way if something is.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, err := p.gatewayURL(url)
			if err != nil {
				return err
			}
			s, err := replay.NewClient(address).Status(cmd.Context())
			if err != nil {
				return err
			}
			return p.printStatus(cmd, s)
		},
	}
	cmd.Flags().StringVar(&url, "gateway", "", "HTTP address of the gateway; by default the one in the home's config")
	return cmd
}

// gatewayURL is the address given, or the one of this home's config.
func (p *program) gatewayURL(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	cfg, err := gateway.Load(p.home)
	if err != nil {
		return "", err
	}
	return "http://" + cfg.HTTP.Listen, nil
}

func (p *program) printStatus(cmd *cobra.Command, s gateway.Status) error {
	if p.output == "json" {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(s)
	}
	err := p.print(cmd, field{"chain", s.ChainID}, field{"account", s.Account}, field{"peer_id", s.PeerID},
		field{"keys", "files on disk, no secure hardware"})
	for _, st := range s.Streams {
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "stream %-9d %s: anchored to %s (%d anchors), %d records wait, keys for %d intervals left%s\n",
			st.Stream, st.Name, st.AnchoredTo, st.NextSeq, st.PendingRecords, st.KeysLeft, trouble(st))
	}
	return err
}

func trouble(s gateway.StreamStatus) string {
	if s.Trouble == "" {
		return ""
	}
	return "\n                 " + s.Trouble
}
