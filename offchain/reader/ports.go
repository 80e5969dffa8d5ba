package reader

import (
	"context"
	"errors"

	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Errors of reading, matched with errors.Is.
var (
	// ErrRefused means that too few proxies answered because they refused: the right is missing, over or not yet live.
	ErrRefused = errors.New("refused by the proxies")
	// ErrTooFewAnswers means that fewer than the threshold of proxies gave a good answer.
	ErrTooFewAnswers = errors.New("too few good answers from proxies")
	// ErrTooFewShards means that fewer than k shards of a bundle could be had.
	ErrTooFewShards = errors.New("too few shards")
	// ErrNoHolder means that a shard has no holder now: it is lost, and not rebuilt yet.
	ErrNoHolder = errors.New("nobody holds the shard now")
	// ErrNoManifest means that no holder gave the manifest the anchor names.
	ErrNoManifest = errors.New("no holder gave the manifest")
	// ErrMismatch means that bytes are not what the chain vouches for.
	ErrMismatch = errors.New("does not match the anchor on chain")
	// ErrOutsideGrant means that the range asked for is not inside the grant.
	ErrOutsideGrant = errors.New("outside the grant")
)

// Chain is what reading must know from the chain.
type Chain interface {
	ChainID() string
	Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error)
	Grant(ctx context.Context, id uint64) (datarights.Grant, error)
	AnchorOf(ctx context.Context, stream uint64, interval uint32) (datarights.QueryAnchorResponse, error)
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
	PeerKey(ctx context.Context, id uint64, version uint32) ([]byte, error)
}

// Network is what storage nodes are asked for. Shards and manifests come with their CID already checked.
type Network interface {
	Manifest(ctx context.Context, from provider.Provider, ref BundleRef) ([]byte, error)
	Shard(ctx context.Context, from provider.Provider, ref BundleRef, maxBytes uint64) ([]byte, error)
	Fragments(ctx context.Context, from provider.Provider, grant uint64, nodes [][]byte) ([]datarights.SignedAnswer, error)
}

// BundleRef names one object of a bundle.
type BundleRef struct {
	Stream, Seq uint64
	// CID of the object, binary.
	CID []byte
	// Grant is the right used; 0 for owner and writer.
	Grant uint64
}

// Failure is one provider that did not do its part, and why.
type Failure struct {
	Provider uint64 `json:"provider"`
	What     string `json:"what"`
	Why      string `json:"why"`
}

// Report tells what a fetch did.
type Report struct {
	Records uint64 `json:"records"`
	Blocks  uint64 `json:"blocks"`
	// DeviceSigned blocks carry a good signature of the device the stream names; 0 where it names none.
	DeviceSigned uint64 `json:"blocks_device_signed"`
	Intervals    uint64 `json:"intervals"`
	// Skipped are the intervals of declared outages, which lie in no bundle.
	Skipped       uint64    `json:"skipped_intervals"`
	Bundles       uint64    `json:"bundles"`
	ShardsFetched uint64    `json:"shards_fetched"`
	BytesFetched  uint64    `json:"bytes_fetched"`
	ProxiesUsed   []uint64  `json:"proxies_used"`
	Failures      []Failure `json:"failures"`
	// Wrong are signed answers that are provably wrong: evidence for a dispute.
	Wrong []datarights.SignedAnswer `json:"-"`
}

func (r *Report) fail(provider uint64, what string, err error) {
	r.Failures = append(r.Failures, Failure{Provider: provider, What: what, Why: err.Error()})
}
