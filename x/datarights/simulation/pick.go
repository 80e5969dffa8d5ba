package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/datarights/keeper"
	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

const (
	// tries is how many random accounts are looked at for one that fits.
	tries = 20
	// lookback is how many heights are tried for a draw boundary.
	lookback = 100
	// maxProviders is how many providers are looked at.
	maxProviders = 64
)

// writerSecret is the key an account writes with: factories of later blocks find it again.
func writerSecret(account sdk.AccAddress) ed25519.PrivateKey {
	seed := sha256.Sum256(append([]byte("simulated writer"), account...))
	return ed25519.NewKeyFromSeed(seed[:])
}

func writerOf(account simsx.SimAccount) types.Writer {
	return types.Writer{Account: account.AddressBech32, Key: writerSecret(account.Address).Public().(ed25519.PublicKey)}
}

// picked is a random row with the accounts around it.
type picked struct {
	owner  simsx.SimAccount
	stream types.Stream
	head   types.Head
}

// anyStream picks a stream of a random account, or sets the reporter to skip.
func anyStream(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) picked {
	var p picked
	p.owner = data.AnyAccountN(tries, reporter, simsx.SimAccountFilterFn(func(a simsx.SimAccount) bool {
		res, err := keeper.NewQueryServer(k).Streams(ctx, &types.QueryStreamsRequest{Owner: a.AddressBech32})
		if err != nil || len(res.Streams) == 0 {
			return false
		}
		one := res.Streams[data.Rand().Intn(len(res.Streams))]
		p.stream, p.head = one.Stream, one.Head
		return p.stream.DeletedHeight == 0
	}))
	return p
}

// anyReader picks a reader of a random account, or sets the reporter to skip.
func anyReader(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) (simsx.SimAccount, types.Reader) {
	var r types.Reader
	owner := data.AnyAccountN(tries, reporter, simsx.SimAccountFilterFn(func(a simsx.SimAccount) bool {
		res, err := keeper.NewQueryServer(k).Readers(ctx, &types.QueryReadersRequest{Owner: a.AddressBech32})
		if err != nil || len(res.Readers) == 0 {
			return false
		}
		r = res.Readers[data.Rand().Intn(len(res.Readers))].Reader
		return true
	}))
	return owner, r
}

// anyGrant picks a grant of a random stream that fits, or sets the reporter to skip.
func anyGrant(ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, fits func(types.Grant) bool) (simsx.SimAccount, types.Grant) {
	for range tries {
		p := anyStream(ctx, k, data, reporter)
		if reporter.IsSkipped() {
			return p.owner, types.Grant{}
		}
		res, err := keeper.NewQueryServer(k).Grants(ctx, &types.QueryGrantsRequest{Stream: p.stream.Id, Open: true})
		if err != nil {
			reporter.Fail(err)
			return p.owner, types.Grant{}
		}
		for _, i := range data.Rand().Perm(len(res.Grants)) {
			if fits(res.Grants[i]) {
				return p.owner, res.Grants[i]
			}
		}
	}
	reporter.Skip("no grant fits")
	return simsx.SimAccount{}, types.Grant{}
}

// providers lists the providers that fit.
func providers(ctx context.Context, k keeper.Keeper, fits func(provider.Provider) bool) []uint64 {
	var ids []uint64
	for id := uint64(1); id <= maxProviders; id++ {
		row, err := k.Registry().Provider(ctx, id)
		if err != nil {
			break // ids have no gaps
		}
		if row.Status == provider.STATUS_ACTIVE && fits(row) {
			ids = append(ids, id)
		}
	}
	return ids
}

// choose takes n of the ids at random, or none where there are fewer.
func choose(r *simsx.XRand, ids []uint64, n int) []uint64 {
	if len(ids) < n {
		return nil
	}
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:n]
}

// boundary is a draw boundary that is allowed now, 0 where there is none.
func boundary(ctx context.Context, k keeper.Keeper) int64 {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	for d := height; d > 0 && d > height-lookback; d-- {
		if k.Registry().CheckBoundary(ctx, d) == nil {
			return d
		}
	}
	return 0
}

func bytesOf(r *simsx.XRand, n int) []byte {
	bz := make([]byte, n)
	r.Read(bz)
	return bz
}
