package reader

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// nodesPerRequest is how many key tree nodes one request to a proxy may name.
const nodesPerRequest = 64

// KeySource gives interval keys.
type KeySource interface {
	Key(interval uint32) (keytree.IntervalKey, error)
}

// OwnerKeys derives every key of a stream from the owner's root seed.
type OwnerKeys struct {
	Root   keytree.Seed
	Chain  string
	Stream datarights.Stream
}

// Key implements KeySource.
func (k OwnerKeys) Key(interval uint32) (keytree.IntervalKey, error) {
	epoch := k.Stream.KeyEpochAt(interval)
	root, err := keytree.StreamRoot(k.Root, datarights.StreamID(k.Chain, k.Stream.Id), epoch)
	if err != nil {
		return keytree.IntervalKey{}, err
	}
	leaf, err := keytree.Derive(root, keytree.Node{Epoch: epoch}, keytree.Leaf(epoch, interval))
	if err != nil {
		return keytree.IntervalKey{}, err
	}
	return keytree.KeyOf(leaf), nil
}

// nodeKeys are the opened nodes of one grant.
type nodeKeys struct {
	nodes []keytree.NodeSeed
}

// Key implements KeySource: a key no opened node leads to can't be derived.
func (k nodeKeys) Key(interval uint32) (keytree.IntervalKey, error) {
	for _, n := range k.nodes {
		if !n.Node.Contains(interval) {
			continue
		}
		leaf, err := keytree.Derive(n.Seed, n.Node, keytree.Leaf(n.Node.Epoch, interval))
		if err != nil {
			return keytree.IntervalKey{}, err
		}
		return keytree.KeyOf(leaf), nil
	}
	return keytree.IntervalKey{}, fmt.Errorf("%w: no opened key covers interval %d", ErrOutsideGrant, interval)
}

// collected are the good answers for one node so far, and by which of the grant's parcels they were made.
type collected struct {
	node    keytree.Node
	label   []byte
	capsule []byte
	answers []pre.Answer
	parcels []int
}

// OpenNodes asks the grant's proxies for the nodes that touch [from, to] and opens them with the reader's key.
func (f *Fetcher) OpenNodes(ctx context.Context, g datarights.Grant, sk pre.SecretKey, from, to uint32) (KeySource, error) {
	o, err := f.Ask(ctx, g, from, to)
	if err != nil {
		return nil, err
	}
	return o.Open(sk)
}

// Ask asks the grant's proxies for their answers about the nodes that touch [from, to], one after the other, until there are enough.
// Who holds a parcel now is in the grant's row. That there are too few is no error here: Open says so.
func (f *Fetcher) Ask(ctx context.Context, g datarights.Grant, from, to uint32) (*Opening, error) {
	nodes, err := f.wanted(g, from, to)
	if err != nil {
		return nil, err
	}
	o := &Opening{fetcher: f, grant: g, nodes: nodes}
	for i, p := range g.Proxies {
		if p.State == datarights.PROXY_STATE_SPARE || p.State == datarights.PROXY_STATE_REPLACED {
			continue
		}
		if p.State != datarights.PROXY_STATE_ACCEPTED {
			f.Report.fail(p.Holder(), "fragments", fmt.Errorf("has not accepted the grant: %s", p.State))
			continue
		}
		if o.Enough() {
			break
		}
		if err := o.ask(ctx, i); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if errors.Is(err, ErrRefused) {
				o.refused++
			}
			f.Report.fail(p.Holder(), "fragments", err)
			continue
		}
		f.Report.ProxiesUsed = append(f.Report.ProxiesUsed, p.Holder())
	}
	return o, nil
}

// wanted lists the cover nodes that touch the range. What lies outside the grant is asked for all the same: whether a
// right reaches is for the proxies to say, not for this client.
func (f *Fetcher) wanted(g datarights.Grant, from, to uint32) ([]*collected, error) {
	cover, err := datarights.GrantCover(g, int(g.Leaves))
	if err != nil {
		return nil, err
	}
	cover = slices.DeleteFunc(cover, func(n keytree.Node) bool { return n.Last() < from || n.First() > to })
	for _, outside := range [][2]uint64{
		{uint64(from), min(uint64(to)+1, uint64(g.FirstInterval))},
		{max(uint64(from), uint64(g.LastInterval)+1), uint64(to) + 1},
	} {
		if outside[0] >= outside[1] {
			continue
		}
		last := uint32(outside[1] - 1)
		more, err := keytree.Cover(g.KeyEpoch, uint32(outside[0]), last, outside[1], 0, nodesPerRequest)
		if err != nil {
			return nil, err
		}
		cover = append(cover, more...)
	}
	open := make([]*collected, len(cover))
	for i, n := range cover {
		label, err := n.MarshalBinary()
		if err != nil {
			return nil, err
		}
		open[i] = &collected{node: n, label: label}
	}
	return open, nil
}

// checkAnswer verifies one signed answer. What is signed and wrong is kept as evidence. A proxy may have rotated its peer
// key since it accepted: the chain takes the same versions for a dispute.
func (f *Fetcher) checkAnswer(ctx context.Context, g datarights.Grant, p datarights.GrantProxy, c *collected, a datarights.SignedAnswer) (pre.Answer, error) {
	since, held := p.KeyOf(a.Provider)
	if a.Grant != g.Id || !held {
		return pre.Answer{}, fmt.Errorf("answered for grant %d as provider %d", a.Grant, a.Provider)
	}
	if a.PeerKeyVersion < since {
		return pre.Answer{}, fmt.Errorf("signed by key version %d, older than %d, with which it accepted", a.PeerKeyVersion, since)
	}
	peerKey, err := f.peerKey(ctx, a.Provider, a.PeerKeyVersion)
	if err != nil {
		return pre.Answer{}, err
	}
	if !ed25519.Verify(peerKey, datarights.AnswerSignBytes(f.Chain.ChainID(), a), a.Signature) {
		return pre.Answer{}, errors.New("answer is not signed by its peer key")
	}
	answer, err := f.verifyAnswer(g, c, a)
	if err != nil {
		f.Report.Wrong = append(f.Report.Wrong, a)
		return pre.Answer{}, fmt.Errorf("signed a wrong answer (`cpdata dispute` can prove it): %w", err)
	}
	if c.capsule == nil {
		c.capsule = a.Capsule
	}
	return answer, nil
}

// peerKey asks the chain for a key once: one proxy signs many answers.
func (f *Fetcher) peerKey(ctx context.Context, provider uint64, version uint32) ([]byte, error) {
	id := keyVersion{provider, version}
	if key, ok := f.peerKeys[id]; ok {
		return key, nil
	}
	key, err := f.Chain.PeerKey(ctx, provider, version)
	if err != nil {
		return nil, fmt.Errorf("version %d of its peer key: %w", version, err)
	}
	if f.peerKeys == nil {
		f.peerKeys = make(map[keyVersion][]byte)
	}
	f.peerKeys[id] = key
	return key, nil
}

func (f *Fetcher) verifyAnswer(g datarights.Grant, c *collected, a datarights.SignedAnswer) (pre.Answer, error) {
	leaf, err := pre.ParseLeaf(a.Leaf)
	if err != nil {
		return pre.Answer{}, err
	}
	if [keytree.NodeSize]byte(c.label) != leaf.Node {
		return pre.Answer{}, errors.New("answer is for another key tree node")
	}
	if err := datarights.CheckLeaf(g, leaf, a.Position, a.Path); err != nil {
		return pre.Answer{}, err
	}
	if err := pre.VerifyFragment(a.Fragment, leaf, a.Capsule, f.binding(g)); err != nil {
		return pre.Answer{}, err
	}
	return pre.Answer{Leaf: leaf, Fragment: a.Fragment}, nil
}

func (f *Fetcher) binding(g datarights.Grant) pre.Binding {
	return pre.Binding{ChainID: f.Chain.ChainID(), Grant: g.Id}
}
