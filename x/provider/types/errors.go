package types

import errorsmod "cosmossdk.io/errors"

// Refusals of x/provider. Codes are never renumbered. An operator who lacks the coins meets the bank's own error.
var (
	ErrNotFound     = errorsmod.Register(ModuleName, 2, "provider not found")
	ErrExists       = errorsmod.Register(ModuleName, 3, "the operator has a provider already")
	ErrPeerKeyTaken = errorsmod.Register(ModuleName, 4, "the peer key is taken")
	ErrPeerKey      = errorsmod.Register(ModuleName, 5, "peer key or its proof of possession is bad")
	ErrSealKey      = errorsmod.Register(ModuleName, 6, "seal key or its proof of possession is bad")
	ErrAddress      = errorsmod.Register(ModuleName, 7, "bad network address")
	ErrCapacity     = errorsmod.Register(ModuleName, 8, "bad capacity")
	ErrPrice        = errorsmod.Register(ModuleName, 9, "bad price")
	ErrRoles        = errorsmod.Register(ModuleName, 10, "bad roles")
	ErrBond         = errorsmod.Register(ModuleName, 11, "bad bond")
	ErrLeft         = errorsmod.Register(ModuleName, 12, "the provider has left")
	ErrInUse        = errorsmod.Register(ModuleName, 13, "shards or grants depend on the provider")
	ErrInactive     = errorsmod.Register(ModuleName, 14, "the provider is not active in this role")
	ErrFull         = errorsmod.Register(ModuleName, 15, "the provider's capacity is used up")
	ErrBoundary     = errorsmod.Register(ModuleName, 16, "not the current or previous draw boundary")
	ErrParams       = errorsmod.Register(ModuleName, 17, "bad params")
	ErrMoniker      = errorsmod.Register(ModuleName, 18, "bad moniker")
	ErrTooFew       = errorsmod.Register(ModuleName, 19, "too few candidates for the draw")
	ErrUnchanged    = errorsmod.Register(ModuleName, 20, "nothing would change")
	ErrAuthority    = errorsmod.Register(ModuleName, 21, "signer is not the governance authority")
	ErrExpelled     = errorsmod.Register(ModuleName, 23, "the provider has been expelled")
	ErrGenesis      = errorsmod.Register(ModuleName, 22, "bad genesis")
	ErrNotDrawn     = errorsmod.Register(ModuleName, 24, "the draw left the provider out")
)
