package storage

import (
	"context"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
)

// view judges how fresh the node's knowledge of the chain is.
type view struct {
	chain  Chain
	maxAge time.Duration
	clock  func() time.Time
}

// fresh returns the newest block, or CODE_CHAIN_STALE when the chain node is catching up or its newest block is older
// than maxAge: acting on old rows would serve what has been revoked since. A block from the future means a wrong clock
// here or there, and counts as stale too.
func (v view) fresh(ctx context.Context) (chain.Tip, error) {
	tip, err := v.chain.Tip(ctx)
	if err != nil {
		return chain.Tip{}, err
	}
	if tip.CatchingUp {
		return chain.Tip{}, refuse(wire.CODE_CHAIN_STALE, "this provider's chain node is catching up: ask another")
	}
	if age := v.clock().Sub(tip.Time); age > v.maxAge || age < -v.maxAge {
		return chain.Tip{}, refuse(wire.CODE_CHAIN_STALE, "the newest block this provider knows is %s old: ask another", age.Round(time.Second))
	}
	return tip, nil
}

// now is the time rights are judged at: block time, or the clock where it is ahead, so that an expiry holds at once.
// The two differ by less than maxAge.
func (v view) now(tip chain.Tip) int64 {
	return max(tip.Time.Unix(), v.clock().Unix())
}
