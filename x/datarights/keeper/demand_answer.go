package keeper

import (
	"bytes"
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/x/datarights/types"
)

// AnswerDemand takes a proxy's answer to a demanded fragment and pays its fee. It is judged as in a dispute: a wrong one that the proxy
// signed is a fault, costs it what that returns, and leaves the demand open.
func (k Keeper) AnswerDemand(ctx context.Context, operator sdk.AccAddress, msg *types.MsgAnswerDemand) (sdk.Coin, error) {
	if err := msg.Validate(); err != nil {
		return sdk.Coin{}, err
	}
	d, g, err := k.ownDemand(ctx, operator, msg.Demand)
	if err != nil {
		return sdk.Coin{}, err
	}
	a := msg.Answer
	if a.Grant != d.Grant || a.Provider != d.Provider || a.Position != d.Position || !bytes.Equal(a.Capsule, d.Capsule) {
		return sdk.Coin{}, types.ErrAnswerElsewhere.Wrapf("demand %d is for leaf %d of grant %d, provider %d, with its own capsule", d.Id, d.Position, d.Grant, d.Provider)
	}
	i, err := disputable(g, a.Provider, sdk.UnwrapSDKContext(ctx).BlockTime().Unix())
	if err != nil {
		return sdk.Coin{}, err
	}
	fault, key, err := k.judged(ctx, g, i, a)
	if err != nil {
		return sdk.Coin{}, err
	}
	if fault != nil {
		if err := k.disputes.Set(ctx, key); err != nil {
			return sdk.Coin{}, err
		}
		return k.punish(ctx, g, i, a.Provider, fault)
	}
	d.Answer = &a
	return sdk.NewInt64Coin(types.FeeDenom, 0), k.answered(ctx, d, types.DEMAND_STATE_ANSWERED, operator)
}

// RefuteDemand takes a proxy's word that the capsule of a demand is not its leaf's. The fee is the proxy's all the same: nobody could
// have answered.
func (k Keeper) RefuteDemand(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRefuteDemand) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	d, g, err := k.ownDemand(ctx, operator, msg.Demand)
	if err != nil {
		return err
	}
	leaf, err := pre.ParseLeaf(msg.Leaf)
	if err != nil {
		return types.Because(types.ErrLeaf, err)
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(gasPerNode*uint64(g.Leaves)/uint64(len(g.Proxies)), "key tree nodes")
	if err := types.CheckLeaf(g, leaf, d.Position, msg.Path); err != nil {
		return err
	}
	if pre.CapsuleHash(d.Capsule) == leaf.CapsuleHash {
		return types.ErrCapsule.Wrapf("that of demand %d is the leaf's: answer it", d.Id)
	}
	return k.answered(ctx, d, types.DEMAND_STATE_REFUTED, operator)
}

// ownDemand returns an open demand for a fragment and its grant, if the signer is the proxy that has to answer.
func (k Keeper) ownDemand(ctx context.Context, operator sdk.AccAddress, id uint64) (types.Demand, types.Grant, error) {
	d, g, err := k.openedDemand(ctx, id, types.DEMAND_KIND_FRAGMENT)
	if err != nil {
		return d, g, err
	}
	own, err := k.provider.ProviderByOperator(ctx, operator)
	if err != nil {
		return d, g, types.Because(types.ErrForeignDemand, err)
	}
	if own.Id != d.Provider {
		return d, g, types.ErrForeignDemand.Wrapf("demand %d is for provider %d, not %d", id, d.Provider, own.Id)
	}
	return d, g, nil
}

// openedDemand returns a demand that can be answered now, and its grant, which is not over.
func (k Keeper) openedDemand(ctx context.Context, id uint64, kind types.DemandKind) (types.Demand, types.Grant, error) {
	d, err := k.DemandRow(ctx, id)
	if err != nil {
		return d, types.Grant{}, err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if d.Kind != kind {
		return d, types.Grant{}, types.ErrDemandKind.Wrapf("demand %d: %s", id, d.Kind)
	}
	if d.Ended() || sdkCtx.BlockHeight() > d.Deadline {
		return d, types.Grant{}, types.ErrDemandEnded.Wrapf("demand %d: %s, deadline %d, it is %d", id, d.State, d.Deadline, sdkCtx.BlockHeight())
	}
	g, err := k.GrantRow(ctx, d.Grant)
	if err != nil {
		return d, g, err
	}
	return d, g, notOver(g, sdkCtx.BlockTime().Unix())
}

// AnswerCapsule takes a demanded capsule from the stream's owner or writer, or from a proxy of the grant, and pays the fee.
func (k Keeper) AnswerCapsule(ctx context.Context, sender sdk.AccAddress, msg *types.MsgAnswerCapsule) error {
	if err := msg.Validate(); err != nil {
		return err
	}
	d, g, err := k.openedDemand(ctx, msg.Demand, types.DEMAND_KIND_CAPSULE)
	if err != nil {
		return err
	}
	if err := k.mayBringCapsule(ctx, sender, g); err != nil {
		return err
	}
	if hash := pre.CapsuleHash(msg.Capsule); !bytes.Equal(hash[:], d.CapsuleHash) {
		return types.ErrCapsule.Wrapf("it hashes to %x, demand %d is for %x", hash, d.Id, d.CapsuleHash)
	}
	d.Capsule = msg.Capsule
	return k.answered(ctx, d, types.DEMAND_STATE_ANSWERED, sender)
}

func (k Keeper) mayBringCapsule(ctx context.Context, sender sdk.AccAddress, g types.Grant) error {
	s, err := k.Stream(ctx, g.Stream)
	if err != nil {
		return err
	}
	if k.isAccount(s.Owner, sender) || k.isAccount(s.Writer.Account, sender) {
		return nil
	}
	own, err := k.provider.ProviderByOperator(ctx, sender)
	if err != nil {
		return types.Because(types.ErrForeignDemand, err)
	}
	if _, ok := g.HeldBy(own.Id); !ok {
		return types.ErrForeignDemand.Wrapf("provider %d is no proxy of grant %d", own.Id, g.Id)
	}
	return nil
}

// answered pays the fee and ends a demand. Its bytes stay in state for a time, so that the reader finds them.
func (k Keeper) answered(ctx context.Context, d types.Demand, state types.DemandState, payee sdk.AccAddress) error {
	if d.Fee.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, payee, sdk.NewCoins(d.Fee)); err != nil {
			return types.Because(types.ErrFee, err)
		}
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.demandsDue.Remove(ctx, collections.Join(d.Deadline, d.Id)); err != nil {
		return err
	}
	d.Deadline = sdk.UnwrapSDKContext(ctx).BlockHeight() + params.AnswersKeptBlocks
	return k.endDemand(ctx, d, state)
}

// endDemand takes a demand off the list of open ones and writes its row.
func (k Keeper) endDemand(ctx context.Context, d types.Demand, state types.DemandState) error {
	list, key, err := k.openList(ctx, d)
	if err != nil {
		return err
	}
	if err := list.Remove(ctx, key); err != nil {
		return err
	}
	pot, err := k.pot(ctx, d.Grant)
	if err != nil {
		return err
	}
	pot.Open--
	if err := k.pots.Set(ctx, d.Grant, pot); err != nil {
		return err
	}
	d.State, d.EndedHeight = state, sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.setDemand(ctx, d); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventDemandEnded{
		Demand: d.Id, Grant: d.Grant, State: state, Slashed: d.Slashed.String(),
	})
}
