package keeper

import (
	"crypto/ed25519"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

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

func TestBondAddsUp(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.Bond(f.ctx, &types.MsgBond{Operator: op.String(), Amount: sdk.NewInt64Coin("ucpc", 5)})
	require.NoError(t, err)
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, "2000000005ucpc", row.Bond.String())
	_, err = f.msg.Bond(f.ctx, &types.MsgBond{Operator: op.String(), Amount: sdk.NewInt64Coin("other", 5)})
	require.ErrorIs(t, err, types.ErrBond)
}

func TestPausedProvidersTakeNothingNew(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: true})
	require.NoError(t, err)
	require.ErrorIs(t, f.k.AddShards(f.ctx, []uint64{id}, 1), types.ErrInactive)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String(), Paused: true})
	require.ErrorIs(t, err, types.ErrUnchanged)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String()})
	require.NoError(t, err)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{id}, 1))
}

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

func TestLeavingWaitsForWhatDependsOnIt(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	require.NoError(t, f.k.AddGrant(f.ctx, id, 99_000_000))
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrInUse)
	require.ErrorContains(t, err, "1 grants")
	require.NoError(t, f.k.RemoveGrant(f.ctx, id))
	require.ErrorIs(t, f.k.RemoveGrant(f.ctx, id), types.ErrNotFound)
	res, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	require.EqualValues(t, 99_000_000, res.UnbondTime, "the bond answers until the grant's dispute window is over")
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrNotFound)

	f.ctx = f.ctx.WithBlockTime(time.Unix(98_999_999, 0))
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, "98000000000ucpc", f.bank.balances[op.String()].String())
	f.ctx = f.ctx.WithBlockTime(time.Unix(99_000_000, 0))
	require.NoError(t, f.k.EndBlock(f.ctx))
	require.Equal(t, "100000000000ucpc", f.bank.balances[op.String()].String())
	require.NoError(t, f.k.EndBlock(f.ctx), "paid once")
	require.Equal(t, "100000000000ucpc", f.bank.balances[op.String()].String())

	res2, err := f.msg.Register(f.ctx, f.registration(op, 3))
	require.NoError(t, err)
	require.EqualValues(t, 2, res2.Id, "an operator that left may come back as a new provider")
}

func TestSlashBurnsItsPartAlsoWhileUnbondingAndPausesAThinBond(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	amount, err := f.k.Slash(f.ctx, id, "wrong fragment")
	require.NoError(t, err)
	require.Equal(t, "200000000ucpc", amount.String())
	module := f.bank.balances[authtypes.NewModuleAddress(types.ModuleName).String()]
	require.Equal(t, "1800000000ucpc", module.String(), "burnt, not kept")
	for range 6 {
		_, err = f.k.Slash(f.ctx, id, "again")
		require.NoError(t, err)
	}
	row, err := f.k.Provider(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, types.STATUS_PAUSED, row.Status)
	_, err = f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: op.String()})
	require.ErrorIs(t, err, types.ErrBond)
	_, err = f.msg.Leave(f.ctx, &types.MsgLeave{Operator: op.String()})
	require.NoError(t, err)
	_, err = f.k.Slash(f.ctx, id, "unbonding is no escape")
	require.NoError(t, err)
}

func TestBoundariesAreRecordedKeptAndChecked(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.BoundaryBlocks, params.BoundariesKept = 5, 3
	require.NoError(t, f.k.params.Set(f.ctx, params))
	require.ErrorIs(t, f.k.CheckBoundary(f.ctx, 10), types.ErrBoundary)
	for h := int64(11); h <= 31; h++ {
		hash := make([]byte, 32)
		hash[0] = byte(h)
		require.NoError(t, f.k.BeginBlock(f.ctx.WithBlockHeight(h).WithHeaderHash(hash)))
	}
	list, err := f.k.newestBoundaries(f.ctx, 0)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.EqualValues(t, 30, list[0].Height)
	require.EqualValues(t, 30, list[0].Seed[0])
	f.ctx = f.ctx.WithBlockHeight(31)
	require.NoError(t, f.k.CheckBoundary(f.ctx, 30))
	require.NoError(t, f.k.CheckBoundary(f.ctx, 25))
	for _, d := range []int64{20, 31, 0, -5, 35} {
		require.ErrorIs(t, f.k.CheckBoundary(f.ctx, d), types.ErrBoundary)
	}
}

func TestOnlyTheAuthorityChangesParams(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.MaxAddresses = 3
	_, err := f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: "someone", Params: params})
	require.ErrorIs(t, err, types.ErrAuthority)
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.NoError(t, err)
	params.FragmentSlashBps = 10_001
	_, err = f.msg.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: testAuthority, Params: params})
	require.ErrorIs(t, err, types.ErrParams)
}

func TestGenesisExportsEverythingAndComesBackTheSame(t *testing.T) {
	f := newFixture(t)
	_, a := f.register(1)
	leaver, _ := f.register(2)
	_, err := f.msg.Leave(f.ctx, &types.MsgLeave{Operator: leaver.String()})
	require.NoError(t, err)
	require.NoError(t, f.k.AddShards(f.ctx, []uint64{a}, 1000))
	require.NoError(t, f.k.BeginBlock(f.ctx.WithHeaderHash(make([]byte, 32))))
	first, err := f.k.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, first.Validate())

	g := newFixture(t)
	g.bank.balances = maps.Clone(f.bank.balances)
	require.NoError(t, g.k.InitGenesis(g.ctx, first))
	second, err := g.k.ExportGenesis(g.ctx)
	require.NoError(t, err)
	require.Equal(t, first, second)
	g.ctx = g.ctx.WithBlockTime(time.Unix(1_000_000+types.DefaultParams().UnbondingSeconds, 0))
	require.NoError(t, g.k.EndBlock(g.ctx))
	require.Equal(t, "100000000000ucpc", g.bank.balances[leaver.String()].String(), "the unbonding queue came along")
}

func TestQueriesPageAndTellAbsence(t *testing.T) {
	f := newFixture(t)
	op, id := f.register(1)
	second, _ := f.register(2)
	_, err := f.msg.SetPaused(f.ctx, &types.MsgSetPaused{Operator: second.String(), Paused: true})
	require.NoError(t, err)
	q := NewQueryServer(f.k)
	all, err := q.Providers(f.ctx, &types.QueryProvidersRequest{})
	require.NoError(t, err)
	require.Len(t, all.Providers, 2)
	active, err := q.Providers(f.ctx, &types.QueryProvidersRequest{Active: true})
	require.NoError(t, err)
	require.Len(t, active.Providers, 1)
	byOp, err := q.ProviderByOperator(f.ctx, &types.QueryProviderByOperatorRequest{Operator: op.String()})
	require.NoError(t, err)
	require.Equal(t, id, byOp.Provider.Id)
	byKey, err := q.ProviderByPeerKey(f.ctx, &types.QueryProviderByPeerKeyRequest{PeerKey: byOp.Provider.PeerKey})
	require.NoError(t, err)
	require.Equal(t, id, byKey.Provider.Id)
	_, err = q.Provider(f.ctx, &types.QueryProviderRequest{Id: 9})
	require.ErrorContains(t, err, "NotFound")
	_, err = q.PeerKey(f.ctx, &types.QueryPeerKeyRequest{Id: id, Version: 9})
	require.ErrorContains(t, err, "NotFound")
}
