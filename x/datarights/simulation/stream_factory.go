package simulation

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// intervalMs of simulated streams: blocks of a simulation are hours apart.
const intervalMs = 60_000

// MsgCreateStreamFactory makes a stream of a random account, written by another.
func MsgCreateStreamFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgCreateStream] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgCreateStream) {
		owner, writer := data.AnyAccount(reporter, simsx.WithDenomBalance(types.FeeDenom)), data.AnyAccount(reporter)
		params, err := k.Params(ctx)
		if err != nil || reporter.IsSkipped() || !owner.LiquidBalance().BlockAmount(params.StreamFee) {
			reporter.Skip("no account to own a stream, or no params")
			return nil, nil
		}
		r, now := data.Rand(), sdk.UnwrapSDKContext(ctx).BlockTime()
		total := 2 + r.Intn(3)
		msg := &types.MsgCreateStream{
			Owner: owner.AddressBech32, Name: fmt.Sprintf("s%d", r.Int63()), Kind: []string{"weather", "traffic"}[r.Intn(2)], Tags: []string{"sea", "land"}[:r.Intn(3)],
			Description: "simulated", Schema: types.Schema{TimeField: "t", TimeFormat: "unix_s", Fields: []types.Field{{Name: "x", Type: types.FIELD_TYPE_INT}}},
			OriginMs: now.UnixMilli(), BlockMs: 1000, IntervalMs: intervalMs, UploadMs: 15 * intervalMs, DataShards: uint32(total - 1), TotalShards: uint32(total),
			Historical: r.Intn(4) == 0, Private: r.Intn(4) == 0, Writer: writerOf(writer),
		}
		proved := types.WriterProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Owner, msg.Name, msg.Writer)
		msg.WriterProof = ed25519.Sign(writerSecret(writer.Address), proved)
		return []simsx.SimAccount{owner}, msg
	}
}

// MsgUpdateStreamFactory changes a stream's text.
func MsgUpdateStreamFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdateStream] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateStream) {
		p := anyStream(ctx, k, data, reporter)
		r := data.Rand()
		return []simsx.SimAccount{p.owner}, &types.MsgUpdateStream{
			Owner: p.owner.AddressBech32, Stream: p.stream.Id, Tags: []string{"land", "air"}[:r.Intn(3)], Description: "updated", Private: r.Bool(),
		}
	}
}

// MsgSetWriterFactory hands a stream over to a random account.
func MsgSetWriterFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetWriter] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetWriter) {
		p := anyStream(ctx, k, data, reporter)
		writer := data.AnyAccount(reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		msg := &types.MsgSetWriter{Owner: p.owner.AddressBech32, Stream: p.stream.Id, Writer: writerOf(writer)}
		proved := types.SetWriterProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Stream, msg.Writer)
		msg.WriterProof = ed25519.Sign(writerSecret(writer.Address), proved)
		return []simsx.SimAccount{p.owner}, msg
	}
}

// MsgBumpWriterFactory starts a writer epoch.
func MsgBumpWriterFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgBumpWriter] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgBumpWriter) {
		p := anyStream(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		writer := data.GetAccount(reporter, p.stream.Writer.Account)
		return []simsx.SimAccount{writer}, &types.MsgBumpWriter{Writer: p.stream.Writer.Account, Stream: p.stream.Id, WriterEpoch: p.stream.Writer.Epoch}
	}
}

// MsgRekeyFactory starts a key epoch soon after what is anchored.
func MsgRekeyFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRekey] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRekey) {
		p := anyStream(ctx, k, data, reporter)
		params, err := k.Params(ctx)
		if err != nil || reporter.IsSkipped() || len(p.stream.KeyEpochs) >= int(params.MaxKeyEpochs) {
			reporter.Skip("no stream to rekey")
			return nil, nil
		}
		start := max(p.head.NextInterval, p.stream.LastKeyEpoch().Start+1) + uint32(data.Rand().Intn(20))
		return []simsx.SimAccount{p.owner}, &types.MsgRekey{Owner: p.owner.AddressBech32, Stream: p.stream.Id, Start: start}
	}
}

// MsgDeleteStreamFactory deletes a stream, now and then: most go on.
func MsgDeleteStreamFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeleteStream] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeleteStream) {
		p := anyStream(ctx, k, data, reporter)
		if data.Rand().Intn(10) > 0 {
			reporter.Skip("streams live longer")
		}
		return []simsx.SimAccount{p.owner}, &types.MsgDeleteStream{Owner: p.owner.AddressBech32, Stream: p.stream.Id}
	}
}

// MsgAnchorFactory anchors intervals of a stream that are over, up to the next change of keys.
func MsgAnchorFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgAnchor] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAnchor) {
		p := anyStream(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		a, ok := nextAnchor(ctx, k, p, data.Rand())
		if !ok {
			reporter.Skip("no interval is over, or too few providers")
			return nil, nil
		}
		writer := data.GetAccount(reporter, p.stream.Writer.Account)
		a.Signature = ed25519.Sign(writerSecret(writer.Address), types.AnchorSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), a))
		return []simsx.SimAccount{writer}, &types.MsgAnchor{Writer: p.stream.Writer.Account, Anchor: a}
	}
}

// enough ucpc pay for any bundle of a simulated chain: 10,000 bytes in 32 shards for 20 periods.
const enough = 20_000

func nextAnchor(ctx context.Context, k keeper.Keeper, p picked, r *simsx.XRand) (types.Anchor, bool) {
	s := p.stream
	a := types.Anchor{
		Stream: s.Id, Seq: p.head.NextSeq, Prev: p.head.LastHash, WriterEpoch: s.Writer.Epoch, FirstInterval: p.head.NextInterval, Boundary: boundary(ctx, k),
		RecordRoot: bytesOf(r, 32), CommitmentRoot: bytesOf(r, 32), ShardRoot: bytesOf(r, 32), ReceiptRoot: bytesOf(r, 32), PayloadBytes: uint64(r.Intn(10_000)),
	}
	if r.Intn(5) == 0 {
		a.Skipped, a.SkipReason = 1, "simulated"
		a.FirstInterval++
	}
	a.KeyEpoch = s.KeyEpochAt(a.FirstInterval)
	now := sdk.UnwrapSDKContext(ctx).BlockTime().UnixMilli()
	for a.Intervals < 15 && s.KeyEpochAt(a.End()) == a.KeyEpoch {
		if _, end := s.Grid().Bounds(a.End()); end > now {
			break
		}
		a.Intervals++
	}
	code, err := erasure.New(int(s.DataShards), int(s.TotalShards), 1)
	if err != nil || a.Intervals == 0 || a.Boundary == 0 {
		return a, false
	}
	a.ShardBytes = uint64(code.ShardSize(int(a.PayloadBytes)))
	if a.Records = uint64(r.Intn(100)); a.Records > 0 {
		a.Blocks = 1 + uint64(r.Intn(10))
		a.FirstMs, a.LastMs = s.OriginMs, s.OriginMs+int64(a.End())*intervalMs-1
	}
	sum, err := multihash.Sum(bytesOf(r, 8), multihash.SHA2_256, -1)
	if err != nil {
		return a, false
	}
	a.ManifestCid = cid.NewCidV1(cid.Raw, sum).Bytes()
	account, err := k.Storage().Account(ctx, s.Id)
	if err != nil || account.PriceUcpc > 0 && account.Balance < enough {
		return a, false
	}
	a.Placement = choose(r, providers(ctx, k, func(row provider.Provider) bool {
		load, err := k.Registry().Load(ctx, row.Id)
		return err == nil && row.Storage && row.StoragePriceUcpc.LTE(math.NewIntFromUint64(account.PriceUcpc)) && load.ShardBytes+a.ShardBytes <= row.CapacityBytes && drawn(ctx, k, s, a, row.Id)
	}), int(s.TotalShards))
	return a, a.Placement != nil
}

// drawn tells whether the anchor's boundary lets a provider hold one of its shards.
func drawn(ctx context.Context, k keeper.Keeper, s types.Stream, a types.Anchor, id uint64) bool {
	stream := types.StreamID(sdk.UnwrapSDKContext(ctx).ChainID(), s.Id)
	return k.Registry().CheckHolders(ctx, a.Boundary, stream, a.Seq, slices.Repeat([]uint64{id}, int(s.TotalShards))) == nil
}
