package keeper

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"
	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/pkg/seal"
	"github.com/cpchain/cpchain/x/provider/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

const (
	testChain     = "cpchain-1"
	testAuthority = "authority"
)

// fakeBank keeps balances by address; module accounts have theirs too.
type fakeBank struct {
	balances map[string]sdk.Coins
	// barred may not receive from modules.
	barred string
}

func (b *fakeBank) move(from, to sdk.AccAddress, amt sdk.Coins) error {
	left, negative := b.balances[from.String()].SafeSub(amt...)
	if negative {
		return sdkerrors.ErrInsufficientFunds.Wrapf("%s of %s", b.balances[from.String()], amt)
	}
	b.balances[from.String()] = left
	if to != nil {
		b.balances[to.String()] = b.balances[to.String()].Add(amt...)
	}
	return nil
}

func (b *fakeBank) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, module string, amt sdk.Coins) error {
	return b.move(from, authtypes.NewModuleAddress(module), amt)
}

func (b *fakeBank) SendCoinsFromModuleToAccount(_ context.Context, module string, to sdk.AccAddress, amt sdk.Coins) error {
	if to.String() == b.barred {
		return sdkerrors.ErrUnauthorized.Wrapf("%s may not receive", to)
	}
	return b.move(authtypes.NewModuleAddress(module), to, amt)
}

func (b *fakeBank) SendCoinsFromModuleToModule(_ context.Context, from, to string, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(from), authtypes.NewModuleAddress(to), amt)
}

func (b *fakeBank) BurnCoins(_ context.Context, module string, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(module), nil, amt)
}

func (b *fakeBank) GetAllBalances(_ context.Context, addr sdk.AccAddress) sdk.Coins {
	return b.balances[addr.String()]
}

type fixture struct {
	t    *testing.T
	ctx  sdk.Context
	k    Keeper
	msg  types.MsgServer
	bank *fakeBank
	told *heard
}

// heard is what reputation was told.
type heard []string

func (h *heard) Report(_ context.Context, e reputation.Evidence) error {
	*h = append(*h, e.Operator.String()+" "+e.Text)
	return e.Validate()
}

// headerSeed takes a boundary's seed from the hash of the block's header.
type headerSeed struct{}

func (headerSeed) Seed(ctx context.Context) ([]byte, error) {
	return sdk.UnwrapSDKContext(ctx).HeaderHash(), nil
}

// newFixture is a chain at height 10 with default params; the invariants are checked at its end.
func newFixture(t *testing.T) *fixture {
	f := newFixtureOf(t)
	require.NoError(t, f.k.InitGenesis(f.ctx, types.DefaultGenesis()))
	t.Cleanup(func() { require.NoError(t, f.k.CheckInvariants(f.ctx)) })
	return f
}

// newFixtureOf is a chain before genesis.
func newFixtureOf(t *testing.T) *fixture {
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(t, key, storetypes.NewTransientStoreKey("t")).Ctx
	cdc := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	bank, told := &fakeBank{balances: map[string]sdk.Coins{}}, &heard{}
	k := NewKeeper(cdc, runtime.NewKVStoreService(key), address.NewBech32Codec("cosmos"), testAuthority, bank, headerSeed{}, told)
	f := &fixture{t: t, k: k, msg: NewMsgServer(k), bank: bank, told: told}
	f.ctx = ctx.WithChainID(testChain).WithBlockHeight(10).WithBlockTime(time.Unix(1_000_000, 0))
	return f
}

// after lets seconds pass and ends a block.
func (f *fixture) after(seconds int64) {
	f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(time.Duration(seconds) * time.Second))
	require.NoError(f.t, f.k.EndBlock(f.ctx))
}

// block begins the block of a height, with its header's hash; the context goes there.
func (f *fixture) block(height int64) {
	hash := sha256.Sum256([]byte(fmt.Sprint(height)))
	f.ctx = f.ctx.WithBlockHeight(height).WithHeaderHash(hash[:])
	require.NoError(f.t, f.k.BeginBlock(f.ctx))
}

func (f *fixture) slash(id uint64, times int) {
	for range times {
		_, err := f.k.Slash(f.ctx, id, "wrong fragment")
		require.NoError(f.t, err)
	}
}

// lastEvent is the type of the newest event.
func (f *fixture) lastEvent() string {
	events := f.ctx.EventManager().Events()
	return events[len(events)-1].Type
}

// operator is a funded account.
func (f *fixture) operator(n byte) sdk.AccAddress {
	addr := sdk.AccAddress(append(make([]byte, 19), n))
	f.bank.balances[addr.String()] = sdk.NewCoins(sdk.NewInt64Coin(types.BondDenom, 100_000_000_000))
	return addr
}

func peerKey(n byte) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte{n})
	return ed25519.NewKeyFromSeed(seed[:])
}

// zeros is enough of a random source for proofs in tests.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// registration is a message that registers.
func (f *fixture) registration(operator sdk.AccAddress, n byte) *types.MsgRegister {
	key := peerKey(n)
	public := key.Public().(ed25519.PublicKey)
	box := seal.BoxSecret(sha256.Sum256([]byte{n, 1}))
	boxPublic := box.Public()
	proof, err := box.ProvePossession(zeros{}, types.SealKeyProofBytes(testChain, operator.String(), boxPublic[:]))
	require.NoError(f.t, err)
	return &types.MsgRegister{
		Operator: operator.String(), Moniker: fmt.Sprint("node ", n), PeerKey: public,
		PeerKeyProof: ed25519.Sign(key, types.PeerKeyProofBytes(testChain, operator.String(), public)),
		Addresses:    []string{"/ip4/192.0.2.1/tcp/4001"}, SealKey: boxPublic[:], SealKeyProof: proof,
		CapacityBytes: 1_000_000, StoragePriceUcpc: math.NewInt(5), ReencryptionPriceUcpc: math.NewInt(0), Storage: true, Proxy: true,
		Bond: sdk.NewInt64Coin(types.BondDenom, 2_000_000_000),
	}
}

func (f *fixture) register(n byte) (sdk.AccAddress, uint64) {
	op := f.operator(n)
	res, err := f.msg.Register(f.ctx, f.registration(op, n))
	require.NoError(f.t, err)
	return op, res.Id
}
