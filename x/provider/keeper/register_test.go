package keeper

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/cpchain/cpchain/x/provider/types"
)

func TestRegisterTakesTheBondAndStoresTheRow(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.EqualValues(t, 1, id)
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, op.String(), row.Operator)
	require.Equal(t, types.STATUS_ACTIVE, row.Status)
	require.EqualValues(t, 10, row.RegisteredHeight)
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	key, err := f.k.PeerKey(f.ctx, id, 1)
	require.NoError(t, err)
	require.Equal(t, row.PeerKey, key)
	found, err := f.k.ProviderByOperator(f.ctx, op)
	require.NoError(t, err)
	require.Equal(t, row, found)
	require.Contains(t, f.ctx.EventManager().Events()[len(f.ctx.EventManager().Events())-1].Type, "EventRegistered")
}

func TestRegisterRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		want  error
		spoil func(*types.MsgRegister)
	}{
		"a peer key of the wrong size":  {types.ErrPeerKey, func(m *types.MsgRegister) { m.PeerKey = m.PeerKey[1:] }},
		"a peer key proof of another":   {types.ErrPeerKey, func(m *types.MsgRegister) { m.PeerKeyProof[0] ^= 1 }},
		"a peer key that is not proved": {types.ErrPeerKey, func(m *types.MsgRegister) { m.PeerKey = peerKey(9).Public().(ed25519.PublicKey) }},
		"a seal key of the wrong size":  {types.ErrSealKey, func(m *types.MsgRegister) { m.SealKey = nil }},
		"a seal key proof of another":   {types.ErrSealKey, func(m *types.MsgRegister) { m.SealKeyProof[0] ^= 1 }},
		"a seal key of low order":       {types.ErrSealKey, func(m *types.MsgRegister) { m.SealKey = make([]byte, 32) }},
		"no address":                    {types.ErrAddress, func(m *types.MsgRegister) { m.Addresses = nil }},
		"an address that is none":       {types.ErrAddress, func(m *types.MsgRegister) { m.Addresses = []string{"192.0.2.1:4001"} }},
		"an address with a peer id": {types.ErrAddress, func(m *types.MsgRegister) {
			m.Addresses[0] += "/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf"
		}},
		"an address twice":                  {types.ErrAddress, func(m *types.MsgRegister) { m.Addresses = append(m.Addresses, m.Addresses[0]) }},
		"too many addresses":                {types.ErrAddress, func(m *types.MsgRegister) { m.Addresses = make([]string, 9) }},
		"an address too long":               {types.ErrAddress, func(m *types.MsgRegister) { m.Addresses = []string{"/dns4/" + strings.Repeat("a", 200)} }},
		"storage without capacity":          {types.ErrCapacity, func(m *types.MsgRegister) { m.CapacityBytes = 0 }},
		"capacity beyond the bound":         {types.ErrCapacity, func(m *types.MsgRegister) { m.CapacityBytes = types.MaxCapacityBytes + 1 }},
		"a negative storage price":          {types.ErrPrice, func(m *types.MsgRegister) { m.StoragePriceUcpc = math.NewInt(-1) }},
		"no re-encryption price":            {types.ErrPrice, func(m *types.MsgRegister) { m.ReencryptionPriceUcpc = math.Int{} }},
		"no role":                           {types.ErrRoles, func(m *types.MsgRegister) { m.Storage, m.Proxy = false, false }},
		"a bond in another denom":           {types.ErrBond, func(m *types.MsgRegister) { m.Bond.Denom = "stake" }},
		"no bond":                           {types.ErrBond, func(m *types.MsgRegister) { m.Bond.Amount = math.ZeroInt() }},
		"a bond below the minimum":          {types.ErrBond, func(m *types.MsgRegister) { m.Bond.Amount = math.NewInt(999_999_999) }},
		"a bond too small for its capacity": {types.ErrBond, func(m *types.MsgRegister) { m.CapacityBytes = 2_000_000_000_001 }},
		"a bond the operator does not have": {sdkerrors.ErrInsufficientFunds, func(m *types.MsgRegister) { m.Bond.Amount = math.NewInt(200_000_000_000) }},
		"a moniker with control characters": {types.ErrMoniker, func(m *types.MsgRegister) { m.Moniker = "a\nb" }},
		"a moniker too long":                {types.ErrMoniker, func(m *types.MsgRegister) { m.Moniker = strings.Repeat("a", 71) }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			op := f.operator(1)
			msg := f.registration(op, 1)
			c.spoil(msg)
			before := f.bank.balances[op.String()]
			_, err := f.msg.Register(f.ctx, msg)
			require.ErrorIs(t, err, c.want)
			require.Equal(t, before, f.bank.balances[op.String()])
			_, err = f.k.ProviderByOperator(f.ctx, op)
			require.ErrorIs(t, err, types.ErrNotFound)
		})
	}
}

func TestAnOperatorHasOneProviderAndAPeerKeyOneOwner(t *testing.T) {
	f := newFixture(t)
	op, _ := f.register(1)
	_, err := f.msg.Register(f.ctx, f.registration(op, 2))
	require.ErrorIs(t, err, types.ErrExists)
	_, err = f.msg.Register(f.ctx, f.registration(f.operator(2), 1))
	require.ErrorIs(t, err, types.ErrPeerKeyTaken)
}

func TestAnOperatorThatLeftComesBackAsANewProviderWithTheSameNode(t *testing.T) {
	f := newFixture(t)
	op, first := f.register(1)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	res, err := f.msg.Register(f.ctx, f.registration(op, 1))
	require.NoError(t, err)
	require.Equal(t, first+1, res.Id)
	row, err := f.k.ProviderByOperator(f.ctx, op)
	require.NoError(t, err)
	require.Equal(t, res.Id, row.Id)
	old, err := f.k.PeerKey(f.ctx, first, 1)
	require.NoError(t, err)
	require.Equal(t, row.PeerKey, old, "what the first provider signed stays checkable")

	f.after(types.DefaultParams().UnbondingSeconds)
	row, err = f.k.Provider(f.ctx, first)
	require.NoError(t, err)
	require.True(t, row.Bond.IsZero())
	row, err = f.k.ProviderByOperator(f.ctx, op)
	require.NoError(t, err)
	require.Equal(t, res.Id, row.Id, "paying the old bond out leaves the new provider's names alone")
	require.Equal(t, "2000000000ucpc", row.Bond.String())
}
