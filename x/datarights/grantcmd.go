package datarights

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cosmos/cosmos-sdk/client"
	sdkflags "github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/types"
)

// GetTxCmd holds the one command autocli can't make: client/v2 panics where it has to put a coin into a message that has no
// pulsar type. It adds the others to this one.
func (AppModule) GetTxCmd() *cobra.Command {
	cmd := &cobra.Command{Use: types.ModuleName, Short: "Streams, anchors, readers and grants", RunE: client.ValidateCmd}
	cmd.AddCommand(grantCommand())
	return cmd
}

func grantCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "grant [stream] [reader] [first-interval] [last-interval]",
		Short: "Make a grant (cpdata grant makes and delivers the key shares)",
		Long: "Give a reader the right to a range of intervals. The root commits to key shares that cpdata grant makes and delivers to the proxies; " +
			"without them no proxy accepts.",
		Example: "cpchaind tx datarights grant 7 3 0 1439 --split 1440 --grain 10 --threshold 3 --proxies 4,5,6,8,9 --boundary 1200 " +
			"--root $ROOT --acceptance-fee 0ucpc --expires-at 1775000000 --from alice",
		Args:         cobra.ExactArgs(4),
		SilenceUsage: true,
	}
	f := cmd.Flags()
	msg := &types.MsgGrant{}
	f.Uint32Var(&msg.ReaderVersion, "reader-version", 1, "version of the reader's keys")
	f.Uint32Var(&msg.KeyEpoch, "key-epoch", 0, "key epoch of the range")
	f.Uint64Var(&msg.Split, "split", 0, "first interval still open")
	f.Uint32Var(&msg.Grain, "grain", 0, "open time is granted in nodes of at most 2^grain intervals")
	f.Uint32Var(&msg.Threshold, "threshold", 0, "how many proxies a reader needs")
	f.Int64Var(&msg.Boundary, "boundary", 0, "draw boundary of the proxies")
	f.BytesHexVar(&msg.Root, "root", nil, "root over the leaves: 32 bytes in hex")
	f.Int64Var(&msg.ExpiresAt, "expires-at", 0, "end of the right (unix seconds)")
	f.String("acceptance-fee", "0"+types.FeeDenom, "paid to each proxy that accepts")
	f.StringSlice("proxies", nil, "provider ids")
	sdkflags.AddTxFlagsToCmd(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, err := client.GetClientTxContext(cmd)
		if err != nil {
			return err
		}
		if err := fillGrant(msg, args, cmd.Flags()); err != nil {
			return err
		}
		msg.Owner = ctx.GetFromAddress().String()
		return tx.GenerateOrBroadcastTxCLI(ctx, cmd.Flags(), msg)
	}
	return cmd
}

// fillGrant reads what flags can't bind by themselves.
func fillGrant(msg *types.MsgGrant, args []string, f *pflag.FlagSet) error {
	ids, err := numbers(args, 64)
	if err != nil {
		return err
	}
	intervals, err := numbers(args[2:], 32)
	if err != nil {
		return err
	}
	msg.Stream, msg.Reader, msg.FirstInterval, msg.LastInterval = ids[0], ids[1], uint32(intervals[0]), uint32(intervals[1])
	proxies, err := f.GetStringSlice("proxies")
	if err != nil {
		return err
	}
	if msg.Proxies, err = numbers(proxies, 64); err != nil {
		return err
	}
	fee, err := f.GetString("acceptance-fee")
	if err != nil {
		return err
	}
	msg.AcceptanceFee, err = sdk.ParseCoinNormalized(fee)
	return err
}

func numbers(texts []string, bits int) ([]uint64, error) {
	list := make([]uint64, len(texts))
	for i, text := range texts {
		n, err := strconv.ParseUint(text, 10, bits)
		if err != nil {
			return nil, fmt.Errorf("%q is no number of %d bits", text, bits)
		}
		list[i] = n
	}
	return list, nil
}
