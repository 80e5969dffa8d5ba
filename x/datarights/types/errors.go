package types

import errorsmod "cosmossdk.io/errors"

// Refusals of x/datarights. Codes are never renumbered; the README names the rule each belongs to.
var (
	ErrNotFound  = errorsmod.Register(ModuleName, 2, "not found")
	ErrName      = errorsmod.Register(ModuleName, 3, "bad name")
	ErrNameTaken = errorsmod.Register(ModuleName, 4, "the name is taken")
	ErrSchema    = errorsmod.Register(ModuleName, 5, "bad schema")
	ErrPeriods   = errorsmod.Register(ModuleName, 6, "bad time periods")
	ErrCode      = errorsmod.Register(ModuleName, 7, "bad erasure code")
	ErrText      = errorsmod.Register(ModuleName, 8, "bad kind, tags or text")
	ErrWriter    = errorsmod.Register(ModuleName, 9, "bad writer or proof of possession")
	ErrDeviceKey = errorsmod.Register(ModuleName, 10, "bad device key")
	ErrNotOwner  = errorsmod.Register(ModuleName, 11, "signer does not own it")
	ErrFee       = errorsmod.Register(ModuleName, 12, "fee can't be taken")
	ErrRekey     = errorsmod.Register(ModuleName, 13, "bad start of a key epoch")
	ErrAuthority = errorsmod.Register(ModuleName, 14, "signer is not the governance authority")
	ErrParams    = errorsmod.Register(ModuleName, 15, "bad params")
	ErrGenesis   = errorsmod.Register(ModuleName, 16, "bad genesis")
	ErrAddress   = errorsmod.Register(ModuleName, 17, "bad address")

	ErrForeignWriter   = errorsmod.Register(ModuleName, 20, "signer is not the stream's writer")
	ErrStaleWriter     = errorsmod.Register(ModuleName, 21, "not the current writer epoch")
	ErrKeyEpoch        = errorsmod.Register(ModuleName, 22, "intervals are not of this key epoch")
	ErrSeq             = errorsmod.Register(ModuleName, 23, "not the next anchor in sequence")
	ErrFork            = errorsmod.Register(ModuleName, 24, "does not follow the last anchor")
	ErrIntervalGap     = errorsmod.Register(ModuleName, 25, "intervals left out without saying so")
	ErrIntervalOverlap = errorsmod.Register(ModuleName, 26, "intervals anchored already")
	ErrSize            = errorsmod.Register(ModuleName, 27, "bad sizes")
	ErrHash            = errorsmod.Register(ModuleName, 28, "bad root")
	ErrFuture          = errorsmod.Register(ModuleName, 29, "the last interval has not closed yet")
	ErrTimes           = errorsmod.Register(ModuleName, 30, "record times do not fit the intervals")
	ErrPlacement       = errorsmod.Register(ModuleName, 31, "bad placement")
	ErrWriterSignature = errorsmod.Register(ModuleName, 32, "anchor is not signed by the writer key")
	ErrSkip            = errorsmod.Register(ModuleName, 33, "bad declaration of skipped intervals")
	ErrCID             = errorsmod.Register(ModuleName, 34, "bad manifest CID")
	ErrIntervals       = errorsmod.Register(ModuleName, 35, "bad number of intervals")
	ErrCounts          = errorsmod.Register(ModuleName, 36, "bad counts of records or blocks")
	ErrHolderTwice     = errorsmod.Register(ModuleName, 37, "a provider is to hold two shards of one bundle")
	ErrNotDrawn        = errorsmod.Register(ModuleName, 38, "the draw left a holder out")
	ErrDisclaim        = errorsmod.Register(ModuleName, 100, "the shard can't be disclaimed")
	ErrNoDisclaim      = errorsmod.Register(ModuleName, 101, "no disclaim waits for a receipt there")
	ErrReceipt         = errorsmod.Register(ModuleName, 102, "not the receipt of the shard that was disclaimed")

	ErrReaderKey     = errorsmod.Register(ModuleName, 40, "bad reader key or proof of possession")
	ErrReaderVersion = errorsmod.Register(ModuleName, 41, "not the reader's current version")

	ErrRange         = errorsmod.Register(ModuleName, 50, "bad interval range")
	ErrSplit         = errorsmod.Register(ModuleName, 51, "intervals counted as closed are still open")
	ErrThreshold     = errorsmod.Register(ModuleName, 52, "bad threshold or number of proxies")
	ErrProxy         = errorsmod.Register(ModuleName, 53, "provider can't be a proxy")
	ErrExpiry        = errorsmod.Register(ModuleName, 54, "bad expiry")
	ErrTooManyNodes  = errorsmod.Register(ModuleName, 55, "too many key tree nodes")
	ErrRoot          = errorsmod.Register(ModuleName, 56, "bad commitment root")
	ErrNotAProxy     = errorsmod.Register(ModuleName, 57, "the provider is no proxy of this grant")
	ErrAnswered      = errorsmod.Register(ModuleName, 58, "the proxy has answered already")
	ErrExpired       = errorsmod.Register(ModuleName, 59, "the grant has expired")
	ErrGrants        = errorsmod.Register(ModuleName, 60, "bad list of grants")
	ErrDeleted       = errorsmod.Register(ModuleName, 69, "the stream has been deleted")
	ErrProxyConflict = errorsmod.Register(ModuleName, 61, "owner and reader can't be proxies of their own grant")
	ErrProxyTwice    = errorsmod.Register(ModuleName, 62, "a provider is named as proxy twice")
	ErrGrain         = errorsmod.Register(ModuleName, 63, "bad grain")
	ErrRevoked       = errorsmod.Register(ModuleName, 64, "the grant has been revoked")
	ErrNotRanked     = errorsmod.Register(ModuleName, 66, "not the first ranks of the proxies' draw")
	ErrReplace       = errorsmod.Register(ModuleName, 67, "the proxy can't be replaced")
	ErrNoSpare       = errorsmod.Register(ModuleName, 68, "no spare is left that could be asked")
	ErrReason        = errorsmod.Register(ModuleName, 65, "bad reason of a refusal")

	ErrAnswerForeign   = errorsmod.Register(ModuleName, 70, "the answer is not about this grant")
	ErrAnswerSignature = errorsmod.Register(ModuleName, 71, "the answer is not signed by the proxy")
	ErrNotAccepted     = errorsmod.Register(ModuleName, 72, "the proxy has not accepted the grant")
	ErrFragmentValid   = errorsmod.Register(ModuleName, 73, "the answer is right: nothing to dispute")
	ErrDisputed        = errorsmod.Register(ModuleName, 74, "disputed already")
	ErrDisputeWindow   = errorsmod.Register(ModuleName, 75, "the dispute window is over")
	ErrLeaf            = errorsmod.Register(ModuleName, 76, "leaf is not the one the grant committed to")
	ErrEvidence        = errorsmod.Register(ModuleName, 77, "malformed evidence")

	ErrPending         = errorsmod.Register(ModuleName, 80, "the grant is not live yet")
	ErrNode            = errorsmod.Register(ModuleName, 81, "not a node of the grant")
	ErrStillOpen       = errorsmod.Register(ModuleName, 82, "the window of the node has not closed yet")
	ErrCapsule         = errorsmod.Register(ModuleName, 83, "bad capsule")
	ErrDemanded        = errorsmod.Register(ModuleName, 84, "demanded already")
	ErrTooManyDemands  = errorsmod.Register(ModuleName, 85, "too many open demands of one grant")
	ErrDemandEnded     = errorsmod.Register(ModuleName, 86, "the demand is not open any more")
	ErrDemandKind      = errorsmod.Register(ModuleName, 87, "the demand asks for something else")
	ErrForeignDemand   = errorsmod.Register(ModuleName, 88, "signer is not whom the demand is for")
	ErrAnswerElsewhere = errorsmod.Register(ModuleName, 89, "the answer is not about what was demanded")

	ErrSuccessor    = errorsmod.Register(ModuleName, 90, "not the next rank of the grant's draw")
	ErrOffered      = errorsmod.Register(ModuleName, 91, "the parcel has been offered to another")
	ErrNotOffered   = errorsmod.Register(ModuleName, 92, "the parcel has not been offered to the signer")
	ErrTooManyHands = errorsmod.Register(ModuleName, 93, "the parcel has been handed over too often")
)

// refusal is a registered refusal together with what caused it: errors.Is finds both, code and codespace are the kind's.
type refusal struct {
	kind  *errorsmod.Error
	cause error
}

// Because makes a refusal of a cause that has no code of its own.
func Because(kind *errorsmod.Error, cause error) error { return refusal{kind, cause} }

// Error is the kind's text and the cause's.
func (r refusal) Error() string { return r.kind.Error() + ": " + r.cause.Error() }

// Unwrap gives both.
func (r refusal) Unwrap() []error { return []error{r.kind, r.cause} }

// Cause is where the SDK looks for code and codespace.
func (r refusal) Cause() error { return r.kind }
