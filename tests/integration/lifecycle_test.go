package integration

import (
	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
)

// cheat runs a block with evidence that somebody signed two blocks of the last height.
func (f *fleet) cheat(who *candidate) *abci.ResponseFinalizeBlock {
	block := f.propose(f.chains[0], nil)
	block.Misbehavior = []abci.Misbehavior{f.evidence(who.consensus.PubKey().Address(), f.last)}
	return f.apply(block)
}

// evidence of two signatures at the height of a block.
func (f *fleet) evidence(address cmttypes.Address, at *abci.RequestFinalizeBlock) abci.Misbehavior {
	return abci.Misbehavior{
		Type: abci.MisbehaviorType_DUPLICATE_VOTE, Height: at.Height, Time: at.Time, TotalVotingPower: f.sets.Current.TotalVotingPower(),
		Validator: abci.Validator{Address: address, Power: 1},
	}
}
