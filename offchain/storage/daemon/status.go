package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/storage"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func (p *program) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "what the chain says of this provider, and what the running node holds",
		Long: `status prints the provider's row on chain and, when the node is running, what it holds and how fresh its view of the chain
is. A node that is not running is reported as such; that is no error.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.status(cmd) },
	}
}

func (p *program) status(cmd *cobra.Command) error {
	a, err := p.open(cmd)
	if err != nil {
		return err
	}
	row, err := a.row(cmd.Context())
	if err != nil {
		return err
	}
	fields := []field{
		{"provider", row.Id},
		{"operator", row.Operator},
		{"status", statusName(row.Status)},
		{"bond", row.Bond.String()},
		{"roles", roleNames(row)},
		{"capacity_bytes", row.CapacityBytes},
		{"registered_at", row.RegisteredHeight},
	}
	report, err := askNode(cmd.Context(), a.cfg.HTTP.Listen)
	if err != nil {
		return p.print(cmd, append(fields, field{"running", false}, field{"why", err.Error()})...)
	}
	return p.print(cmd, append(fields,
		field{"running", true}, field{"peer_id", report.PeerID}, field{"addresses", report.Addresses},
		field{"shards", report.Shards}, field{"bytes_used", report.BytesUsed}, field{"grants", report.Grants},
		field{"dht_peers", report.DHTPeers}, field{"chain_height", report.ChainHeight},
		field{"chain_age_seconds", report.ChainAgeSeconds}, field{"catching_up", report.CatchingUp})...)
}

func statusName(s provider.Status) string {
	return strings.ToLower(strings.TrimPrefix(s.String(), "STATUS_"))
}

func roleNames(row provider.Provider) []string {
	var roles []string
	if row.Storage {
		roles = append(roles, roleStorage)
	}
	if row.Proxy {
		roles = append(roles, roleProxy)
	}
	return roles
}

// askNode asks the running node over its loopback listener.
func askNode(ctx context.Context, listen string) (storage.StatusReport, error) {
	var report storage.StatusReport
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/v1/status", nil)
	if err != nil {
		return report, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return report, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return report, fmt.Errorf("node answers %s", resp.Status)
	}
	return report, json.NewDecoder(resp.Body).Decode(&report)
}
