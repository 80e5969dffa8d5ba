package keeper

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestUpdateReplacesWhatIsSetAndKeepsOldPeerKeys(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	next := f.registration(op, 7)
	price := math.NewInt(77)
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{
		Operator: op.String(), Moniker: "new", PeerKey: next.PeerKey, PeerKeyProof: next.PeerKeyProof,
		SealKey: next.SealKey, SealKeyProof: next.SealKeyProof, StoragePriceUcpc: &price, Roles: &types.Roles{Storage: true},
	})
	require.NoError(t, err)
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, "new", row.Moniker)
	require.EqualValues(t, 2, row.PeerKeyVersion)
	require.Equal(t, next.SealKey, row.SealKey)
	require.False(t, row.Proxy)
	require.Equal(t, []string{"/ip4/192.0.2.1/tcp/4001"}, row.Addresses)
	old, err := f.k.PeerKey(f.ctx, id, 1)
	require.NoError(t, err)
	require.Equal(t, []byte(peerKey(1).Public().(ed25519.PublicKey)), old)
}

func TestUpdateRefuses(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, _ = f.register(2)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 500_000))
	require.NoError(t, f.k.AddGrant(f.ctx, id, 2_000_000))
	taken := f.registration(op, 2)
	for name, c := range map[string]struct {
		want error
		msg  types.MsgUpdate
	}{
		"nothing":                          {types.ErrUnchanged, types.MsgUpdate{}},
		"capacity below what is held":      {types.ErrCapacity, types.MsgUpdate{CapacityBytes: 499_999}},
		"capacity the bond does not cover": {types.ErrBond, types.MsgUpdate{CapacityBytes: 3_000_000_000_000}},
		"dropping a role in use (storage)": {types.ErrInUse, types.MsgUpdate{Roles: &types.Roles{Proxy: true}}},
		"dropping a role in use (proxy)":   {types.ErrInUse, types.MsgUpdate{Roles: &types.Roles{Storage: true}}},
		"dropping all roles":               {types.ErrRoles, types.MsgUpdate{Roles: &types.Roles{}}},
		"a peer key another provider has":  {types.ErrPeerKeyTaken, types.MsgUpdate{PeerKey: taken.PeerKey, PeerKeyProof: taken.PeerKeyProof}},
		"a peer key without proof":         {types.ErrPeerKey, types.MsgUpdate{PeerKey: peerKey(5).Public().(ed25519.PublicKey)}},
		"a seal key without proof":         {types.ErrSealKey, types.MsgUpdate{SealKey: taken.SealKey}},
		"an address that is none":          {types.ErrAddress, types.MsgUpdate{Addresses: []string{"x"}}},
	} {
		c.msg.Operator = op.String()
		_, err := f.msg.Update(f.ctx, &c.msg)
		require.ErrorIs(t, err, c.want, name)
	}
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: f.operator(9).String(), Moniker: "x"})
	require.ErrorIs(t, err, types.ErrNotFound)
}

func TestUpdateKeepsTheRowWhole(t *testing.T) {
	f := newFixture(t)
	op := f.operator(1)
	msg := f.registration(op, 1)
	msg.Storage, msg.CapacityBytes = false, 0
	res, err := f.msg.Register(f.ctx, msg)
	require.NoError(t, err)
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), Roles: &types.Roles{Storage: true}})
	require.ErrorIs(t, err, types.ErrCapacity, "storage needs capacity, also when it is added later")
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), Roles: &types.Roles{Storage: true}, CapacityBytes: 5})
	require.NoError(t, err)
	row, err := f.k.Provider(f.ctx, res.Id)
	require.NoError(t, err)
	require.True(t, row.Storage)
	require.False(t, row.Proxy)
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), CapacityBytes: 5})
	require.ErrorIs(t, err, types.ErrUnchanged)
}

func TestARotatedPeerKeyIsFreeAndTheNewOneIsFound(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	next := f.registration(op, 7)
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), PeerKey: next.PeerKey, PeerKeyProof: next.PeerKeyProof})
	require.NoError(t, err)
	require.Contains(t, f.lastEvent(), "EventUpdated")
	row, err := f.k.providerByPeerKey(f.ctx, next.PeerKey)
	require.NoError(t, err)
	require.Equal(t, id, row.Id)
	_, err = f.k.providerByPeerKey(f.ctx, peerKey(1).Public().(ed25519.PublicKey))
	require.ErrorIs(t, err, types.ErrNotFound)
}

func TestLessCapacityIsAllowedWithABondThatWasSlashed(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	f.slash(id, 8)
	_, err := f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), CapacityBytes: 1_000_001})
	require.ErrorIs(t, err, types.ErrBond)
	_, err = f.msg.Update(f.ctx, &types.MsgUpdate{Operator: op.String(), CapacityBytes: 999_999})
	require.NoError(t, err)
}
