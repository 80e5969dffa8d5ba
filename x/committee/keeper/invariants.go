package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/committee/types"
)

// CheckInvariants says what does not hold:
//   - somebody sits, nobody twice, and no two seats have one consensus key;
//   - each member has its row of service and its recorded stake is what the seat says;
//   - as of the end of a block, nobody sits who may not, while more sit than must;
//   - every draw and rank is of somebody in its term's snapshot;
//   - the queue of stakes has exactly the stakes.
func (k Keeper) CheckInvariants(ctx context.Context) error {
	committee, err := k.committee.Get(ctx)
	if err != nil {
		return err
	}
	services, err := k.services.Get(ctx)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	members := 0
	for i, seat := range committee.Seats {
		if seat.Operator == "" {
			continue
		}
		if seen[seat.Operator] || seen[string(seat.ConsensusKey)] {
			return fmt.Errorf("seat %d: %s or its key sits twice", i, seat.Operator)
		}
		seen[seat.Operator], seen[string(seat.ConsensusKey)] = true, true
		if members >= len(services.Services) || services.Services[members].Operator != seat.Operator {
			return fmt.Errorf("seat %d: %s has no row of service in its place", i, seat.Operator)
		}
		members++
		tokens, known, err := k.TokensAt(ctx, consAddress(seat.ConsensusKey), int64(^uint64(0)>>1))
		if err != nil || !known || !tokens.Equal(seat.Tokens) {
			return fmt.Errorf("seat %d: stake of %s is recorded as %s, the seat says %s (%w)", i, seat.Operator, tokens, seat.Tokens, err)
		}
	}
	if members == 0 || members != len(services.Services) {
		return fmt.Errorf("%d members and %d rows of service", members, len(services.Services))
	}
	if err := k.checkFitness(ctx); err != nil {
		return err
	}
	if err := k.checkElections(ctx); err != nil {
		return err
	}
	return k.checkStakeQueue(ctx)
}

// checkFitness looks everybody up, also where the end of the block saw no cause to.
func (k Keeper) checkFitness(ctx context.Context) error {
	s, err := k.newSeating(ctx)
	if err != nil || s.seats.Occupied() <= int(s.params.MinSeats) {
		return err
	}
	cached, _ := sdk.UnwrapSDKContext(ctx).CacheContext()
	for i := range s.committee.Seats {
		seat := &s.committee.Seats[i]
		if seat.Operator == "" {
			continue
		}
		tokens := seat.Tokens
		reason, err := k.lapsed(cached, s, seat)
		if err != nil {
			return err
		}
		if leavesNext(s, reason) {
			continue
		}
		if reason != types.REASON_UNSPECIFIED || !seat.Tokens.Equal(tokens) {
			return fmt.Errorf("seat %d: %s, %s, with %s bonded, sits with %s", i, seat.Operator, reason, seat.Tokens, tokens)
		}
	}
	return nil
}

// leavesNext says whether somebody became unfit at the end of this block, after members had been looked up, and leaves in the next one:
// draws were ranked, or a term ended, and reputation heard of it.
func leavesNext(s *seating, reason types.Reason) bool {
	ranked, ended := s.height == s.term.Close, s.height == s.term.First-1
	return reason == types.REASON_SILENT && ranked || reason == types.REASON_REPUTATION && (ranked || ended)
}

func (k Keeper) checkElections(ctx context.Context) error {
	err := k.draws.Walk(ctx, nil, func(key collections.Pair[uint64, []byte], _ types.Draw) (bool, error) {
		if has, err := k.snapshots.Has(ctx, key); err != nil || !has {
			return true, fmt.Errorf("draw of %s in term %d without a snapshot (%w)", k.text(key.K2()), key.K1(), err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.ranks.Walk(ctx, nil, func(key collections.Pair[uint64, uint32], r types.Rank) (bool, error) {
		if has, err := k.draws.Has(ctx, collections.Join(key.K1(), []byte(k.account(r.Operator)))); err != nil || !has {
			return true, fmt.Errorf("rank %d of term %d without a draw (%w)", key.K2(), key.K1(), err)
		}
		return false, nil
	})
}

func (k Keeper) checkStakeQueue(ctx context.Context) error {
	stakes, queued := 0, 0
	err := k.stakes.Walk(ctx, nil, func(key collections.Pair[[]byte, uint64], _ types.Stake) (bool, error) {
		stakes++
		if has, err := k.stakeQueue.Has(ctx, collections.Join(key.K2(), key.K1())); err != nil || !has {
			return true, fmt.Errorf("stake of %X at %d is not queued (%w)", key.K1(), key.K2(), err)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.stakeQueue.Walk(ctx, nil, func(collections.Pair[uint64, []byte]) (bool, error) {
		queued++
		return false, nil
	})
	if err == nil && stakes != queued {
		err = fmt.Errorf("%d stakes and %d in the queue", stakes, queued)
	}
	return err
}
