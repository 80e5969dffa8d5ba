package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"cosmossdk.io/x/feegrant"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/owner"
	"github.com/cpchain/cpchain/offchain/provision"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/seal"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// maxProvisionNodes bounds the seeds of one hand-over: a minimal cover has at most 62.
const maxProvisionNodes = 64

type provisionFlags struct{ gateway, window, from, to, limit string }

func streamProvisionCmd(a *app) *cobra.Command {
	var f provisionFlags
	cmd := &cobra.Command{
		Use:   "provision STREAM --gateway URL",
		Short: "hand a gateway the keys of the coming time, and let it pay anchors from your account",
		Long: `Hand a gateway the keys of a window of time: from now over --window, or from --from to --to. The keys travel sealed to
the gateway and are forgotten by it as time passes; a thief of the gateway gets the window, nothing before it and nothing
after. Run it again before the window ends (the gateway's keys_left metric tells). The gateway may spend up to
--fee-limit of your account, on anchors alone.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.provision(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.gateway, "gateway", "", "HTTP address of the gateway")
	flags.StringVar(&f.window, "window", "14d", "how far from now the keys reach")
	flags.StringVar(&f.from, "from", "", "start of the window instead of now")
	flags.StringVar(&f.to, "to", "", "end of the window")
	flags.StringVar(&f.limit, "fee-limit", "10000000ucpc", "most the gateway may spend on fees")
	_ = cmd.MarkFlagRequired("gateway") // the flag exists
	return cmd
}

func (a *app) provision(ctx context.Context, ref string, f provisionFlags) error {
	s, err := a.signer(ctx)
	if err != nil {
		return err
	}
	stream, err := a.ownStream(ctx, ref)
	if err != nil {
		return err
	}
	first, last, err := f.intervals(stream, time.Now())
	if err != nil {
		return err
	}
	g := owner.NewGateway(f.gateway)
	id, err := g.Identity(ctx)
	if err != nil {
		return err
	}
	if id.Account != stream.Writer.Account {
		return fmt.Errorf("the writer of stream %d is %s, not this gateway (%s): run `cpdata stream set-writer` first", stream.Id, stream.Writer.Account, id.Account)
	}
	root, err := a.root()
	if err != nil {
		return err
	}
	parcels, err := sealWindow(a.client.ChainID(), root, stream, first, last, s.SignBytes)
	if err != nil {
		return err
	}
	if err := a.grantFees(ctx, s, id.Account, f.limit); err != nil {
		return err
	}
	var done owner.Provisioned
	for _, p := range parcels {
		if done, err = g.Provision(ctx, p); err != nil {
			return err
		}
	}
	return a.print(done, fmt.Sprintf("gateway holds keys of stream %d from %s to %s (%d intervals)", stream.Id, done.From, done.To, done.KeysLeft))
}

// intervals of the window, inclusive, widened to whole intervals.
func (f provisionFlags) intervals(s datarights.Stream, now time.Time) (uint32, uint32, error) {
	from, to := now, time.Time{}
	var err error
	if f.from != "" {
		if from, err = parseTime("from", f.from); err != nil {
			return 0, 0, err
		}
	}
	if f.to != "" {
		to, err = parseTime("to", f.to)
	} else {
		var window time.Duration
		window, err = parseSpan("window", f.window)
		to = from.Add(window)
	}
	if err != nil {
		return 0, 0, err
	}
	size := int64(s.IntervalMs)
	first := max(from.UnixMilli()-s.OriginMs, 0) / size
	end := (to.UnixMilli() - s.OriginMs + size - 1) / size
	if end <= first {
		return 0, 0, fmt.Errorf("the window from %s to %s is empty, or before the stream's origin", from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339))
	}
	if end > 1<<32 {
		return 0, 0, errors.New("the window reaches past the last interval of the stream")
	}
	return uint32(first), uint32(end - 1), nil
}

// sealWindow derives the seeds that cover the window, one parcel per key epoch it touches, sealed to the gateway.
func sealWindow(chainID string, root keytree.Seed, s datarights.Stream, first, last uint32, sign func([]byte) ([]byte, []byte, error)) ([][]byte, error) {
	if len(s.Writer.SealKey) != len(seal.BoxPublic{}) {
		return nil, fmt.Errorf("the writer of stream %d has no seal key", s.Id)
	}
	var parcels [][]byte
	for next := uint64(first); next <= uint64(last); {
		epoch := s.KeyEpochAt(uint32(next))
		end := uint64(last)
		for _, e := range s.KeyEpochs {
			if e.Epoch == epoch+1 {
				end = min(end, uint64(e.Start)-1)
			}
		}
		seeds, err := windowSeeds(chainID, root, s.Id, epoch, uint32(next), uint32(end))
		if err != nil {
			return nil, err
		}
		parcel := provision.Parcel{ChainID: chainID, Stream: s.Id, KeyEpoch: epoch, Seeds: seeds}
		sealed, err := provision.Seal(seal.BoxPublic(s.Writer.SealKey), parcel, sign)
		if err != nil {
			return nil, err
		}
		parcels = append(parcels, sealed)
		next = end + 1
	}
	return parcels, nil
}

func windowSeeds(chainID string, root keytree.Seed, stream uint64, epoch, first, last uint32) ([]keytree.NodeSeed, error) {
	tree, err := keytree.StreamRoot(root, datarights.StreamID(chainID, stream), epoch)
	if err != nil {
		return nil, err
	}
	cover, err := keytree.Cover(epoch, first, last, uint64(last)+1, 0, maxProvisionNodes)
	if err != nil {
		return nil, err
	}
	seeds := make([]keytree.NodeSeed, len(cover))
	for i, n := range cover {
		seed, err := keytree.Derive(tree, keytree.Node{Epoch: epoch}, n)
		if err != nil {
			return nil, err
		}
		seeds[i] = keytree.NodeSeed{Node: n, Seed: seed}
	}
	return seeds, nil
}

// grantFees lets the gateway pay anchors from the owner's account, replacing an older allowance.
func (a *app) grantFees(ctx context.Context, s *chain.Signer, gateway, limit string) error {
	coin, err := sdk.ParseCoinNormalized(limit)
	if err != nil {
		return fmt.Errorf("--fee-limit %q: write it like 10000000ucpc: %w", limit, err)
	}
	granter, err := sdk.AccAddressFromBech32(s.Address())
	if err != nil {
		return err
	}
	grantee, err := sdk.AccAddressFromBech32(gateway)
	if err != nil {
		return err
	}
	allowance, err := feegrant.NewAllowedMsgAllowance(&feegrant.BasicAllowance{SpendLimit: sdk.NewCoins(coin)}, []string{
		sdk.MsgTypeURL(&datarights.MsgAnchor{}), sdk.MsgTypeURL(&datarights.MsgBumpWriter{}), sdk.MsgTypeURL(&datarights.MsgAnswerCapsule{}),
	})
	if err != nil {
		return err
	}
	msg, err := feegrant.NewMsgGrantAllowance(allowance, granter, grantee)
	if err != nil {
		return err
	}
	exists, err := a.client.HasFeeGrant(ctx, s.Address(), gateway)
	if err != nil {
		return err
	}
	if !exists {
		_, err = a.submit(ctx, s, "", msg)
		return err
	}
	revoke := feegrant.NewMsgRevokeAllowance(granter, grantee)
	_, err = a.submit(ctx, s, "", &revoke, msg)
	return err
}
