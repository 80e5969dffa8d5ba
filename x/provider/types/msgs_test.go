package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/provider/types"
)

func registration() types.MsgRegister {
	return types.MsgRegister{
		Operator: "cpc1operator", PeerKey: key(1), SealKey: key(2), Addresses: []string{"/ip4/192.0.2.1/tcp/4001"}, CapacityBytes: 1,
		StoragePriceUcpc: math.NewInt(1), ReencryptionPriceUcpc: math.NewInt(1), Storage: true, Bond: sdk.NewInt64Coin(types.BondDenom, 1),
	}
}

func TestAProxyNeedsNoCapacity(t *testing.T) {
	m := registration()
	m.CapacityBytes, m.Storage, m.Proxy = 0, false, true
	require.NoError(t, m.Validate(types.DefaultParams()))
}

func TestAmountsThatCouldOverflowAreRefused(t *testing.T) {
	huge, ok := math.NewIntFromString("340282366920938463463374607431768211456") // 2^128
	require.True(t, ok)
	m := registration()
	m.Bond.Amount = huge
	require.ErrorIs(t, m.Validate(types.DefaultParams()), types.ErrBond)
	m = registration()
	m.StoragePriceUcpc = huge
	require.ErrorIs(t, m.Validate(types.DefaultParams()), types.ErrPrice)
	m = registration()
	m.ReencryptionPriceUcpc = huge
	require.ErrorIs(t, m.Validate(types.DefaultParams()), types.ErrPrice)
	m.ReencryptionPriceUcpc = huge.SubRaw(1)
	require.NoError(t, m.Validate(types.DefaultParams()))
}

func TestOffersAsksForAnActiveProviderOfTheRole(t *testing.T) {
	p := types.Provider{Status: types.STATUS_ACTIVE, Storage: true}
	require.True(t, p.Offers(true, false))
	require.True(t, p.Offers(false, false))
	require.False(t, p.Offers(false, true))
	require.False(t, p.Offers(true, true))
	p.Status = types.STATUS_PAUSED
	require.False(t, p.Offers(true, false))
}

func FuzzMsgRegisterValidate(f *testing.F) {
	m := registration()
	bz, err := m.Marshal()
	require.NoError(f, err)
	f.Add(bz)
	f.Fuzz(func(t *testing.T, bz []byte) {
		var m types.MsgRegister
		if m.Unmarshal(bz) != nil || m.Validate(types.DefaultParams()) != nil {
			return
		}
		if len(m.PeerKey) != types.KeyBytes || !m.Bond.Amount.IsPositive() || !m.Storage && !m.Proxy {
			t.Fatalf("accepted %v", m)
		}
	})
}

func FuzzMsgUpdateValidate(f *testing.F) {
	price := math.NewInt(3)
	m := types.MsgUpdate{Operator: "cpc1operator", StoragePriceUcpc: &price, Roles: &types.Roles{Proxy: true}}
	bz, err := m.Marshal()
	require.NoError(f, err)
	f.Add(bz)
	f.Fuzz(func(t *testing.T, bz []byte) {
		var m types.MsgUpdate
		if m.Unmarshal(bz) != nil || m.Validate(types.DefaultParams()) != nil {
			return
		}
		if m.CapacityBytes > types.MaxCapacityBytes || m.StoragePriceUcpc != nil && m.StoragePriceUcpc.IsNegative() {
			t.Fatalf("accepted %v", m)
		}
	})
}
