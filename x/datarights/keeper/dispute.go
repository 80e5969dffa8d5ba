package keeper

import (
	"context"
	"crypto/ed25519"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// Dispute judges a signed answer and cuts the bond of its proxy if it is provably wrong; it returns what was burnt. Only
// what the proxy signed counts: an answer that is forged, foreign, right, or judged already is refused.
func (k Keeper) Dispute(ctx context.Context, msg *types.MsgDisputeFragment) (sdk.Coin, error) {
	if err := msg.Validate(); err != nil {
		return sdk.Coin{}, err
	}
	g, err := k.GrantRow(ctx, msg.Grant)
	if err != nil {
		return sdk.Coin{}, err
	}
	i, err := disputable(g, msg.Answer.Provider, sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
	if err != nil {
		return sdk.Coin{}, err
	}
	fault, key, err := k.judged(ctx, g, i, msg.Answer)
	if err != nil {
		return sdk.Coin{}, err
	}
	if fault == nil {
		return sdk.Coin{}, types.ErrFragmentValid.Wrapf("provider %d, node %x of grant %d", msg.Answer.Provider, key.K3(), g.Id)
	}
	if err := k.disputes.Set(ctx, key); err != nil {
		return sdk.Coin{}, err
	}
	return k.punish(ctx, g, i, msg.Answer.Provider, fault)
}

// judged says what is wrong with an answer of the grant's i-th parcel, nil where nothing is, and under which key a fault is noted. An
// answer about a node already judged, or one its provider did not sign, is an error.
func (k Keeper) judged(ctx context.Context, g types.Grant, i int, a types.SignedAnswer) (fault error, key collections.Triple[uint64, uint64, []byte], err error) {
	leaf, node, malformed := parseLeaf(a.Leaf)
	key = collections.Join3(g.Id, a.Provider, node)
	twice, err := k.disputes.Has(ctx, key)
	if err != nil {
		return nil, key, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(gasSignature+gasFragment+gasPerNode*uint64(g.Leaves)/uint64(len(g.Proxies)), "judged answer")
	if err := k.checkAnswerSignature(ctx, g.Proxies[i], a); err != nil {
		return nil, key, err
	}
	if malformed == nil {
		malformed = judge(sdkCtx.ChainID(), g, g.Proxies[i].Provider, leaf, a)
	}
	if malformed != nil && twice {
		return nil, key, types.ErrDisputed.Wrapf("provider %d, node %x of grant %d", a.Provider, node, g.Id)
	}
	return malformed, key, nil
}

// parseLeaf decodes a leaf and gives the node a dispute of it stands under: none where it is malformed.
func parseLeaf(bz []byte) (leaf pre.Leaf, node []byte, malformed error) {
	if leaf, malformed = pre.ParseLeaf(bz); malformed != nil {
		return leaf, nil, malformed
	}
	return leaf, leaf.Node[:], nil
}

// disputable returns the proxy's place in the grant if its answers are still answered for.
func disputable(g types.Grant, provider uint64, now int64) (int, error) {
	i, ok := g.AnsweredBy(provider)
	if !ok {
		return 0, types.ErrNotAProxy.Wrapf("provider %d in grant %d", provider, g.Id)
	}
	if s := g.Proxies[i].State; s != types.PROXY_STATE_ACCEPTED && s != types.PROXY_STATE_FAULTY {
		return 0, types.ErrNotAccepted.Wrapf("provider %d in grant %d: %s", provider, g.Id, s)
	}
	if !g.Queued() || now > g.SettleAt {
		return 0, types.ErrDisputeWindow.Wrapf("grant %d, at %d; it is %d now", g.Id, g.SettleAt, now)
	}
	return i, nil
}

// checkAnswerSignature checks that the proxy signed the answer with a key it has had since it came by the parcel.
func (k Keeper) checkAnswerSignature(ctx context.Context, p types.GrantProxy, a types.SignedAnswer) error {
	if since, _ := p.KeyOf(a.Provider); a.PeerKeyVersion < since {
		return types.ErrAnswerSignature.Wrapf("by key version %d, the proxy accepted with %d", a.PeerKeyVersion, since)
	}
	key, err := k.provider.PeerKey(ctx, a.Provider, a.PeerKeyVersion)
	if err != nil {
		return types.Because(types.ErrAnswerSignature, err)
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, types.AnswerSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), a), a.Signature) {
		return types.ErrAnswerSignature.Wrapf("key version %d of provider %d did not sign this", a.PeerKeyVersion, a.Provider)
	}
	return nil
}

// judge returns what is wrong with an answer its proxy signed, or nil: a leaf the grant did not commit to, another capsule
// than the leaf's, or a fragment that was not made from it with the leaf's share. drawn is the proxy the parcel was made for.
func judge(chainID string, g types.Grant, drawn uint64, leaf pre.Leaf, a types.SignedAnswer) error {
	if leaf.Proxy != drawn {
		return types.ErrLeaf.Wrapf("provider %d answered with the share of provider %d, its parcel is that of provider %d", a.Provider, leaf.Proxy, drawn)
	}
	if err := types.CheckLeaf(g, leaf, a.Position, a.Path); err != nil {
		return err
	}
	return pre.VerifyFragment(a.Fragment, leaf, a.Capsule, pre.Binding{ChainID: chainID, Grant: g.Id})
}

// punish burns the params' part of a provider's bond and marks its place in the grant, unless another holds the parcel by now. The
// grant goes on with the others.
func (k Keeper) punish(ctx context.Context, g types.Grant, i int, id uint64, fault error) (sdk.Coin, error) {
	slashed, err := k.provider.Slash(ctx, id, "wrong re-encryption")
	if err != nil {
		return sdk.Coin{}, err
	}
	row, err := k.provider.Provider(ctx, id)
	if err != nil {
		return sdk.Coin{}, err
	}
	operator, err := k.addresses.StringToBytes(row.Operator)
	if err != nil {
		return sdk.Coin{}, err
	}
	if err := k.reputation.Report(ctx, reputation.FragmentWrong(operator, g.Id)); err != nil {
		return sdk.Coin{}, err
	}
	if g.Proxies[i].Holder() == id {
		g.Proxies[i].State = types.PROXY_STATE_FAULTY
	}
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return sdk.Coin{}, err
	}
	return slashed, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFragmentFault{
		Grant: g.Id, Provider: id, Reason: fault.Error(), Slashed: slashed.String(),
	})
}
