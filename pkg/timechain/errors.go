package timechain

import "errors"

// What can be wrong with records to be sealed, and with bundles that are opened. Errors about field values, schemas and grids
// stand beside those.
var (
	// ErrFormat means that bytes are not the one encoding of what they should be.
	ErrFormat = errors.New("malformed encoding")
	// ErrTooLarge means that a thing is above its size limit.
	ErrTooLarge = errors.New("too large")
	// ErrOrder means that records, blocks or intervals are not in order, or that one stands twice.
	ErrOrder = errors.New("out of order")
	// ErrWindow means that a record's time does not belong where the record stands.
	ErrWindow = errors.New("time outside its window")
	// ErrGap means that a declared gap is malformed, or told differently in two places.
	ErrGap = errors.New("bad gap declaration")
	// ErrCount means that records or blocks are not as many as stated.
	ErrCount = errors.New("count is wrong")
	// ErrTimes means that the stated times of the first and last record are not theirs.
	ErrTimes = errors.New("stated times are wrong")
	// ErrChain means that a header does not follow the one before it.
	ErrChain = errors.New("header chain is broken")
	// ErrHeaders means that the headers and records of an interval are not those its line commits to.
	ErrHeaders = errors.New("blocks are not those committed to")
	// ErrCommitment means that a key is not the one committed to.
	ErrCommitment = errors.New("key does not match its commitment")
	// ErrPayload means that a payload is not of the stated size.
	ErrPayload = errors.New("payload has another size")
	// ErrParts means that a manifest's parts do not tile its payload.
	ErrParts = errors.New("parts do not tile the payload")
	// ErrCode means that a manifest's erasure code and sizes do not fit together.
	ErrCode = errors.New("erasure code does not fit the sizes")
	// ErrShards means that a manifest does not name its shards rightly.
	ErrShards = errors.New("bad shard list")
	// ErrShard means that a shard is not the one named.
	ErrShard = errors.New("shard is not the one named")
	// ErrStream means that a stream's name is empty or too long.
	ErrStream = errors.New("bad stream name")
	// ErrLines means that a manifest's lines are not consecutive intervals of one upload.
	ErrLines = errors.New("bad interval lines")
	// ErrSegment means that an authentic segment does not decode: its writer is at fault.
	ErrSegment = errors.New("malformed segment")
	// ErrDevice means that a device's signature does not verify.
	ErrDevice = errors.New("bad device signature")
	// ErrProof means that a record proof does not lead to the root.
	ErrProof = errors.New("record proof does not verify")
)
