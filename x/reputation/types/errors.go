package types

import errorsmod "cosmossdk.io/errors"

// Refusals of x/reputation. Codes are never renumbered.
var (
	ErrEvidence  = errorsmod.Register(ModuleName, 2, "bad evidence")
	ErrParams    = errorsmod.Register(ModuleName, 3, "bad params")
	ErrAuthority = errorsmod.Register(ModuleName, 4, "signer is not the governance authority")
	ErrGenesis   = errorsmod.Register(ModuleName, 5, "bad genesis")
	ErrPreset    = errorsmod.Register(ModuleName, 6, "no such preset")
)
