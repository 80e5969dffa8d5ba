package keeper

import (
	"context"
	"errors"
	"time"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

// recordStake keeps what a member has bonded from this block on. Votes of a height are cast under the stake of the block before it
// at the latest, so that an infraction is always slashed by what was at risk when it happened.
func (k Keeper) recordStake(ctx context.Context, cons sdk.ConsAddress, tokens math.Int) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if err := k.dropStakesAfter(ctx, cons, at(height)); err != nil {
		return err
	}
	return k.recordStakeAt(ctx, cons, height, tokens)
}

// dropStakesAfter deletes the record of a member's leaving where it comes back before that has taken effect.
func (k Keeper) dropStakesAfter(ctx context.Context, cons sdk.ConsAddress, height uint64) error {
	var later []uint64
	err := k.stakes.Walk(ctx, collections.NewPrefixedPairRange[[]byte, uint64](cons).StartExclusive(height),
		func(key collections.Pair[[]byte, uint64], _ types.Stake) (bool, error) {
			later = append(later, key.K2())
			return false, nil
		})
	if err != nil {
		return err
	}
	for _, h := range later {
		err := errors.Join( // not a refusal: a store that can't be written ends the block
			k.stakes.Remove(ctx, collections.Join([]byte(cons), h)), k.stakeQueue.Remove(ctx, collections.Join(h, []byte(cons))))
		if err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) recordStakeAt(ctx context.Context, cons sdk.ConsAddress, from int64, tokens math.Int) error {
	height := at(from)
	stake := types.Stake{Tokens: tokens, Time: sdk.UnwrapSDKContext(ctx).BlockTime().Unix()}
	if err := k.stakes.Set(ctx, collections.Join([]byte(cons), height), stake); err != nil {
		return err
	}
	return k.stakeQueue.Set(ctx, collections.Join(height, []byte(cons)))
}

// TokensAt is what a member had bonded at a height; false where nothing is recorded of it at that height or before.
func (k Keeper) TokensAt(ctx context.Context, cons sdk.ConsAddress, height int64) (math.Int, bool, error) {
	newest := collections.NewPrefixedPairRange[[]byte, uint64](cons).EndInclusive(at(max(0, height))).Descending()
	rows, err := k.stakes.Iterate(ctx, newest)
	if err != nil {
		return math.Int{}, false, err
	}
	defer rows.Close()
	if !rows.Valid() {
		return math.ZeroInt(), false, nil
	}
	stake, err := rows.Value()
	return stake.Tokens, true, err
}

// pruneHistory deletes what no evidence can refer to any more, and forgets members whose last votes have come.
func (k Keeper) pruneHistory(ctx context.Context, height int64) error {
	if err := k.forgetFormer(ctx, height); err != nil {
		return err
	}
	evidence := sdk.UnwrapSDKContext(ctx).ConsensusParams().Evidence
	if evidence == nil || height <= evidence.MaxAgeNumBlocks {
		return nil
	}
	cutoff := at(height - evidence.MaxAgeNumBlocks)
	if err := prune(ctx, k.boundaries, new(collections.Range[uint64]).EndExclusive(cutoff)); err != nil {
		return err
	}
	return k.pruneStakes(ctx, cutoff, evidence.MaxAgeDuration)
}

func (k Keeper) forgetFormer(ctx context.Context, height int64) error {
	var gone [][]byte
	err := k.former.Walk(ctx, nil, func(address []byte, f types.Former) (bool, error) {
		if f.Until <= height {
			gone = append(gone, address)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, address := range gone {
		if err := k.former.Remove(ctx, address); err != nil {
			return err
		}
	}
	return nil
}

// pruneStakes deletes records before a height, a few each block. Evidence expires only when it is too old in blocks and in time.
// The newest record before the height still says what was bonded after it: it moves up to the height.
func (k Keeper) pruneStakes(ctx context.Context, cutoff uint64, age time.Duration) error {
	var due []collections.Pair[uint64, []byte]
	until := collections.NewPrefixUntilPairRange[uint64, []byte](cutoff - 1)
	err := k.stakeQueue.Walk(ctx, until, func(key collections.Pair[uint64, []byte]) (bool, error) {
		due = append(due, key)
		return len(due) == prunedPerBlock, nil
	})
	if err != nil {
		return err
	}
	oldest := sdk.UnwrapSDKContext(ctx).BlockTime().Add(-age).Unix()
	for _, key := range due {
		if err := k.pruneStake(ctx, key.K2(), key.K1(), cutoff, oldest); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) pruneStake(ctx context.Context, cons []byte, height, cutoff uint64, oldest int64) error {
	row := collections.Join(cons, height)
	stake, err := k.stakes.Get(ctx, row)
	if err != nil || stake.Time >= oldest {
		return err
	}
	err = errors.Join( // not a refusal: a store that can't be written ends the block
		k.stakes.Remove(ctx, row), k.stakeQueue.Remove(ctx, collections.Join(height, cons)))
	if err != nil {
		return err
	}
	newer, err := k.stakes.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, uint64](cons).StartExclusive(height))
	if err != nil {
		return err
	}
	defer newer.Close()
	if newer.Valid() {
		next, err := newer.Key()
		if err != nil || next.K2() <= cutoff {
			return err
		}
	} else if !k.sits(ctx, cons) {
		return nil // it left before the cutoff: see settle, which records that too
	}
	moved := collections.Join(cons, cutoff)
	return errors.Join(
		k.stakes.Set(ctx, moved, types.Stake{Tokens: stake.Tokens, Time: stake.Time}),
		k.stakeQueue.Set(ctx, collections.Join(cutoff, cons)))
}

func (k Keeper) sits(ctx context.Context, cons []byte) bool {
	committee, err := k.committee.Get(ctx)
	if err != nil {
		return true // keep what can't be judged
	}
	for _, s := range committee.Seats {
		if s.Operator != "" && string(consAddress(s.ConsensusKey)) == string(cons) {
			return true
		}
	}
	return false
}
