package storage

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// anchorer is the chore that settles uploads: blocks an anchor names stay, others go once ttl blocks have passed without
// an anchor, or as soon as an anchor names others.
type anchorer struct {
	self  uint64
	ttl   int64 // blocks
	store *store.Store
	view  view
	// busy bundles are being repaired: their slot is taken over once the shard is here.
	busy    *held
	metrics *metrics
	log     *slog.Logger
	// anchored tells the publisher of a bundle that is settled.
	anchored func(store.Bundle)
}

// pass looks once at every bundle that is not settled.
func (a *anchorer) pass(ctx context.Context) error {
	pending := a.store.Pending()
	if len(pending) == 0 {
		return nil
	}
	tip, err := a.view.fresh(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, bundle := range pending {
		if a.busy.has(bundle) {
			continue
		}
		if err := a.settle(ctx, bundle, tip.Height); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (a *anchorer) settle(ctx context.Context, bundle store.Bundle, height int64) error {
	blocks, err := a.store.Blocks(bundle)
	if err != nil {
		return err
	}
	row, err := a.view.chain.Anchor(ctx, bundle.Stream, bundle.Seq)
	if isNotFound(err) {
		return a.dropOld(blocks, height)
	}
	if err != nil {
		return err
	}
	wanted, err := a.wanted(row, blocks)
	if err != nil {
		return err
	}
	var errs []error
	kept := false
	for _, b := range blocks {
		if wanted(b) {
			kept = true
			errs = append(errs, a.store.Anchor(b))
			continue
		}
		errs = append(errs, a.drop(b, "the anchor does not name it"))
	}
	if kept {
		a.anchored(bundle)
	}
	return errors.Join(errs...)
}

// dropOld drops the blocks that waited too long for an anchor.
func (a *anchorer) dropOld(blocks []store.Block, height int64) error {
	var errs []error
	for _, b := range blocks {
		if !b.Anchored && height-b.Height > a.ttl {
			errs = append(errs, a.drop(b, "no anchor came"))
		}
	}
	return errors.Join(errs...)
}

func (a *anchorer) drop(b store.Block, why string) error {
	a.metrics.dropped.Inc()
	a.log.Info("dropped a block", "stream", b.Bundle.Stream, "seq", b.Bundle.Seq, "size", b.Size, "why", why)
	return a.store.Drop(b)
}

// wanted tells which blocks of a bundle its anchor names: the manifest by its CID, shards by the manifest where that is
// held, else by their slot. A provider the placement does not name keeps nothing.
func (a *anchorer) wanted(row datarights.QueryAnchorResponse, blocks []store.Block) (func(store.Block) bool, error) {
	placement := row.Placement.Providers
	if !slices.Contains(placement, a.self) {
		return func(store.Block) bool { return false }, nil
	}
	mine := func(index int) bool { return index < len(placement) && placement[index] == a.self }
	isManifest := func(b store.Block) bool { return b.Manifest && bytes.Equal(b.CID, row.Row.Anchor.ManifestCid) }

	i := slices.IndexFunc(blocks, isManifest)
	if i < 0 {
		return func(b store.Block) bool { return !b.Manifest && mine(int(b.Index)) }, nil
	}
	data, err := a.store.Data(blocks[i])
	if err != nil {
		return nil, err
	}
	m, err := timechain.ParseManifest(data)
	if err != nil {
		return nil, err
	}
	return func(b store.Block) bool {
		if b.Manifest {
			return isManifest(b)
		}
		slot := int(b.Index)
		return mine(slot) && slot < len(m.ShardCIDs) && bytes.Equal(m.ShardCIDs[slot], b.CID)
	}, nil
}
