package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// manifestTries is how often a holder is asked to take the manifest.
const manifestTries = 2

// putManifests leaves the manifest with the holders. It is enough that n-k+1 take it: whichever k holders are left of
// the n, one of them has it.
func (p *Publisher) putManifests(ctx context.Context, s datarights.Stream, b *timechain.Bundle, holders []provider.Provider, receipts []wire.Receipt) error {
	errs := make([]error, len(holders))
	var workers sync.WaitGroup
	for i, to := range holders {
		workers.Go(func() { errs[i] = p.putManifest(ctx, to, s.Id, b, receipts) })
	}
	workers.Wait()
	kept := 0
	for i, err := range errs {
		if err == nil {
			kept++
			continue
		}
		p.opts.Log.Warn("a holder did not take the manifest", "stream", s.Id, "seq", b.Manifest.Seq, "provider", holders[i].Id, "err", err)
	}
	if need := int(b.Manifest.N) - int(b.Manifest.K) + 1; kept < need {
		return fmt.Errorf("%w: %d of %d holders keep the manifest of bundle %d, needed are %d: %w",
			ErrTooFewProviders, kept, len(holders), b.Manifest.Seq, need, errors.Join(errs...))
	}
	return nil
}

func (p *Publisher) putManifest(ctx context.Context, to provider.Provider, stream uint64, b *timechain.Bundle, receipts []wire.Receipt) error {
	ctx, cancel := context.WithTimeout(ctx, p.opts.ShardTimeout)
	defer cancel()
	var err error
	for range manifestTries {
		if err = p.network.PutManifest(ctx, to, stream, b.Manifest.Seq, b.ManifestBytes, receipts); err == nil {
			return nil
		}
	}
	return err
}
