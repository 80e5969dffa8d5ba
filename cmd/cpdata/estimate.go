package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/reader"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

func estimateCmd(a *app) *cobra.Command {
	var f grantFlags
	cmd := &cobra.Command{
		Use:     "estimate STREAM --reader ID --from T --to T",
		Short:   "what a grant would hold and cost, before anything is signed",
		Example: "  cpdata estimate weather --reader 7 --from 2026-02-01 --to 2026-03-01",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.estimate(cmd.Context(), args[0], f)
		},
	}
	f.register(cmd)
	return cmd
}

// estimateResult is what `estimate` prints.
type estimateResult struct {
	Records      uint64   `json:"records"`
	Bytes        uint64   `json:"bytes"`
	Bundles      uint64   `json:"bundles"`
	Nodes        int      `json:"nodes"`
	Leaves       int      `json:"leaves"`
	Gas          uint64   `json:"gas"`
	Fee          string   `json:"fee"`
	AcceptFees   string   `json:"acceptance_fees"`
	NotAnchored  bool     `json:"reaches_beyond_anchored"`
	ProxiesDrawn []uint64 `json:"proxies"`
}

func (a *app) estimate(ctx context.Context, ref string, f grantFlags) error {
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	built, _, err := a.build(ctx, ref, f)
	if err != nil {
		return err
	}
	p, err := s.Prepare(ctx, chain.TxOptions{}, &built.Msg)
	if err != nil {
		return err
	}
	r := estimateResult{
		Nodes: len(built.Nodes), Leaves: len(built.Nodes) * len(built.Msg.Ranks()), Gas: p.Gas, Fee: p.Fee.String(),
		AcceptFees:   built.Msg.AcceptanceFee.Amount.MulRaw(int64(len(built.Msg.Proxies))).String() + built.Msg.AcceptanceFee.Denom,
		ProxiesDrawn: built.Msg.Proxies,
	}
	if err := r.measure(ctx, a.client, built.Msg); err != nil {
		return err
	}
	text := fmt.Sprintf("about %d records in %d bundles (%d bytes sealed)\n%d key tree nodes, %d key shares\ngas %d, fee %s, acceptance fees %s",
		r.Records, r.Bundles, r.Bytes, r.Nodes, r.Leaves, r.Gas, r.Fee, r.AcceptFees)
	if r.NotAnchored {
		text += "\nthe range reaches beyond what is anchored: more will come"
	}
	return a.print(r, text)
}

// measure adds up the anchors in range; a bundle that lies partly in it counts by its share of intervals.
func (r *estimateResult) measure(ctx context.Context, c reader.Chain, msg datarights.MsgGrant) error {
	for next := uint64(msg.FirstInterval); next <= uint64(msg.LastInterval); {
		res, err := c.AnchorOf(ctx, msg.Stream, uint32(next))
		if errors.Is(err, chain.ErrNotFound) {
			r.NotAnchored = true
			return nil
		}
		if err != nil {
			return err
		}
		anchor := res.Row.Anchor
		end := uint64(anchor.FirstInterval) + uint64(anchor.Intervals)
		from, to := max(next, uint64(anchor.FirstInterval)), min(end, uint64(msg.LastInterval)+1)
		next = end
		if from >= to {
			continue // all that the anchor has of the range is a declared outage
		}
		r.Records += anchor.Records * (to - from) / uint64(anchor.Intervals)
		r.Bytes += anchor.PayloadBytes * (to - from) / uint64(anchor.Intervals)
		r.Bundles++
	}
	return nil
}
