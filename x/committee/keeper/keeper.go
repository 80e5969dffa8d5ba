// Package keeper holds the state and rules of x/committee.
package keeper

import (
	"cosmossdk.io/collections"
	"cosmossdk.io/collections/indexes"
	"cosmossdk.io/core/address"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/cpchain/cpchain/x/committee/types"
)

// Keeper is the module's state.
type Keeper struct {
	Schema collections.Schema

	addresses  address.Codec
	authority  string
	staking    types.StakingKeeper
	slashing   types.SlashingKeeper
	reputation types.ReputationKeeper
	accounts   types.AccountKeeper

	// params: one value.
	params collections.Item[types.Params]
	// candidates: operator -> row. Deleted when the candidate unregisters.
	candidates *collections.IndexedMap[[]byte, types.Candidate, candidateIndexes]
	// committee: all seats, one value.
	committee collections.Item[types.Committee]
	// services: what each member did in the term so far, one value. Rows go when a member leaves and at the term's end.
	services collections.Item[types.Services]
	// former: consensus address -> a member that left; EndBlock deletes it when its last votes have come.
	former collections.Map[[]byte, types.Former]
	// term: the running one.
	term collections.Item[types.Term]
	// snapshots: (term, operator) -> what a candidate draws with. Deleted two terms later.
	snapshots collections.Map[collections.Pair[uint64, []byte], types.Snapshot]
	// draws: (term, operator) -> accepted proof. Deleted two terms later.
	draws collections.Map[collections.Pair[uint64, []byte], types.Draw]
	// ranks: (term, rank) -> result of the election. Deleted two terms later.
	ranks collections.Map[collections.Pair[uint64, uint32], types.Rank]
	// randomness: height -> value. PreBlock deletes what is older than randomness_blocks.
	randomness collections.Map[uint64, types.Randomness]
	// boundaries: height -> change of the committee. EndBlock deletes those older than evidence counts.
	boundaries collections.Map[uint64, types.Boundary]
	// stakes: (consensus address, height) -> tokens bonded from there on. EndBlock deletes those older than evidence counts.
	stakes collections.Map[collections.Pair[[]byte, uint64], types.Stake]
	// stakeQueue: (height, consensus address) of every stake, in the order they fall due.
	stakeQueue collections.KeySet[collections.Pair[uint64, []byte]]
	// recheck: height at which something of this module last happened that may make members unfit.
	recheck collections.Item[uint64]
}

// candidateIndexes find a candidate by what no two may share.
type candidateIndexes struct {
	vrfKey *indexes.Unique[[]byte, []byte, types.Candidate]
	nodeID *indexes.Unique[string, []byte, types.Candidate]
	agent  *indexes.Unique[[]byte, []byte, types.Candidate]
}

// IndexesList implements collections.Indexes.
func (i candidateIndexes) IndexesList() []collections.Index[[]byte, types.Candidate] {
	return []collections.Index[[]byte, types.Candidate]{i.vrfKey, i.nodeID, i.agent}
}

// NewKeeper wires the module's state. Account addresses are read and written by the codec.
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, addresses address.Codec, authority string,
	staking types.StakingKeeper, slashing types.SlashingKeeper, reputation types.ReputationKeeper, accounts types.AccountKeeper,
) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	operator, height := collections.BytesKey, collections.Uint64Key
	termOperator := collections.PairKeyCodec(collections.Uint64Key, collections.BytesKey)
	k := Keeper{
		addresses: addresses, authority: authority, staking: staking, slashing: slashing, reputation: reputation, accounts: accounts,
		params: collections.NewItem(sb, types.ParamsKey, "params", codec.CollValue[types.Params](cdc)),
		candidates: collections.NewIndexedMap(sb, types.CandidateKey, "candidates", operator, codec.CollValue[types.Candidate](cdc), candidateIndexes{
			vrfKey: indexes.NewUnique(sb, types.VRFKeyIndex, "candidates_by_vrf_key", collections.BytesKey, operator,
				func(_ []byte, c types.Candidate) ([]byte, error) { return c.VrfKey, nil }),
			nodeID: indexes.NewUnique(sb, types.NodeIDIndex, "candidates_by_node_id", collections.StringKey, operator,
				func(_ []byte, c types.Candidate) (string, error) { return c.NodeId, nil }),
			agent: indexes.NewUnique(sb, types.AgentIndex, "candidates_by_agent", collections.BytesKey, operator,
				func(_ []byte, c types.Candidate) ([]byte, error) { return addresses.StringToBytes(c.Agent) }),
		}),
		committee:  collections.NewItem(sb, types.CommitteeKey, "committee", codec.CollValue[types.Committee](cdc)),
		services:   collections.NewItem(sb, types.ServicesKey, "services", codec.CollValue[types.Services](cdc)),
		former:     collections.NewMap(sb, types.FormerKey, "former", collections.BytesKey, codec.CollValue[types.Former](cdc)),
		term:       collections.NewItem(sb, types.TermKey, "term", codec.CollValue[types.Term](cdc)),
		snapshots:  collections.NewMap(sb, types.SnapshotKey, "snapshots", termOperator, codec.CollValue[types.Snapshot](cdc)),
		draws:      collections.NewMap(sb, types.DrawKey, "draws", termOperator, codec.CollValue[types.Draw](cdc)),
		ranks:      collections.NewMap(sb, types.RankKey, "ranks", collections.PairKeyCodec(collections.Uint64Key, collections.Uint32Key), codec.CollValue[types.Rank](cdc)),
		randomness: collections.NewMap(sb, types.RandomnessKey, "randomness", height, codec.CollValue[types.Randomness](cdc)),
		boundaries: collections.NewMap(sb, types.BoundaryKey, "boundaries", height, codec.CollValue[types.Boundary](cdc)),
		stakes:     collections.NewMap(sb, types.StakeKey, "stakes", collections.PairKeyCodec(collections.BytesKey, height), codec.CollValue[types.Stake](cdc)),
		recheck:    collections.NewItem(sb, types.RecheckKey, "recheck", collections.Uint64Value),
		stakeQueue: collections.NewKeySet(sb, types.StakeQueueKey, "stake_queue", collections.PairKeyCodec(height, collections.BytesKey)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}
