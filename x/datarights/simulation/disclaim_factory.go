package simulation

import (
	"context"
	"errors"
	"fmt"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// MsgDisclaimFactory disclaims a random shard of a stream's last bundle.
func MsgDisclaimFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDisclaim, simsx.SimDeliveryResultHandler) {
		for range tries {
			p := anyStream(ctx, k, data, reporter)
			if reporter.IsSkipped() {
				return nil, nil, nil
			}
			msg, ok := disclaimable(ctx, k, p, data.Rand())
			if ok {
				return []simsx.SimAccount{data.GetAccount(reporter, msg.Operator)}, msg, disclaimOutcome
			}
		}
		reporter.Skip("no bundle is young enough")
		return nil, nil, nil
	})
}

// disclaimable is a message about a random slot of a stream's last bundle, if that can still be disclaimed.
func disclaimable(ctx context.Context, k keeper.Keeper, p picked, r *simsx.XRand) (*types.MsgDisclaim, bool) {
	if p.head.NextSeq == 0 {
		return nil, false
	}
	msg := &types.MsgDisclaim{Stream: p.stream.Id, Seq: p.head.NextSeq - 1}
	row, err := keeper.NewQueryServer(k).Anchor(ctx, &types.QueryAnchorRequest{Stream: msg.Stream, Seq: msg.Seq})
	params, paramsErr := k.Params(ctx)
	deal, dealErr := k.Storage().Deal(ctx, msg.Stream, msg.Seq)
	if errors.Join(err, paramsErr, dealErr) != nil || sdk.UnwrapSDKContext(ctx).BlockHeight() > row.Row.Height+params.DisclaimBlocks {
		return nil, false
	}
	slot := r.Intn(len(deal.Slots))
	holder, err := k.Registry().Provider(ctx, deal.Slots[slot].Provider)
	msg.Slot, msg.Operator = uint32(slot), holder.Operator
	return msg, err == nil
}

// disclaimOutcome takes what a disclaim may meet that a random pick can't foresee: another before it.
func disclaimOutcome(err error) error {
	if errors.Is(err, types.ErrDisclaim) {
		return nil
	}
	return err
}

// MsgShowReceiptFactory is an attack: it shows a receipt that nobody signed. It must be refused for just that.
func MsgShowReceiptFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgShowReceipt, simsx.SimDeliveryResultHandler) {
		sender := data.AnyAccount(reporter)
		p := anyStream(ctx, k, data, reporter)
		if reporter.IsSkipped() || p.head.NextSeq == 0 {
			reporter.Skip("nothing is anchored")
			return nil, nil, nil
		}
		r := data.Rand()
		receipt := types.Receipt{ChainId: sdk.UnwrapSDKContext(ctx).ChainID(), Stream: p.stream.Id, Seq: p.head.NextSeq - 1, TreeRoot: bytesOf(r, 32), Signature: bytesOf(r, 64)}
		bz, err := receipt.Marshal()
		if err != nil {
			reporter.Fail(err)
		}
		msg := &types.MsgShowReceipt{Sender: sender.AddressBech32, Stream: receipt.Stream, Seq: receipt.Seq, Slot: uint32(r.Intn(int(p.stream.TotalShards))), Receipt: bz}
		return []simsx.SimAccount{sender}, msg, refusedAsMadeUp
	})
}

// refusedAsMadeUp wants the refusals a made up receipt may meet.
func refusedAsMadeUp(err error) error {
	switch {
	case err == nil:
		return errors.New("a made up receipt was taken")
	case !errors.Is(err, types.ErrReceipt) && !errors.Is(err, types.ErrNoDisclaim):
		return fmt.Errorf("a made up receipt met another refusal: %w", err)
	}
	return nil
}
