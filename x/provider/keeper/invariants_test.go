package keeper

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

// Each case breaks the books behind the keeper's back, in a context of its own.
func TestInvariantsSeeEachBreach(t *testing.T) {
	f := newFixture(t)
	_, id := f.register(1)
	leaver, left := f.register(2)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: leaver.String()})
	require.NoError(t, err)
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	gone, err := f.k.Provider(f.ctx, left)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		says  string
		spoil func(ctx sdk.Context) error
	}{
		"a bond the module does not hold": {"the module holds", func(ctx sdk.Context) error {
			row := row
			row.Bond = row.Bond.AddAmount(math.OneInt())
			return f.k.providers.Set(ctx, id, row)
		}},
		"a load above the capacity": {"carries", func(ctx sdk.Context) error {
			return f.k.loads.Set(ctx, id, types.Load{Shards: 1, ShardBytes: row.CapacityBytes + 1})
		}},
		"a load without row":        {"load: id 9", func(ctx sdk.Context) error { return f.k.loads.Set(ctx, 9, types.Load{}) }},
		"grants of one that left":   {"has left with", func(ctx sdk.Context) error { return f.k.loads.Set(ctx, left, types.Load{Grants: 1}) }},
		"a bond that is not queued": {"not in the payout queue", func(ctx sdk.Context) error { return f.k.unbonding.Remove(ctx, collections.Join(gone.UnbondTime, left)) }},
		"a payout of an active one": {"should not be", func(ctx sdk.Context) error { return f.k.unbonding.Set(ctx, collections.Join(int64(5), id)) }},
		"a peer key without row": {"id 9", func(ctx sdk.Context) error {
			return f.k.peerKeys.Set(ctx, collections.Join(uint64(9), uint32(1)), row.PeerKey)
		}},
		"a newest key that is not": {"is not its version", func(ctx sdk.Context) error {
			return f.k.peerKeys.Set(ctx, collections.Join(id, uint32(1)), gone.PeerKey)
		}},
		"an id not given out yet": {"the next id", func(ctx sdk.Context) error { return f.k.sequence.Set(ctx, 2) }},
		"an index entry too few": {"index of provider", func(ctx sdk.Context) error {
			return f.k.providers.Indexes.operator.Unreference(ctx, id, func() (types.Provider, error) { return row, nil })
		}},
		"an index entry too many": {"should not be", func(ctx sdk.Context) error {
			alive := gone
			alive.Status = types.STATUS_ACTIVE
			return f.k.providers.Indexes.peerKey.Reference(ctx, left, alive, func() (types.Provider, error) { return alive, collections.ErrNotFound })
		}},
		"a total too large": {"the totals say", func(ctx sdk.Context) error {
			return f.k.providers.Indexes.standing.add(ctx, 0, 1)
		}},
		"a standing that is not the row's": {"ends at 7 bytes", func(ctx sdk.Context) error {
			s := types.Standing{Changes: []types.Weight{{Height: 1, CapacityBytes: 7}}}
			return f.k.providers.Indexes.standing.standings.Set(ctx, id, s)
		}},
		"an order that lacks one": {"order by bond: 1 entries are missing", func(ctx sdk.Context) error {
			return f.k.providers.Indexes.proxies.Unreference(ctx, id, func() (types.Provider, error) { return row, nil })
		}},
		"an order by another weight": {"should not stand at", func(ctx sdk.Context) error {
			heavy := row
			heavy.CapacityBytes++
			if err := f.k.providers.Indexes.holders.Unreference(ctx, id, func() (types.Provider, error) { return row, nil }); err != nil {
				return err
			}
			return f.k.providers.Indexes.holders.Reference(ctx, id, heavy, func() (types.Provider, error) { return heavy, collections.ErrNotFound })
		}},
		"a boundary without pool": {"boundary 5 has no pool", func(ctx sdk.Context) error {
			return f.k.boundaries.Set(ctx, 5, types.Boundary{Height: 5, CapacityBytes: math.ZeroInt()})
		}},
		"a pool without boundary": {"has no boundary", func(ctx sdk.Context) error { return f.k.pools.Set(ctx, 5, types.Pool{}) }},
	} {
		broken, _ := f.ctx.CacheContext()
		require.NoError(t, c.spoil(broken), name)
		require.ErrorContains(t, f.k.CheckInvariants(broken), c.says, name)
	}
}
