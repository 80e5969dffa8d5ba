package types

import errorsmod "cosmossdk.io/errors"

// Refusals of x/committee. Codes are never renumbered.
var (
	ErrNotFound   = errorsmod.Register(ModuleName, 2, "no such candidate")
	ErrExists     = errorsmod.Register(ModuleName, 3, "the operator is a candidate already")
	ErrValidator  = errorsmod.Register(ModuleName, 4, "the operator's validator can't be a candidate")
	ErrSelfBond   = errorsmod.Register(ModuleName, 5, "the operator's own bond is below the least")
	ErrConsensus  = errorsmod.Register(ModuleName, 6, "consensus key's proof of possession is bad")
	ErrVRFKey     = errorsmod.Register(ModuleName, 7, "VRF key or its proof of possession is bad")
	ErrNodeKey    = errorsmod.Register(ModuleName, 8, "node key or its proof of possession is bad")
	ErrAddress    = errorsmod.Register(ModuleName, 9, "bad network address")
	ErrTaken      = errorsmod.Register(ModuleName, 10, "taken by another candidate")
	ErrFull       = errorsmod.Register(ModuleName, 11, "there are as many candidates as there can be")
	ErrFrozen     = errorsmod.Register(ModuleName, 12, "the VRF key can't change while its proofs may come")
	ErrUnchanged  = errorsmod.Register(ModuleName, 13, "nothing would change")
	ErrAgent      = errorsmod.Register(ModuleName, 14, "signer is not the candidate's agent")
	ErrTerm       = errorsmod.Register(ModuleName, 15, "not the running term")
	ErrWindow     = errorsmod.Register(ModuleName, 16, "draws are not taken at this height")
	ErrIneligible = errorsmod.Register(ModuleName, 17, "the candidate does not draw in this term")
	ErrDrawn      = errorsmod.Register(ModuleName, 18, "the candidate has drawn in this term")
	ErrProof      = errorsmod.Register(ModuleName, 19, "the proof does not verify")
	ErrWrapped    = errorsmod.Register(ModuleName, 20, "a draw goes alone in a transaction of its agent, without fee")
	ErrParams     = errorsmod.Register(ModuleName, 21, "bad params")
	ErrAuthority  = errorsmod.Register(ModuleName, 22, "signer is not the governance authority")
	ErrGenesis    = errorsmod.Register(ModuleName, 23, "bad genesis")
	ErrNoMembers  = errorsmod.Register(ModuleName, 24, "no bonded validator to seat")
)
