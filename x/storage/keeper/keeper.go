// Package keeper holds the state and rules of x/storage.
package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/storage/types"
)

type (
	idPair  = collections.Pair[uint64, uint64]
	duePair = collections.Pair[int64, uint64]
	triple  = collections.Triple[uint64, uint64, uint64]
	place   = collections.Triple[uint64, uint32, uint64]
)

// Keeper is the module's state. The bytes of its keys are in types/keys.go.
type Keeper struct {
	Schema collections.Schema

	addresses  address.Codec
	authority  string
	bank       types.BankKeeper
	provider   types.ProviderKeeper
	randomness types.Randomness
	reputation types.ReputationKeeper

	// params: one value.
	params collections.Item[types.Params]
	// accounts: stream -> balance and terms; never deleted.
	accounts collections.Map[uint64, types.Account]
	// closings: streams whose deals are being ended; EndBlock deletes.
	closings collections.KeySet[uint64]
	// deals: (stream, seq) -> placement and pay; deleted when they end.
	deals collections.Map[idPair, types.Deal]
	// expiries: (last period, stream, seq) of deals.
	expiries collections.KeySet[triple]
	// nodes: provider -> shards, proofs, pay; never deleted.
	nodes collections.Map[uint64, types.Node]
	// shards: (provider, size class, index) -> slot; dense, so that a pick is one read.
	shards collections.Map[place, types.SlotRef]
	// deltas: (provider, period) -> by how much the pay of a period differs from that of the one before.
	deltas collections.Map[idPair, int64]
	// rounds: provider -> what it has to prove now.
	rounds collections.Map[uint64, types.Round]
	// draws: (height, provider) of the next draw; deadlines: of the running rounds.
	draws, deadlines collections.KeySet[duePair]
	// challenges: id -> one that waits for its answer; challengesDue: (height, id) of what happens to it next.
	challenges         collections.Map[uint64, types.Challenge]
	challengeSeq       collections.Sequence
	challengesDue      collections.KeySet[duePair]
	challengesProvider collections.KeySet[idPair]
}

// NewKeeper wires the module's state. authority is the address that may change the params.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string, bank types.BankKeeper,
	provider types.ProviderKeeper, randomness types.Randomness, reputation types.ReputationKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	id, height := collections.Uint64Key, collections.Int64Key
	ids, due := collections.PairKeyCodec(id, id), collections.PairKeyCodec(height, id)
	k := Keeper{
		addresses: addresses, authority: authority, bank: bank, provider: provider, randomness: randomness, reputation: reputation,
		params:             collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		accounts:           collections.NewMap(sb, types.AccountKey, "accounts", id, codec.CollValue[types.Account](cdc)),
		closings:           collections.NewKeySet(sb, types.ClosingKey, "closings", id),
		deals:              collections.NewMap(sb, types.DealKey, "deals", ids, codec.CollValue[types.Deal](cdc)),
		expiries:           collections.NewKeySet(sb, types.ExpiryKey, "expiries", collections.TripleKeyCodec(id, id, id)),
		nodes:              collections.NewMap(sb, types.NodeKey, "nodes", id, codec.CollValue[types.Node](cdc)),
		shards:             collections.NewMap(sb, types.ShardKey, "shards", collections.TripleKeyCodec(id, collections.Uint32Key, id), codec.CollValue[types.SlotRef](cdc)),
		deltas:             collections.NewMap(sb, types.DeltaKey, "deltas", ids, collections.Int64Value),
		rounds:             collections.NewMap(sb, types.RoundKey, "rounds", id, codec.CollValue[types.Round](cdc)),
		draws:              collections.NewKeySet(sb, types.DrawKey, "draws", due),
		deadlines:          collections.NewKeySet(sb, types.DeadlineKey, "deadlines", due),
		challenges:         collections.NewMap(sb, types.ChallengeKey, "challenges", id, codec.CollValue[types.Challenge](cdc)),
		challengeSeq:       collections.NewSequence(sb, types.ChallengeSeqKey, "challenge_seq"),
		challengesDue:      collections.NewKeySet(sb, types.ChallengeDueKey, "challenges_due", due),
		challengesProvider: collections.NewKeySet(sb, types.ChallengeProviderKey, "challenges_of_provider", ids),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// period that is running.
func period(ctx context.Context, p types.Params) uint64 {
	return uint64(sdk.UnwrapSDKContext(ctx).BlockHeight()) / p.PeriodBlocks //nolint:gosec // heights are positive
}

// Deal returns the placement of a bundle. ErrNotFound where it never was, or has ended.
func (k Keeper) Deal(ctx context.Context, stream, seq uint64) (types.Deal, error) {
	d, err := k.deals.Get(ctx, collections.Join(stream, seq))
	if errors.Is(err, collections.ErrNotFound) {
		return d, types.ErrNotFound.Wrapf("no deal stores bundle %d of stream %d: it never was anchored, or its storage has ended", seq, stream)
	}
	return d, err
}

// Account returns what a stream pays from, or ErrNotFound.
func (k Keeper) Account(ctx context.Context, stream uint64) (types.Account, error) {
	a, err := k.accounts.Get(ctx, stream)
	if errors.Is(err, collections.ErrNotFound) {
		return a, types.ErrNotFound.Wrapf("stream %d", stream)
	}
	return a, err
}

// Node returns what the chain keeps of a provider's shards; of one that never held any, nothing but zeros.
func (k Keeper) Node(ctx context.Context, provider uint64) (types.Node, error) {
	n, err := k.nodes.Get(ctx, provider)
	if errors.Is(err, collections.ErrNotFound) {
		return types.Node{}, nil
	}
	return n, err
}
