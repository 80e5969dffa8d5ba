package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// revocations is how many grants one transaction revokes.
const revocations = 100

func streamDeleteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete STREAM",
		Short: "delete a stream: end its grants and its storage",
		Long: `Delete a stream for good. Its open grants are revoked, nothing is anchored any more, storage ends and what it has not spent comes back;
holders drop the shards at their next look at the chain (every ten minutes unless their operator chose otherwise). What stays, for ever and for everybody: the stream's row with
name, schema and text, the hashes and times of its bundles, and who was granted what. What readers opened before stays with them; a holder that
breaks the rules may keep ciphertext, which nobody opens without the keys. The keys of all your streams come from your root seed, so that none
can be destroyed by itself: nobody else has it. ` + streamRefHelp,
		Example: "  cpdata stream delete weather",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.deleteStream(cmd.Context(), args[0]) },
	}
}

func (a *app) deleteStream(ctx context.Context, ref string) error {
	stream, err := a.ownStream(ctx, ref)
	if err != nil {
		return err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	grants, err := a.client.Grants(ctx, &datarights.QueryGrantsRequest{Stream: stream.Id, Open: true})
	if err != nil {
		return err
	}
	var msgs []sdk.Msg
	for _, g := range grants {
		if g.Owner == s.Address() {
			msgs = append(msgs, &datarights.MsgRevokeGrant{Owner: s.Address(), Grant: g.Id})
		}
	}
	revoked := len(msgs)
	for ; len(msgs) >= revocations; msgs = msgs[revocations:] {
		if _, err := a.submit(ctx, s, "", msgs[:revocations]...); err != nil {
			return err
		}
	}
	res, err := a.submit(ctx, s, "", append(msgs, &datarights.MsgDeleteStream{Owner: s.Address(), Stream: stream.Id})...)
	if err != nil {
		return err
	}
	return a.print(map[string]any{"stream": stream.Id, "revoked": revoked, "tx": res.Hash},
		fmt.Sprintf("stream %d is deleted, %d grants are revoked; its storage ends over the next blocks", stream.Id, revoked))
}
