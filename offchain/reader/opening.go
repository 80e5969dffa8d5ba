package reader

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// Opening is what a grant's proxies have answered about some of its nodes. Answers that came another way, as by a demand on chain, are
// added to it.
type Opening struct {
	fetcher *Fetcher
	grant   datarights.Grant
	nodes   []*collected
	refused int
}

// Enough tells whether every node has as many good answers as open it.
func (o *Opening) Enough() bool {
	return !slices.ContainsFunc(o.nodes, func(c *collected) bool { return len(c.answers) < int(o.grant.Threshold) })
}

// ask gets and checks the answers of who holds a parcel for all nodes, in batches.
func (o *Opening) ask(ctx context.Context, parcel int) error {
	f, p := o.fetcher, o.grant.Proxies[parcel]
	row, err := f.Chain.Provider(ctx, p.Holder())
	if err != nil {
		return err
	}
	var good []pre.Answer
	for start := 0; start < len(o.nodes); start += nodesPerRequest {
		batch := o.nodes[start:min(start+nodesPerRequest, len(o.nodes))]
		labels := make([][]byte, len(batch))
		for i, c := range batch {
			labels[i] = c.label
		}
		answers, err := f.Network.Fragments(ctx, row, o.grant.Id, labels)
		if err != nil {
			return err
		}
		if len(answers) != len(batch) {
			return fmt.Errorf("gave %d answers for %d nodes", len(answers), len(batch))
		}
		for i, a := range answers {
			if a.Provider != p.Holder() {
				return fmt.Errorf("answered as provider %d", a.Provider)
			}
			answer, err := f.checkAnswer(ctx, o.grant, p, batch[i], a)
			if err != nil {
				return err
			}
			good = append(good, answer)
		}
	}
	for i, c := range o.nodes {
		c.add(parcel, good[i])
	}
	return nil
}

func (c *collected) add(parcel int, a pre.Answer) {
	if !slices.Contains(c.parcels, parcel) {
		c.parcels, c.answers = append(c.parcels, parcel), append(c.answers, a)
	}
}

// Add checks and adds an answer that came another way. One about a node that was not asked for is left out.
func (o *Opening) Add(ctx context.Context, a datarights.SignedAnswer) error {
	parcel, ok := o.grant.AnsweredBy(a.Provider)
	leaf, err := pre.ParseLeaf(a.Leaf)
	if err != nil || !ok {
		return errors.Join(err, fmt.Errorf("provider %d has no parcel of grant %d", a.Provider, o.grant.Id))
	}
	for _, c := range o.nodes {
		if string(c.label) != string(leaf.Node[:]) {
			continue
		}
		answer, err := o.fetcher.checkAnswer(ctx, o.grant, o.grant.Proxies[parcel], c, a)
		if err != nil {
			return err
		}
		c.add(parcel, answer)
	}
	return nil
}

// Shut is a node that too few answers are there for.
type Shut struct {
	// Number of the node in the grant's cover, and its 9-byte form.
	Number uint32
	Node   []byte
	// Capsule is set where some proxy has shown it.
	Capsule []byte
	// Silent are the providers that hold parcels, and gave no answer about it.
	Silent []uint64
}

// Shut lists the grant's own nodes that can't be opened yet.
func (o *Opening) Shut() []Shut {
	var list []Shut
	for _, c := range o.nodes {
		number, _, err := datarights.NodeAt(o.grant, c.label)
		if err != nil || len(c.answers) >= int(o.grant.Threshold) {
			continue // outside of the grant nobody owes an answer
		}
		shut := Shut{Number: number, Node: c.label, Capsule: c.capsule}
		for i, p := range o.grant.Proxies {
			owes := p.State == datarights.PROXY_STATE_ACCEPTED || p.State == datarights.PROXY_STATE_FAULTY
			if owes && !slices.Contains(c.parcels, i) {
				shut.Silent = append(shut.Silent, p.Holder())
			}
		}
		list = append(list, shut)
	}
	return list
}

// Open opens all nodes with the reader's key. ErrRefused, ErrTooFewAnswers.
func (o *Opening) Open(sk pre.SecretKey) (KeySource, error) {
	if !o.Enough() {
		return nil, o.tooFew()
	}
	stream := datarights.StreamID(o.fetcher.Chain.ChainID(), o.grant.Stream)
	threshold := int(o.grant.Threshold)
	var keys nodeKeys
	for _, c := range o.nodes {
		seed, err := pre.Open(sk, pre.CapsuleContext(stream, c.label), c.capsule, threshold, c.answers[:threshold], o.fetcher.binding(o.grant))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", c.node, err)
		}
		keys.nodes = append(keys.nodes, keytree.NodeSeed{Node: c.node, Seed: seed})
	}
	return keys, nil
}

// tooFew tells which proxies failed and why, so that the user knows whom to ask or what ended.
func (o *Opening) tooFew() error {
	g := o.grant
	have := int(g.Threshold)
	for _, c := range o.nodes {
		have = min(have, len(c.answers))
	}
	cause := ErrTooFewAnswers
	if o.refused > 0 && g.Accepted()-o.refused < int(g.Threshold) {
		cause = ErrRefused
	}
	err := fmt.Errorf("%w: have %d of %d", cause, have, g.Threshold)
	for _, fail := range o.fetcher.Report.Failures {
		if fail.What == "fragments" {
			err = fmt.Errorf("%w; proxy %d: %s", err, fail.Provider, fail.Why)
		}
	}
	return err
}
