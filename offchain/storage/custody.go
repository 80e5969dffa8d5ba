package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cpchain/cpchain/offchain/storage/store"
	"github.com/cpchain/cpchain/pkg/merkle"
	"github.com/cpchain/cpchain/pkg/timechain"
	provider "github.com/cpchain/cpchain/x/provider/types"
	deals "github.com/cpchain/cpchain/x/storage/types"
)

// Deals is what a node reads of the shards it and others hold.
type Deals interface {
	Deal(ctx context.Context, stream, seq uint64) (deals.Deal, error)
	StorageNode(ctx context.Context, provider uint64) (deals.QueryNodeResponse, error)
	StorageParams(ctx context.Context) (deals.QueryParamsResponse, error)
	Challenges(ctx context.Context, provider uint64) ([]deals.Challenge, error)
	Endangered(ctx context.Context) ([]deals.Endangered, error)
	Boundaries(ctx context.Context) ([]provider.Boundary, error)
	ProviderByPeerKey(ctx context.Context, key []byte) (provider.Provider, error)
}

// prover is the chore that shows the chain what it picked of this node's shards: the rounds, and challenges out of turn.
type prover struct {
	self     uint64
	store    *store.Store
	view     view
	deals    Deals
	operator Operator
	metrics  *metrics
	log      *slog.Logger
}

// pass answers all that waits. What can't be shown is left out: each pick counts by itself, and the rest is still worth showing.
func (p *prover) pass(ctx context.Context) error {
	tip, err := p.view.fresh(ctx)
	if err != nil {
		return err
	}
	res, err := p.deals.StorageNode(ctx, p.self)
	if err != nil {
		return err
	}
	p.metrics.strikes.Set(float64(res.Node.Strikes))
	p.metrics.earned.Set(float64(res.Node.Earned))
	errs := []error{p.round(ctx, res.Round, tip.Height)}
	if res.Node.Challenges > 0 {
		errs = append(errs, p.challenges(ctx, tip.Height))
	}
	return errors.Join(errs...)
}

// round proves what is left of a running round.
func (p *prover) round(ctx context.Context, r deals.Round, height int64) error {
	if r.Deadline <= height {
		return nil
	}
	msg := &deals.MsgProve{Operator: p.operator.Address(), Period: r.Period}
	var errs []error
	for i, pick := range r.Picks {
		if pick.Proven {
			continue
		}
		answer, err := p.answer(ctx, pick)
		if err != nil {
			p.metrics.unproven.Inc()
			errs = append(errs, err)
			continue
		}
		msg.Answers = append(msg.Answers, deals.PickAnswer{Pick: uint32(i), Answer: answer})
	}
	if len(msg.Answers) == 0 {
		return errors.Join(errs...)
	}
	if err := submit(ctx, p.operator, msg); err != nil {
		return errors.Join(append(errs, err)...)
	}
	p.metrics.proven.Add(float64(len(msg.Answers)))
	p.log.Info("proved possession", "period", r.Period, "picks", len(r.Picks), "shown", len(msg.Answers))
	return errors.Join(errs...)
}

func (p *prover) challenges(ctx context.Context, height int64) error {
	waiting, err := p.deals.Challenges(ctx, p.self)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range waiting {
		if c.Deadline <= height {
			continue // not drawn yet, or over
		}
		answer, err := p.answer(ctx, c.Pick)
		if err == nil {
			err = submit(ctx, p.operator, &deals.MsgAnswerChallenge{Operator: p.operator.Address(), Id: c.Id, Answer: answer})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// answer shows the leaf that a pick asks for.
func (p *prover) answer(ctx context.Context, pick deals.Pick) (deals.Answer, error) {
	d, err := p.deals.Deal(ctx, pick.Stream, pick.Seq)
	if err != nil {
		return deals.Answer{}, err
	}
	bundle := store.Bundle{Stream: pick.Stream, Seq: pick.Seq}
	m, err := manifestOf(p.store, bundle, d)
	if err != nil {
		return deals.Answer{}, err
	}
	cid := m.ShardCIDs[pick.Slot]
	block, err := p.store.Block(bundle, cid)
	if err != nil {
		return deals.Answer{}, fmt.Errorf("shard %d of bundle %d of stream %d: %w", pick.Slot, pick.Seq, pick.Stream, err)
	}
	shard, err := p.store.Data(block)
	if err != nil {
		return deals.Answer{}, fmt.Errorf("shard %d of bundle %d of stream %d: %w", pick.Slot, pick.Seq, pick.Stream, err)
	}
	leafPath, err := merkle.ShardProof(shard, int(pick.Leaf))
	if err != nil {
		return deals.Answer{}, err
	}
	shardPath, err := merkle.Proof(shardLeaves(m), int(pick.Slot))
	if err != nil {
		return deals.Answer{}, err
	}
	start := pick.Leaf * merkle.ShardLeaf
	a := deals.Answer{
		Cid: cid, TreeRoot: m.ShardRoots[pick.Slot][:], ShardPath: pathBytes(shardPath),
		Leaf: shard[start:min(start+merkle.ShardLeaf, uint64(len(shard)))], LeafPath: pathBytes(leafPath),
	}
	return a, a.Verify(d, pick)
}

// manifestOf finds the manifest of a deal's bundle among the blocks held: the one whose shards add up to the deal's root.
func manifestOf(s *store.Store, bundle store.Bundle, d deals.Deal) (timechain.Manifest, error) {
	blocks, err := s.Blocks(bundle)
	if err != nil {
		return timechain.Manifest{}, err
	}
	for _, b := range blocks {
		if !b.Manifest {
			continue
		}
		data, err := s.Data(b)
		if err != nil {
			continue // another copy may be whole
		}
		m, err := timechain.ParseManifest(data)
		if root := m.ShardRoot(); err == nil && string(root[:]) == string(d.ShardRoot) && len(m.ShardCIDs) == len(d.Slots) {
			return m, nil
		}
	}
	return timechain.Manifest{}, fmt.Errorf("manifest of bundle %d of stream %d: %w", bundle.Seq, bundle.Stream, store.ErrNotFound)
}

func shardLeaves(m timechain.Manifest) []merkle.Hash {
	leaves := make([]merkle.Hash, len(m.ShardCIDs))
	for i := range leaves {
		leaves[i] = merkle.LeafHash(timechain.ShardLeafData(m.ShardCIDs[i], m.ShardRoots[i]))
	}
	return leaves
}

func pathBytes(path []merkle.Hash) [][]byte {
	out := make([][]byte, len(path))
	for i := range path {
		out[i] = path[i][:]
	}
	return out
}

// sweeper is the chore that drops what the chain wants here no more: bundles whose deal has ended, and shards that others hold now.
type sweeper struct {
	self    uint64
	store   *store.Store
	view    view
	deals   Deals
	metrics *metrics
	log     *slog.Logger
}

func (s *sweeper) pass(ctx context.Context) error {
	if _, err := s.view.fresh(ctx); err != nil {
		return err
	}
	bundles, err := s.store.Bundles()
	if err != nil {
		return err
	}
	var errs []error
	for _, bundle := range bundles {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		errs = append(errs, s.sweep(ctx, bundle))
	}
	return errors.Join(errs...)
}

// sweep drops the anchored blocks of a bundle that is stored no more, or elsewhere. A slot that is open keeps its shard: it may be the
// last one.
func (s *sweeper) sweep(ctx context.Context, bundle store.Bundle) error {
	d, err := s.deals.Deal(ctx, bundle.Stream, bundle.Seq)
	if err != nil && !isNotFound(err) {
		return err
	}
	if d.Holds(s.self) {
		return nil
	}
	blocks, err := s.store.Blocks(bundle)
	if err != nil {
		return err
	}
	var errs []error
	for _, b := range blocks {
		open := !b.Manifest && int(b.Index) < len(d.Slots) && d.Slots[b.Index].Provider == 0
		if !b.Anchored || open || b.Manifest && d.Held() < len(d.Slots) {
			continue
		}
		s.metrics.dropped.Inc()
		s.log.Info("dropped a block", "stream", bundle.Stream, "seq", bundle.Seq, "size", b.Size, "why", "its storage has ended, or others hold it")
		errs = append(errs, s.store.Drop(b))
	}
	return errors.Join(errs...)
}
