package keeper

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	errorsmod "cosmossdk.io/errors"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	storage "github.com/cpchain/cpchain/x/storage/types"
)

const (
	testChain     = "cpchain-1"
	testAuthority = "authority"
	testProviders = 10
	testBoundary  = 100
	testBond      = 1_000_000
)

// testOrigin is where test streams begin; testNow is 100 one-minute intervals later.
var (
	testOrigin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	testNow    = testOrigin.Add(100 * time.Minute)
)

// fakeBank keeps balances by address; module accounts have theirs too.
type fakeBank struct {
	balances map[string]sdk.Coins
	// stuck is an account that takes nothing.
	stuck sdk.AccAddress
}

func (b *fakeBank) clone() *fakeBank { return &fakeBank{balances: maps.Clone(b.balances)} }

func (b *fakeBank) move(from, to sdk.AccAddress, amt sdk.Coins) error {
	if b.stuck != nil && b.stuck.Equals(to) {
		return fmt.Errorf("%s takes nothing", to)
	}
	left, negative := b.balances[string(from)].SafeSub(amt...)
	if negative {
		return fmt.Errorf("insufficient funds: %s of %s", b.balances[string(from)], amt)
	}
	b.balances[string(from)] = left
	if to != nil {
		b.balances[string(to)] = b.balances[string(to)].Add(amt...)
	}
	return nil
}

func (b *fakeBank) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, module string, amt sdk.Coins) error {
	return b.move(from, authtypes.NewModuleAddress(module), amt)
}

func (b *fakeBank) SendCoinsFromModuleToAccount(_ context.Context, module string, to sdk.AccAddress, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(module), to, amt)
}

func (b *fakeBank) BurnCoins(_ context.Context, module string, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(module), nil, amt)
}

func (b *fakeBank) GetAllBalances(_ context.Context, addr sdk.AccAddress) sdk.Coins {
	return b.balances[string(addr)]
}

// fakeProviders is a registry with state: rows, loads, versions of peer keys.
type fakeProviders struct {
	text     func(sdk.AccAddress) string
	bank     *fakeBank
	rows     map[uint64]provider.Provider
	loads    map[uint64]provider.Load
	peerKeys map[uint64][][]byte
	deals    map[[2]uint64]storage.Deal
	// undrawn is left out by draws.
	undrawn uint64
	// drawn is what holders were checked by, once for each placement.
	drawn []string
	// ranks of proxies, first to last.
	ranks []uint64
	// stuck makes RemoveGrant of this provider fail.
	stuck uint64
}

func (p *fakeProviders) clone() *fakeProviders {
	c := *p
	c.rows, c.loads, c.deals = maps.Clone(p.rows), maps.Clone(p.loads), maps.Clone(p.deals)
	return &c
}

func (p *fakeProviders) Provider(_ context.Context, id uint64) (provider.Provider, error) {
	row, ok := p.rows[id]
	if !ok {
		return row, provider.ErrNotFound.Wrapf("id %d", id)
	}
	return row, nil
}

func (p *fakeProviders) ProviderByOperator(_ context.Context, operator sdk.AccAddress) (provider.Provider, error) {
	for id := range uint64(len(p.rows)) + 1 {
		if row, ok := p.rows[id]; ok && row.Operator == p.text(operator) {
			return row, nil
		}
	}
	return provider.Provider{}, provider.ErrNotFound.Wrap("no such operator")
}

func (p *fakeProviders) PeerKey(_ context.Context, id uint64, version uint32) ([]byte, error) {
	if keys := p.peerKeys[id]; version >= 1 && int(version) <= len(keys) {
		return keys[version-1], nil
	}
	return nil, provider.ErrNotFound.Wrapf("provider %d has no peer key version %d", id, version)
}

func (p *fakeProviders) Load(_ context.Context, id uint64) (provider.Load, error) {
	return p.loads[id], nil
}

// Account, OpenAccount, Open, Deal, EmptySlot and CloseStream make it an x/storage that stores for nothing.
func (p *fakeProviders) Account(context.Context, uint64) (storage.Account, error) {
	return storage.Account{}, nil
}

func (p *fakeProviders) OpenAccount(context.Context, uint64, string) error { return nil }

func (p *fakeProviders) Open(ctx context.Context, o storage.Opening) error {
	d := storage.Deal{DataShards: o.DataShards, ShardRoot: o.ShardRoot, ShardBytes: o.ShardBytes}
	for _, id := range o.Placement {
		d.Slots = append(d.Slots, storage.Slot{Provider: id})
	}
	p.deals[[2]uint64{o.Stream, o.Seq}] = d
	return p.AddShards(ctx, o.Placement, o.ShardBytes)
}

func (p *fakeProviders) Deal(_ context.Context, stream, seq uint64) (storage.Deal, error) {
	d, ok := p.deals[[2]uint64{stream, seq}]
	if !ok {
		return d, storage.ErrNotFound
	}
	return d, nil
}

func (p *fakeProviders) EmptySlot(_ context.Context, s storage.SlotRef, _ string) error {
	p.deals[[2]uint64{s.Stream, s.Seq}].Slots[s.Slot].Provider = 0
	return nil
}

func (p *fakeProviders) CloseStream(_ context.Context, stream, _ uint64) error {
	maps.DeleteFunc(p.deals, func(at [2]uint64, _ storage.Deal) bool { return at[0] == stream })
	return nil
}

func (p *fakeProviders) AddShards(_ context.Context, ids []uint64, shardBytes uint64) error {
	for _, id := range ids {
		if row, ok := p.rows[id]; !ok || row.Status != provider.STATUS_ACTIVE || !row.Storage {
			return provider.ErrInactive.Wrapf("provider %d takes no shards", id)
		}
		if p.loads[id].ShardBytes+shardBytes > p.rows[id].CapacityBytes {
			return provider.ErrFull.Wrapf("provider %d", id)
		}
	}
	for _, id := range ids {
		load := p.loads[id]
		load.Shards++
		load.ShardBytes += shardBytes
		p.loads[id] = load
	}
	return nil
}

func (p *fakeProviders) AddGrant(_ context.Context, id uint64, lockedUntil int64) error {
	if p.rows[id].Status == provider.STATUS_LEFT {
		return provider.ErrInactive.Wrapf("provider %d is no proxy", id)
	}
	load := p.loads[id]
	load.Grants++
	load.LockedUntil = max(load.LockedUntil, lockedUntil)
	p.loads[id] = load
	return nil
}

func (p *fakeProviders) RemoveGrant(_ context.Context, id uint64) error {
	load := p.loads[id]
	if id == p.stuck || load.Grants == 0 {
		return provider.ErrNotFound.Wrapf("provider %d has no grant on its books", id)
	}
	load.Grants--
	p.loads[id] = load
	return nil
}

func (p *fakeProviders) Slash(_ context.Context, id uint64, _ string) (sdk.Coin, error) {
	row := p.rows[id]
	cut := sdk.NewCoin(row.Bond.Denom, row.Bond.Amount.QuoRaw(10))
	row.Bond = row.Bond.Sub(cut)
	p.rows[id] = row
	return cut, nil
}

func (p *fakeProviders) SlashPart(_ context.Context, id uint64, bps uint32, module string, shareBps uint32, _ string) (slashed, share sdk.Coin, err error) {
	row := p.rows[id]
	slashed = sdk.NewCoin(row.Bond.Denom, provider.Part(row.Bond.Amount, bps))
	share = sdk.NewCoin(row.Bond.Denom, slashed.Amount.MulRaw(int64(shareBps)).QuoRaw(10_000))
	row.Bond = row.Bond.Sub(slashed)
	p.rows[id] = row
	p.bank.balances[string(authtypes.NewModuleAddress(module))] = p.bank.balances[string(authtypes.NewModuleAddress(module))].Add(share)
	return slashed, share, nil
}

func (p *fakeProviders) BoundarySeed(_ context.Context, d int64) ([]byte, error) {
	return hash(fmt.Sprint("seed ", d)), nil
}

func (p *fakeProviders) Candidates(_ context.Context, d int64) ([]provider.Provider, error) {
	var list []provider.Provider
	for id := range uint64(200) {
		if row, ok := p.rows[id]; ok && row.Status == provider.STATUS_ACTIVE && row.RegisteredHeight <= d {
			list = append(list, row)
		}
	}
	return list, nil
}

// CheckHolders lets everybody hold whom no test leaves out.
func (p *fakeProviders) CheckHolders(ctx context.Context, d int64, stream string, seq uint64, ids []uint64) error {
	p.drawn = append(p.drawn, fmt.Sprint(d, stream, seq, ids))
	if err := p.CheckBoundary(ctx, d); err != nil {
		return err
	}
	for _, id := range ids {
		if _, ok := p.rows[id]; !ok {
			return provider.ErrNotFound.Wrapf("id %d", id)
		}
		if p.undrawn == id {
			return provider.ErrNotDrawn.Wrapf("provider %d", id)
		}
	}
	return nil
}

// RankProxies ranks 4 to 10 first, then 1 to 3, unless a test has other ranks.
func (p *fakeProviders) RankProxies(_ context.Context, _ int64, _ string, excluded ...uint64) ([]uint64, error) {
	ranks := p.ranks
	if ranks == nil {
		ids := slices.Sorted(maps.Keys(p.rows))
		ranks = slices.Concat(ids[3:], ids[:3])
	}
	return slices.DeleteFunc(slices.Clone(ranks), func(id uint64) bool { return slices.Contains(excluded, id) }), nil
}

func (p *fakeProviders) CheckBoundary(_ context.Context, d int64) error {
	if d != testBoundary {
		return provider.ErrBoundary.Wrapf("%d, not %d", d, testBoundary)
	}
	return nil
}

// fixture is a module with people around it.
type fixture struct {
	t         testing.TB
	ctx       sdk.Context
	store     storetypes.StoreKey
	k         Keeper
	msg       types.MsgServer
	query     types.QueryServer
	bank      *fakeBank
	providers *fakeProviders
	told      *heard
	rand      io.Reader

	alice, bob, gateway sdk.AccAddress
}

func newFixture(t testing.TB) *fixture {
	key := storetypes.NewKVStoreKey(types.StoreKey)
	f := &fixture{
		t: t, store: key, rand: rand.NewChaCha8([32]byte{1}), bank: &fakeBank{balances: map[string]sdk.Coins{}},
		alice: account(1), bob: account(2), gateway: account(3),
	}
	addresses := address.NewBech32Codec("cpc")
	f.providers = &fakeProviders{
		text: f.text, bank: f.bank, rows: map[uint64]provider.Provider{}, loads: map[uint64]provider.Load{}, peerKeys: map[uint64][][]byte{},
		deals: map[[2]uint64]storage.Deal{},
	}
	f.told = &heard{}
	f.k = NewKeeper(codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), runtime.NewKVStoreService(key), addresses, testAuthority, f.bank, f.providers, f.providers, f.told)
	f.msg, f.query = NewMsgServer(f.k), NewQueryServer(f.k)
	f.ctx = testutil.DefaultContext(key, storetypes.NewTransientStoreKey("t")).WithChainID(testChain).WithBlockHeight(110).WithBlockTime(testNow)
	require.NoError(t, f.k.InitGenesis(f.ctx, types.DefaultGenesis()))
	for _, who := range []sdk.AccAddress{f.alice, f.bob, f.gateway} {
		f.bank.balances[string(who)] = sdk.NewCoins(sdk.NewInt64Coin(types.FeeDenom, 1_000_000_000))
	}
	for id := uint64(1); id <= testProviders; id++ {
		f.addProvider(id)
	}
	t.Cleanup(func() { require.NoError(t, f.k.CheckInvariants(f.ctx)) })
	return f
}

// account is the address of person n; operators are 100 + provider id.
func account(n byte) sdk.AccAddress { return append(make([]byte, 19), n) }

func operator(id uint64) sdk.AccAddress { return account(100 + byte(id)) }

func (f *fixture) text(a sdk.AccAddress) string {
	text, err := address.NewBech32Codec("cpc").BytesToString(a)
	require.NoError(f.t, err)
	return text
}

func (f *fixture) addProvider(id uint64) {
	f.providers.peerKeys[id] = [][]byte{public(peerKey(id))}
	f.providers.rows[id] = provider.Provider{
		Id: id, Operator: f.text(operator(id)), PeerKey: public(peerKey(id)), PeerKeyVersion: 1, CapacityBytes: 1 << 30,
		Storage: true, Proxy: true, Status: provider.STATUS_ACTIVE, Bond: sdk.NewInt64Coin(types.FeeDenom, testBond),
	}
}

// change edits a provider's row.
func (f *fixture) change(id uint64, edit func(*provider.Provider)) {
	row := f.providers.rows[id]
	edit(&row)
	f.providers.rows[id] = row
}

// signer is an ed25519 key made from a name.
func signer(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func peerKey(id uint64) ed25519.PrivateKey { return signer(fmt.Sprint("peer ", id)) }

func public(key ed25519.PrivateKey) []byte { return key.Public().(ed25519.PublicKey) }

func hash(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func (f *fixture) at(now time.Time) { f.ctx = f.ctx.WithBlockTime(now) }

func (f *fixture) balance(a sdk.AccAddress) int64 {
	return f.bank.balances[string(a)].AmountOf(types.FeeDenom).Int64()
}

// snapshot is everything a message could change.
type snapshot struct {
	genesis  []byte
	balances map[string]sdk.Coins
	loads    map[uint64]provider.Load
	bonds    map[uint64]sdk.Coin
}

func (f *fixture) snapshot() snapshot {
	s := snapshot{balances: maps.Clone(f.bank.balances), loads: maps.Clone(f.providers.loads), bonds: map[uint64]sdk.Coin{}}
	g, err := f.k.ExportGenesis(f.ctx)
	require.NoError(f.t, err)
	s.genesis, err = g.Marshal()
	require.NoError(f.t, err)
	for id, row := range f.providers.rows {
		s.bonds[id] = row.Bond
	}
	return s
}

// refuses checks that a message is refused for this reason and leaves everything as it was, even before the transaction is
// rolled back.
func (f *fixture) refuses(want error, try func() error) {
	f.t.Helper()
	before := f.snapshot()
	err := try()
	require.ErrorIs(f.t, err, want)
	space, _, _ := errorsmod.ABCIInfo(err, false)
	require.NotEqual(f.t, errorsmod.UndefinedCodespace, space, "clients could not match this refusal: %s", err)
	require.Equal(f.t, before, f.snapshot(), "a refused message must change nothing")
}

// events returns the typed events of one kind since the last call.
func events[T proto.Message](f *fixture) []T {
	var list []T
	for _, e := range f.ctx.EventManager().ABCIEvents() {
		if msg, err := sdk.ParseTypedEvent(e); err == nil {
			if typed, ok := msg.(T); ok {
				list = append(list, typed)
			}
		}
	}
	f.ctx = f.ctx.WithEventManager(sdk.NewEventManager())
	return list
}

const (
	second = time.Second
	minute = time.Minute
)

// heard is what reputation was told.
type heard []string

func (h *heard) Report(_ context.Context, e reputation.Evidence) error {
	*h = append(*h, fmt.Sprintf("%x %s", []byte(e.Operator), e.Text))
	return e.Validate()
}
