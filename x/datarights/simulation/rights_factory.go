package simulation

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// MsgRegisterReaderFactory registers a reader of a random account.
func MsgRegisterReaderFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterReader] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterReader) {
		owner := data.AnyAccount(reporter, simsx.WithDenomBalance(types.FeeDenom))
		params, err := k.Params(ctx)
		if err != nil || reporter.IsSkipped() || !owner.LiquidBalance().BlockAmount(params.ReaderFee) {
			reporter.Skip("no account to own a reader, or no params")
			return nil, nil
		}
		msg := &types.MsgRegisterReader{Owner: owner.AddressBech32, Name: fmt.Sprintf("r%d", data.Rand().Int63())}
		if err := newReaderKeys(ctx, data.Rand(), msg.Owner, &msg.PreKey, &msg.PreKeyProof, &msg.AuthKey, &msg.AuthKeyProof); err != nil {
			reporter.Fail(err)
		}
		return []simsx.SimAccount{owner}, msg
	}
}

// MsgRotateReaderFactory replaces a reader's keys.
func MsgRotateReaderFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRotateReader] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRotateReader) {
		owner, reader := anyReader(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		msg := &types.MsgRotateReader{Owner: owner.AddressBech32, Reader: reader.Id}
		if err := newReaderKeys(ctx, data.Rand(), msg.Owner, &msg.PreKey, &msg.PreKeyProof, &msg.AuthKey, &msg.AuthKeyProof); err != nil {
			reporter.Fail(err)
		}
		return []simsx.SimAccount{owner}, msg
	}
}

// newReaderKeys makes both keys and their proofs for an owner.
func newReaderKeys(ctx context.Context, r *simsx.XRand, owner string, preKey, preProof, authKey, authProof *[]byte) error {
	secret, err := pre.NewReaderKey(r)
	if err != nil {
		return err
	}
	public := secret.Public()
	auth := ed25519.NewKeyFromSeed(bytesOf(r, ed25519.SeedSize))
	*preKey, *authKey = public[:], auth.Public().(ed25519.PublicKey)
	proved := types.ReaderProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), owner, *preKey, *authKey)
	*authProof = ed25519.Sign(auth, proved)
	*preProof, err = pre.ProvePossession(r, secret, proved)
	return err
}

// MsgGrantFactory grants intervals of one key epoch, closed ones and some to come.
func MsgGrantFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgGrant] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgGrant) {
		p := anyStream(ctx, k, data, reporter)
		readerOwner, reader := anyReader(ctx, k, data, reporter)
		params, err := k.Params(ctx)
		if err != nil || reporter.IsSkipped() {
			reporter.Skip("no stream, reader or params")
			return nil, nil
		}
		r, now := data.Rand(), sdk.UnwrapSDKContext(ctx).BlockTime()
		epoch := p.stream.LastKeyEpoch()
		msg := &types.MsgGrant{
			Owner: p.owner.AddressBech32, Stream: p.stream.Id, Reader: reader.Id, ReaderVersion: reader.Version, KeyEpoch: epoch.Epoch,
			FirstInterval: epoch.Start, LastInterval: epoch.Start + uint32(r.Intn(200)), Grain: 3 + uint32(r.Intn(5)), Boundary: boundary(ctx, k),
			ExpiresAt: now.Unix() + 1 + r.Int63n(params.MaxGrantSeconds), AcceptanceFee: sdk.NewInt64Coin(types.FeeDenom, r.Int63n(10)),
		}
		if open, err := p.stream.IntervalAt(now.UnixMilli()); err == nil && r.Bool() {
			msg.Split = uint64(open)
		}
		if ranks := ranked(ctx, k, msg, p.owner.Address, readerOwner.Address); len(ranks) > 0 {
			n := 1 + r.Intn(min(3, len(ranks)))
			msg.Proxies, msg.Spares = ranks[:n], ranks[n:n+min(len(ranks)-n, r.Intn(1+int(params.MaxSpares)))]
		}
		escrow := sdk.NewCoin(types.FeeDenom, msg.AcceptanceFee.Amount.MulRaw(int64(len(msg.Proxies))))
		if msg.Boundary == 0 || msg.Proxies == nil || !p.owner.LiquidBalance().BlockAmount(escrow) {
			reporter.Skip("no boundary, too few proxies, or no coins")
			return nil, nil
		}
		msg.Threshold = 1 + uint32(r.Intn(len(msg.Proxies)))
		if msg.Root, err = rootOf(msg); err != nil {
			reporter.Fail(err)
		}
		return []simsx.SimAccount{p.owner}, msg
	}
}

// ranked lists the ranks of a grant's draw that can be asked now.
func ranked(ctx context.Context, k keeper.Keeper, msg *types.MsgGrant, accounts ...sdk.AccAddress) []uint64 {
	var excluded []uint64
	for _, account := range accounts {
		if row, err := k.Registry().ProviderByOperator(ctx, account); err == nil {
			excluded = append(excluded, row.Id)
		}
	}
	stream := types.StreamID(sdk.UnwrapSDKContext(ctx).ChainID(), msg.Stream)
	ranks, err := k.Registry().RankProxies(ctx, msg.Boundary, stream, excluded...)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(ranks, func(id uint64) bool {
		row, err := k.Registry().Provider(ctx, id)
		return err != nil || !row.Offers(false, true)
	})
}

// MsgRegrantFactory replaces the proxies of a grant that refused or were silent, as far as there are spares.
func MsgRegrantFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegrant] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegrant) {
		params, err := k.Params(ctx)
		if err != nil {
			reporter.Skip("no params")
			return nil, nil
		}
		msg := &types.MsgRegrant{}
		owner, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
			msg.Replaced = replaceable(ctx, k, g, params)
			return len(msg.Replaced) > 0
		})
		if reporter.IsSkipped() || !owner.LiquidBalance().BlockAmount(g.Fees(len(msg.Replaced))) {
			reporter.Skip("nobody to be replaced, or no coins")
			return nil, nil
		}
		msg.Owner, msg.Grant = owner.AddressBech32, g.Id
		return []simsx.SimAccount{owner}, msg
	}
}

// replaceable lists as many proxies that may be replaced as there are spares to be asked.
func replaceable(ctx context.Context, k keeper.Keeper, g types.Grant, params types.Params) []uint64 {
	var gone []uint64
	spares, height := 0, sdk.UnwrapSDKContext(ctx).BlockHeight()
	for _, p := range g.Proxies {
		switch row, err := k.Registry().Provider(ctx, p.Provider); {
		case err != nil:
		case p.State == types.PROXY_STATE_SPARE && row.Offers(false, true):
			spares++
		case p.State == types.PROXY_STATE_REFUSED, p.State == types.PROXY_STATE_ASKED && height >= p.Height+params.SilentBlocks:
			gone = append(gone, p.Provider)
		}
	}
	return gone[:min(len(gone), spares)]
}

// asked picks an open grant and a proxy that has not answered, or sets the reporter to skip.
func asked(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, uint64) {
	var operator string
	_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool {
		for _, p := range g.Proxies {
			row, err := k.Registry().Provider(ctx, p.Provider)
			if err == nil && p.State == types.PROXY_STATE_ASKED && row.Proxy && row.Status != provider.STATUS_LEFT {
				operator = row.Operator
				return true
			}
		}
		return false
	})
	if reporter.IsSkipped() {
		return simsx.SimAccount{}, 0
	}
	return data.GetAccount(reporter, operator), g.Id
}

// MsgAcceptGrantFactory accepts a grant for one of its proxies.
func MsgAcceptGrantFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgAcceptGrant] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgAcceptGrant) {
		operator, id := asked(ctx, k, data, reporter)
		return []simsx.SimAccount{operator}, &types.MsgAcceptGrant{Operator: operator.AddressBech32, Grants: []uint64{id}}
	}
}

// MsgRefuseGrantFactory refuses a grant for one of its proxies.
func MsgRefuseGrantFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRefuseGrant] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRefuseGrant) {
		operator, id := asked(ctx, k, data, reporter)
		return []simsx.SimAccount{operator}, &types.MsgRefuseGrant{Operator: operator.AddressBech32, Grant: id, Reason: "simulated"}
	}
}

// MsgRevokeGrantFactory revokes an open grant.
func MsgRevokeGrantFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRevokeGrant] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRevokeGrant) {
		owner, g := anyGrant(ctx, k, data, reporter, func(types.Grant) bool { return true })
		return []simsx.SimAccount{owner}, &types.MsgRevokeGrant{Owner: owner.AddressBech32, Grant: g.Id}
	}
}

// MsgDisputeFragmentFactory is an attack: it blames an accepted proxy with an answer the proxy never signed. It must be
// refused for just that.
func MsgDisputeFragmentFactory(k keeper.Keeper) simsx.SimMsgFactoryX {
	return simsx.NewSimMsgFactoryWithDeliveryResultHandler(func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDisputeFragment, simsx.SimDeliveryResultHandler) {
		sender := data.AnyAccount(reporter)
		_, g := anyGrant(ctx, k, data, reporter, func(g types.Grant) bool { return g.Accepted() > 0 })
		if reporter.IsSkipped() {
			return nil, nil, nil
		}
		r := data.Rand()
		a := types.SignedAnswer{Grant: g.Id, Leaf: bytesOf(r, pre.LeafSize), Capsule: bytesOf(r, 10), Fragment: bytesOf(r, pre.FragmentSize), Signature: bytesOf(r, ed25519.SignatureSize)}
		for _, p := range g.Proxies {
			if p.State == types.PROXY_STATE_ACCEPTED {
				a.Provider, a.PeerKeyVersion = p.Provider, p.PeerKeyVersion
			}
		}
		return []simsx.SimAccount{sender}, &types.MsgDisputeFragment{Sender: sender.AddressBech32, Grant: g.Id, Answer: a}, refusedAsForged
	})
}

// refusedAsForged wants the one refusal a forged answer may meet.
func refusedAsForged(err error) error {
	switch {
	case err == nil:
		return errors.New("a forged answer was taken")
	case !errors.Is(err, types.ErrAnswerSignature):
		return fmt.Errorf("a forged answer met another refusal: %w", err)
	}
	return nil
}

// MsgUpdateParamsFactory proposes random params to governance.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: RandomParams(data.Rand().Rand)}
	}
}
