package keeper

import (
	"context"
	"crypto/ed25519"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// gasFragment is charged for verifying one fragment: nine scalar multiplications and as many decodings on ristretto255 take
// about eight times an ed25519 verification.
const gasFragment = 10_000

// Dispute checks a signed answer and cuts the bond of its proxy if it is provably wrong. Only what the proxy signed counts:
// an answer that is forged, foreign, right, or judged already is refused.
func (k Keeper) Dispute(ctx context.Context, msg *types.MsgDisputeFragment) (sdk.Coin, error) {
	if err := msg.Validate(); err != nil {
		return sdk.Coin{}, err
	}
	a := msg.Answer
	g, err := k.GrantRow(ctx, msg.Grant)
	if err != nil {
		return sdk.Coin{}, err
	}
	i, ok := g.ProxyOf(a.Provider)
	if !ok {
		return sdk.Coin{}, types.ErrNotAProxy.Wrapf("provider %d in grant %d", a.Provider, g.Id)
	}
	if s := g.Proxies[i].State; s != types.PROXY_STATE_ACCEPTED && s != types.PROXY_STATE_FAULTY {
		return sdk.Coin{}, types.ErrNotAccepted.Wrapf("provider %d in grant %d: %s", a.Provider, g.Id, s)
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if g.Settled || sdkCtx.BlockTime().Unix() > g.SettleAt {
		return sdk.Coin{}, types.ErrDisputeWindow.Wrapf("grant %d", g.Id)
	}
	sdkCtx.GasMeter().ConsumeGas(gasSignature+gasFragment+gasPerNode*uint64(g.Leaves)/uint64(len(g.Proxies)), "disputed answer")
	if err := k.checkAnswerSignature(ctx, g.Proxies[i], a); err != nil {
		return sdk.Coin{}, err
	}
	node, fault := judge(sdkCtx.ChainID(), g, a)
	if fault == nil {
		return sdk.Coin{}, types.ErrFragmentValid.Wrapf("provider %d in grant %d", a.Provider, g.Id)
	}
	return k.punish(ctx, g, i, node, fault)
}

// checkAnswerSignature checks that the proxy signed the answer with a key it had since its acceptance.
func (k Keeper) checkAnswerSignature(ctx context.Context, p types.GrantProxy, a types.SignedAnswer) error {
	if a.PeerKeyVersion < p.PeerKeyVersion {
		return types.ErrAnswerSignature.Wrapf("by key version %d, the proxy accepted with %d", a.PeerKeyVersion, p.PeerKeyVersion)
	}
	key, err := k.provider.PeerKey(ctx, a.Provider, a.PeerKeyVersion)
	if err != nil {
		return types.ErrAnswerSignature.Wrap(err.Error())
	}
	if !ed25519.Verify(key, types.AnswerSignBytes(sdk.UnwrapSDKContext(ctx).ChainID(), a), a.Signature) {
		return types.ErrAnswerSignature.Wrapf("provider %d", a.Provider)
	}
	return nil
}

// judge returns what is wrong with an answer its proxy signed, or nil, and the key tree node it is about. Position and path
// are not signed, so a leaf is called foreign only if it is nowhere: the position is derived from the leaf.
func judge(chainID string, g types.Grant, a types.SignedAnswer) (node []byte, fault error) {
	leaf, err := pre.ParseLeaf(a.Leaf)
	if err != nil {
		return make([]byte, keytree.NodeSize), err
	}
	node = leaf.Node[:]
	if err := types.CheckLeaf(g, leaf, a.Position, a.Path); err != nil {
		// a wrong path proves nothing against the proxy, who did not sign it
		return node, nil
	}
	return node, pre.VerifyFragment(a.Fragment, leaf, a.Capsule, pre.Binding{ChainID: chainID, Grant: g.Id})
}

func (k Keeper) punish(ctx context.Context, g types.Grant, i int, node []byte, fault error) (sdk.Coin, error) {
	provider := g.Proxies[i].Provider
	key := collections.Join3(g.Id, provider, node)
	done, err := k.disputes.Has(ctx, key)
	if err != nil {
		return sdk.Coin{}, err
	}
	if done {
		return sdk.Coin{}, types.ErrDisputed.Wrapf("provider %d in grant %d", provider, g.Id)
	}
	if err := k.disputes.Set(ctx, key); err != nil {
		return sdk.Coin{}, err
	}
	slashed, err := k.provider.Slash(ctx, provider, "wrong re-encryption")
	if err != nil {
		return sdk.Coin{}, err
	}
	g.Proxies[i].State = types.PROXY_STATE_FAULTY
	if err := k.grants.Set(ctx, g.Id, g); err != nil {
		return sdk.Coin{}, err
	}
	return slashed, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventFragmentFault{
		Grant: g.Id, Provider: provider, Reason: fault.Error(), Slashed: slashed.String(),
	})
}
