package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// refusal is an answer other than CODE_OK.
type refusal struct {
	code    wire.Code
	message string
}

// Error implements error.
func (r *refusal) Error() string { return r.message }

func refuse(code wire.Code, format string, args ...any) error {
	return &refusal{code: code, message: fmt.Sprintf(format, args...)}
}

// refusalOf maps every error a handler returns to what the peer is told. What is our own fault is not told in detail.
func refusalOf(err error) refusal {
	var r *refusal
	switch {
	case errors.As(err, &r):
		return *r
	case errors.Is(err, wire.ErrFrame), errors.Is(err, wire.ErrTooLarge), errors.Is(err, wire.ErrCID):
		return refusal{wire.CODE_BAD_REQUEST, err.Error()}
	case errors.Is(err, store.ErrFull):
		return refusal{wire.CODE_QUOTA, "this provider is full: choose another"}
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return refusal{wire.CODE_NOT_FOUND, "not held here: ask another holder"}
	case errors.Is(err, chain.ErrUnavailable):
		return refusal{wire.CODE_CHAIN_STALE, "this provider's chain node does not answer: ask another"}
	case errors.Is(err, context.DeadlineExceeded):
		return refusal{wire.CODE_BUSY, "took too long: try again"}
	default:
		return refusal{wire.CODE_INTERNAL, "internal error"}
	}
}
