package keeper

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	"github.com/cpchain/cpchain/pkg/election"
	"github.com/cpchain/cpchain/x/committee/types"
)

// InitGenesis writes a genesis, which starting a chain checks nowhere else. Seats are taken later, by SeatGenesis, once the genesis
// transactions have bonded and registered who is to sit. Errors: those of types.GenesisState.Validate.
func (k Keeper) InitGenesis(ctx context.Context, g *types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.params.Set(ctx, g.Params); err != nil {
		return err
	}
	for _, c := range g.Candidates {
		if err := k.makeAgent(ctx, c.Agent); err != nil { // who writes candidates into a genesis need not write their agents' accounts
			return err
		}
		if err := k.candidates.Set(ctx, k.account(c.Operator), c); err != nil {
			return err
		}
	}
	if !g.Started() {
		first := firstHeight(ctx)
		r := election.Genesis(sdk.UnwrapSDKContext(ctx).ChainID(), g.Seed)
		return k.randomness.Set(ctx, at(first-1), types.Randomness{Value: r[:]})
	}
	err := errors.Join( // not a refusal: a store that can't be written starts no chain
		k.term.Set(ctx, *g.Term), k.committee.Set(ctx, g.Committee), k.services.Set(ctx, types.Services{Services: g.Services}))
	if err != nil {
		return err
	}
	return k.initRows(ctx, g)
}

func (k Keeper) initRows(ctx context.Context, g *types.GenesisState) error {
	for _, r := range g.Former {
		if err := k.former.Set(ctx, r.ConsensusAddress, r.Former); err != nil {
			return err
		}
	}
	for _, r := range g.Snapshots {
		if err := k.snapshots.Set(ctx, collections.Join(r.Term, []byte(k.account(r.Operator))), r.Snapshot); err != nil {
			return err
		}
	}
	for _, r := range g.Draws {
		if err := k.draws.Set(ctx, collections.Join(r.Term, []byte(k.account(r.Operator))), r.Draw); err != nil {
			return err
		}
	}
	for _, r := range g.Ranks {
		if err := k.ranks.Set(ctx, collections.Join(r.Term, r.Rank), r.Row); err != nil {
			return err
		}
	}
	for _, r := range g.Randomness {
		if err := k.randomness.Set(ctx, at(r.Height), r.Randomness); err != nil {
			return err
		}
	}
	for _, b := range g.Boundaries {
		if err := k.boundaries.Set(ctx, at(b.Height), b); err != nil {
			return err
		}
	}
	for _, r := range g.Stakes {
		height := at(r.Height)
		if err := k.stakes.Set(ctx, collections.Join(r.ConsensusAddress, height), r.Stake); err != nil {
			return err
		}
		if err := k.stakeQueue.Set(ctx, collections.Join(height, r.ConsensusAddress)); err != nil {
			return err
		}
	}
	return nil
}

// firstHeight is that of the first block after genesis. The SDK runs the genesis of a new chain at height 0.
func firstHeight(ctx context.Context) int64 { return max(1, sdk.UnwrapSDKContext(ctx).BlockHeight()) }

// SeatGenesis gives CometBFT its first validators, after the genesis transactions have run. A chain that goes on has its committee;
// a new one seats its candidates, or all bonded validators where it has none. Errors: ErrNoMembers; ErrGenesis where a committee does
// not fit the bonds.
func (k Keeper) SeatGenesis(ctx context.Context) ([]abci.ValidatorUpdate, error) {
	if has, err := k.term.Has(ctx); err != nil {
		return nil, err
	} else if has {
		committee, err := k.committee.Get(ctx)
		if err != nil {
			return nil, err
		}
		exported := sdk.UnwrapSDKContext(ctx).WithBlockHeight(firstHeight(ctx) - 1) // its state is that of the block before
		if err := k.CheckInvariants(exported); err != nil {
			return nil, types.ErrGenesis.Wrap(err.Error())
		}
		return diff(nil, committee.Seats), nil
	}
	s := &seating{height: firstHeight(ctx) - 1, term: types.Term{Number: 1}}
	var err error
	if s.params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	first, err := k.firstMembers(ctx)
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, types.ErrNoMembers.Wrap("the genesis has no bonded validator: add genesis transactions with cpchaind genesis gentx")
	}
	s.seats = make(election.Seats, s.params.Seats)
	s.add(s.seats.Fill(first, func(string) bool { return true }, len(s.seats), len(s.seats)), types.REASON_GENESIS)
	s.term.Additions = 0
	updates, err := k.settle(ctx, s, false)
	if err != nil {
		return nil, err
	}
	return updates, k.startTerm(ctx, 1, firstHeight(ctx))
}

// firstMembers orders who may sit first: candidates by a draw under the genesis seed, then bonded validators by tokens.
func (k Keeper) firstMembers(ctx context.Context) ([]string, error) {
	validators, err := k.staking.GetBondedValidatorsByPower(ctx)
	if err != nil {
		return nil, err
	}
	r, err := k.newestRandomness(ctx)
	if err != nil {
		return nil, err
	}
	var tickets []election.Ticket
	var others []string
	for _, v := range validators {
		key, err := consensusKey(v)
		if err != nil {
			return nil, err
		}
		if err := k.knowSigner(ctx, consAddress(key)); err != nil {
			return nil, err
		}
		account, err := sdk.ValAddressFromBech32(v.GetOperator())
		if err != nil {
			return nil, err
		}
		operator := k.text(account)
		has, err := k.candidates.Has(ctx, account)
		if err != nil {
			return nil, err
		}
		if !has {
			others = append(others, operator)
			continue
		}
		output := sha256.Sum256(append(r[:], account...))
		tickets = append(tickets, election.Ticket{Operator: operator, Output: output[:], Weight: 1})
	}
	return append(election.Operators(election.Rank(tickets)), others...), nil
}

// knowSigner makes the signing info of a validator that a genesis file bonded without x/staking's hooks: without it x/slashing stops
// the chain at its first vote.
func (k Keeper) knowSigner(ctx context.Context, address sdk.ConsAddress) error {
	if k.slashing.HasValidatorSigningInfo(ctx, address) {
		return nil
	}
	info := slashingtypes.NewValidatorSigningInfo(address, sdk.UnwrapSDKContext(ctx).BlockHeight(), 0, time.Unix(0, 0), false, 0)
	return k.slashing.SetValidatorSigningInfo(ctx, address, info)
}

// GenesisValidators is the committee as a genesis file lists it.
func (k Keeper) GenesisValidators(ctx context.Context) ([]cmttypes.GenesisValidator, error) {
	committee, err := k.committee.Get(ctx)
	if err != nil {
		return nil, err
	}
	var list []cmttypes.GenesisValidator
	for _, seat := range committee.Seats {
		if seat.Operator == "" {
			continue
		}
		key := ed25519.PubKey(seat.ConsensusKey)
		list = append(list, cmttypes.GenesisValidator{Address: key.Address(), PubKey: key, Power: seat.Power, Name: seat.Operator})
	}
	return list, nil
}

// ExportGenesis reads all state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.params.Get(ctx); err != nil {
		return nil, err
	}
	if g.Committee, err = k.committee.Get(ctx); err != nil {
		return nil, err
	}
	services, err := k.services.Get(ctx)
	if err != nil {
		return nil, err
	}
	g.Services = services.Services
	term, err := k.term.Get(ctx)
	if err != nil {
		return nil, err
	}
	g.Term = &term
	return g, k.exportRows(ctx, g)
}

func (k Keeper) exportRows(ctx context.Context, g *types.GenesisState) error {
	return errors.Join( // not a refusal: a store that can't be read ends the export
		k.candidates.Walk(ctx, nil, func(_ []byte, c types.Candidate) (bool, error) {
			g.Candidates = append(g.Candidates, c)
			return false, nil
		}),
		k.former.Walk(ctx, nil, func(address []byte, f types.Former) (bool, error) {
			g.Former = append(g.Former, types.FormerRecord{ConsensusAddress: address, Former: f})
			return false, nil
		}),
		k.snapshots.Walk(ctx, nil, func(key collections.Pair[uint64, []byte], s types.Snapshot) (bool, error) {
			g.Snapshots = append(g.Snapshots, types.SnapshotRecord{Term: key.K1(), Operator: k.text(key.K2()), Snapshot: s})
			return false, nil
		}),
		k.draws.Walk(ctx, nil, func(key collections.Pair[uint64, []byte], d types.Draw) (bool, error) {
			g.Draws = append(g.Draws, types.DrawRecord{Term: key.K1(), Operator: k.text(key.K2()), Draw: d})
			return false, nil
		}),
		k.ranks.Walk(ctx, nil, func(key collections.Pair[uint64, uint32], r types.Rank) (bool, error) {
			g.Ranks = append(g.Ranks, types.RankRecord{Term: key.K1(), Rank: key.K2(), Row: r})
			return false, nil
		}),
		k.randomness.Walk(ctx, nil, func(height uint64, r types.Randomness) (bool, error) {
			g.Randomness = append(g.Randomness, types.RandomnessRecord{Height: heightOf(height), Randomness: r})
			return false, nil
		}),
		k.boundaries.Walk(ctx, nil, func(_ uint64, b types.Boundary) (bool, error) {
			g.Boundaries = append(g.Boundaries, b)
			return false, nil
		}),
		k.stakes.Walk(ctx, nil, func(key collections.Pair[[]byte, uint64], s types.Stake) (bool, error) {
			g.Stakes = append(g.Stakes, types.StakeRecord{ConsensusAddress: key.K1(), Height: heightOf(key.K2()), Stake: s})
			return false, nil
		}))
}
