package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cpchain/cpchain/offchain/chain"
	"github.com/cpchain/cpchain/offchain/storage/overlay"
	"github.com/cpchain/cpchain/offchain/storage/wire"
	"github.com/cpchain/cpchain/pkg/keytree"
	"github.com/cpchain/cpchain/pkg/pre"
	datarights "github.com/cpchain/cpchain/x/datarights/types"
)

// capsule of one open node of live grants. It is made when the node's time begins, kept, and published when it is over:
// the node's seed may be partly forgotten by then.
type capsule struct {
	Node    []byte
	Capsule []byte
	// Pushed lists the grant and provider of every proxy that has it.
	Pushed [][2]uint64
	// Hinted is set once the DHT has been told.
	Hinted bool
}

// capsules of a lane.
type capsules struct {
	list   []capsule
	looked time.Time       // when the chain was last asked for grants
	lost   map[string]bool // nodes whose seed was gone already, by their 9-byte form
}

func loadCapsules(v vault) (*capsules, error) {
	c := &capsules{lost: map[string]bool{}}
	_, err := getRecord(v, capsulesFile, &c.list)
	return c, err
}

func (c *capsules) find(node []byte) *capsule {
	for i := range c.list {
		if string(c.list[i].Node) == string(node) {
			return &c.list[i]
		}
	}
	return nil
}

// grantNode is one open node of one grant.
type grantNode struct {
	grant datarights.Grant
	node  keytree.Node
	name  []byte // the node's 9-byte form
}

// openNodes lists the nodes of running grants that were open when the grant was made.
func openNodes(grants []datarights.Grant, now time.Time) []grantNode {
	var list []grantNode
	for _, g := range grants {
		running := g.Status == datarights.GRANT_STATUS_LIVE || g.Status == datarights.GRANT_STATUS_PENDING
		if !running || now.Unix() >= g.ExpiresAt {
			continue
		}
		cover, err := datarights.GrantCover(g, int(g.Leaves))
		if err != nil {
			continue // the chain has checked it; a row of a newer version is not this gateway's to serve
		}
		for _, n := range cover {
			name, err := n.MarshalBinary()
			if err == nil && uint64(n.Last()) >= g.Split {
				list = append(list, grantNode{grant: g, node: n, name: name})
			}
		}
	}
	return list
}

// retire forgets the keys of the anchored past. First it asks the chain for grants and makes the capsules of every open
// node whose time has begun: once an interval of a node is forgotten, its capsule can't be made any more.
func (l *lane) retire(ctx context.Context) error {
	now := l.ports.Clock()
	if l.state.Unsure || now.Sub(l.capsules.looked) < l.cfg.Chain.grantsEvery() {
		return nil
	}
	grants, err := l.ports.Chain.Grants(ctx, &datarights.QueryGrantsRequest{Stream: l.id})
	if err != nil {
		return fmt.Errorf("grants: %w", err)
	}
	l.capsules.looked = now
	nodes := openNodes(grants, now)
	if err := l.makeCapsules(nodes, now); err != nil {
		return err
	}
	if err := l.forget(now); err != nil {
		return err
	}
	return errors.Join(l.answerDemands(ctx), l.publishCapsules(ctx, nodes, now))
}

// makeCapsules makes what is missing, for nodes whose first interval has begun.
func (l *lane) makeCapsules(nodes []grantNode, now time.Time) error {
	changed := false
	for _, n := range nodes {
		if from, _ := l.reading.grid.Bounds(n.node.First()); from > now.UnixMilli() || l.capsules.find(n.name) != nil {
			continue
		}
		seed, err := l.keys.Seed(n.node)
		if err != nil {
			if uint64(n.node.Last()) >= l.state.NextInterval && !l.capsules.lost[string(n.name)] {
				l.capsules.lost[string(n.name)] = true
				l.metrics.capsulesMissing.WithLabelValues(l.label()).Inc()
				l.log.Warn("no seed for a granted node: the owner must bring its capsule", "grant", n.grant.Id, "node", n.node.String())
			}
			continue
		}
		made, err := pre.NewCapsule(seed, pre.CapsuleContext(l.name, n.name))
		if err != nil {
			return err
		}
		l.capsules.list = append(l.capsules.list, capsule{Node: n.name, Capsule: made})
		changed = true
	}
	if !changed {
		return nil
	}
	return putRecord(l.vault, capsulesFile, l.capsules.list)
}

// forget drops the keys below what is anchored. On a live stream they stay a little longer, for a grant that was signed
// before an interval ended and reaches the chain after.
func (l *lane) forget(now time.Time) error {
	below := l.state.NextInterval
	if !l.row.Historical {
		at, err := l.reading.grid.IntervalOf(now.Add(-l.cfg.Seal.keepKeys()).UnixNano())
		if err != nil {
			return nil
		}
		below = min(below, uint64(at))
	}
	if below <= l.state.Forgotten {
		return nil
	}
	l.mu.Lock()
	next, err := copyWindow(l.keys)
	if err == nil {
		for _, e := range append([]datarights.KeyEpoch{{}}, l.row.KeyEpochs...) {
			next.Forget(e.Epoch, clamp(below-1))
		}
		err = l.saveKeys(next)
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	return l.saveState(func(st *state) { st.Forgotten = below })
}

// publishCapsules brings closed nodes' capsules to the proxies that lack them and to the DHT, and lets go of those whose
// grants have ended.
func (l *lane) publishCapsules(ctx context.Context, nodes []grantNode, now time.Time) error {
	var errs []error
	before := fmt.Sprint(l.capsules.list)
	for _, n := range nodes {
		c := l.capsules.find(n.name)
		if c == nil || !l.isOver(n.node, now) {
			continue
		}
		errs = append(errs, l.push(ctx, n, c), l.hintKey(ctx, n.node, c, now))
	}
	l.capsules.list = slices.DeleteFunc(l.capsules.list, func(c capsule) bool {
		return !slices.ContainsFunc(nodes, func(n grantNode) bool { return string(n.name) == string(c.Node) })
	})
	if fmt.Sprint(l.capsules.list) != before {
		errs = append(errs, putRecord(l.vault, capsulesFile, l.capsules.list))
	}
	return errors.Join(errs...)
}

// isOver tells whether a node's time is over and all of it is anchored.
func (l *lane) isOver(n keytree.Node, now time.Time) bool {
	_, end := l.reading.grid.Bounds(n.Last())
	return uint64(n.Last()) < l.state.NextInterval && (l.row.Historical || end <= now.UnixMilli())
}

func wantsCapsule(p datarights.GrantProxy) bool {
	return p.State == datarights.PROXY_STATE_ASKED || p.State == datarights.PROXY_STATE_ACCEPTED
}

// push brings the capsule to each proxy of a grant that lacks it. Who can't be reached is tried again next time.
func (l *lane) push(ctx context.Context, n grantNode, c *capsule) error {
	var errs []error
	for _, p := range n.grant.Proxies {
		key := [2]uint64{n.grant.Id, p.Holder()}
		if !wantsCapsule(p) || slices.Contains(c.Pushed, key) {
			continue
		}
		row, err := l.ports.Chain.Provider(ctx, p.Holder())
		if err == nil {
			err = l.ports.Network.PutCapsule(ctx, row, l.id, n.grant.Id, c.Node, c.Capsule)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("capsule %s of grant %d: %w", n.node, n.grant.Id, err))
			continue
		}
		c.Pushed = append(c.Pushed, key)
		l.metrics.capsulesPushed.WithLabelValues(l.label()).Inc()
	}
	return errors.Join(errs...)
}

// hintKey tells the DHT which capsule opens which bundles.
func (l *lane) hintKey(ctx context.Context, n keytree.Node, c *capsule, now time.Time) error {
	if c.Hinted {
		return nil
	}
	first, err := l.ports.Chain.AnchorOf(ctx, l.id, n.First())
	if err != nil {
		return orNil(err)
	}
	last, err := l.ports.Chain.AnchorOf(ctx, l.id, n.Last())
	if err != nil {
		return orNil(err)
	}
	hash := pre.CapsuleHash(c.Capsule)
	hint := overlay.SignKeyHint(wire.KeyHint{
		ChainId: l.self.ChainID, Stream: l.id, Node: c.Node, CapsuleHash: hash[:], Capsule: c.Capsule,
		FirstInterval: n.First(), LastInterval: n.Last(), FirstSeq: first.Row.Anchor.Seq, LastSeq: last.Row.Anchor.Seq,
	}, 0, l.self.WriterKey, now)
	if err := l.ports.Network.PutKeyHint(ctx, hint); err != nil {
		return fmt.Errorf("key hint for %s: %w", n, err)
	}
	c.Hinted = true
	return nil
}

// orNil lets a row that is not there yet wait for the next time.
func orNil(err error) error {
	if errors.Is(err, chain.ErrNotFound) {
		return nil
	}
	return err
}

// hint tells the DHT who holds a bundle. It is a help for readers, not a promise: its failure is no trouble.
func (l *lane) hint(ctx context.Context, a datarights.Anchor, holders []uint64) {
	h := overlay.SignHint(wire.Hint{
		ChainId: l.self.ChainID, Stream: l.id, Seq: a.Seq, Providers: holders, ManifestCid: a.ManifestCid,
	}, 0, l.self.WriterKey, l.ports.Clock())
	if err := l.ports.Network.PutHint(ctx, h); err != nil {
		l.log.Debug("no hint in the DHT", "seq", a.Seq, "err", err)
	}
}
