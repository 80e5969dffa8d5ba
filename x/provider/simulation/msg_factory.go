package simulation

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/pkg/seal"
	"github.com/cpchain/cpchain/x/provider/keeper"
	"github.com/cpchain/cpchain/x/provider/types"
)

// tries is how many random accounts are looked at for one that fits.
const tries = 20

// MsgRegisterFactory registers an account that is no provider and can pay the bond.
func MsgRegisterFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegister] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegister) {
		operator := data.AnyAccountN(tries, reporter, simsx.WithDenomBalance(types.BondDenom), simsx.SimAccountFilterFn(func(a simsx.SimAccount) bool {
			_, err := k.ProviderByOperator(ctx, a.Address)
			return err != nil
		}))
		params, err := k.Params(ctx)
		if err != nil || reporter.IsSkipped() {
			reporter.Skip("no account to register, or no params")
			return nil, nil
		}
		r := data.Rand()
		capacity := 1 + r.Uint64()%1_000_000_000_000
		bond := sdk.NewCoin(types.BondDenom, params.RequiredBond(capacity).AddRaw(r.Int63n(100)))
		if !operator.LiquidBalance().BlockAmount(bond) {
			reporter.Skip("the account can't pay the bond")
			return nil, nil
		}
		msg := &types.MsgRegister{
			Operator: operator.AddressBech32, Moniker: r.StringN(types.MaxMonikerBytes), Addresses: randomAddresses(r),
			CapacityBytes: capacity, StoragePriceUcpc: randomPrice(r), ReencryptionPriceUcpc: randomPrice(r),
			Storage: true, Proxy: r.Bool(), Bond: bond,
		}
		msg.PeerKey, msg.PeerKeyProof = newPeerKey(ctx, r, operator.AddressBech32)
		if msg.SealKey, msg.SealKeyProof, err = newSealKey(ctx, r, operator.AddressBech32); err != nil {
			reporter.Fail(err)
		}
		return []simsx.SimAccount{operator}, msg
	}
}

// MsgUpdateFactory changes prices and addresses of a provider, and now and then its keys.
func MsgUpdateFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUpdate] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdate) {
		operator, row := anyProvider(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		r := data.Rand()
		price := row.StoragePriceUcpc.AddRaw(1) // always a change
		msg := &types.MsgUpdate{Operator: row.Operator, StoragePriceUcpc: &price, Addresses: randomAddresses(r)}
		if r.Bool() {
			msg.PeerKey, msg.PeerKeyProof = newPeerKey(ctx, r, row.Operator)
		}
		if r.Bool() {
			var err error
			if msg.SealKey, msg.SealKeyProof, err = newSealKey(ctx, r, row.Operator); err != nil {
				reporter.Fail(err)
			}
		}
		return []simsx.SimAccount{operator}, msg
	}
}

// MsgBondFactory adds to a provider's bond.
func MsgBondFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgBond] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgBond) {
		operator, row := anyProvider(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		amount := operator.LiquidBalance().RandSubsetCoin(reporter, types.BondDenom)
		return []simsx.SimAccount{operator}, &types.MsgBond{Operator: row.Operator, Amount: amount}
	}
}

// MsgSetPausedFactory pauses a provider that is active and resumes one that is paused, if its bond allows.
func MsgSetPausedFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgSetPaused] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgSetPaused) {
		operator, row := anyProvider(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		paused := row.Status == types.STATUS_ACTIVE
		params, err := k.Params(ctx)
		if err != nil || row.Status == types.STATUS_EXPELLED || !paused && row.Bond.Amount.LT(params.RequiredBond(row.CapacityBytes)) {
			reporter.Skip("expelled, or the bond is too small to resume")
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgSetPaused{Operator: row.Operator, Paused: paused}
	}
}

// MsgLeaveFactory ends a provider nothing depends on.
func MsgLeaveFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgLeave] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgLeave) {
		operator, row := anyProvider(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return nil, nil
		}
		leaves := row.Status == types.STATUS_LEAVING || row.Status == types.STATUS_EXPELLED
		if load, err := k.Load(ctx, row.Id); err != nil || leaves && (load.Shards > 0 || load.Grants > 0) {
			reporter.Skip("shards or grants still depend on the provider")
			return nil, nil
		}
		return []simsx.SimAccount{operator}, &types.MsgLeave{Operator: row.Operator}
	}
}

// MsgUpdateParamsFactory proposes random params to governance.
func MsgUpdateParamsFactory() simsx.SimMsgFactoryFn[*types.MsgUpdateParams] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUpdateParams) {
		return nil, &types.MsgUpdateParams{Authority: data.ModuleAccountAddress(reporter, "gov"), Params: RandomParams(data.Rand().Rand)}
	}
}

// anyProvider picks an account that is a provider, or sets the reporter to skip.
func anyProvider(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, types.Provider) {
	var row types.Provider
	account := data.AnyAccountN(tries, reporter, simsx.SimAccountFilterFn(func(a simsx.SimAccount) bool {
		var err error
		row, err = k.ProviderByOperator(ctx, a.Address)
		return err == nil
	}))
	return account, row
}

// randomPrice is nothing half the time: a new stream pays nothing.
func randomPrice(r *simsx.XRand) math.Int { return math.NewInt(r.Int63n(2) * r.Int63n(1_000_000)) }

func randomAddresses(r *simsx.XRand) []string {
	return []string{fmt.Sprintf("/ip4/192.0.2.%d/tcp/%d", r.Intn(256), 1+r.Intn(65535))}
}

// newPeerKey makes a key and its proof for an operator.
func newPeerKey(ctx context.Context, r *simsx.XRand, operator string) (key, proof []byte) {
	seed := make([]byte, ed25519.SeedSize)
	r.Read(seed)
	secret := ed25519.NewKeyFromSeed(seed)
	key = secret.Public().(ed25519.PublicKey)
	return key, ed25519.Sign(secret, types.PeerKeyProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), operator, key))
}

// newSealKey makes a key and its proof for an operator.
func newSealKey(ctx context.Context, r *simsx.XRand, operator string) (key, proof []byte, err error) {
	secret, err := seal.NewBox(r)
	if err != nil {
		return nil, nil, err
	}
	public := secret.Public()
	proof, err = secret.ProvePossession(r, types.SealKeyProofBytes(sdk.UnwrapSDKContext(ctx).ChainID(), operator, public[:]))
	return public[:], proof, err
}
