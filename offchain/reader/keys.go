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

// collected are the good answers for one node so far.
type collected struct {
	node    keytree.Node
	label   []byte
	capsule []byte
	answers []pre.Answer
}

// OpenNodes asks the grant's proxies for the nodes that touch [from, to] and opens them with the reader's key.
func (f *Fetcher) OpenNodes(ctx context.Context, g datarights.Grant, sk pre.SecretKey, from, to uint32) (KeySource, error) {
	open, err := f.wanted(g, from, to)
	if err != nil {
		return nil, err
	}
	refused := 0
	for _, p := range g.Proxies {
		if p.State != datarights.PROXY_STATE_ACCEPTED {
			f.Report.fail(p.Provider, "fragments", fmt.Errorf("has not accepted the grant: %s", p.State))
			continue
		}
		if enough(open, int(g.Threshold)) {
			break
		}
		if err := f.askProxy(ctx, g, p, open); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if errors.Is(err, ErrRefused) {
				refused++
			}
			f.Report.fail(p.Provider, "fragments", err)
			continue
		}
		f.Report.ProxiesUsed = append(f.Report.ProxiesUsed, p.Provider)
	}
	if !enough(open, int(g.Threshold)) {
		return nil, f.tooFew(g, open, refused)
	}
	return f.openAll(g, sk, open)
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

func enough(open []*collected, threshold int) bool {
	for _, c := range open {
		if len(c.answers) < threshold {
			return false
		}
	}
	return true
}

// tooFew tells which proxies failed and why, so that the user knows whom to ask or what ended.
func (f *Fetcher) tooFew(g datarights.Grant, open []*collected, refused int) error {
	have := int(g.Threshold)
	for _, c := range open {
		have = min(have, len(c.answers))
	}
	cause := ErrTooFewAnswers
	if refused > 0 && len(g.Proxies)-refused < int(g.Threshold) {
		cause = ErrRefused
	}
	err := fmt.Errorf("%w: have %d of %d", cause, have, g.Threshold)
	for _, fail := range f.Report.Failures {
		if fail.What == "fragments" {
			err = fmt.Errorf("%w; proxy %d: %s", err, fail.Provider, fail.Why)
		}
	}
	return err
}

// askProxy gets and checks one proxy's answers for all nodes, in batches.
func (f *Fetcher) askProxy(ctx context.Context, g datarights.Grant, p datarights.GrantProxy, open []*collected) error {
	row, err := f.Chain.Provider(ctx, p.Provider)
	if err != nil {
		return err
	}
	var good []pre.Answer
	for start := 0; start < len(open); start += nodesPerRequest {
		batch := open[start:min(start+nodesPerRequest, len(open))]
		labels := make([][]byte, len(batch))
		for i, c := range batch {
			labels[i] = c.label
		}
		answers, err := f.Network.Fragments(ctx, row, g.Id, labels)
		if err != nil {
			return err
		}
		if len(answers) != len(batch) {
			return fmt.Errorf("gave %d answers for %d nodes", len(answers), len(batch))
		}
		for i, a := range answers {
			answer, err := f.checkAnswer(ctx, g, p, batch[i], a)
			if err != nil {
				return err
			}
			good = append(good, answer)
		}
	}
	for i, c := range open {
		c.answers = append(c.answers, good[i])
	}
	return nil
}

// checkAnswer verifies one signed answer. What is signed and wrong is kept as evidence. A proxy may have rotated its peer
// key since it accepted: the chain takes the same versions for a dispute.
func (f *Fetcher) checkAnswer(ctx context.Context, g datarights.Grant, p datarights.GrantProxy, c *collected, a datarights.SignedAnswer) (pre.Answer, error) {
	if a.Grant != g.Id || a.Provider != p.Provider {
		return pre.Answer{}, fmt.Errorf("answered for grant %d as provider %d", a.Grant, a.Provider)
	}
	if a.PeerKeyVersion < p.PeerKeyVersion {
		return pre.Answer{}, fmt.Errorf("signed by key version %d, older than %d, with which it accepted", a.PeerKeyVersion, p.PeerKeyVersion)
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

func (f *Fetcher) openAll(g datarights.Grant, sk pre.SecretKey, open []*collected) (KeySource, error) {
	stream := datarights.StreamID(f.Chain.ChainID(), g.Stream)
	var keys nodeKeys
	for _, c := range open {
		seed, err := pre.Open(sk, pre.CapsuleContext(stream, c.label), c.capsule, int(g.Threshold), c.answers[:g.Threshold], f.binding(g))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", c.node, err)
		}
		keys.nodes = append(keys.nodes, keytree.NodeSeed{Node: c.node, Seed: seed})
	}
	return keys, nil
}
