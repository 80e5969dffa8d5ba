package apptest

import (
	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// Sets are CometBFT's validators of three blocks in a row: what the application changes at the end of a block holds two blocks later.
type Sets struct {
	// Last signed the block before; nil before the second block.
	Last *cmttypes.ValidatorSet
	// Current proposes and signs the block to come.
	Current *cmttypes.ValidatorSet
	// Next is the set of the block after that.
	Next *cmttypes.ValidatorSet
}

// FirstSets are those of a genesis that names these validators.
func FirstSets(validators []abci.ValidatorUpdate) (*Sets, error) {
	first, err := cmttypes.PB2TM.ValidatorUpdates(validators)
	if err != nil {
		return nil, err
	}
	set := cmttypes.NewValidatorSet(first)
	return &Sets{Current: set, Next: set.CopyIncrementProposerPriority(1)}, nil
}

// Proposer of the block to come, in a round.
func (s *Sets) Proposer(round int32) cmttypes.Address {
	if round == 0 {
		return s.Current.GetProposer().Address
	}
	return s.Current.CopyIncrementProposerPriority(round).GetProposer().Address
}

// Commit is what the last block's validators did, as the block to come tells the application.
func (s *Sets) Commit(flag func(cmttypes.Address) cmtproto.BlockIDFlag) abci.CommitInfo {
	var info abci.CommitInfo
	if s.Last == nil {
		return info
	}
	for _, v := range s.Last.Validators {
		info.Votes = append(info.Votes, abci.VoteInfo{
			Validator: abci.Validator{Address: v.Address, Power: v.VotingPower}, BlockIdFlag: flag(v.Address),
		})
	}
	return info
}

// Everybody signs.
func Everybody(cmttypes.Address) cmtproto.BlockIDFlag { return cmtproto.BlockIDFlagCommit }

// Rotate takes a block's updates over, by CometBFT's own rules; an error would stop the chain.
func (s *Sets) Rotate(updates []abci.ValidatorUpdate) error {
	after := s.Next.Copy()
	if len(updates) > 0 {
		changes, err := cmttypes.PB2TM.ValidatorUpdates(updates)
		if err != nil {
			return err
		}
		if err := after.UpdateWithChangeSet(changes); err != nil {
			return err
		}
	}
	after.IncrementProposerPriority(1)
	s.Last, s.Current, s.Next = s.Current, s.Next, after
	return nil
}
