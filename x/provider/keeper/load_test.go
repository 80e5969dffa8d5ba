package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestShardsFillTheCapacityAndNoMore(t *testing.T) {
	f := newFixture(t)
	_, a := f.register(1)
	_, b := f.register(2)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{a, b}, 600_000))
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{a}, 400_001), types.ErrFull)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{a}, 1<<63), types.ErrFull)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{99}, 1), types.ErrNotFound)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{a}, 400_000))
	load, err := f.k.Load(f.ctx, a)
	require.NoError(t, err)
	require.Equal(t, types.Load{Shards: 2, ShardBytes: 1_000_000}, load)
}

func TestLoadsFollowRoles(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), Roles: &types.Roles{Proxy: true}})
	require.NoError(t, err)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrInactive)
	require.ErrorContains(t, f.k.AddShards(f.ctx, []uint64{id}, 1), "provider 1")
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), Roles: &types.Roles{Storage: true}})
	require.NoError(t, err)
	require.ErrorIs(t, f.k.AddGrant(f.ctx, id, 5), types.ErrInactive)
	require.ErrorIs(t, f.k.AddGrant(f.ctx, 9, 5), types.ErrNotFound)
}

func TestAPausedProxyMayAcceptWhatNamedItBefore(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: true})
	require.NoError(t, err)
	require.NoError(t, f.k.AddGrant(f.ctx, id, 50))
	require.NoError(t, f.k.AddGrant(f.ctx, id, 40))
	load, err := f.k.Load(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.Load{Grants: 2, LockedUntil: 50}, load, "the longest lock stands")
}
