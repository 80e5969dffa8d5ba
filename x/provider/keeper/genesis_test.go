package keeper

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestGenesisExportsEverythingAndComesBackTheSame(t *testing.T) {
	f := newFixture(t)
	_, a := f.register(1)
	leaver, _ := f.register(2)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: leaver.String()})
	require.NoError(t, err)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{a}, 1000))
	require.NoError(t, f.k.AddGrant(f.ctx, a, 2_000_000))
	paused, slashed := f.register(3)
	f.slash(slashed, 2)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: paused.String(), Paused: true})
	require.NoError(t, err)
	rotated := f.registration(paused, 9)
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: paused.String(), PeerKey: rotated.PeerKey, PeerKeyProof: rotated.PeerKeyProof})
	require.NoError(t, err)
	_, err = f.msg.Register(f.ctx, f.registration(leaver, 2)) // back again
	require.NoError(t, err)
	params := types.DefaultParams()
	params.FragmentSlashBps = 77
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	require.NoError(t, f.k.BeginBlock(f.ctx.WithHeaderHash(make([]byte, 32))))
	first, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, first.Validate())

	g := newFixtureOf(t)
	g.bank.balances = maps.Clone(f.bank.balances)
	require.NoError(t, g.k.InitGenesis(g.ctx, first))
	second, err := g.k.ExportGenesis(g.ctx)
	require.NoError(t, err)
	before, err := first.Marshal()
	require.NoError(t, err)
	after, err := second.Marshal()
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoError(t, g.k.CheckInvariants(g.ctx))
	g.ctx = g.ctx.WithBlockTime(time.Unix(1_000_000+types.DefaultParams().UnbondingSeconds, 0))
	require.NoError(t, g.k.EndBlock(g.ctx))
	require.Equal(t, "98000000000ucpc", g.bank.balances[leaver.String()].String(), "the unbonding queue came along")
}

func TestGenesisIsRefusedWhereTheBankDoesNotHoldTheBonds(t *testing.T) {
	f := newFixture(t)
	f.register(1)
	g, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	poor := newFixtureOf(t)
	require.ErrorContains(t, poor.k.InitGenesis(poor.ctx, g), "holds")
}

func TestAChainStartedAgainAtALowerHeightDrawsAnew(t *testing.T) {
	f := newFixture(t)
	f.block(200)
	_, id := f.register(1)
	g, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.Len(t, g.Boundaries, 1)
	again := newFixtureOf(t)
	again.bank.balances = maps.Clone(f.bank.balances)
	require.NoError(t, again.k.InitGenesis(again.ctx, g))
	again.block(11)
	again.ctx = again.ctx.WithBlockHeight(12)
	require.NoError(t, again.k.CheckBoundary(again.ctx, 11))
	require.NoError(t, again.k.CheckHolders(again.ctx, 11, "cpchain-1/1", 0, []uint64{id}), "the first boundary sees who was there before")
	require.NoError(t, again.k.CheckInvariants(again.ctx))
}
