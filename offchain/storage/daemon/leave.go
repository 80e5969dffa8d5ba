package daemon

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

func (p *program) leaveCommand() *cobra.Command {
	var flags sendFlags
	cmd := &cobra.Command{
		Use:   "leave",
		Short: "end the provider and unbond",
		Long: `leave ends this provider on chain. The bond is paid out after the unbonding time, during which it still answers for what
was signed before. The chain refuses while shards are placed here, or while this provider is a proxy of grants that have not
been settled: owners count on both. Pause first (cpchaind tx provider set-paused true), so that nothing new comes in, keep
the node running, and leave once the rest has moved or ended.`,
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
		return explainLeave(err, row)
	}
	if res == nil {
		return nil
	}
	var reply provider.MsgLeaveResponse
	if err := chain.MsgResponse(res, 0, &reply); err != nil {
		return err
	}
	return p.print(cmd, field{"provider", row.Id}, field{"bond", row.Bond.String()},
		field{"paid_out_at", moment(reply.UnbondTime)}, field{"tx", res.Hash})
}

func moment(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }

// explainLeave adds to the chain's refusal what the operator can do about it.
func explainLeave(err error, row provider.Provider) error {
	if !errors.Is(err, provider.ErrInUse) {
		return err
	}
	hint := "keep the node running until its shards have moved and its grants have ended, then leave again"
	if row.Status == provider.STATUS_ACTIVE {
		hint = "pause it (cpchaind tx provider set-paused true) so that nothing new is placed here, and " + hint
	}
	return fmt.Errorf("provider %d cannot leave yet: %w; %s", row.Id, err, hint)
}
