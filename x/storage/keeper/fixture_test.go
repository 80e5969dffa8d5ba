package keeper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "cosmossdk.io/store/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
	"github.com/cpchain/cpchain/x/storage/types"
)

const (
	testProviders = 12
	testBond      = 10_000_000_000
	testCapacity  = 1 << 30
	testFunds     = 1_000_000_000_000
	// testPrice makes a shard of 2 KiB earn 2,000 ucpc a period.
	testPrice = 30 << 30 / 2_048 * 2_000
)

// purse is a bank with balances of accounts and modules.
type purse struct {
	balances map[string]sdk.Coins
	burnt    sdk.Coins
}

func (b *purse) move(from, to sdk.AccAddress, amt sdk.Coins) error {
	left, negative := b.balances[from.String()].SafeSub(amt...)
	if negative {
		return sdkerrors.ErrInsufficientFunds.Wrapf("%s of %s", b.balances[from.String()], amt)
	}
	b.balances[from.String()] = left
	if to == nil {
		b.burnt = b.burnt.Add(amt...)
		return nil
	}
	b.balances[to.String()] = b.balances[to.String()].Add(amt...)
	return nil
}

func (b *purse) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, module string, amt sdk.Coins) error {
	return b.move(from, authtypes.NewModuleAddress(module), amt)
}

func (b *purse) SendCoinsFromModuleToAccount(_ context.Context, module string, to sdk.AccAddress, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(module), to, amt)
}

func (b *purse) SendCoinsFromModuleToModule(_ context.Context, from, to string, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(from), authtypes.NewModuleAddress(to), amt)
}

func (b *purse) BurnCoins(_ context.Context, module string, amt sdk.Coins) error {
	return b.move(authtypes.NewModuleAddress(module), nil, amt)
}

func (b *purse) GetAllBalances(_ context.Context, addr sdk.AccAddress) sdk.Coins {
	return b.balances[addr.String()]
}

// heard is what reputation was told, by operator.
type heard map[string][]reputation.Kind

func (h heard) Report(_ context.Context, e reputation.Evidence) error {
	h[e.Operator.String()] = append(h[e.Operator.String()], e.Kind)
	return e.Validate()
}

// seeds gives each block a seed of its own.
type seeds struct{}

func (seeds) Seed(ctx context.Context) ([]byte, error) {
	h := sha256.Sum256([]byte(fmt.Sprint("seed", sdk.UnwrapSDKContext(ctx).BlockHeight())))
	return h[:], nil
}

// world is the module with people and bundles.
type world struct {
	t         *testing.T
	ctx       sdk.Context
	store     storetypes.StoreKey
	k         Keeper
	providers *registry
	bank      *purse
	told      heard
	params    types.Params
	bundles   map[[2]uint64]bundle
	// lost shards: who was given one and has it no more.
	lost map[types.SlotRef]bool
	// silent operators prove nothing.
	silent map[uint64]bool
	alice  sdk.AccAddress
}

// bundle is what the holders hold.
type bundle struct {
	shards [][]byte
	cids   [][]byte
	roots  []merkle.Hash
}

func testParams() types.Params {
	p := types.DefaultParams()
	p.PeriodBlocks, p.ProofBlocks, p.StaggerBlocks, p.Picks, p.MaintenanceEvery = 20, 8, 1, 4, 10
	p.DefaultTerm, p.MaxTerm = 10, 100
	return p
}

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, store: storetypes.NewKVStoreKey(types.StoreKey), bank: &purse{balances: map[string]sdk.Coins{}}, told: heard{}, params: testParams(),
		bundles: map[[2]uint64]bundle{}, lost: map[types.SlotRef]bool{}, silent: map[uint64]bool{}, alice: account(1),
	}
	keys := map[string]*storetypes.KVStoreKey{types.StoreKey: w.store.(*storetypes.KVStoreKey)}
	w.ctx = testutil.DefaultContextWithKeys(keys, nil, nil).WithChainID("cpchain-1").WithBlockHeight(100).WithBlockTime(time.Unix(1_000_000, 0))
	cdc, codecOf := codec.NewProtoCodec(codectypes.NewInterfaceRegistry()), address.NewBech32Codec("cosmos")
	w.providers = newRegistry(w.bank)
	w.k = NewKeeper(cdc, runtime.NewKVStoreService(w.store.(*storetypes.KVStoreKey)), codecOf, "gov", w.bank, w.providers, seeds{}, w.told)
	w.bank.balances[w.alice.String()] = ucpc(testFunds)
	require.NoError(t, w.k.InitGenesis(w.ctx, &types.GenesisState{Params: w.params, NextChallenge: 1}))
	t.Cleanup(w.check)
	return w
}

// moduleOf is the address of a module's account.
func moduleOf(name string) string { return authtypes.NewModuleAddress(name).String() }

func account(n byte) sdk.AccAddress { return append(make([]byte, 19), n) }

func operator(id uint64) sdk.AccAddress { return account(100 + byte(id)) }

func ucpc(n int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin(types.Denom, n)) }

func (w *world) balance(a sdk.AccAddress) int64 {
	return w.bank.balances[a.String()].AmountOf(types.Denom).Int64()
}

func (w *world) check() {
	require.NoError(w.t, w.k.CheckInvariants(w.ctx))
}

// pay opens stream 1 of Alice with terms and a balance.
func (w *world) pay(price uint64, term uint32, balance int64) {
	require.NoError(w.t, w.k.OpenAccount(w.ctx, 1, w.alice.String()))
	require.NoError(w.t, w.k.SetTerms(w.ctx, &types.MsgSetTerms{Owner: w.alice.String(), Stream: 1, PriceUcpc: price, Term: term}))
	if balance > 0 {
		require.NoError(w.t, w.k.Deposit(w.ctx, &types.MsgDeposit{Payer: w.alice.String(), Stream: 1, Amount: ucpc(balance)[0]}))
	}
}

// opening makes a bundle of shards of so many bytes, the first k of n needed, and its anchor's part.
func (w *world) opening(seq uint64, k, size int, holders ...uint64) types.Opening {
	var b bundle
	leaves := make([]merkle.Hash, len(holders))
	for i := range holders {
		shard := make([]byte, 0, size)
		for n := uint64(0); len(shard) < size; n++ {
			block := sha256.Sum256(binary.BigEndian.AppendUint64(fmt.Appendf(nil, "%d/%d", seq, i), n))
			shard = append(shard, block[:min(len(block), size-len(shard))]...)
		}
		sum := sha256.Sum256(shard)
		b.shards = append(b.shards, shard)
		b.cids = append(b.cids, append([]byte("\x01\x55\x12\x20"), sum[:]...))
		b.roots = append(b.roots, merkle.ShardRoot(shard))
		leaves[i] = merkle.LeafHash(timechain.ShardLeafData(b.cids[i], b.roots[i]))
	}
	w.bundles[[2]uint64{1, seq}] = b
	root := merkle.Root(leaves)
	return types.Opening{Stream: 1, Seq: seq, DataShards: uint32(k), ShardRoot: root[:], ShardBytes: uint64(size), Placement: holders}
}

func (w *world) open(seq uint64, k, size int, holders ...uint64) {
	require.NoError(w.t, w.k.Open(w.ctx, w.opening(seq, k, size, holders...)))
}

// answer shows what a pick asks for.
func (w *world) answer(p types.Pick) types.Answer {
	b := w.bundles[[2]uint64{p.Stream, p.Seq}]
	leaves := make([]merkle.Hash, len(b.shards))
	for i := range b.shards {
		leaves[i] = merkle.LeafHash(timechain.ShardLeafData(b.cids[i], b.roots[i]))
	}
	shardPath, err := merkle.Proof(leaves, int(p.Slot))
	require.NoError(w.t, err)
	shard := b.shards[p.Slot]
	leafPath, err := merkle.ShardProof(shard, int(p.Leaf))
	require.NoError(w.t, err)
	start := p.Leaf * merkle.ShardLeaf
	return types.Answer{
		Cid: b.cids[p.Slot], TreeRoot: b.roots[p.Slot][:], ShardPath: bytesOf(shardPath),
		Leaf: bytes.Clone(shard[start:min(start+merkle.ShardLeaf, uint64(len(shard)))]), LeafPath: bytesOf(leafPath),
	}
}

func bytesOf(path []merkle.Hash) [][]byte {
	out := make([][]byte, len(path))
	for i := range path {
		out[i] = path[i][:]
	}
	return out
}

// blocks lets blocks pass, in which all holders prove what they have, and checks the books after each.
func (w *world) blocks(n int) {
	for range n {
		require.NoError(w.t, w.k.EndBlock(w.ctx))
		w.check()
		w.ctx = w.ctx.WithBlockHeight(w.ctx.BlockHeight() + 1).WithBlockTime(w.ctx.BlockTime().Add(6 * time.Second)).WithEventManager(sdk.NewEventManager())
		w.proveAll()
	}
}

// periods lets whole periods pass.
func (w *world) periods(n int) { w.blocks(n * int(w.params.PeriodBlocks)) }

func (w *world) proveAll() {
	rounds := map[uint64]types.Round{}
	require.NoError(w.t, w.k.rounds.Walk(w.ctx, nil, func(id uint64, r types.Round) (bool, error) { rounds[id] = r; return false, nil }))
	for id := range maps.Keys(rounds) {
		if w.silent[id] {
			continue
		}
		msg := &types.MsgProve{Operator: operator(id).String(), Period: rounds[id].Period}
		for i, p := range rounds[id].Picks {
			if !p.Proven && !w.lost[p.Ref()] {
				msg.Answers = append(msg.Answers, types.PickAnswer{Pick: uint32(i), Answer: w.answer(p)})
			}
		}
		if len(msg.Answers) > 0 {
			_, err := w.k.Prove(w.ctx, msg)
			require.NoError(w.t, err)
		}
	}
}

func (w *world) node(id uint64) types.Node {
	n, err := w.k.Node(w.ctx, id)
	require.NoError(w.t, err)
	return n
}

func (w *world) deal(seq uint64) types.Deal {
	d, err := w.k.Deal(w.ctx, 1, seq)
	require.NoError(w.t, err)
	return d
}

func (w *world) bond(id uint64) int64 {
	row, err := w.providers.Provider(w.ctx, id)
	require.NoError(w.t, err)
	return row.Bond.Amount.Int64()
}

func (w *world) account() types.Account {
	a, err := w.k.Account(w.ctx, 1)
	require.NoError(w.t, err)
	return a
}

// fill lets a provider try to take a slot over, block after block, until it may.
func (w *world) fill(id uint64, refs ...types.SlotRef) (uint64, error) {
	boundary := w.boundary()
	return w.k.Fill(w.ctx, &types.MsgFill{Operator: operator(id).String(), Boundary: boundary, Slots: refs})
}

func (w *world) boundary() int64 {
	for d := w.ctx.BlockHeight() - 1; d >= 0; d-- {
		if w.providers.CheckBoundary(w.ctx, d) == nil {
			return d
		}
	}
	w.t.Fatal("no draw boundary")
	return 0
}

// try does something and undoes it.
func (w *world) try(do func(ctx context.Context) error) error {
	balances, burnt, kept := maps.Clone(w.bank.balances), w.bank.burnt, w.providers.clone()
	cached, _ := w.ctx.CacheContext()
	err := do(cached)
	w.bank.balances, w.bank.burnt = balances, burnt
	*w.providers = *kept
	return err
}
