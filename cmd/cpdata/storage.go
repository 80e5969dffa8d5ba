package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	storage "github.com/cpchain/cpchain/x/storage/types"
)

func streamTermsCmd(a *app) *cobra.Command {
	var price uint64
	var term uint32
	cmd := &cobra.Command{
		Use:   "terms STREAM",
		Short: "set what a stream pays for storage, and for how long",
		Long: `Set the price that bundles of a stream pay for storage from now on, in ucpc per GiB and month for each shard, and for how many
periods they are stored. Operators that ask more hold none of its shards; a price of 0 (as of a new stream) finds those that ask nothing.
What a bundle costs is taken from the stream's balance when it is anchored; a part of it is burnt. ` + streamRefHelp,
		Example: "  cpdata stream terms weather --price 4000000 --term 30",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setTerms(cmd.Context(), args[0], price, term)
		},
	}
	cmd.Flags().Uint64Var(&price, "price", 0, "ucpc per GiB and month for each shard")
	cmd.Flags().Uint32Var(&term, "term", 0, "periods a bundle is stored (0: the chain's default)")
	_ = cmd.MarkFlagRequired("price") // the flag exists
	return cmd
}

func (a *app) setTerms(ctx context.Context, ref string, price uint64, term uint32) error {
	stream, err := a.ownStream(ctx, ref)
	if err != nil {
		return err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	res, err := a.submit(ctx, s, "", &storage.MsgSetTerms{Owner: s.Address(), Stream: stream.Id, PriceUcpc: price, Term: term})
	if err != nil {
		return err
	}
	return a.print(map[string]any{"stream": stream.Id, "price_ucpc": price, "term": term, "tx": res.Hash},
		fmt.Sprintf("stream %d pays %d ucpc per GiB and month for each shard", stream.Id, price))
}

func streamDepositCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "deposit STREAM AMOUNT",
		Short:   "add to the balance a stream's storage is paid from",
		Long:    "Add to the balance that a stream's storage is paid from. Anybody may; only the owner gets back what is not spent. " + streamRefHelp,
		Example: "  cpdata stream deposit weather 5000000ucpc",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.moveBalance(cmd.Context(), args[0], args[1], true)
		},
	}
}

func streamWithdrawCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "withdraw STREAM AMOUNT",
		Short:   "take back what a stream's storage has not spent",
		Long:    "Take back what a stream's storage balance has not spent. " + streamRefHelp,
		Example: "  cpdata stream withdraw weather 1000000ucpc",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.moveBalance(cmd.Context(), args[0], args[1], false)
		},
	}
}

func (a *app) moveBalance(ctx context.Context, ref, text string, deposit bool) error {
	amount, err := sdk.ParseCoinNormalized(text)
	if err != nil {
		return fmt.Errorf("amount %q: write it like 5000000ucpc: %w", text, err)
	}
	stream, _, err := a.stream(ctx, ref)
	if err != nil {
		return err
	}
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	var msg sdk.Msg = &storage.MsgWithdraw{Owner: s.Address(), Stream: stream.Id, Amount: amount}
	spent := ""
	if deposit {
		msg, spent = &storage.MsgDeposit{Payer: s.Address(), Stream: stream.Id, Amount: amount}, amount.String()
	}
	res, err := a.submit(ctx, s, spent, msg)
	if err != nil {
		return err
	}
	account, err := a.client.StorageAccount(ctx, stream.Id)
	if err != nil {
		return err
	}
	return a.print(map[string]any{"stream": stream.Id, "balance_ucpc": account.Balance, "tx": res.Hash},
		fmt.Sprintf("stream %d has %d ucpc for storage", stream.Id, account.Balance))
}

func streamStorageCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "storage STREAM",
		Short:   "show how a stream's bundles are stored",
		Long:    "Show what a stream's storage is paid from, and of its newest bundle who holds it and until when. " + streamRefHelp,
		Example: "  cpdata stream storage weather",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.showStorage(cmd.Context(), args[0]) },
	}
}

func (a *app) showStorage(ctx context.Context, ref string) error {
	stream, head, err := a.stream(ctx, ref)
	if err != nil {
		return err
	}
	account, err := a.client.StorageAccount(ctx, stream.Id)
	if err != nil {
		return err
	}
	params, err := a.client.StorageParams(ctx)
	if err != nil {
		return err
	}
	fields := map[string]any{
		"stream": stream.Id, "balance_ucpc": account.Balance, "price_ucpc": account.PriceUcpc, "term": account.Term, "period": params.Period,
		"bundles": head.NextSeq,
	}
	text := fmt.Sprintf("stream %d: %d ucpc for storage, at %d ucpc per GiB and month for each shard; %d bundles, period %d",
		stream.Id, account.Balance, account.PriceUcpc, head.NextSeq, params.Period)
	if head.NextSeq > 0 {
		deal, err := a.client.Deal(ctx, stream.Id, head.NextSeq-1)
		if err != nil {
			return err
		}
		fields["newest"] = map[string]any{"seq": head.NextSeq - 1, "providers": deal.Providers(), "last_period": deal.Last, "pay_ucpc": deal.Pay}
		text += fmt.Sprintf("\nbundle %d: held by %v, until period %d, %s ucpc a period for each shard", head.NextSeq-1, deal.Providers(), deal.Last,
			strconv.FormatUint(deal.Pay, 10))
	}
	return a.print(fields, text)
}
