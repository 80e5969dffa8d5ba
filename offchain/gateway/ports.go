package gateway

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Chain is what a gateway asks of the chain, and how it sends there. Errors are those of offchain/chain: ErrNotFound,
// ErrUnavailable, and *TxError for a refusal.
type Chain interface {
	// Stream returns a stream's row and head.
	Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error)
	// Anchor returns the anchor with a sequence number.
	Anchor(ctx context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error)
	// AnchorOf returns the anchor that covers an interval.
	AnchorOf(ctx context.Context, stream uint64, interval uint32) (datarights.QueryAnchorResponse, error)
	// Grants returns all grants the request names.
	Grants(ctx context.Context, req *datarights.QueryGrantsRequest) ([]datarights.Grant, error)
	// Demands returns the open demands for capsules of the stream the request names.
	Demands(ctx context.Context, req *datarights.QueryDemandsRequest) ([]datarights.Demand, error)
	// Provider returns a provider's row.
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
	// Submit signs as the gateway's account, sends, and waits for inclusion.
	Submit(ctx context.Context, opts chain.TxOptions, msgs ...sdk.Msg) (*chain.TxResult, error)
}

// Uploader spreads a bundle and signs its anchor; a *publish.Publisher is one.
type Uploader interface {
	Upload(ctx context.Context, stream datarights.Stream, head datarights.Head, b *timechain.Bundle, skipped uint32, reason string) (*datarights.MsgAnchor, []wire.Receipt, error)
}

// Network is how a gateway reaches storage nodes and the DHT beyond uploading.
type Network interface {
	// PutCapsule brings a proxy the capsule of a node (9-byte form), in a session as the stream's writer.
	PutCapsule(ctx context.Context, to provider.Provider, stream, grant uint64, node, capsule []byte) error
	// Manifest fetches a manifest by its CID, which has been checked.
	Manifest(ctx context.Context, from provider.Provider, stream, seq uint64, cid []byte) ([]byte, error)
	// PutHint and PutKeyHint write signed records to the DHT.
	PutHint(ctx context.Context, h wire.Hint) error
	PutKeyHint(ctx context.Context, k wire.KeyHint) error
}
