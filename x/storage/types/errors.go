package types

import errorsmod "cosmossdk.io/errors"

// Refusals of x/storage. Codes are never renumbered.
var (
	ErrNotFound    = errorsmod.Register(ModuleName, 2, "not found")
	ErrOwner       = errorsmod.Register(ModuleName, 3, "signer does not own the stream")
	ErrClosing     = errorsmod.Register(ModuleName, 4, "the stream has been deleted")
	ErrPrice       = errorsmod.Register(ModuleName, 5, "bad price")
	ErrTerm        = errorsmod.Register(ModuleName, 6, "bad term")
	ErrAmount      = errorsmod.Register(ModuleName, 7, "bad amount")
	ErrFunds       = errorsmod.Register(ModuleName, 8, "the stream's storage balance does not cover it")
	ErrAsksMore    = errorsmod.Register(ModuleName, 9, "the provider asks more than the stream pays")
	ErrDeals       = errorsmod.Register(ModuleName, 10, "bad number of deals")
	ErrEnded       = errorsmod.Register(ModuleName, 11, "the deal has ended or is about to")
	ErrRound       = errorsmod.Register(ModuleName, 12, "no such round waits for a proof")
	ErrPick        = errorsmod.Register(ModuleName, 13, "no such pick")
	ErrProven      = errorsmod.Register(ModuleName, 14, "proven already")
	ErrAnswer      = errorsmod.Register(ModuleName, 15, "the answer does not prove possession")
	ErrSlots       = errorsmod.Register(ModuleName, 16, "bad list of slots")
	ErrHeld        = errorsmod.Register(ModuleName, 17, "the slot is not open")
	ErrNotYours    = errorsmod.Register(ModuleName, 18, "not this operator's turn to fill the slot")
	ErrNotDue      = errorsmod.Register(ModuleName, 19, "repair is not due yet")
	ErrHolds       = errorsmod.Register(ModuleName, 20, "the provider holds a shard of the bundle already")
	ErrChallenge   = errorsmod.Register(ModuleName, 21, "no such challenge waits for an answer")
	ErrChallenges  = errorsmod.Register(ModuleName, 22, "too many challenges wait for the provider")
	ErrMaintenance = errorsmod.Register(ModuleName, 23, "no maintenance now")
	ErrParams      = errorsmod.Register(ModuleName, 24, "bad params")
	ErrAuthority   = errorsmod.Register(ModuleName, 25, "signer is not the governance authority")
	ErrGenesis     = errorsmod.Register(ModuleName, 26, "bad genesis")
	ErrAddress     = errorsmod.Register(ModuleName, 27, "bad address")
	ErrExpelled    = errorsmod.Register(ModuleName, 28, "the node has been expelled")
)
