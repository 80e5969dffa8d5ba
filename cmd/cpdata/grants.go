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
	streams := map[uint64]datarights.Stream{}
	for _, g := range grants {
		if _, ok := streams[g.Stream]; !ok {
			if streams[g.Stream], _, err = c.Stream(ctx, g.Stream); err != nil {
				return err
			}
		}
		lines = append(lines, a.grantText(g, streams[g.Stream]))
	}
	if len(lines) == 0 {
		lines = append(lines, "no grants")
	}
	return a.print(&datarights.QueryGrantsResponse{Grants: grants}, strings.Join(lines, "\n"))
}

// grantText is a grant on one line, with the times it reaches.
func (a *app) grantText(g datarights.Grant, s datarights.Stream) string {
	first, end := uint64(g.FirstInterval), uint64(g.LastInterval)+1
	text := fmt.Sprintf("grant %d  stream %d  reader %d  %s to %s  %s  until %s", g.Id, g.Stream, g.Reader,
		a.intervalStart(s, first), a.intervalStart(s, end), grantStatus(g), a.showTime(g.ExpiresAt))
	if rekeyed := s.KeyEpochEnd(g.KeyEpoch); rekeyed < end {
		text += "  ends at " + a.intervalStart(s, max(rekeyed, first)) + ", where the stream was rekeyed"
	}
	return text
}

// grantStatus is what a grant is now: the row is not touched when it expires.
func grantStatus(g datarights.Grant) string {
	if g.Status != datarights.GRANT_STATUS_REVOKED && g.ExpiresAt <= time.Now().Unix() {
		return "expired"
	}
	return strings.ToLower(strings.TrimPrefix(g.Status.String(), "GRANT_STATUS_"))
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
