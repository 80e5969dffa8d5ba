package keeper

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	provider "github.com/cpchain/cpchain/x/provider/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

// boundaryBlocks is how often the registry draws.
const boundaryBlocks = 10

// registry is an x/provider with rows, loads and bonds, whose bonds lie in its module's account.
type registry struct {
	bank  *purse
	rows  map[uint64]provider.Provider
	loads map[uint64]provider.Load
}

func newRegistry(bank *purse) *registry {
	r := &registry{bank: bank, rows: map[uint64]provider.Provider{}, loads: map[uint64]provider.Load{}}
	for id := uint64(1); id <= testProviders; id++ {
		r.rows[id] = provider.Provider{
			Id: id, Operator: operator(id).String(), CapacityBytes: testCapacity, StoragePriceUcpc: math.ZeroInt(), Storage: true,
			Status: provider.STATUS_ACTIVE, Bond: sdk.NewInt64Coin(types.Denom, testBond),
		}
	}
	bank.balances[moduleOf(provider.ModuleName)] = ucpc(testBond * testProviders)
	return r
}

func (r *registry) clone() *registry {
	return &registry{bank: r.bank, rows: maps.Clone(r.rows), loads: maps.Clone(r.loads)}
}

func (r *registry) edit(id uint64, change func(*provider.Provider)) {
	row := r.rows[id]
	change(&row)
	r.rows[id] = row
}

// become gives a provider another status as of this block.
func (r *registry) become(ctx context.Context, id uint64, s provider.Status) {
	r.edit(id, func(p *provider.Provider) { p.Status, p.StatusHeight = s, sdk.UnwrapSDKContext(ctx).BlockHeight() })
}

func (r *registry) Provider(_ context.Context, id uint64) (provider.Provider, error) {
	row, ok := r.rows[id]
	if !ok {
		return row, provider.ErrNotFound.Wrapf("id %d", id)
	}
	return row, nil
}

func (r *registry) ProviderByOperator(_ context.Context, who sdk.AccAddress) (provider.Provider, error) {
	for id := uint64(1); id <= testProviders; id++ {
		if r.rows[id].Operator == who.String() {
			return r.rows[id], nil
		}
	}
	return provider.Provider{}, provider.ErrNotFound.Wrapf("operator %s", who)
}

func (r *registry) Load(_ context.Context, id uint64) (provider.Load, error) { return r.loads[id], nil }

func (r *registry) AddShards(_ context.Context, ids []uint64, shardBytes uint64) error {
	for _, id := range ids {
		row, load := r.rows[id], r.loads[id]
		if !row.Offers(true, false) {
			return provider.ErrInactive.Wrapf("provider %d is %s", id, row.Status)
		}
		if load.ShardBytes+shardBytes > row.CapacityBytes {
			return provider.ErrFull.Wrapf("provider %d", id)
		}
		load.Shards++
		load.ShardBytes += shardBytes
		r.loads[id] = load
	}
	return nil
}

func (r *registry) RemoveShard(_ context.Context, id, shardBytes uint64) error {
	load := r.loads[id]
	if load.Shards == 0 || load.ShardBytes < shardBytes {
		return provider.ErrNotFound.Wrapf("provider %d holds %d shards", id, load.Shards)
	}
	load.Shards--
	load.ShardBytes -= shardBytes
	r.loads[id] = load
	return nil
}

func (r *registry) SlashPart(ctx context.Context, id uint64, bps uint32, module string, shareBps uint32, _ string) (slashed, share sdk.Coin, err error) {
	row := r.rows[id]
	slashed = sdk.NewCoin(types.Denom, provider.Part(row.Bond.Amount, bps))
	share = sdk.NewCoin(types.Denom, slashed.Amount.MulRaw(int64(shareBps)).QuoRaw(provider.MaxBps))
	r.edit(id, func(p *provider.Provider) { p.Bond = p.Bond.Sub(slashed) })
	if err := r.bank.BurnCoins(ctx, provider.ModuleName, sdk.NewCoins(slashed.Sub(share))); err != nil {
		return slashed, share, err
	}
	return slashed, share, r.bank.SendCoinsFromModuleToModule(ctx, provider.ModuleName, module, sdk.NewCoins(share))
}

func (r *registry) Expel(ctx context.Context, id uint64) error {
	r.become(ctx, id, provider.STATUS_EXPELLED)
	return nil
}

func (r *registry) CheckBoundary(ctx context.Context, d int64) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if d%boundaryBlocks != 0 || d >= height || d < height-2*boundaryBlocks {
		return provider.ErrBoundary.Wrapf("%d", d)
	}
	return nil
}

func (r *registry) BoundarySeed(_ context.Context, d int64) ([]byte, error) {
	h := sha256.Sum256([]byte(fmt.Sprint("boundary", d)))
	return h[:], nil
}
