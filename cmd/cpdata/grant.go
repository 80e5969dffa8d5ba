package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/pkg/keytree"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// noWaitTime is how long `grant --no-wait` tries to bring parcels at all.
const noWaitTime = 10 * time.Second

// grantFlags are the flags of `grant` and `estimate`.
type grantFlags struct {
	reader               uint64
	from, to             string
	expires, span, grain string
	fee                  string
	threshold, proxies   int
	spares               int
	generateOnly, noWait bool
}

const grantHelp = `Grant a reader the right to [from, to) of a stream. Both times must be interval boundaries. The right follows the
interval a record was sealed in: a record that arrived late lies in the interval that was open when it came.

What a grant can't undo: keys a reader has opened stay open. Revoking stops the proxies at once for everything not yet
opened and for all time to come; --grain bounds how much future time one key opens.`

func grantCmd(a *app) *cobra.Command {
	var f grantFlags
	cmd := &cobra.Command{
		Use:     "grant STREAM --reader ID --from T --to T",
		Short:   "grant a reader a time range of a stream",
		Long:    grantHelp + "\n\n" + streamRefHelp,
		Example: "  cpdata grant weather --reader 7 --from 2026-02-01 --to 2026-03-01 --for 30d",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.grant(cmd.Context(), args[0], f)
		},
	}
	f.register(cmd)
	cmd.Flags().BoolVar(&f.generateOnly, "generate-only", false, "print the unsigned transaction; parcels are kept, bring them with `grant push` once it is on chain")
	cmd.Flags().BoolVar(&f.noWait, "no-wait", false, "do not wait for the proxies")
	cmd.AddCommand(grantStatusCmd(a), grantPushCmd(a), grantResumeCmd(a))
	return cmd
}

func (f *grantFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint64Var(&f.reader, "reader", 0, "reader id (cpdata reader ls)")
	flags.StringVar(&f.from, "from", "", "start of the range (RFC 3339)")
	flags.StringVar(&f.to, "to", "", "end of the range, exclusive")
	flags.StringVar(&f.expires, "expires", "", "when the right ends (RFC 3339)")
	flags.StringVar(&f.span, "for", "30d", "how long the right lasts, if --expires is not given")
	flags.StringVar(&f.grain, "grain", "24h", "most open time one key covers")
	flags.StringVar(&f.fee, "acceptance-fee", "0ucpc", "paid to each proxy on acceptance")
	flags.IntVar(&f.threshold, "threshold", 3, "answers needed to open")
	flags.IntVar(&f.proxies, "proxies", 5, "proxies drawn")
	flags.IntVar(&f.spares, "spares", 3, "later ranks of the draw, as far as there are any, to take the place of proxies that refuse or are silent")
	for _, name := range []string{"reader", "from", "to"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
}

// request reads the flags.
func (f grantFlags) request(stream datarights.Stream) (owner.Request, error) {
	r := owner.Request{Stream: stream, Reader: f.reader, Threshold: f.threshold, Proxies: f.proxies, Spares: max(f.spares, 0)}
	var err error
	if r.From, err = parseTime("from", f.from); err != nil {
		return r, err
	}
	if r.To, err = parseTime("to", f.to); err != nil {
		return r, err
	}
	if r.Grain, err = parseSpan("grain", f.grain); err != nil {
		return r, err
	}
	if r.AcceptanceFee, err = sdk.ParseCoinNormalized(f.fee); err != nil {
		return r, fmt.Errorf("--acceptance-fee %q: write it like 1000ucpc: %w", f.fee, err)
	}
	if f.expires != "" {
		r.Expires, err = parseTime("expires", f.expires)
		return r, err
	}
	span, err := parseSpan("for", f.span)
	r.Expires = time.Now().Add(span)
	return r, err
}

// build plans a grant and makes its key shares.
func (a *app) build(ctx context.Context, ref string, f grantFlags) (*owner.Built, keytree.Seed, error) {
	stream, err := a.ownStream(ctx, ref)
	if err != nil {
		return nil, keytree.Seed{}, err
	}
	request, err := f.request(stream)
	if err != nil {
		return nil, keytree.Seed{}, err
	}
	terms, err := owner.Plan(ctx, a.client, request)
	if err != nil {
		return nil, keytree.Seed{}, err
	}
	root, err := a.root()
	if err != nil {
		return nil, keytree.Seed{}, err
	}
	built, err := owner.Build(rand.Reader, a.client.ChainID(), root, terms)
	return built, root, err
}

func (a *app) grant(ctx context.Context, ref string, f grantFlags) error {
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	built, root, err := a.build(ctx, ref, f)
	if err != nil {
		return err
	}
	a.note("%d key tree nodes for %d proxies, any %d of which open", len(built.Nodes), len(built.Msg.Proxies), built.Msg.Threshold)
	outbox, err := a.outbox(root)
	if err != nil {
		return err
	}
	if f.generateOnly {
		return a.generate(ctx, s, outbox, built)
	}
	fees := sdk.NewCoin(built.Msg.AcceptanceFee.Denom, built.Msg.AcceptanceFee.Amount.MulRaw(int64(len(built.Msg.Proxies))))
	p, err := s.Prepare(ctx, chain.TxOptions{}, &built.Msg)
	if err != nil {
		return err
	}
	if err := a.confirm(p, fees.String()); err != nil {
		return err
	}
	if err := outbox.Put(built); err != nil {
		return err
	}
	res, err := s.Submit(ctx, chain.TxOptions{Gas: p.Gas}, &built.Msg)
	if err != nil {
		return err
	}
	var made datarights.MsgGrantResponse
	if err := chain.MsgResponse(res, 0, &made); err != nil {
		return err
	}
	if f.noWait {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, noWaitTime)
		defer cancel()
	}
	return a.deliver(ctx, outbox, built, made.Id, f.noWait)
}

func (a *app) generate(ctx context.Context, s *chain.Signer, outbox *owner.Outbox, built *owner.Built) error {
	unsigned, err := s.Unsigned(ctx, chain.TxOptions{}, &built.Msg)
	if err != nil {
		return err
	}
	if err := outbox.Put(built); err != nil {
		return err
	}
	a.note("parcels kept under root %x: after the transaction is on chain, run `cpdata grant push ID`", built.Msg.Root)
	_, err = fmt.Fprintln(a.out, string(unsigned))
	return err
}
