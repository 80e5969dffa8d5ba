package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

const testStream = "cpchain-1/7"

func (f *fixture) capacity(op sdk.AccAddress, bytes uint64) {
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), CapacityBytes: bytes})
	require.NoError(f.t, err)
}

func (f *fixture) paused(op sdk.AccAddress, paused bool) {
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: paused})
	require.NoError(f.t, err)
}

func TestABoundarySeesTheRowsAsTheyWereBeforeIt(t *testing.T) {
	f := newFixture(t)
	ops := map[uint64]sdk.AccAddress{}
	for n := byte(1); n <= 4; n++ {
		op, id := f.register(n)
		ops[id] = op
	}
	f.capacity(ops[2], 3_000_000)
	f.paused(ops[4], true)
	f.block(100)
	b, err := f.k.boundaries.Get(f.ctx, 100)
	require.NoError(t, err)
	require.EqualValues(t, 3, b.Holders)
	require.Equal(t, "5000000", b.CapacityBytes.String())
	require.Equal(t, []uint64{3_000_000, 1_000_000, 1_000_000}, b.Largest)

	// whatever happens in the block of the boundary and after it, the boundary's draws weigh as before
	f.capacity(ops[2], 9_000_000)
	f.paused(ops[4], false)
	_, late := f.register(5)
	f.ctx = f.ctx.WithBlockHeight(101)
	require.NoError(t, f.k.CheckHolders(f.ctx, 100, testStream, 0, []uint64{1, 2, 3}))
	for _, id := range []uint64{4, late} {
		err := f.k.CheckHolders(f.ctx, 100, testStream, 0, []uint64{1, id, 3})
		require.ErrorIs(t, err, types.ErrNotDrawn)
		require.ErrorContains(t, err, "was not active in storage before boundary 100")
	}
	res, err := NewQueryServer(f.k).Provider(f.ctx, &types.QueryProviderRequest{Id: 2})
	require.NoError(t, err)
	require.EqualValues(t, 3_000_000, res.Standing.CapacityAt(100))
	require.EqualValues(t, 9_000_000, res.Standing.CapacityAt(200))

	f.block(200)
	f.ctx = f.ctx.WithBlockHeight(201)
	require.NoError(t, f.k.CheckHolders(f.ctx, 200, testStream, 0, []uint64{4, late, 2}))
	require.NoError(t, f.k.CheckHolders(f.ctx, 100, testStream, 0, []uint64{1, 2, 3}), "the boundary before still draws as it did")
	require.ErrorIs(t, f.k.CheckHolders(f.ctx, 99, testStream, 0, []uint64{1}), types.ErrBoundary)
	require.ErrorIs(t, f.k.CheckHolders(f.ctx, 200, testStream, 0, []uint64{77}), types.ErrNotFound)
}

func TestAProviderThatLeftAndCameBackHasNoPast(t *testing.T) {
	f := newFixture(t)
	op, _ := f.register(1)
	f.block(100)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	_, again := f.register(1)
	f.ctx = f.ctx.WithBlockHeight(101)
	require.ErrorIs(t, f.k.CheckHolders(f.ctx, 100, testStream, 0, []uint64{again}), types.ErrNotDrawn)
}

func TestOnlyEligibleProvidersMayHold(t *testing.T) {
	f := newFixture(t)
	for n := byte(1); n <= 40; n++ {
		f.register(n)
	}
	f.block(100)
	f.ctx = f.ctx.WithBlockHeight(101)
	b, err := f.k.boundaries.Get(f.ctx, 100)
	require.NoError(t, err)
	in, out := 0, 0
	for id := uint64(1); id <= 40; id++ {
		row, err := f.k.Provider(f.ctx, id)
		require.NoError(t, err)
		placement := []uint64{id, id, id, id} // four shards; that they are distinct is x/datarights' to check
		if b.Eligible(testStream, 5, 4, row.Operator, row.CapacityBytes) {
			require.NoError(t, f.k.CheckHolders(f.ctx, 100, testStream, 5, placement))
			in++
			continue
		}
		err = f.k.CheckHolders(f.ctx, 100, testStream, 5, placement)
		require.ErrorIs(t, err, types.ErrNotDrawn)
		require.ErrorContains(t, err, "is not eligible for bundle 5 of stream cpchain-1/7 by boundary 100")
		out++
	}
	require.Positive(t, in)
	require.Greater(t, out, 20)
}

func TestAPlacementIsCheckedInAFewSteps(t *testing.T) {
	gas := map[byte]uint64{}
	for _, n := range []byte{20, 120} {
		f := newFixture(t)
		for i := byte(1); i <= n; i++ {
			f.register(i)
		}
		f.block(100)
		f.ctx = f.ctx.WithBlockHeight(101).WithGasMeter(storetypes.NewGasMeter(10_000_000))
		_ = f.k.CheckHolders(f.ctx, 100, testStream, 5, []uint64{1, 2, 3, 4})
		gas[n] = f.ctx.GasMeter().GasConsumed()
	}
	require.Less(t, gas[120], gas[20]+3_000, "providers beside those named cost no more than the longer list of capacities")
}

func TestTheFirstRanksOfThePoolAreTheDraw(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.DrawPool = 3
	require.NoError(t, f.k.params.Set(f.ctx, params))
	ops := map[uint64]sdk.AccAddress{}
	for n := byte(1); n <= 5; n++ {
		op, id := f.register(n)
		ops[id] = op
	}
	for _, id := range []uint64{2, 5} {
		_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: ops[id].String(), Amount: sdk.NewInt64Coin(types.BondDenom, 1000)})
		require.NoError(t, err)
	}
	f.block(100)
	_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: ops[4].String(), Amount: sdk.NewInt64Coin(types.BondDenom, 90_000_000_000)})
	require.NoError(t, err, "too late for this boundary")
	f.ctx = f.ctx.WithBlockHeight(101)
	pool, err := f.k.Pool(f.ctx, 100)
	require.NoError(t, err)
	var ids []uint64
	for _, c := range pool.Candidates {
		ids = append(ids, c.Id)
	}
	require.Equal(t, []uint64{2, 5, 1}, ids, "the largest bonds, of equal ones the lower id")
	require.Equal(t, math.NewInt(2_000_001_000), pool.Candidates[0].Bond)

	ranks, err := f.k.RankProxies(f.ctx, 100, testStream)
	require.NoError(t, err)
	b, err := f.k.boundaries.Get(f.ctx, 100)
	require.NoError(t, err)
	want, err := types.DrawProxies(b.Seed, testStream, pool.Rows(), 3)
	require.NoError(t, err)
	require.Equal(t, want, ranks)
	without, err := f.k.RankProxies(f.ctx, 100, testStream, ranks[1])
	require.NoError(t, err)
	require.Equal(t, []uint64{ranks[0], ranks[2]}, without)
	none, err := f.k.RankProxies(f.ctx, 100, testStream, 1, 2, 5)
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = f.k.RankProxies(f.ctx, 99, testStream)
	require.ErrorIs(t, err, types.ErrBoundary)

	res, err := NewQueryServer(f.k).Pool(f.ctx, &types.QueryPoolRequest{Height: 100})
	require.NoError(t, err)
	require.Equal(t, pool, res.Pool)
	_, err = NewQueryServer(f.k).Pool(f.ctx, &types.QueryPoolRequest{Height: 7})
	require.ErrorContains(t, err, "no boundary at 7")
}
