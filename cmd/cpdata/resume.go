package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// resumePoll is how often the chain's height is looked at while proxies may still answer.
const resumePoll = time.Second

func grantResumeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resume ID",
		Short: "ask spares in the place of proxies that refused a grant or do not answer",
		Long: `Ask the next ranks of the grant's draw in the place of proxies that refused it, or have not answered for the chain's
silent_blocks, and bring them their parcels. Their key shares were made with the grant and lie in this home. Where proxies
may still answer, this waits for them. A silent proxy's acceptance fee goes to who takes its place; for one that refused, and
had its fee sent back, you pay another.`,
		Example: "  cpdata grant resume 12",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := grantID(args[0])
			if err != nil {
				return err
			}
			return a.resume(cmd.Context(), id)
		},
	}
}

func (a *app) resume(ctx context.Context, id uint64) error {
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	g, replaced, err := a.replaceable(ctx, id)
	if err != nil {
		return err
	}
	outbox, built, err := a.kept(g)
	if err != nil {
		return err
	}
	if len(replaced) > 0 {
		a.note("asking spares in the place of proxies %v", replaced)
		fees := g.Fees(len(replaced)).String()
		msg := &datarights.MsgRegrant{Owner: s.Address(), Grant: id, Replaced: replaced}
		res, err := a.submit(ctx, s, fees, msg)
		if err != nil {
			return err
		}
		var made datarights.MsgRegrantResponse
		if err := chain.MsgResponse(res, 0, &made); err != nil {
			return err
		}
		a.note("proxies %v are asked now", made.Asked)
	}
	return a.deliver(ctx, outbox, built, id, false)
}

// replaceable waits until somebody can be replaced, or everybody asked has answered.
func (a *app) replaceable(ctx context.Context, id uint64) (datarights.Grant, []uint64, error) {
	params, err := a.client.DatarightsParams(ctx)
	if err != nil {
		return datarights.Grant{}, nil, err
	}
	said := false
	for {
		tip, err := a.client.Tip(ctx)
		if err != nil {
			return datarights.Grant{}, nil, err
		}
		g, err := a.client.Grant(ctx, id)
		if err != nil {
			return g, nil, err
		}
		replaced, due := owner.Replaceable(g, tip.Height, params.SilentBlocks)
		if len(replaced) > 0 || due == 0 {
			return g, replaced, nil
		}
		if !said {
			a.note("the proxies of grant %d may answer until height %d, it is %d now: waiting", id, due, tip.Height)
			said = true
		}
		select {
		case <-ctx.Done():
			return g, nil, fmt.Errorf("waiting for the proxies of grant %d: %w", id, ctx.Err())
		case <-time.After(resumePoll):
		}
	}
}
