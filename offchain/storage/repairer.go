package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/timechain"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// repairsPerPass bounds what one pass rebuilds, so that a node that joins late does not take on everything at once.
const repairsPerPass = 8

// repairer is the chore that rebuilds lost shards from those of others, without any key, and takes their slots over when it is this
// node's turn.
type repairer struct {
	self     uint64
	store    *store.Store
	view     view
	deals    Deals
	operator Operator
	client   *client.Client
	workers  int
	// hold keeps the anchorer away from a bundle that is being repaired: until its slot is taken over no anchor names this node.
	hold    *held
	metrics *metrics
	log     *slog.Logger
}

// held is a set of bundles in work.
type held struct {
	mu      sync.Mutex
	bundles map[store.Bundle]bool
}

func newHeld() *held { return &held{bundles: make(map[store.Bundle]bool)} }

func (h *held) take(b store.Bundle) (release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bundles[b] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.bundles, b)
	}
}

func (h *held) has(b store.Bundle) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bundles[b]
}

// pass looks through the endangered bundles for slots this node may fill now.
func (r *repairer) pass(ctx context.Context) error {
	tip, err := r.view.fresh(ctx)
	if err != nil {
		return err
	}
	list, err := r.deals.Endangered(ctx)
	if err != nil {
		return err
	}
	r.metrics.endangered.Set(float64(len(list)))
	self, err := r.view.chain.Provider(ctx, r.self)
	if err != nil || len(list) == 0 || !self.Offers(true, false) {
		return err
	}
	turn, err := newTurn(ctx, r.deals, tip.Height)
	if err != nil {
		return err
	}
	var errs []error
	done := 0
	for _, e := range list {
		if !e.Repair || done == repairsPerPass {
			continue
		}
		repaired, err := r.repair(ctx, turn, self, e)
		if err != nil {
			errs = append(errs, fmt.Errorf("repair bundle %d of stream %d: %w", e.Seq, e.Stream, err))
		}
		if repaired {
			done++
		}
	}
	return errors.Join(errs...)
}

// turn is what decides whose turn it is to fill a slot.
type turn struct {
	deals    Deals
	boundary provider.Boundary
	height   int64 // of the block that would take a transaction sent now
	stagger  uint32
}

// newTurn takes the newest boundary that a transaction sent now may name.
func newTurn(ctx context.Context, d Deals, height int64) (turn, error) {
	params, err := d.StorageParams(ctx)
	if err != nil {
		return turn{}, err
	}
	boundaries, err := d.Boundaries(ctx)
	if err != nil {
		return turn{}, err
	}
	for _, b := range boundaries {
		if b.Height <= height {
			return turn{deals: d, boundary: b, height: height + 1, stagger: params.Params.StaggerBlocks}, nil
		}
	}
	return turn{}, errors.New("the chain has no draw boundary yet")
}

// repair fills the first open slot of a bundle whose turn has come for this node; false where there is none.
func (r *repairer) repair(ctx context.Context, t turn, self provider.Provider, e deals.Endangered) (bool, error) {
	d, err := r.deals.Deal(ctx, e.Stream, e.Seq)
	if err != nil || d.Holds(self.Id) || self.AsksMore(d.PriceUcpc) {
		return false, err
	}
	for _, slot := range e.Open {
		ref := deals.SlotRef{Stream: e.Stream, Seq: e.Seq, Slot: slot}
		since, err := openSince(ctx, r.view.chain, d.Slots[slot])
		if err != nil {
			return false, err
		}
		if may, _ := deals.MayFill(t.boundary.Seed, ref, self.Operator, t.height-since, t.stagger); !may {
			continue
		}
		return true, r.fill(ctx, t, ref, d)
	}
	return false, nil
}

// openSince is the height at which a slot became open, by itself or with its holder.
func openSince(ctx context.Context, c Chain, s deals.Slot) (int64, error) {
	if s.Provider == 0 {
		return s.Since, nil
	}
	row, err := c.Provider(ctx, s.Provider)
	return row.StatusHeight, err
}

// fill rebuilds a shard, stores it and takes its slot over.
func (r *repairer) fill(ctx context.Context, t turn, ref deals.SlotRef, d deals.Deal) error {
	bundle := store.Bundle{Stream: ref.Stream, Seq: ref.Seq}
	defer r.hold.take(bundle)()
	manifest, m, err := r.manifest(ctx, ref, d)
	if err != nil {
		return err
	}
	shard, err := r.rebuild(ctx, ref, d, m)
	if err != nil {
		return err
	}
	block := store.Block{Bundle: bundle, CID: m.ShardCIDs[ref.Slot], Index: ref.Slot, Height: t.height}
	if err := r.store.Put(block, shard); err != nil {
		return err
	}
	if err := r.store.Put(store.Block{Bundle: bundle, CID: wire.CID(manifest), Manifest: true, Height: t.height}, manifest); err != nil {
		return err
	}
	msg := &deals.MsgFill{Operator: r.operator.Address(), Boundary: t.boundary.Height, Slots: []deals.SlotRef{ref}}
	if err := submit(ctx, r.operator, msg); err != nil {
		return err
	}
	r.metrics.repaired.Inc()
	r.log.Info("repaired a shard", "stream", ref.Stream, "seq", ref.Seq, "slot", ref.Slot, "size", len(shard))
	return nil
}

// manifest gets the bundle's manifest from one of its holders, or from this disk.
func (r *repairer) manifest(ctx context.Context, ref deals.SlotRef, d deals.Deal) ([]byte, timechain.Manifest, error) {
	row, err := r.view.chain.Anchor(ctx, ref.Stream, ref.Seq)
	if err != nil {
		return nil, timechain.Manifest{}, err
	}
	var errs []error
	for _, s := range d.Slots {
		if s.Provider == 0 {
			continue
		}
		var data []byte
		err := r.ask(ctx, s.Provider, func(ctx context.Context, c *client.Conn) (err error) {
			data, _, err = c.GetManifest(ctx, ref.Stream, ref.Seq, row.Row.Anchor.ManifestCid, 0)
			return err
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m, err := timechain.ParseManifest(data)
		if err != nil {
			return nil, m, err
		}
		return data, m, nil
	}
	return nil, timechain.Manifest{}, fmt.Errorf("no holder gives the manifest: %w", errors.Join(errs...))
}

func (r *repairer) ask(ctx context.Context, id uint64, do func(context.Context, *client.Conn) error) error {
	row, err := r.view.chain.Provider(ctx, id)
	if err != nil {
		return err
	}
	c, err := r.client.Dial(ctx, row)
	if err != nil {
		return err
	}
	return do(ctx, c)
}

// rebuild collects as many shards as are needed, and codes the missing one from them. Every shard was checked against its CID.
func (r *repairer) rebuild(ctx context.Context, ref deals.SlotRef, d deals.Deal, m timechain.Manifest) ([]byte, error) {
	shards, err := r.collect(ctx, ref, d, m)
	if err != nil {
		return nil, err
	}
	if whole := shards[ref.Slot]; whole != nil {
		return whole, nil // who leaves still had it
	}
	code, err := erasure.New(int(m.K), int(m.N), r.workers)
	if err != nil {
		return nil, err
	}
	payload, err := code.Join(shards, int(m.PayloadSize))
	if err != nil {
		return nil, err
	}
	all, err := code.Split(payload)
	if err != nil {
		return nil, err
	}
	shard := all[ref.Slot]
	return shard, wire.CheckCID(m.ShardCIDs[ref.Slot], shard)
}

// collect asks holders until one has given the shard itself or enough have given theirs.
func (r *repairer) collect(ctx context.Context, ref deals.SlotRef, d deals.Deal, m timechain.Manifest) ([][]byte, error) {
	shards := make([][]byte, len(d.Slots))
	have := 0
	var errs []error
	for _, i := range inTurn(int(ref.Slot), len(d.Slots)) {
		if d.Slots[i].Provider == 0 {
			continue
		}
		err := r.ask(ctx, d.Slots[i].Provider, func(ctx context.Context, c *client.Conn) (err error) {
			shards[i], err = c.GetShard(ctx, ref.Stream, ref.Seq, m.ShardCIDs[i], 0, int(m.ShardSize))
			return err
		})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if have++; i == int(ref.Slot) || have == int(m.K) {
			return shards, nil
		}
	}
	return nil, fmt.Errorf("%d of %d shards: %w", have, m.K, errors.Join(errs...))
}

// inTurn counts through n slots from one on.
func inTurn(from, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (from + i) % n
	}
	return order
}
