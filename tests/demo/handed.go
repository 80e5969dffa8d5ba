package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/reader"
	"github.com/cpchain/cpchain/offchain/storage/client"
	"github.com/cpchain/cpchain/pkg/erasure"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	"github.com/cpchain/cpchain/pkg/timechain"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
	provider "github.com/cpchain/cpchain/x/provider/types"
)

// hand is all that proxies and holders of a grant can give away: with it there is nobody left to refuse.
type hand struct {
	stream  datarights.Stream
	grant   datarights.Grant
	binding pre.Binding
	nodes   []handedNode
	bundles []handedBundle
}

// handedNode is one granted key tree node with the answer of every proxy of the grant.
type handedNode struct {
	node    keytree.Node
	capsule []byte
	answers []pre.Answer
}

// handedBundle is one bundle, its ciphertext put together from all of its shards.
type handedBundle struct {
	manifest timechain.Manifest
	payload  []byte
	shards   int
}

// handOver collects, as the granted reader and while the grant is live, everything there is to be had: every proxy's
// fragment of every granted node, and every shard of the bundles that touch the range and a day on either side of it.
func (d *demo) handOver(ctx context.Context, c *chain.Client, keys readerKeys, grant uint64, days dayRanges) (*hand, error) {
	host, err := client.NewHost(nil, nil)
	if err != nil {
		return nil, err
	}
	defer host.Close()
	id := client.ReaderIdentity(keys.Reader, keys.Version, keys.authKey())
	nodes := reader.NewNodes(client.New(host, c.ChainID(), client.Options{}).With(id), id)
	h := &hand{binding: pre.Binding{ChainID: c.ChainID(), Grant: grant}}
	if h.grant, err = c.Grant(ctx, grant); err != nil {
		return nil, err
	}
	if h.stream, _, err = c.Stream(ctx, h.grant.Stream); err != nil {
		return nil, err
	}
	if err := h.takeFragments(ctx, c, nodes); err != nil {
		return nil, err
	}
	return h, h.takeBundles(ctx, c, nodes, days.before.first, days.after.last)
}

// takeFragments asks every proxy for every granted node.
func (h *hand) takeFragments(ctx context.Context, c *chain.Client, from reader.Network) error {
	cover, err := datarights.GrantCover(h.grant, int(h.grant.Leaves))
	if err != nil {
		return err
	}
	labels := make([][]byte, len(cover))
	h.nodes = make([]handedNode, len(cover))
	for i, node := range cover {
		h.nodes[i].node = node
		if labels[i], err = node.MarshalBinary(); err != nil {
			return err
		}
	}
	for _, p := range h.grant.Proxies {
		if p.State != datarights.PROXY_STATE_ACCEPTED {
			continue
		}
		row, err := c.Provider(ctx, p.Provider)
		if err != nil {
			return err
		}
		answers, err := from.Fragments(ctx, row, h.grant.Id, labels)
		if err != nil {
			return fmt.Errorf("fragments of proxy %d: %w", p.Provider, err)
		}
		if len(answers) != len(labels) {
			return fmt.Errorf("proxy %d gave %d answers for %d nodes", p.Provider, len(answers), len(labels))
		}
		for i, a := range answers {
			leaf, err := pre.ParseLeaf(a.Leaf)
			if err != nil {
				return err
			}
			h.nodes[i].capsule = a.Capsule
			h.nodes[i].answers = append(h.nodes[i].answers, pre.Answer{Leaf: leaf, Fragment: a.Fragment})
		}
	}
	return nil
}

// takeBundles takes every shard of every bundle that touches [first, last].
func (h *hand) takeBundles(ctx context.Context, c *chain.Client, from reader.Network, first, last uint32) error {
	for next := first; next <= last; {
		anchor, err := c.AnchorOf(ctx, h.grant.Stream, next)
		if err != nil {
			return err
		}
		holders := make([]provider.Provider, len(anchor.Placement.Providers))
		for i, id := range anchor.Placement.Providers {
			if holders[i], err = c.Provider(ctx, id); err != nil {
				return err
			}
		}
		b, err := h.takeBundle(ctx, from, anchor.Row.Anchor, holders)
		if err != nil {
			return err
		}
		h.bundles = append(h.bundles, b)
		next = anchor.Row.Anchor.FirstInterval + anchor.Row.Anchor.Intervals
	}
	return nil
}

func (h *hand) takeBundle(ctx context.Context, from reader.Network, a datarights.Anchor, holders []provider.Provider) (handedBundle, error) {
	ref := reader.BundleRef{Stream: a.Stream, Seq: a.Seq, CID: a.ManifestCid, Grant: h.grant.Id}
	bz, err := from.Manifest(ctx, holders[0], ref)
	if err != nil {
		return handedBundle{}, err
	}
	m, err := timechain.ParseManifest(bz)
	if err != nil {
		return handedBundle{}, err
	}
	shards := make([][]byte, len(holders))
	for slot, holder := range holders {
		ref.CID = m.ShardCIDs[slot]
		if shards[slot], err = from.Shard(ctx, holder, ref, a.ShardBytes); err != nil {
			return handedBundle{}, fmt.Errorf("shard %d of bundle %d: %w", slot, a.Seq, err)
		}
	}
	code, err := erasure.New(int(m.K), int(m.N), 1)
	if err != nil {
		return handedBundle{}, err
	}
	payload, err := code.Join(shards, int(m.PayloadSize))
	return handedBundle{manifest: m, payload: payload, shards: len(shards)}, err
}

// open tries a reader's key on every node with every choice of as many proxies as the threshold asks for. It counts the
// tries that opened, keeps the seeds, and returns an error for any failure but that the key is another's.
func (h *hand) open(sk pre.SecretKey) (seeds []keytree.NodeSeed, opened, tried int, err error) {
	stream := datarights.StreamID(h.binding.ChainID, h.stream.Id)
	for _, n := range h.nodes {
		label, err := n.node.MarshalBinary()
		if err != nil {
			return nil, 0, 0, err
		}
		var seed keytree.Seed
		before := opened
		for _, some := range choices(n.answers, int(h.grant.Threshold)) {
			tried++
			got, err := pre.Open(sk, pre.CapsuleContext(stream, label), n.capsule, len(some), some, h.binding)
			if err == nil {
				seed, opened = got, opened+1
			} else if !errors.Is(err, pre.ErrOwnerFault) {
				return nil, 0, 0, fmt.Errorf("open %s: %w", n.node, err)
			}
		}
		if opened > before {
			seeds = append(seeds, keytree.NodeSeed{Node: n.node, Seed: seed})
		}
	}
	return seeds, opened, tried, nil
}

// choices are all ways to take n of the answers, in their order.
func choices(answers []pre.Answer, n int) [][]pre.Answer {
	if n == 0 {
		return [][]pre.Answer{nil}
	}
	var all [][]pre.Answer
	for i := range answers {
		for _, rest := range choices(answers[i+1:], n-1) {
			all = append(all, append([]pre.Answer{answers[i]}, rest...))
		}
	}
	return all
}

// relabel claims that the fragments are of the nodes that cover [first, last] and opens them with the granted reader's own
// key. Every proof binds its node: the count of those that verify all the same is returned.
func (h *hand) relabel(sk pre.SecretKey, first, last uint32) (opened, tried int, err error) {
	stream := datarights.StreamID(h.binding.ChainID, h.stream.Id)
	targets, err := outsideCover(h.grant.KeyEpoch, first, last)
	if err != nil {
		return 0, 0, err
	}
	for _, target := range targets {
		label, err := target.MarshalBinary()
		if err != nil {
			return 0, 0, err
		}
		for _, n := range h.nodes {
			claimed := make([]pre.Answer, len(n.answers))
			for i, a := range n.answers {
				a.Leaf.Node = [keytree.NodeSize]byte(label)
				claimed[i] = a
			}
			tried++
			_, err := pre.Open(sk, pre.CapsuleContext(stream, label), n.capsule, int(h.grant.Threshold), claimed, h.binding)
			if err == nil {
				opened++
			} else if !errors.Is(err, pre.ErrFragment) {
				return 0, 0, fmt.Errorf("open %s as %s: %w", n.node, target, err)
			}
		}
	}
	return opened, tried, nil
}

// interval keys that the opened seeds lead to: every one inside them, and for each interval in [first, last] what the same
// derivation gives when the seed is taken for that of a node above it.
func (h *hand) candidates(seeds []keytree.NodeSeed, first, last uint32) ([]keytree.IntervalKey, error) {
	var keys []keytree.IntervalKey
	derive := func(s keytree.Seed, under keytree.Node, interval uint32) error {
		leaf, err := keytree.Derive(s, under, keytree.Leaf(under.Epoch, interval))
		if err == nil {
			keys = append(keys, keytree.KeyOf(leaf))
		}
		return err
	}
	targets, err := outsideCover(h.grant.KeyEpoch, first, last)
	if err != nil {
		return nil, err
	}
	for _, s := range seeds {
		for i := s.Node.First(); i <= s.Node.Last(); i++ {
			if err := derive(s.Seed, s.Node, i); err != nil {
				return nil, err
			}
		}
		for _, t := range targets {
			for i := t.First(); i <= t.Last(); i++ {
				if err := derive(s.Seed, t, i); err != nil {
					return nil, err
				}
			}
		}
	}
	return keys, nil
}

// outsideCover is the cover of closed time that a grant of [first, last] would have.
func outsideCover(epoch, first, last uint32) ([]keytree.Node, error) {
	return keytree.Cover(epoch, first, last, uint64(last)+1, 0, 64)
}

// decrypt tries every key on the ciphertext of every interval in [first, last] and counts the intervals that open. A
// failure that does not come from the key is an error.
func (h *hand) decrypt(keys []keytree.IntervalKey, first, last uint32) (opened, intervals, records int, err error) {
	schema, err := h.stream.Schema.Timechain()
	if err != nil {
		return 0, 0, 0, err
	}
	for _, b := range h.bundles {
		for i, line := range b.manifest.Lines {
			if line.Interval < first || line.Interval > last {
				continue
			}
			intervals++
			for _, key := range keys {
				got, _, err := timechain.OpenInterval(b.manifest, b.payload, schema, h.stream.Grid(), i, key, nil)
				if err == nil {
					opened, records = opened+1, records+len(got)
					break
				}
				if !errors.Is(err, timechain.ErrCommitment) {
					return 0, 0, 0, fmt.Errorf("interval %d: %w", line.Interval, err)
				}
			}
		}
	}
	return opened, intervals, records, nil
}
