package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Provider returns a row, or ErrNotFound.
func (k Keeper) Provider(ctx context.Context, id uint64) (types.Provider, error) {
	p, err := k.providers.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return p, types.ErrNotFound.Wrapf("id %d", id)
	}
	return p, err
}

// ProviderByOperator returns the provider of an account that has not left, or ErrNotFound.
func (k Keeper) ProviderByOperator(ctx context.Context, operator sdk.AccAddress) (types.Provider, error) {
	iter, err := k.providers.Indexes.operator.MatchExact(ctx, operator)
	if err != nil {
		return types.Provider{}, err
	}
	ids, err := iter.PrimaryKeys()
	if err != nil {
		return types.Provider{}, err
	}
	// ids ascend: only the newest can be one that has not left
	if len(ids) > 0 {
		p, err := k.Provider(ctx, ids[len(ids)-1])
		if err != nil || p.Status != types.STATUS_LEFT {
			return p, err
		}
	}
	return types.Provider{}, types.ErrNotFound.Wrapf("operator %s", operator)
}

// PeerKey returns the key a provider had at a version, or ErrNotFound.
func (k Keeper) PeerKey(ctx context.Context, id uint64, version uint32) ([]byte, error) {
	key, err := k.peerKeys.Get(ctx, collections.Join(id, version))
	if errors.Is(err, collections.ErrNotFound) {
		return nil, types.ErrNotFound.Wrapf("provider %d has no peer key version %d", id, version)
	}
	return key, err
}

// Load returns what depends on a provider.
func (k Keeper) Load(ctx context.Context, id uint64) (types.Load, error) {
	load, err := k.loads.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Load{}, nil
	}
	return load, err
}

// Params of the module.
func (k Keeper) Params(ctx context.Context) (types.Params, error) { return k.params.Get(ctx) }

// Register makes an operator a provider.
func (k Keeper) Register(ctx context.Context, operator sdk.AccAddress, msg *types.MsgRegister) (uint64, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := msg.Validate(params); err != nil {
		return 0, err
	}
	if _, err := k.ProviderByOperator(ctx, operator); !errors.Is(err, types.ErrNotFound) {
		return 0, errors.Join(err, types.ErrExists.Wrap("leave first, or update"))
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	if err := types.CheckPeerKey(sdkCtx.ChainID(), msg.Operator, msg.PeerKey, msg.PeerKeyProof); err != nil {
		return 0, err
	}
	if err := types.CheckSealKey(sdkCtx.ChainID(), msg.Operator, msg.SealKey, msg.SealKeyProof); err != nil {
		return 0, err
	}
	if need := params.RequiredBond(msg.CapacityBytes); msg.Bond.Amount.LT(need) {
		return 0, types.ErrBond.Wrapf("%s given, %s%s needed for %d bytes", msg.Bond, need, types.BondDenom, msg.CapacityBytes)
	}
	if err := k.freePeerKey(ctx, msg.PeerKey); err != nil {
		return 0, err
	}
	id, err := k.sequence.Next(ctx)
	if err != nil {
		return 0, err
	}
	row := types.Provider{
		Id: id, Operator: msg.Operator, Moniker: msg.Moniker, PeerKey: msg.PeerKey, PeerKeyVersion: 1,
		Addresses: msg.Addresses, SealKey: msg.SealKey, CapacityBytes: msg.CapacityBytes,
		StoragePriceUcpc: msg.StoragePriceUcpc, ReencryptionPriceUcpc: msg.ReencryptionPriceUcpc,
		Storage: msg.Storage, Proxy: msg.Proxy, Status: types.STATUS_ACTIVE, Bond: msg.Bond, RegisteredHeight: sdkCtx.BlockHeight(),
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, operator, types.ModuleName, sdk.NewCoins(msg.Bond)); err != nil {
		return 0, types.ErrBond.Wrap(err.Error())
	}
	if err := k.peerKeys.Set(ctx, collections.Join(id, uint32(1)), msg.PeerKey); err != nil {
		return 0, err
	}
	if err := k.providers.Set(ctx, id, row); err != nil {
		return 0, err
	}
	return id, sdkCtx.EventManager().EmitTypedEvent(&types.EventRegistered{Id: id, Operator: msg.Operator})
}

// freePeerKey refuses a key any provider has now. (A key of the past can't come back either: its proof of possession names
// the operator, and signatures name the provider.)
func (k Keeper) freePeerKey(ctx context.Context, key []byte) error {
	_, err := k.providers.Indexes.peerKey.MatchExact(ctx, key)
	switch {
	case err == nil:
		return types.ErrPeerKeyTaken
	case errors.Is(err, collections.ErrNotFound):
		return nil
	}
	return err
}

// own returns the operator's provider that has not left.
func (k Keeper) own(ctx context.Context, operator sdk.AccAddress) (types.Provider, error) {
	return k.ProviderByOperator(ctx, operator)
}

// Update replaces the fields that are set.
func (k Keeper) Update(ctx context.Context, operator sdk.AccAddress, msg *types.MsgUpdate) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if err := msg.Validate(params); err != nil {
		return err
	}
	row, err := k.own(ctx, operator)
	if err != nil {
		return err
	}
	before := row
	if err := k.updateTerms(ctx, &row, msg, params); err != nil {
		return err
	}
	if err := k.updateKeys(ctx, &row, msg); err != nil {
		return err
	}
	if before.Equal(row) {
		return types.ErrUnchanged
	}
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventUpdated{Id: row.Id, PeerKeyVersion: row.PeerKeyVersion})
}

func (k Keeper) updateTerms(ctx context.Context, row *types.Provider, msg *types.MsgUpdate, params types.Params) error {
	load, err := k.Load(ctx, row.Id)
	if err != nil {
		return err
	}
	if msg.Moniker != "" {
		row.Moniker = msg.Moniker
	}
	if len(msg.Addresses) > 0 {
		row.Addresses = msg.Addresses
	}
	if msg.StoragePriceUcpc != nil {
		row.StoragePriceUcpc = *msg.StoragePriceUcpc
	}
	if msg.ReencryptionPriceUcpc != nil {
		row.ReencryptionPriceUcpc = *msg.ReencryptionPriceUcpc
	}
	if msg.Roles != nil {
		if !msg.Roles.Storage && load.Shards > 0 || !msg.Roles.Proxy && load.Grants > 0 {
			return types.ErrInUse.Wrapf("%d shards and %d grants depend on the roles", load.Shards, load.Grants)
		}
		row.Storage, row.Proxy = msg.Roles.Storage, msg.Roles.Proxy
	}
	if msg.CapacityBytes == 0 {
		return nil
	}
	if msg.CapacityBytes < load.ShardBytes {
		return types.ErrCapacity.Wrapf("%d bytes are held already", load.ShardBytes)
	}
	if need := params.RequiredBond(msg.CapacityBytes); row.Bond.Amount.LT(need) {
		return types.ErrBond.Wrapf("%s bonded, %s%s needed for %d bytes: bond first", row.Bond, need, types.BondDenom, msg.CapacityBytes)
	}
	row.CapacityBytes = msg.CapacityBytes
	return nil
}

func (k Keeper) updateKeys(ctx context.Context, row *types.Provider, msg *types.MsgUpdate) error {
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if len(msg.SealKey) > 0 {
		if err := types.CheckSealKey(chainID, msg.Operator, msg.SealKey, msg.SealKeyProof); err != nil {
			return err
		}
		row.SealKey = msg.SealKey
	}
	if len(msg.PeerKey) == 0 {
		return nil
	}
	if err := types.CheckPeerKey(chainID, msg.Operator, msg.PeerKey, msg.PeerKeyProof); err != nil {
		return err
	}
	if err := k.freePeerKey(ctx, msg.PeerKey); err != nil {
		return err
	}
	row.PeerKey = msg.PeerKey
	row.PeerKeyVersion++
	return k.peerKeys.Set(ctx, collections.Join(row.Id, row.PeerKeyVersion), msg.PeerKey)
}

// Bond adds to the operator's bond.
func (k Keeper) Bond(ctx context.Context, operator sdk.AccAddress, amount sdk.Coin) error {
	if err := types.ValidBond(amount.Denom, amount.Amount); err != nil {
		return err
	}
	row, err := k.own(ctx, operator)
	if err != nil {
		return err
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, operator, types.ModuleName, sdk.NewCoins(amount)); err != nil {
		return types.ErrBond.Wrap(err.Error())
	}
	row.Bond = row.Bond.Add(amount)
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventBonded{Id: row.Id, Amount: amount.String(), Bond: row.Bond.String()})
}

// SetPaused pauses or resumes. Resuming asks for the whole bond again, which a slash may have cut.
func (k Keeper) SetPaused(ctx context.Context, operator sdk.AccAddress, paused bool) error {
	row, err := k.own(ctx, operator)
	if err != nil {
		return err
	}
	if paused == (row.Status == types.STATUS_PAUSED) {
		return types.ErrUnchanged
	}
	if !paused {
		params, err := k.params.Get(ctx)
		if err != nil {
			return err
		}
		if need := params.RequiredBond(row.CapacityBytes); row.Bond.Amount.LT(need) {
			return types.ErrBond.Wrapf("%s bonded, %s%s needed to resume: bond first", row.Bond, need, types.BondDenom)
		}
	}
	row.Status = types.STATUS_ACTIVE
	if paused {
		row.Status = types.STATUS_PAUSED
	}
	return k.setStatus(ctx, row)
}

func (k Keeper) setStatus(ctx context.Context, row types.Provider) error {
	if err := k.providers.Set(ctx, row.Id, row); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventStatusChanged{Id: row.Id, Status: row.Status})
}

// Leave ends the operator's provider. The bond stays at risk for the unbonding time.
func (k Keeper) Leave(ctx context.Context, operator sdk.AccAddress) (int64, error) {
	row, err := k.own(ctx, operator)
	if err != nil {
		return 0, err
	}
	load, err := k.Load(ctx, row.Id)
	if err != nil {
		return 0, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	if load.Shards > 0 || load.Grants > 0 {
		return 0, types.ErrInUse.Wrapf("%d shards (%d bytes) are placed with it and %d grants count on it as a proxy: pause, and wait until they have ended",
			load.Shards, load.ShardBytes, load.Grants)
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return 0, err
	}
	row.Status = types.STATUS_LEFT
	row.UnbondTime = max(now+params.UnbondingSeconds, load.LockedUntil)
	if err := k.unbonding.Set(ctx, collections.Join(row.UnbondTime, row.Id)); err != nil {
		return 0, err
	}
	return row.UnbondTime, k.setStatus(ctx, row)
}

// Slash burns the params' part of a provider's bond. It also reaches bonds that are unbonding.
func (k Keeper) Slash(ctx context.Context, id uint64, reason string) (sdk.Coin, error) {
	row, err := k.Provider(ctx, id)
	if err != nil {
		return sdk.Coin{}, err
	}
	params, err := k.params.Get(ctx)
	if err != nil {
		return sdk.Coin{}, err
	}
	// rounded up, so that a small bond is cut too
	cut := row.Bond.Amount.MulRaw(int64(params.FragmentSlashBps)).AddRaw(types.MaxBps - 1).QuoRaw(types.MaxBps)
	amount := sdk.NewCoin(types.BondDenom, math.MinInt(cut, row.Bond.Amount))
	if amount.IsPositive() {
		if err := k.bank.BurnCoins(ctx, types.ModuleName, sdk.NewCoins(amount)); err != nil {
			return sdk.Coin{}, err
		}
	}
	row.Bond = row.Bond.Sub(amount)
	if row.Status == types.STATUS_ACTIVE && row.Bond.Amount.LT(params.RequiredBond(row.CapacityBytes)) {
		row.Status = types.STATUS_PAUSED
	}
	if err := k.providers.Set(ctx, id, row); err != nil {
		return sdk.Coin{}, err
	}
	return amount, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSlashed{Id: id, Amount: amount.String(), Reason: reason})
}
