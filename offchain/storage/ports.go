package storage

import (
	"context"
	"io"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Chain is what a node reads from the chain: point rows, never lists. Rows that do not exist are chain.ErrNotFound.
type Chain interface {
	Tip(ctx context.Context) (chain.Tip, error)
	Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error)
	Anchor(ctx context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error)
	Reader(ctx context.Context, id uint64, version uint32) (datarights.QueryReaderResponse, error)
	Grant(ctx context.Context, id uint64) (datarights.Grant, error)
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
}

// Intervals finds the bundle an interval lies in: what key hints tell.
type Intervals interface {
	AnchorOf(ctx context.Context, stream uint64, interval uint32) (datarights.QueryAnchorResponse, error)
}

// Operator sends transactions of the operator's account and waits until they are included.
type Operator interface {
	Address() string
	Submit(ctx context.Context, opts chain.TxOptions, msgs ...sdk.Msg) (*chain.TxResult, error)
}

// ReEncrypt makes a fragment from a key share and a capsule. A node's own is pre.ReEncrypt; the tests that show how a
// reader deals with a bad proxy put another in its place. It must return when ctx ends.
type ReEncrypt func(ctx context.Context, rand io.Reader, s pre.Share, capsule []byte, b pre.Binding) ([]byte, error)

func reEncrypt(_ context.Context, rand io.Reader, s pre.Share, capsule []byte, b pre.Binding) ([]byte, error) {
	return pre.ReEncrypt(rand, s, capsule, b)
}
