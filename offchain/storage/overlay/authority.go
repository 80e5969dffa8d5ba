package overlay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// Authority says whether a record's signer may speak of that bundle or key. It is asked after the signature has been
// checked.
type Authority interface {
	Hint(ctx context.Context, h wire.Hint) error
	KeyHint(ctx context.Context, k wire.KeyHint) error
}

// Facts are the chain rows a ChainAuthority judges by.
type Facts interface {
	Stream(ctx context.Context, id uint64) (datarights.Stream, datarights.Head, error)
	Anchor(ctx context.Context, stream, seq uint64) (datarights.QueryAnchorResponse, error)
	Provider(ctx context.Context, id uint64) (provider.Provider, error)
}

var (
	errForeignChain  = errors.New("record is about another chain")
	errForeignSigner = errors.New("signer may not speak of this")
)

// verdictLife is how long a verdict is remembered, verdictCap how many are: records are re-read far more often than
// writers and placements change.
const (
	verdictLife = time.Minute
	verdictCap  = 4096
)

// ChainAuthority lets a stream's current writer and the holders in the placement row speak of a bundle, and the writer,
// those holders and active proxies speak of a key. Anything the chain cannot confirm now is refused.
type ChainAuthority struct {
	chainID string
	facts   Facts
	clock   func() time.Time

	mu       sync.Mutex
	verdicts map[string]verdict
}

type verdict struct {
	err   error
	until time.Time
}

// NewChainAuthority judges by the rows of one chain.
func NewChainAuthority(chainID string, facts Facts, clock func() time.Time) *ChainAuthority {
	return &ChainAuthority{chainID: chainID, facts: facts, clock: clock, verdicts: make(map[string]verdict)}
}

// Hint implements Authority.
func (a *ChainAuthority) Hint(ctx context.Context, h wire.Hint) error {
	if h.ChainId != a.chainID {
		return errForeignChain
	}
	subject := fmt.Sprintf("m/%d/%d/%x/%d/%x/%v", h.Stream, h.Seq, h.Signer, h.Provider, h.ManifestCid, h.Providers)
	return a.remember(subject, func() error {
		if h.Provider == 0 {
			return a.writer(ctx, h.Stream, h.Signer)
		}
		row, err := a.facts.Anchor(ctx, h.Stream, h.Seq)
		if err != nil {
			return err
		}
		if !slices.Equal(row.Placement.Providers, h.Providers) || !bytes.Equal(row.Row.Anchor.ManifestCid, h.ManifestCid) {
			return fmt.Errorf("%w: its word differs from the anchor", errForeignSigner)
		}
		return a.holder(ctx, row, h.Provider, h.Signer)
	})
}

// KeyHint implements Authority.
func (a *ChainAuthority) KeyHint(ctx context.Context, k wire.KeyHint) error {
	if k.ChainId != a.chainID {
		return errForeignChain
	}
	subject := fmt.Sprintf("k/%d/%d/%x/%d", k.Stream, k.FirstSeq, k.Signer, k.Provider)
	return a.remember(subject, func() error {
		if k.Provider == 0 {
			return a.writer(ctx, k.Stream, k.Signer)
		}
		row, err := a.facts.Provider(ctx, k.Provider)
		if err != nil {
			return err
		}
		if !bytes.Equal(row.PeerKey, k.Signer) {
			return errForeignSigner
		}
		if row.Proxy && row.Status == provider.STATUS_ACTIVE {
			return nil
		}
		anchor, err := a.facts.Anchor(ctx, k.Stream, k.FirstSeq)
		if err != nil {
			return err
		}
		return a.holder(ctx, anchor, k.Provider, k.Signer)
	})
}

func (a *ChainAuthority) writer(ctx context.Context, stream uint64, signer []byte) error {
	row, _, err := a.facts.Stream(ctx, stream)
	if err != nil {
		return err
	}
	if !bytes.Equal(row.Writer.Key, signer) {
		return errForeignSigner
	}
	return nil
}

func (a *ChainAuthority) holder(ctx context.Context, anchor datarights.QueryAnchorResponse, id uint64, signer []byte) error {
	if !slices.Contains(anchor.Placement.Providers, id) {
		return errForeignSigner
	}
	row, err := a.facts.Provider(ctx, id)
	if err != nil {
		return err
	}
	if !bytes.Equal(row.PeerKey, signer) {
		return errForeignSigner
	}
	return nil
}

// remember returns a verdict that is still fresh, or judges and keeps it. The table is emptied when full: verdicts are
// cheap to make again.
func (a *ChainAuthority) remember(subject string, judge func() error) error {
	now := a.clock()
	a.mu.Lock()
	v, ok := a.verdicts[subject]
	a.mu.Unlock()
	if ok && now.Before(v.until) {
		return v.err
	}
	err := judge()
	if err != nil && !errors.Is(err, errForeignSigner) {
		return err // the chain may answer otherwise next time
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.verdicts) >= verdictCap {
		clear(a.verdicts)
	}
	a.verdicts[subject] = verdict{err: err, until: now.Add(verdictLife)}
	return err
}
