package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func grantsCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "grants", Short: "list grants"}
	var stream string
	var reader uint64
	list := &cobra.Command{
		Use:     "ls",
		Short:   "list the grants of a stream or a reader",
		Example: "  cpdata grants ls --stream weather\n  cpdata grants ls --reader 7",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listGrants(cmd.Context(), stream, reader)
		},
	}
	list.Flags().StringVar(&stream, "stream", "", "a stream")
	list.Flags().Uint64Var(&reader, "reader", 0, "a reader's id")
	cmd.AddCommand(list)
	return cmd
}

func (a *app) listGrants(ctx context.Context, ref string, reader uint64) error {
	if (ref == "") == (reader == 0) {
		return errors.New("give either --stream or --reader")
	}
	req := &datarights.QueryGrantsRequest{Reader: reader}
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
	grants, err := c.Grants(ctx, req)
	if err != nil {
		return err
	}
	lines := []string{}
	now := time.Now().Unix()
	for _, g := range grants {
		status := grantStatus(g)
		if g.ExpiresAt <= now && g.Status != datarights.GRANT_STATUS_REVOKED {
			status = "expired"
		}
		lines = append(lines, fmt.Sprintf("%d  stream %d  reader %d  intervals %d to %d  %s  until %s",
			g.Id, g.Stream, g.Reader, g.FirstInterval, g.LastInterval, status, a.showTime(g.ExpiresAt)))
	}
	if len(lines) == 0 {
		lines = append(lines, "no grants")
	}
	return a.print(map[string]any{"grants": grants}, strings.Join(lines, "\n"))
}

func revokeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke GRANT",
		Short: "end a grant now",
		Long: `End a grant now. Its proxies stop as soon as they see the block; what the reader has opened already stays open to
him, what he has not opened does not open any more. The same can be done with ` + "`cpchaind tx datarights revoke-grant`.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := grantID(args[0])
			if err != nil {
				return err
			}
			s, err := a.signer(cmd.Context())
			if err != nil {
				return err
			}
			res, err := a.submit(cmd.Context(), s, "", &datarights.MsgRevokeGrant{Owner: s.Address(), Grant: id})
			if err != nil {
				return err
			}
			return a.print(map[string]any{"grant": id, "tx": res.Hash, "height": res.Height}, fmt.Sprintf("grant %d revoked at height %d", id, res.Height))
		},
	}
}

func disputeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "dispute EVIDENCE.json",
		Short: "show the chain a signed answer that is provably wrong; the proxy's bond is cut",
		Long: `Show the chain a signed answer that is provably wrong. ` + "`cpdata fetch --evidence DIR`" + ` writes such answers. Only the
proxy's own signature counts: an answer it did not sign, or one that is right, is refused and costs you the fee.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			bz, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			var answer datarights.SignedAnswer
			if err := json.Unmarshal(bz, &answer); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			s, err := a.signer(cmd.Context())
			if err != nil {
				return err
			}
			res, err := a.submit(cmd.Context(), s, "", &datarights.MsgDisputeFragment{Sender: s.Address(), Grant: answer.Grant, Answer: answer})
			if err != nil {
				return err
			}
			var done datarights.MsgDisputeFragmentResponse
			if err := chain.MsgResponse(res, 0, &done); err != nil {
				return err
			}
			return a.print(map[string]any{"provider": answer.Provider, "slashed": done.Slashed.String(), "tx": res.Hash},
				fmt.Sprintf("provider %d was wrong: %s of its bond burnt", answer.Provider, done.Slashed))
		},
	}
}
