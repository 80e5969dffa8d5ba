package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/owner"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func demandsCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "demands", Short: "list demands, and answer those for capsules of your streams"}
	var stream string
	var grant uint64
	list := &cobra.Command{
		Use:     "ls",
		Short:   "list the demands of a grant, or the open ones for capsules of a stream",
		Example: "  cpdata demands ls --grant 3\n  cpdata demands ls --stream weather",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listDemands(cmd.Context(), stream, grant)
		},
	}
	list.Flags().StringVar(&stream, "stream", "", "a stream")
	list.Flags().Uint64Var(&grant, "grant", 0, "a grant's id")
	answer := &cobra.Command{
		Use:   "answer STREAM",
		Short: "bring the capsules demanded of you",
		Long: `Bring the capsules that readers demand of a stream of yours, made from the root seed. A demand that is not answered in time is
noted in the grant as withheld. Gateways answer by themselves; this is for when yours is away. Each answer earns the demand's fee.

` + streamRefHelp,
		Example: "  cpdata demands answer weather --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.answerDemands(cmd.Context(), args[0])
		},
	}
	cmd.AddCommand(list, answer)
	return cmd
}

func (a *app) listDemands(ctx context.Context, ref string, grant uint64) error {
	if (ref == "") == (grant == 0) {
		return errors.New("give either --grant or --stream")
	}
	req := &datarights.QueryDemandsRequest{Grant: grant}
	if ref != "" {
		s, _, err := a.stream(ctx, ref)
		if err != nil {
			return err
		}
		req.Stream = s.Id
	}
	c, err := a.chain(ctx)
	if err != nil {
		return err
	}
	demands, err := c.Demands(ctx, req)
	if err != nil {
		return err
	}
	lines := []string{}
	for _, d := range demands {
		lines = append(lines, demandText(d))
	}
	if len(lines) == 0 {
		lines = append(lines, "no demands")
	}
	return a.print(&datarights.QueryDemandsResponse{Demands: demands}, strings.Join(lines, "\n"))
}

func (a *app) answerDemands(ctx context.Context, ref string) error {
	s, _, err := a.stream(ctx, ref)
	if err != nil {
		return err
	}
	root, err := a.root()
	if err != nil {
		return err
	}
	signer, err := a.signer(ctx)
	if err != nil {
		return err
	}
	open, err := a.client.Demands(ctx, &datarights.QueryDemandsRequest{Stream: s.Id})
	if err != nil {
		return err
	}
	var msgs []sdk.Msg
	ids := []uint64{}
	for _, d := range open {
		g, err := a.client.Grant(ctx, d.Grant)
		if err != nil {
			return err
		}
		capsule, err := owner.DemandedCapsule(root, a.client.ChainID(), g, d)
		if err != nil {
			a.note("demand %d: %v", d.Id, err)
			continue
		}
		msgs = append(msgs, &datarights.MsgAnswerCapsule{Sender: signer.Address(), Demand: d.Id, Capsule: capsule})
		ids = append(ids, d.Id)
	}
	if len(msgs) == 0 {
		return a.print(map[string]any{"answered": ids}, "nothing to answer")
	}
	res, err := a.submit(ctx, signer, "", msgs...)
	if err != nil {
		return err
	}
	return a.print(map[string]any{"answered": ids, "tx": res.Hash}, fmt.Sprintf("brought %d capsules", len(msgs)))
}
