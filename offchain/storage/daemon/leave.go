package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func (p *program) leaveCommand() *cobra.Command {
	var flags sendFlags
	cmd := &cobra.Command{
		Use:   "leave",
		Short: "end the provider and unbond",
		Long: `leave ends this provider on chain. While shards are placed here, or grants count on it as a proxy, it is leaving: nothing new comes in,
others take its shards over, and the running node hands its parcels over by itself, each to the next rank of its grant's draw, with
the grant's acceptance fee. Keep the node running, and leave again once nothing depends on it; until then the chain refuses, and the
refusal says what it waits for. The bond is paid out after the unbonding time, during which it still answers for what was signed before.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.leave(cmd, flags) },
	}
	flags.add(cmd)
	return cmd
}

func (p *program) leave(cmd *cobra.Command, flags sendFlags) error {
	a, err := p.open(cmd)
	if err != nil {
		return err
	}
	row, err := a.row(cmd.Context())
	if err != nil {
		return err
	}
	if row.Status == provider.STATUS_LEFT {
		return fmt.Errorf("provider %d has left already; its bond is paid out at %s", row.Id, moment(row.UnbondTime))
	}
	res, err := a.send(cmd, flags, sdk.NewCoin(row.Bond.Denom, row.Bond.Amount), &provider.MsgLeave{Operator: row.Operator})
	if err != nil {
		if errors.Is(err, provider.ErrInUse) {
			return explainLeave(err, row, a.grantsOn(cmd.Context(), row.Id))
		}
		return err
	}
	if res == nil {
		return nil
	}
	var reply provider.MsgLeaveResponse
	if err := chain.MsgResponse(res, 0, &reply); err != nil {
		return err
	}
	if reply.UnbondTime == 0 {
		cmd.PrintErrln("others take over what depends on this provider: keep the node running, and leave again once nothing does")
		return p.print(cmd, field{"provider", row.Id}, field{"status", "leaving"}, field{"tx", res.Hash})
	}
	return p.print(cmd, field{"provider", row.Id}, field{"bond", row.Bond.String()},
		field{"paid_out_at", moment(reply.UnbondTime)}, field{"tx", res.Hash})
}

func moment(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// grantsOn names the grants that count on a provider as a proxy and until when, or says why they can't be listed.
func (a *account) grantsOn(ctx context.Context, id uint64) string {
	grants, err := a.chain.Grants(ctx, &datarights.QueryGrantsRequest{Provider: id})
	if err != nil {
		return fmt.Sprintf("its grants can't be listed: %v", err)
	}
	return listGrants(grants, id)
}

// maxListed grants are named; of more, the number is given.
const maxListed = 10

// listGrants names the grants a provider has accepted, the one that ends last first. A grant counts until it is settled.
func listGrants(grants []datarights.Grant, id uint64) string {
	grants = slices.DeleteFunc(slices.Clone(grants), func(g datarights.Grant) bool {
		column, ok := g.HeldBy(id)
		return !ok || g.Proxies[column].State != datarights.PROXY_STATE_ACCEPTED
	})
	if len(grants) == 0 {
		return ""
	}
	slices.SortFunc(grants, func(x, y datarights.Grant) int {
		return cmp.Or(cmp.Compare(y.SettleAt, x.SettleAt), cmp.Compare(x.Id, y.Id))
	})
	names := make([]string, 0, maxListed+1)
	for i, g := range grants {
		if i == maxListed {
			names = append(names, fmt.Sprintf("and %d more", len(grants)-maxListed))
			break
		}
		names = append(names, fmt.Sprintf("grant %d of stream %d until %s", g.Id, g.Stream, moment(g.SettleAt)))
	}
	return strings.Join(names, ", ")
}

// explainLeave adds to the chain's refusal which grants it speaks of, and what the operator can do.
func explainLeave(err error, row provider.Provider, grants string) error {
	if grants != "" {
		err = fmt.Errorf("%w (%s)", err, grants)
	}
	return fmt.Errorf("provider %d cannot leave yet: %w; keep the node running, which hands its parcels over, and leave again", row.Id, err)
}
