package keeper

import (
	"bytes"
	"context"
	"slices"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/x/committee/types"
	reputation "github.com/cpchain/cpchain/x/reputation/types"
)

// BeginBlock counts who signed the last block.
func (k Keeper) BeginBlock(ctx context.Context) error {
	votes := sdk.UnwrapSDKContext(ctx).VoteInfos()
	if len(votes) == 0 {
		return nil // the first block, or a chain run in process
	}
	services, err := k.services.Get(ctx)
	if err != nil {
		return err
	}
	for i := range services.Services {
		s := &services.Services[i]
		for _, vote := range votes {
			if !bytes.Equal(vote.Validator.Address, s.ConsensusAddress) {
				continue
			}
			s.Expected++
			if vote.BlockIdFlag == cmtproto.BlockIDFlagAbsent {
				s.Absent++
				continue
			}
			// a vote for nil is a vote: the member is there and did its part
			s.Signed++
			s.Absent = 0
		}
	}
	return k.services.Set(ctx, services)
}

// absent says for how many blocks in a row a member has not signed.
func absent(services types.Services, operator string) uint64 {
	for _, s := range services.Services {
		if s.Operator == operator {
			return s.Absent
		}
	}
	return 0
}

// report tells reputation what members did: those that left, and at a term's end all.
func (k Keeper) report(ctx context.Context, services types.Services, ended func(operator string) bool) error {
	for _, s := range services.Services {
		if !ended(s.Operator) || s.Expected == 0 && s.Proposals == 0 {
			continue
		}
		served := reputation.Served(k.account(s.Operator), s.Expected, s.Signed, s.Proposals, s.Skipped)
		if err := k.reputation.Report(ctx, served); err != nil {
			return err
		}
	}
	return nil
}

// countMembers has a row for each seat that is taken: what it had, or a new one. In a new term all counts start again but for the
// blocks in a row.
func countMembers(services types.Services, seats []types.Seat, newTerm bool) types.Services {
	next := types.Services{}
	for _, seat := range seats {
		if seat.Operator == "" {
			continue
		}
		at := slices.IndexFunc(services.Services, func(s types.Service) bool { return s.Operator == seat.Operator })
		if at >= 0 && !newTerm {
			next.Services = append(next.Services, services.Services[at])
			continue
		}
		row := types.Service{Operator: seat.Operator, ConsensusAddress: consAddress(seat.ConsensusKey)}
		if at >= 0 {
			row.Absent = services.Services[at].Absent
		}
		next.Services = append(next.Services, row)
	}
	return next
}
